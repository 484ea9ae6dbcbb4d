"""How events are heard exactly once: the bookmark, contiguity, apply; the same for projections, notifier and rebuild."""

from events.following.applying import Apply, AtOnce, Halted
from events.following.bookmark import Bookmark, NotHaltedThere, Step, create_tables, wait_for
from events.following.filling import Filled, fill
from events.following.follower import Follower, FollowerStatus
from events.following.heard import Heard
from events.following.rebuilding import RebuildRunning, rebuild

__all__ = [
    "Apply",
    "AtOnce",
    "Bookmark",
    "Filled",
    "Follower",
    "FollowerStatus",
    "Halted",
    "Heard",
    "NotHaltedThere",
    "RebuildRunning",
    "Step",
    "create_tables",
    "fill",
    "rebuild",
    "wait_for",
]
