"""Three ways from a log to a stream: the relay, ready-made bytes, and the client's own `publish`."""
