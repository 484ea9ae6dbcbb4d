"""A log of many real events, made once and kept: the reference catalogue, then what towns might have recorded in two years."""
