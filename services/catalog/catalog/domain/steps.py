"""Long work in short steps: a generator that pauses often, so that whoever runs it can let others go first."""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = Generator[None, None, T]
"""Work that pauses; its result is what it returns."""
ROWS_A_STEP = 16
"""Of a sheet, between two pauses: a fraction of a millisecond."""


def at_once(steps: Steps[T]) -> T:
    """The result, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
