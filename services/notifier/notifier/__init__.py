"""Who needs to hear of what, and whether they did."""
