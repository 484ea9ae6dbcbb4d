"""What is said, how it is kept, how it travels, how it is followed."""
