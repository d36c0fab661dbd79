"""What several rooms say of units: scans and their scores, labels, excited images, sheets."""
