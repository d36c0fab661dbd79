"""How the prediction tree is condensed, laid out, painted, opened and walked."""
