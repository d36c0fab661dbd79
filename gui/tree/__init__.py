"""The prediction tree's panel behind its widgets: which tree, how it is drawn and walked, paths and what they tell."""
