"""Several statements as one: one round trip, one plan, one transaction, and the commit comes with it."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

_ARGUMENT = re.compile(r"\$(\d+)")


class Statement(NamedTuple):
    """What is to be written: `$1`, `$2`, … in the text are its own arguments, whatever stands beside it."""

    text: str
    arguments: Sequence[Any]


def joined(statements: Sequence[Statement]) -> Statement:
    """One statement that does all of them and answers as the last. None of them sees what the others write."""
    text = _joined(tuple((text, len(arguments)) for text, arguments in statements))
    return Statement(text, [argument for statement in statements for argument in statement.arguments])


@lru_cache(maxsize=256)
def _joined(parts: tuple[tuple[str, int], ...]) -> str:
    texts, before = [], 0
    for text, count in parts:
        texts.append(_ARGUMENT.sub(lambda found, before=before: f"${int(found[1]) + before}", text))  # type: ignore[misc]
        before += count
    *others, last = texts
    named = ", ".join(f"part_{number} AS ({text})" for number, text in enumerate(others))
    return f"WITH {named} {last}" if named else last
