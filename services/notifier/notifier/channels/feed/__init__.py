"""Atom feeds: news of solutions for everyone, and each municipality's own alerts."""
