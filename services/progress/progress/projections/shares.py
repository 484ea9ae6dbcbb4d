"""How many are responsible, and for how many inhabitants: what denominators are added up from."""

from array import array
from datetime import date
from typing import NamedTuple, Protocol


class Share(NamedTuple):
    """So many responsibilities (or authorities), and the inhabitants of each one's municipality added up."""

    responsible: int = 0
    people: int = 0


class Delivered(Protocol):
    """What of one service decides who is responsible for it by default."""

    @property
    def id(self) -> int: ...
    @property
    def country(self) -> str: ...
    @property
    def delivered_by(self) -> int: ...
    @property
    def since(self) -> date: ...
    @property
    def withdrawn_on(self) -> date: ...


Cut = tuple[int, str, str]
"""Family, theme, level."""


class Sums(NamedTuple):
    """Of a place in a span of days: which cuts there are, bit n for the nth of all, and the sums of each of these.

    There are thousands of places and spans, so they are kept as numbers in a row.
    """

    cuts: int
    responsible: "array[int]"
    people: "array[int]"

    def total(self, wanted: int) -> Share:
        """Of wanted cuts that follow one another."""
        first = (self.cuts & (wanted & -wanted) - 1).bit_count()
        end = first + (self.cuts & wanted).bit_count()
        return Share(sum(self.responsible[first:end]), sum(self.people[first:end]))


def plus(share: Share, responsible: int, people: int) -> Share:
    """A share and more of the same."""
    return Share(share.responsible + responsible, share.people + people)
