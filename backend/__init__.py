"""Filterscope's backend: the compute thread, its jobs and the analysis core."""
