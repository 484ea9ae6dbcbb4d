"""`python -m events.describing [FOLDER] [--check]`: write what is generated from the registry, or say what is not current.

A released schema is only overwritten by one that adds optional fields, and a golden file never: a wire form that has
grown gets another one beside it. To change what was never released, delete its file first.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from events.contracts.registry import TYPES, EventType
from events.describing.compatibility import breaks
from events.describing.examples import document_of
from events.describing.page import page
from events.describing.schemas import Schema, schema

SCHEMAS = Path("libs/events/schemas")
GOLDEN = Path("tests/events/golden")
PAGE = Path("docs/events.md")


class WouldBreak(Exception):
    """A released schema would change other than by an optional field; a new version with an upcaster is the way."""


def text_of(described: Schema) -> str:
    """A schema as it is committed."""
    return msgspec.json.format(msgspec.json.encode(described), indent=2).decode() + "\n"


def schema_file(root: Path, event_type: EventType) -> Path:
    return root / SCHEMAS / event_type.speaker / event_type.name / f"v{event_type.version}.json"


def golden_files(root: Path, event_type: EventType) -> list[Path]:
    """The frozen wire forms of a type, oldest first."""
    first = root / GOLDEN / f"{event_type.wire}.json"
    later = sorted(
        (root / GOLDEN).glob(f"{event_type.wire}+*.json"), key=lambda file: int(file.stem.rpartition("+")[2])
    )
    return ([first] if first.exists() else []) + later


def outdated(root: Path) -> Iterator[tuple[Path, bytes]]:
    """Files that are not as the registry says, with what they should be. Raises WouldBreak."""
    for event_type in TYPES:
        described = schema(event_type)
        file = schema_file(root, event_type)
        if file.exists() and (broken := breaks(msgspec.json.decode(file.read_bytes()), described)):
            raise WouldBreak(f"{event_type.wire}: {'; '.join(broken)}")
        yield file, text_of(described).encode()
        frozen = golden_files(root, event_type)
        document = document_of(event_type)
        if not frozen or frozen[-1].read_bytes() != document:
            grown = f"+{len(frozen)}" if frozen else ""
            yield root / GOLDEN / f"{event_type.wire}{grown}.json", document
    yield root / PAGE, page().encode()


def main(arguments: list[str]) -> int:
    """Answers how many files are not current; without `--check` they are after it."""
    check = "--check" in arguments
    root = Path(next((word for word in arguments if not word.startswith("-")), "."))
    stale = [(file, said) for file, said in outdated(root) if not file.exists() or file.read_bytes() != said]
    for file, said in stale:
        print(f"{'not current' if check else 'written'}: {file.relative_to(root)}")
        if not check:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(said)
    return len(stale) if check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
