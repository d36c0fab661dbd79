"""The model browser: networks, layers, and the wall of a layer's channels."""
