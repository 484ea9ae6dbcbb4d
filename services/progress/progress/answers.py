"""Answers that are asked for again and again, as they left: good for as long as nothing new is in the figures.

An answer is a function of what was asked, in which form, on which day, and of the state of the read models. So it is kept
under the former and given out only in the very state in which it was made. Whatever is asked only once is not kept.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final, NamedTuple

MOST: Final = 4_000_000
"""Bytes: some hundred answers. Beyond that, making one anew costs less than keeping it."""
_EACH: Final = 400
"""Bytes that an entry takes beside its answer."""


class _Kept(NamedTuple):
    state: Hashable
    answer: bytes

    @property
    def weight(self) -> int:
        return _EACH + len(self.answer)


_ASKED: Final = _Kept(None, b"")


class Answers:
    """Those that were asked for last, up to so many bytes."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._weight = 0
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def again(self, asked: str) -> bool:
        """Whether this was asked before: only then it is worth finding out in which state the read models are."""
        return asked in self._kept

    def find(self, asked: str, state: Hashable) -> bytes | None:
        """The answer in this state, if it is there."""
        found = self._kept.get(asked)
        if found is None or found.state is None or found.state != state:
            return None
        self._kept.move_to_end(asked)
        return found.answer

    def keep(self, asked: str, state: Hashable | None, answer: bytes) -> None:
        """An answer made in this state, or after it without saying so; without a state: only that this was asked."""
        self._put(asked, _ASKED if state is None else _Kept(state, answer))
        while self._weight > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._weight -= oldest.weight

    def _put(self, asked: str, new: _Kept) -> None:
        if (old := self._kept.pop(asked, None)) is not None:
            self._weight -= old.weight
        self._kept[asked] = new
        self._weight += new.weight
