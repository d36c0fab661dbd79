"""Behind `networks`: architectures, checkpoints, published and shipped weights."""
