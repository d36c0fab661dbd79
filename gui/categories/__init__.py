"""The category hierarchy: dendrogram, spanning tree and distances of the classes."""
