"""Demonstration data for the towns of Saxony: invented, marked as such, and recorded through REST like any client's."""
