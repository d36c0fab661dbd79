"""Files that Filterscope ships: networks with their cards, icons, style."""
