"""Becomes another program that ends when its parent ends.

Run as a script (`python -I -S as_child.py SIGNAL PARENT USER GROUP COMMAND…`), not imported: between fork and exec of a
program with threads nothing may run safely, so a fresh interpreter does it. The order matters: Linux forgets the
parent-death signal when the user id changes, so the user comes first.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1
NOBODY_CHANGES = "-"


def main(death_signal: str, parent: str, user: str, group: str, *command: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if user != NOBODY_CHANGES:
        os.setgroups([])
        os.setgid(int(group))
        os.setuid(int(user))
    if libc.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0) != 0:
        sys.exit(f"prctl failed: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != int(parent):
        sys.exit("the parent ended before its child began")
    os.execv(command[0], command)  # noqa: S606 - our own words, no shell


if __name__ == "__main__":
    main(*sys.argv[1:])
