"""A refusal: a decision's no, in words that the person at the other end can act on."""

from typing import Any, ClassVar, Literal

RefusalKind = Literal["invalid", "unknown", "forbidden", "conflict", "gone"]


class Refusal(Exception):
    """The command is understood and denied. A subclass names the case; `en` and `de` say what is wrong and what would be right.

    `kind` is what an edge turns into its own code; `field` is the input's field that is to be changed, if one is.
    """

    slug: ClassVar[str]
    kind: ClassVar[RefusalKind]

    def __init__(self, en: str, de: str, *, field: str | None = None) -> None:
        super().__init__(en)
        self.en = en
        self.de = de
        self.field = field

    def __reduce__(self) -> tuple[Any, ...]:
        """So that another process can hand it on, whatever the subclass is made of."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[Refusal], said: tuple[Any, ...]) -> Refusal:
    return kind.__new__(kind, *said)
