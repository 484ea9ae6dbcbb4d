"""Atom 1.0 as RFC 4287 wants it: ids that never change, a date on everything, German first."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID
from xml.etree import ElementTree as ET  # only written here, never parsed

MEDIA_TYPE: Final = "application/atom+xml"
NAMESPACE: Final = "http://www.w3.org/2005/Atom"
NOTHING_YET: Final = datetime(2000, 1, 1, tzinfo=UTC)
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Entry(NamedTuple):
    """One thing said."""

    id: UUID
    time: datetime
    title: str
    summary: str
    link: str | None
    categories: Sequence[str] = ()


class Feed(NamedTuple):
    """`id` is the same for ever for the same question."""

    id: UUID
    title: str
    author: str
    address: str
    entries: Sequence[Entry]


def render(feed: Feed) -> bytes:
    """The document."""
    root = ET.Element("feed", {"xmlns": NAMESPACE, "xml:lang": "de"})
    _text(root, "id", f"urn:uuid:{feed.id}")
    _text(root, "title", feed.title)
    _text(root, "updated", _time(max((entry.time for entry in feed.entries), default=NOTHING_YET)))
    ET.SubElement(root, "link", {"rel": "self", "type": MEDIA_TYPE, "href": feed.address})
    _text(ET.SubElement(root, "author"), "name", feed.author)
    for entry in feed.entries:
        _entry(root, entry)
    body: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'.encode()


def _entry(root: ET.Element, entry: Entry) -> None:
    element = ET.SubElement(root, "entry")
    _text(element, "id", f"urn:uuid:{entry.id}")
    _text(element, "title", entry.title)
    _text(element, "published", _time(entry.time))
    _text(element, "updated", _time(entry.time))
    _text(element, "summary", entry.summary).set("xml:lang", "en")
    if entry.link is not None:
        ET.SubElement(element, "link", {"rel": "alternate", "href": _clean(entry.link)})
    for category in entry.categories:
        ET.SubElement(element, "category", {"term": _clean(category)})


def _text(parent: ET.Element, name: str, text: str) -> ET.Element:
    element = ET.SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    """Without what XML cannot carry."""
    return _NOT_IN_XML.sub("", text)


def _time(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
