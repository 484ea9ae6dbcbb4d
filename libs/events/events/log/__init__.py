"""How events are kept: the log of one service in PostgreSQL, append-only, gapless, in commit order."""
