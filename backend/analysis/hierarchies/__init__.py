"""Behind `category_hierarchy`: class vectors, comparison, export, layout."""
