"""Behind `activation_maximization`: canvases, transforms, regularisers, starts, walls."""
