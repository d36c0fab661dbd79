"""What the panels say of units: scans and their scores, excited images, sheets, tables, labels."""
