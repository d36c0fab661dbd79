"""The category hierarchy's panel behind its widgets: what is shown, marked, compared and exported."""
