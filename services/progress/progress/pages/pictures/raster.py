"""Pictures as PNG, for letters and slides that take no SVG: drawn by a process of their own, one after the other."""

import asyncio
import sys
from pathlib import Path
from typing import Final

from edge.limits import took_too_long
from edge.problems import Problem

FONTS: Final = ("fira-regular.ttf", "fira-medium.ttf", "fira-semibold.ttf")
FAMILY: Final = "Fira Sans"
WAITING: Final = 8
"""So many may wait for their picture; who comes then is told to come again."""
SECONDS: Final = 25.0
"""So long one may take; a bar takes a tenth of a second and a map one, where nothing else is going on."""
SHARP: Final = 2
"""Pixels for each unit of the picture: sharp on today's screens."""
_DRAWING: Final = Path(__file__).with_name("drawing.py")


def ready(built: Path) -> bool:
    """Whether there are letters to draw with: a picture without them would lose its labels and nobody would notice."""
    return all((built / font).exists() for font in FONTS)


class Raster:
    """One drawer at a time, and those who wait for it."""

    def __init__(self, built: Path, *, seconds: float = SECONDS) -> None:
        self._built = built
        self._seconds = seconds
        self._waiting = 0
        self._drawer = asyncio.Lock()

    async def png(self, svg: str) -> bytes:
        """The picture. Raises a problem where there is no font, where too many wait, and where it takes too long."""
        if not ready(self._built):
            raise _no_letters()
        if self._waiting >= WAITING:
            raise _too_many()
        self._waiting += 1
        try:
            async with self._drawer:
                return await self._drawn(svg)
        finally:
            self._waiting -= 1

    async def _drawn(self, svg: str) -> bytes:
        command = (
            sys.executable,
            "-I",
            str(_DRAWING),
            str(SHARP),
            FAMILY,
            *(str(self._built / font) for font in FONTS),
        )
        pipe = asyncio.subprocess.PIPE
        drawer = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
        try:
            async with asyncio.timeout(self._seconds):
                png, said = await drawer.communicate(svg.encode())
        except TimeoutError:
            raise took_too_long("The picture", self._seconds) from None
        finally:
            if drawer.returncode is None:
                drawer.kill()
                await drawer.wait()
        if drawer.returncode:
            raise NotDrawn(said.decode(errors="replace"))
        return png


class NotDrawn(Exception):
    """What draws the pictures refused one of ours: a mistake of ours."""


def _no_letters() -> Problem:
    return Problem(
        503,
        "no-font",
        {"en": "No font to draw with", "de": "Keine Schrift zum Zeichnen"},
        {
            "en": "The font for pictures is not built here, and without it they would have no labels: run `make setup`. "
            "The same picture as .svg needs none.",
            "de": "Die Schrift für Bilder ist hier nicht gebaut; ohne sie hätten sie keine Beschriftung: `make setup` holt das nach. "
            "Dasselbe Bild als .svg braucht keine.",
        },
    )


def _too_many() -> Problem:
    return Problem(
        503,
        "too-many-pictures",
        {"en": "Too many pictures at once", "de": "Zu viele Bilder zugleich"},
        {
            "en": "Others wait for their picture already. Try again in a moment, or take the same picture as .svg.",
            "de": "Andere warten schon auf ihr Bild. Bitte gleich noch einmal versuchen, oder dasselbe Bild als .svg nehmen.",
        },
        headers={"retry-after": "2"},
    )
