"""A mail as people read it: the same blocks as plain text and as simple HTML, which loads nothing from anywhere."""

import unicodedata
from collections.abc import Sequence
from html import escape
from typing import Final, Literal, NamedTuple

Language = Literal["de", "en"]

LONGEST: Final = 1000
LONGEST_SUBJECT: Final = 150
_TO_BE_LEFT_OUT: Final = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Characters that end lines, turn the direction of writing, or cannot be seen."""


class Line(NamedTuple):
    """One sentence, with or without an address to go to."""

    text: str
    link: str | None = None


class Block(NamedTuple):
    """Lines that belong together; `listed` if they are one of several equal things."""

    lines: Sequence[Line]
    listed: bool = False


class Letter(NamedTuple):
    """What stands in a mail."""

    language: Language
    subject: str
    text: str
    html: str


def one_line(text: str, longest: int = LONGEST) -> str:
    """What others wrote, as one line that can neither end a header nor begin an encoded word."""
    seen = "".join(" " if unicodedata.category(sign) in _TO_BE_LEFT_OUT else sign for sign in text)
    line = " ".join(seen.replace("=?", "= ?").split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def letter(language: Language, subject: str, blocks: Sequence[Block]) -> Letter:
    """Whatever the blocks hold is cleaned here and nowhere else."""
    clean = [
        Block([Line(one_line(line.text), _address(line.link)) for line in one.lines], one.listed) for one in blocks
    ]
    subject = one_line(subject, LONGEST_SUBJECT)
    return Letter(language, subject, _text(clean), _html(language, subject, clean))


def _address(link: str | None) -> str | None:
    """Only where a browser may go."""
    found = None if link is None else one_line(link, 2000).replace(" ", "%20")
    return found if found is not None and found.startswith(("https://", "http://")) else None


def _text(blocks: Sequence[Block]) -> str:
    return "\n\n".join(_paragraph(one) for one in blocks) + "\n"


def _paragraph(block: Block) -> str:
    lines = [line.text if line.link is None else f"{line.text}: {line.link}" for line in block.lines]
    return "\n".join(lines) if not block.listed else "\n".join(["* " + lines[0], *("  " + line for line in lines[1:])])


def _html(language: Language, subject: str, blocks: Sequence[Block]) -> str:
    body = "\n".join(f"<{_tag(one)}>{'<br>'.join(_marked(line) for line in one.lines)}</{_tag(one)}>" for one in blocks)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head><meta charset="utf-8"><title>{escape(subject)}</title></head>\n'
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _tag(block: Block) -> str:
    return "blockquote" if block.listed else "p"


def _marked(line: Line) -> str:
    return escape(line.text) if line.link is None else f'<a href="{escape(line.link)}">{escape(line.text)}</a>'
