"""The analysis core: torch, numpy and scipy; no Qt, no threads, no globals."""
