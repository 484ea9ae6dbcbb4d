"""The read side: how far everyone is, and what is open to whom."""
