"""The optimisation canvas: the live run, its settings, its pictures and files."""
