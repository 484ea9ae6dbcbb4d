"""Webhooks from both ends, each in a process of its own: who takes them, and a bare loop that only posts."""
