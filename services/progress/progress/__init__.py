"""The read side: how far everyone is, and what is open to whom."""

from importlib.metadata import version

__version__ = version("ozg-progress")
