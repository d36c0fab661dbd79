"""Behind `prediction_tree`: merging, paths, contributions, ablation, files."""
