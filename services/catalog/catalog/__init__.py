"""The write side: decides and records what is so."""
