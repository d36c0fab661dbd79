"""Behind `activation_scan`: layers scanned, results, files, statistics, tuning."""
