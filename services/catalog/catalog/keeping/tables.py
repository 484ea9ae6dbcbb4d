"""What all tables of current states share: their metadata, and JSON as the states' own types."""

from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

metadata = sa.MetaData()
T = TypeVar("T")


def packed(value: Any) -> str | None:
    """A struct as JSON text; None stays None."""
    return None if value is None else msgspec.json.encode(value).decode()


def unpacked(text: str | None, kind: type[T]) -> T | None:
    """The struct again. Queries read JSON as text, so that no driver reads it twice."""
    return None if text is None else msgspec.json.decode(text, type=kind)
