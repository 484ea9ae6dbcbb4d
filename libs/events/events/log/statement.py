"""Several statements as one: one round trip, one plan, one transaction, and the commit comes with it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_ARGUMENT = re.compile(r"\$(\d+)")


class Statement(NamedTuple):
    """What is to be read or written: `$1`, `$2`, … in the text are its own arguments, whatever stands beside it."""

    text: str
    arguments: Sequence[Any]


def joined(statements: Sequence[Statement]) -> Statement:
    """One statement that does all of them and answers as the last. None of them sees what the others write."""
    return Statement(_joined(_shape(statements)), _arguments(statements))


def gathered(statements: Sequence[Statement]) -> Statement:
    """One query that answers all of them, as of one moment: a row with an array for each, of rows as tuples (None for no rows)."""
    return Statement(_gathered(_shape(statements)), _arguments(statements))


_Shape = tuple[tuple[str, int], ...]


def _shape(statements: Sequence[Statement]) -> _Shape:
    return tuple((text, len(arguments)) for text, arguments in statements)


def _arguments(statements: Sequence[Statement]) -> list[Any]:
    return [argument for statement in statements for argument in statement.arguments]


@lru_cache(maxsize=256)
def _joined(shape: _Shape) -> str:
    *others, last = _numbered(shape)
    named = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {named} {last}" if named else last


@lru_cache(maxsize=256)
def _gathered(shape: _Shape) -> str:
    arrays = [f"(SELECT array_agg(part) FROM ({text}) AS part)" for text in _numbered(shape)]  # noqa: S608  our own texts
    return f"SELECT {', '.join(arrays)}"


def _numbered(shape: _Shape) -> list[str]:
    """The texts, with the arguments of each counted on from those before it."""
    texts, before = [], 0
    for text, count in shape:
        texts.append(_ARGUMENT.sub(lambda found, before=before: f"${int(found[1]) + before}", text))  # type: ignore[misc]
        before += count
    return texts
