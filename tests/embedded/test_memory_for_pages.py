"""The embedded PostgreSQL takes an eighth of the machine's memory for its pages, within bounds."""

import pytest

from embedded.postgres import memory_of_this_machine, serving

GIGABYTE = 2**30


@pytest.mark.parametrize(
    ("memory", "buffers"),
    [(GIGABYTE // 2, "128MB"), (2 * GIGABYTE, "256MB"), (8 * GIGABYTE, "1024MB"), (64 * GIGABYTE, "1024MB")],
)
def test_an_eighth_within_bounds(memory: int, buffers: str) -> None:
    assert serving(memory)["shared_buffers"] == buffers


def test_what_is_safe_stays_so() -> None:
    assert serving(memory_of_this_machine())["synchronous_commit"] == "on"
