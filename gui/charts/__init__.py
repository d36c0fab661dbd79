"""Charts that several rooms draw: histograms, class bars, statistics, tuning curves."""
