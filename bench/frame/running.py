"""A run: calibrate, measure one after the other, calibrate again, print the table. One that fails does not take the others along."""

import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

from bench.frame import results
from bench.frame.bench import Bench
from bench.frame.calibration import calibrate, sentence
from bench.frame.finding import says
from bench.frame.rows import Row
from bench.frame.table import table
from edge import logs

FOLDER = Path(__file__).parents[2] / ".data" / "bench"


class Outcome(NamedTuple):
    """What the measures gave, by name, and what went wrong."""

    rows: dict[str, list[Row]]
    failed: list[str]

    @property
    def all_rows(self) -> list[Row]:
        return [row for of in self.rows.values() for row in of]


async def run(measures: Mapping[str, ModuleType], *, small: bool, record: bool) -> int:
    """The exit code: 1 if a measure failed or, in the small version, a ratio has fallen. A missed figure is told, not punished."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    logs.configure("json", "warning")
    before = calibrate(FOLDER)
    outcome = await _all(measures, small=small)
    recorded = results.read_recorded() if small and not record else {}
    fallen = await _still_fallen(measures, outcome, recorded)
    rows = [results.held_to(recorded, row) for row in outcome.all_rows] if small else outcome.all_rows
    print(f"\n{table(rows)}\n\n{sentence(before, calibrate(FOLDER))}" if rows else "")
    missed = [f"{row.measure} ({', '.join(row.missed)})" for row in outcome.all_rows if row.missed]
    if missed and not small:
        print(f"Missed: {'; '.join(missed)}.")
    if not small:
        results.write_latest(outcome.rows, datetime.now(UTC).date(), list(measures))
    if record:
        results.record(outcome.all_rows)
    for sentence_ in (*(f"FAILED {name}" for name in outcome.failed), *(f"FALLEN {one}" for one in fallen)):
        print(sentence_)
    return 1 if outcome.failed or fallen else 0


async def _all(measures: Mapping[str, ModuleType], *, small: bool) -> Outcome:
    outcome = Outcome({}, [])
    for name, module in measures.items():
        bench = Bench(FOLDER, small=small)
        bench.say(f"{name}: {says(module)}")
        try:
            await module.measure(bench)
        except Exception as error:  # noqa: BLE001 - told, and the others go on
            traceback.print_exc()
            outcome.failed.append(f"{name}: {error!r}"[:300])
        finally:
            await bench.close()
        outcome.failed.extend(f"{name}: {one}"[:300] for one in bench.lost)
        outcome.rows[name] = bench.rows
    return outcome


async def _still_fallen(
    measures: Mapping[str, ModuleType], outcome: Outcome, recorded: Mapping[str, results.Recorded]
) -> list[str]:
    """Seconds are easily disturbed: what has fallen is measured a second time, and only what falls twice is said."""
    again = {name: module for name, module in measures.items() if results.fallen(outcome.rows[name], recorded)}
    if not again:
        return []
    second = await _all(again, small=True)
    once = {row.measure for row in outcome.all_rows if results.fallen([row], recorded)}
    return results.fallen([row for row in second.all_rows if row.measure in once], recorded)
