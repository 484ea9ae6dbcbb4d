"""Where the time goes: processor time by process, and the stages of a live write."""
