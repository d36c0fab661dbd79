"""The unit page: what is known of one unit, on one sheet."""
