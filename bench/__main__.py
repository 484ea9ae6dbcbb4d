"""`make bench`: measure the hot paths on the machine at hand, each beside its floor and its peers, and print one table."""

import argparse
import asyncio

from bench.frame import finding
from bench.frame.running import run


def main() -> int:
    """What `--small` does not print is not measured: it takes seconds a measure and compares with what was recorded."""
    measures = finding.found()
    parser = argparse.ArgumentParser(
        prog="python -m bench",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="\n".join(
            f"{name:10} {finding.says(module)}{' (only when named)' if finding.only_when_named(module) else ''}"
            for name, module in measures.items()
        ),
    )
    parser.add_argument("measure", nargs="*", metavar="MEASURE", help="which ones; all, if none is named")
    parser.add_argument("--small", action="store_true", help="seconds a measure, without peers, as CI runs it")
    parser.add_argument("--record", action="store_true", help="keep the ratios for CI to compare with (with --small)")
    options = parser.parse_args()
    if unknown := [name for name in options.measure if name not in measures]:
        parser.error(f"there is no measure {', '.join(unknown)}; there are {', '.join(measures)}")
    if options.record and not options.small:
        parser.error("--record keeps what CI compares with: the ratios of --small")
    chosen = {
        name: module
        for name, module in measures.items()
        if (name in options.measure if options.measure else not finding.only_when_named(module))
    }
    return asyncio.run(run(chosen, small=options.small, record=options.record))


if __name__ == "__main__":
    raise SystemExit(main())
