"""What is measured and reported, never asserted: ratios to a bare loop in the same run, start-up, ticks, growth."""
