"""Where the launcher of everything finds a service's migrations."""

from notifier.migrations import migrate

__all__ = ["migrate"]
