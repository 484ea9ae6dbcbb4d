"""An event, as far as a check looks at it."""

from typing import Any

import msgspec


class Envelope(msgspec.Struct):
    """As much of an event as a check looks at."""

    id: str
    type: str
    sequence: str
    subject: str
    correlationid: str | None = None
    data: Any = None
