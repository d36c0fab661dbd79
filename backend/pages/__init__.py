"""What is exported to be read: unit sheets, explanations, their words and charts."""
