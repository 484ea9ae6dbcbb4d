"""Who needs to hear of what, and whether they did."""

from importlib.metadata import version

__version__ = version("ozg-notifier")
