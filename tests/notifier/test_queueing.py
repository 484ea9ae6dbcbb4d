"""Whose turn it is: nobody gets more than its bound, nobody waits without need, and whoever came first at a receiver goes first."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.deliveries.claiming import Claim
from notifier.channels.deliveries.endpoints import Endpoints
from notifier.channels.deliveries.queueing import Queue, Turn

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

steps = st.lists(st.sampled_from("abc") | st.just("next") | st.integers(0, 10), max_size=60)
"""A claim for that receiver, a turn asked for, or the end of one of the requests under way."""


@given(steps, st.integers(1, 5), st.integers(1, 3))
def test_bounds_and_order_hold_whatever_comes_when(steps: list[str | int], at_once: int, per_endpoint: int) -> None:
    queue = Queue(Endpoints(per_endpoint), at_once)
    waiting: list[Claim] = []
    under_way: list[Turn] = []
    for number, step in enumerate(steps):
        if isinstance(step, int) and under_way:
            queue.over(under_way.pop(step % len(under_way)).endpoint)
        elif step == "next":
            there = Counter(turn.claim.endpoint for turn in under_way)
            may = [one for one in waiting if there[one.endpoint] < per_endpoint] if len(under_way) < at_once else []
            turn = queue.next()
            assert (turn is None) == (not may)
            if turn is not None:
                assert turn.claim == next(one for one in may if one.endpoint == turn.claim.endpoint)
                waiting.remove(turn.claim)
                under_way.append(turn)
        elif isinstance(step, str):
            waiting.append(_claim(number, step))
            queue.put(waiting[-1])
        assert queue.claimed == len(waiting) + len(under_way)


def _claim(number: int, endpoint: str) -> Claim:
    return Claim(UUID(int=number), UUID(int=0), endpoint, "", ("1",), False, 0, 1, "", (), True, NOW, (b"",))
