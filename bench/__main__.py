"""`make bench ARGS=sheets`: measure on the machine at hand. Without a name: what there is to measure."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine

from bench import sheets

MEASURES: dict[str, Callable[[argparse.Namespace], Coroutine[None, None, None]]] = {"sheets": sheets.measure}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("measure", nargs="?", choices=sorted(MEASURES))
    parser.add_argument("--authorities", type=int, default=400, help="how many sheets (default: all 400)")
    options = parser.parse_args()
    if options.measure is None:
        for name, measure in MEASURES.items():
            print(f"{name:12} {(sys.modules[measure.__module__].__doc__ or '').splitlines()[0]}")
        return 0
    asyncio.run(MEASURES[options.measure](options))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
