"""Going outwards from a municipality meets its peers in the order in which they are to be asked."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from progress.projections.neighbours import Neighbour, Neighbours
from progress.projections.standing import Town

DAYS = [date(2026, 1, 1), date(2026, 6, 1), date(2026, 9, 1), date.max]
sizes = st.none() | st.integers(100, 112)
members = st.lists(
    st.tuples(st.sampled_from(["DE-SN", "DE-SH", "DE-BY"]), sizes, st.integers(0, 1), st.integers(2, 3)), max_size=30
)


@given(members=members, own=sizes, region=st.sampled_from(["DE-SN", "DE-HH"]), own_place=st.integers(0, 29))
def test_those_of_the_region_first_then_of_like_size_then_by_key(
    members: list[tuple[str, int | None, int, int]], own: int | None, region: str, own_place: int
) -> None:
    there = [
        Neighbour(number, f"ars:{number:012}", "", where, size, DAYS[since], DAYS[gone])
        for number, (where, size, since, gone) in enumerate(members)
    ]
    town = _town(own_place, region, own)

    for day in DAYS[:3]:
        others = [one for one in there if one.id != own_place and one.since <= day < one.gone_on]
        assert list(Neighbours(there).nearest(town, day)) == sorted(others, key=lambda one: _rank(one, region, own))


def _rank(one: Neighbour, region: str, own: int | None) -> tuple[bool, bool, int, str]:
    """What is said of SQL: NULL comes last."""
    known = own is not None and one.inhabitants is not None
    return one.region != region, not known, abs(one.inhabitants - own) if known else 0, one.key  # type: ignore[operator]


def _town(number: int, region: str, inhabitants: int | None) -> Town:
    return Town(
        id=number,
        key=f"ars:{number:012}",
        name="",
        levels=1,
        region=region,
        country="DE",
        inhabitants=inhabitants,
        size=0,
        own_administration=True,
        peer_group=1,
        since=DAYS[0],
        gone_on=DAYS[-1],
        successor=None,
        above=[],
        overrides=[],
        serving=[],
        stamp=None,
        position=0,
    )
