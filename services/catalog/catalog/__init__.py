"""The write side: decides and records what is so."""

from importlib.metadata import version

__version__ = version("ozg-catalog")
