"""The layer table: all channels of a layer with their statistics, and all layers by depth."""
