"""`python -m bench.large prove` or `fill [small|large …]`; `drop` removes what is kept."""

import argparse
import asyncio
import shutil

from bench.frame import Bench
from bench.frame.running import FOLDER
from bench.large import keeping, proving


async def main() -> int:
    """The exit code."""
    parser = argparse.ArgumentParser(prog="python -m bench.large")
    commands = parser.add_subparsers(required=True, dest="command")
    commands.add_parser("prove", help="that filling is the same as following, at one per cent of the cells")
    filling = commands.add_parser("fill", help="what is missing")
    filling.add_argument("names", nargs="*", default=[*keeping.FRACTIONS], metavar="small|large")
    commands.add_parser("drop", help="remove what is kept")
    options = parser.parse_args()
    bench = Bench(FOLDER)
    if options.command == "drop":
        shutil.rmtree(FOLDER / keeping.FOLDER, ignore_errors=True)
    elif options.command == "fill":
        await keeping.fill_missing(bench, options.names)
    elif different := await proving.prove(bench):
        print("\n".join(["Filling differs from following:", *different]))
        return 1
    else:
        print("Filling is the same as following, table by table.")
    return 0


if __name__ == "__main__":
    raise SystemExit(asyncio.run(main()))
