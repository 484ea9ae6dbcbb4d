"""Where the launcher of everything finds a service's migrations."""

from progress.migrations import migrate

__all__ = ["migrate"]
