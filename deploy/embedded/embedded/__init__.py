"""Everything on one machine without Docker."""
