"""`python -m tests.chaos --rounds 3 --seed 7`: everything is broken, in random order, under load; then everything is compared."""

import argparse
import asyncio
import random
import sys
import time
import traceback
from collections import deque

from tests.chaos.checking import check
from tests.chaos.faults import FAULTS
from tests.chaos.load import Load
from tests.chaos.report import Line, table
from tests.chaos.stories import stories
from tests.chaos.world import World, world


async def main(rounds: int, seed: int, first: int, only: str) -> int:
    """How many rounds differed. One installation bears them all; after one that differed, the next begins in another."""
    print(f"chaos: {rounds} rounds, seed {seed}", flush=True)
    left, wrong = deque(range(first, first + rounds)), 0
    while left:
        async with world() as place:
            right = True
            while left and right:
                number = left.popleft()
                right = await one_round(place, random.Random(f"{seed}/{number}"), f"chaos-{number}", only)
                wrong += not right
    print(f"{rounds - wrong} of {rounds} rounds clean." if wrong else f"All {rounds} rounds clean.", flush=True)
    return wrong


async def one_round(place: World, chance: random.Random, run: str, only: str = "", most: int = 100) -> bool:
    """Each fault once, or `most` of them, in any order. Whether nothing differed."""
    print(f"\n{run}", flush=True)
    began, right = time.monotonic(), False
    try:
        await _broken(place, chance, run, only, most)
        right = _reported(place, await check(place))
    except Exception:  # noqa: BLE001 - whatever it was, it is told, and other rounds are still worth their time
        traceback.print_exc(file=sys.stdout)
    if not right:
        print(f"  what everybody said is in {place.keep_what_was_said()}", flush=True)
    print(f"  {run} took {time.monotonic() - began:.0f} s: {'clean' if right else 'NOT CLEAN'}", flush=True)
    return right


async def _broken(place: World, chance: random.Random, run: str, only: str, most: int) -> None:
    for fault in FAULTS:
        if why := fault.needs(place):
            print(f"  left out: {fault.name} ({why})", flush=True)
    possible = [fault for fault in FAULTS if not fault.needs(place) and only in fault.name]
    place.load = Load(place.installation, place.tokens, await stories(place, run), run)
    async with place.load.writing():
        for fault in chance.sample(possible, min(most, len(possible))):
            await place.load.more(20)
            print(f"  {fault.name}", flush=True)
            await fault.act(place, chance)
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            await place.revive()
        await place.load.more(50)


def _reported(place: World, lines: list[Line]) -> bool:
    print(table(lines), flush=True)
    acknowledged, repeated = len(place.load.acknowledged), place.load.repeated
    print(f"  {acknowledged:,} writes acknowledged, {repeated:,} times one was sent again", flush=True)
    while place.remarks:
        print(f"  {place.remarks.pop(0)}", flush=True)
    return all(line.right for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument(
        "--first", type=int, default=1, help="number of the first round: 7 repeats the seventh of a seed"
    )
    parser.add_argument("--only", default="", help="faults whose name contains this")
    options = parser.parse_args()
    sys.exit(1 if asyncio.run(main(options.rounds, options.seed, options.first, options.only)) else 0)
