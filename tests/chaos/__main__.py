"""`python -m tests.chaos --rounds 3 --seed 7`: everything is broken, in random order, under load; then everything is compared."""

import argparse
import asyncio
import random
import sys
import time

from tests.chaos.checking import check
from tests.chaos.faults import FAULTS
from tests.chaos.load import Load
from tests.chaos.report import table
from tests.chaos.restoring import restored
from tests.chaos.stories import stories
from tests.chaos.world import World, world


async def main(rounds: int, seed: int, only: str) -> int:
    """How many rounds differed."""
    print(f"chaos: {rounds} rounds, seed {seed}", flush=True)
    wrong = 0
    async with world() as place:
        for fault in FAULTS:
            if why := fault.needs(place):
                print(f"  left out: {fault.name} ({why})", flush=True)
        chance = random.Random(seed)
        for number in range(1, rounds + 1):
            began = time.monotonic()
            wrong += not await one_round(place, chance, f"chaos-{number}", only)
            print(f"  round {number} of {rounds} took {time.monotonic() - began:.0f} s", flush=True)
    print(f"{rounds - wrong} of {rounds} rounds clean" if wrong else f"All {rounds} rounds clean.", flush=True)
    return wrong


async def one_round(place: World, chance: random.Random, run: str, only: str = "", most: int = 100) -> bool:
    """Each fault once, or `most` of them, in any order. Whether nothing differed."""
    print(f"\n{run}", flush=True)
    possible = [fault for fault in FAULTS if not fault.needs(place) and only in fault.name]
    load = Load(place, await stories(place, run), run)
    async with load.writing():
        for fault in chance.sample(possible, min(most, len(possible))):
            await load.more(20)
            print(f"  {fault.name}", flush=True)
            await fault.act(place, chance)
            await asyncio.sleep(chance.uniform(0.2, 2.0))
            await place.revive()
        if only in "an earlier backup":
            print("  an earlier backup", flush=True)
            await restored(place, load, chance)
        await load.more(50)
    lines = await check(place, load.acknowledged)
    print(table(lines), flush=True)
    print(f"  {len(load.acknowledged):,} writes acknowledged, {load.repeated:,} times one was sent again", flush=True)
    return all(line.right for line in lines)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--only", default="", help="faults whose name contains this")
    options = parser.parse_args()
    sys.exit(1 if asyncio.run(main(options.rounds, options.seed, options.only)) else 0)
