"""The activation histogram: how all images of a data set excite a unit."""
