"""The optimisation canvas's panel behind its widgets: the run and its files."""
