"""Where something stands in a ranked list."""

from typing import Annotated, NamedTuple

import msgspec


class Rank(NamedTuple):
    """The sort key of a page, and so its cursor. `rank` is negative, the best the least."""

    rank: Annotated[int, msgspec.Meta(ge=-(2**62), le=2**62)]
    then_by: str
    key: str
