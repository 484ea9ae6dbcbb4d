"""Versions travel as strong ETags (`"v3"`); `If-Match` says which version a change was made on."""

import re
from typing import Any

import msgspec

from edge.language import Text
from edge.problems import Problem

_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_ONE = re.compile(_TAG)
_VERSION = re.compile(r'"v(0|[1-9]\d{0,17})"')
_KEY = re.compile(r"[\x21-\x7e]{1,255}")


class Tags(msgspec.Struct, frozen=True):
    """What `If-Match` or `If-None-Match` lists; `anything` is the asterisk."""

    listed: frozenset[str] = frozenset()
    anything: bool = False

    def match(self, version: int | None) -> bool:
        """Is this version (None: there is none) one of those listed? Weak tags never match."""
        if version is None:
            return False
        return self.anything or etag(version) in self.listed

    @property
    def version(self) -> int | None:
        """The one version listed, for code that takes a single expected version; None if not exactly one."""
        versions = self.versions
        return next(iter(versions)) if len(versions) == 1 and not self.anything else None

    @property
    def versions(self) -> frozenset[int]:
        """Every version listed."""
        return frozenset(int(found[1]) for tag in self.listed if (found := _VERSION.fullmatch(tag)))


class TakenHeader(msgspec.Struct, frozen=True):
    """A request header as the OpenAPI document describes it."""

    name: str
    description: str
    pattern: str


_TAG_PATTERN = r'^(\*|(W/)?"[!#-~]*"(, (W/)?"[!#-~]*")*)$'
IF_MATCH = TakenHeader("If-Match", 'ETag of the version you changed, e.g. "v3"', _TAG_PATTERN)
IF_NONE_MATCH = TakenHeader("If-None-Match", "ETag you already have, or * to create only", _TAG_PATTERN)
IDEMPOTENCY_KEY = TakenHeader(
    "Idempotency-Key", "1 to 255 printable characters; a repeat gets the stored answer", "^[!-~]{1,255}$"
)


def takes(*headers: TakenHeader) -> dict[str, Any]:
    """For `opt=` of a route: the headers it minds, for the document."""
    return {"takes": headers}


def etag(version: int) -> str:
    """The ETag of a version."""
    return f'"v{version}"'


def parse_tags(header: str, name: str = "If-Match") -> Tags:
    """The tags in a header, or a problem if it is malformed."""
    if header.strip() == "*":
        return Tags(anything=True)
    if not _TAGS.fullmatch(header):
        raise Problem(
            400,
            "malformed-etag",
            {"en": "Malformed ETag", "de": "Fehlerhaftes ETag"},
            {
                "en": f'{name} is {header!r}. It takes ETags in double quotes, such as "v3", or *.',
                "de": f'{name} ist {header!r}. Hierher gehören ETags in Anführungszeichen, etwa "v3", oder *.',
            },
            field=name,
        )
    return Tags(frozenset(_ONE.findall(header)))


def parse_idempotency_key(header: str) -> str:
    """The key, with or without the quotes of a structured header, or a problem."""
    key = header.strip()
    if len(key) > 2 and key.startswith('"') and key.endswith('"'):
        key = key[1:-1]
    if not _KEY.fullmatch(key):
        raise Problem(
            400,
            "malformed-idempotency-key",
            {"en": "Malformed Idempotency-Key", "de": "Fehlerhafter Idempotency-Key"},
            {
                "en": "Idempotency-Key takes 1 to 255 printable ASCII characters without spaces, such as a UUID.",
                "de": "Idempotency-Key besteht aus 1 bis 255 druckbaren ASCII-Zeichen ohne Leerzeichen, etwa einer UUID.",
            },
            field="Idempotency-Key",
        )
    return key


def not_modified(if_none_match: Tags | None, version: int) -> bool:
    """Does the reader have this version already? Then answer 304 (weak comparison, as RFC 9110 says)."""
    if if_none_match is None:
        return False
    known = {tag.removeprefix("W/") for tag in if_none_match.listed}
    return if_none_match.anything or etag(version) in known


def precondition_failed(current: int | None) -> Problem:
    """Somebody changed it in between: 412, with the version that holds now."""
    now_en = f"it is now at {etag(current)}" if current is not None else "there is nothing here"
    now_de = f"gültig ist jetzt {etag(current)}" if current is not None else "hier gibt es nichts"
    detail: Text = {
        "en": f"If-Match does not fit: {now_en}. Read it again and repeat your change on that.",
        "de": f"If-Match passt nicht: {now_de}. Bitte neu lesen und die Änderung darauf wiederholen.",
    }
    return Problem(
        412,
        "precondition-failed",
        {"en": "It changed in between", "de": "Zwischenzeitlich geändert"},
        detail,
        headers={} if current is None else {"etag": etag(current)},
        current_version=current,
    )


def check(if_match: Tags | None, current: int | None) -> None:
    """Raise the 412 problem unless the precondition holds; no precondition always holds."""
    if if_match is not None and not if_match.match(current):
        raise precondition_failed(current)
