"""What may be said: the events, their words and their wire form. Pure: nothing here does I/O."""
