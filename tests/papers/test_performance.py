"""The paper on performance shows what the last full run printed, and nothing else."""

import msgspec

from bench.describing import PAPER, written
from bench.frame.results import LATEST


def test_the_table_is_that_of_the_last_run() -> None:
    lines = msgspec.json.decode(LATEST.read_bytes())
    text = PAPER.read_text(encoding="utf-8")
    assert text == written(text, lines), "make docs"
    assert lines, "make bench"
