"""Signed requests to an address that a subscriber named, and nowhere else."""
