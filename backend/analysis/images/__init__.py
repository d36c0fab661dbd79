"""Behind `datasets`: folders, CIFAR, the probe set, noise, decoding ahead, caches."""
