"""How what was raised reaches people and machines: one folder per channel."""
