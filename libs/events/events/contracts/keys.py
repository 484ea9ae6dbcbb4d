"""The keys by which authorities, services and regions are known, and their short forms in addresses.

A key is `scheme:value`. In addresses a German 12-digit regional key may stand bare (`147130000000`), and so may a
14-digit service key (`99115005060000`).
"""

import re

_KEY = re.compile(r"[a-z][a-z0-9-]{0,15}:[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?")
_ARS = re.compile(r"[0-9]{12}")
_SERVICE = re.compile(r"[0-9]{14}")
_SHOWN_AT_MOST = 80
_STATES = ["SH", "HH", "NI", "HB", "NW", "HE", "RP", "BW", "BY", "SL", "BE", "BB", "MV", "SN", "ST", "TH"]
"""ISO 3166-2 codes of the 16 Länder in the order of their official number 01 to 16."""


class MalformedKey(ValueError):
    """Not a key; says in which field, and which form is expected."""

    def __init__(self, text: str, field: str, en: str, de: str) -> None:
        shown = text if len(text) <= _SHOWN_AT_MOST else f"{text[:_SHOWN_AT_MOST]}…"
        self.field = field
        self.en = f"{shown!r} is no {en}"
        self.de = f"{shown!r} ist {de}"
        super().__init__(self.en)


def municipality_id(text: str, field: str = "municipality") -> str:
    """`147130000000` or `ars:147130000000` or `katottg:UA…` → the full id. Raises MalformedKey."""
    if _ARS.fullmatch(text):
        return f"ars:{text}"
    scheme, _, value = text.partition(":")
    if scheme == "ars" and not _ARS.fullmatch(value):
        raise MalformedKey(
            text,
            field,
            "regional key: ars: is followed by 12 digits, for example ars:147130000000",
            "kein Regionalschlüssel: Auf ars: folgen 12 Ziffern, etwa ars:147130000000",
        )
    if not _KEY.fullmatch(text):
        raise MalformedKey(
            text,
            field,
            "municipality: expected 12 digits (147130000000) or scheme:value (katottg:UA…)",
            "keine Kommune: Erwartet werden 12 Ziffern (147130000000) oder schema:wert (katottg:UA…)",
        )
    return text


def service_key(text: str, field: str = "service") -> str:
    """`99115005060000` or `leika:99115005060000` or `basis:postausgang` → the full key. Raises MalformedKey."""
    if _SERVICE.fullmatch(text):
        return f"leika:{text}"
    scheme, _, value = text.partition(":")
    if scheme == "leika" and not _SERVICE.fullmatch(value):
        raise MalformedKey(
            text,
            field,
            "service key: leika: is followed by 14 digits, for example leika:99115005060000",
            "kein Leistungsschlüssel: Auf leika: folgen 14 Ziffern, etwa leika:99115005060000",
        )
    if not _KEY.fullmatch(text):
        raise MalformedKey(
            text,
            field,
            "service key: expected 14 digits (99115005060000) or scheme:value (basis:postausgang)",
            "kein Leistungsschlüssel: Erwartet werden 14 Ziffern (99115005060000) oder schema:wert (basis:postausgang)",
        )
    return text


def region_code(text: str, field: str = "region") -> str:
    """An ISO 3166-2 code (`DE-SN`) or a country (`DE`). Raises MalformedKey."""
    if not _REGION.fullmatch(text):
        raise MalformedKey(
            text,
            field,
            "region: expected ISO 3166-2 such as DE-SN, or a country such as DE",
            "keine Region: Erwartet wird ISO 3166-2 wie DE-SN oder ein Land wie DE",
        )
    return text


def slug(text: str, field: str = "slug") -> str:
    """A solution's slug: lower-case letters, digits and inner hyphens, at most 64. Raises MalformedKey."""
    if not _SLUG.fullmatch(text):
        raise MalformedKey(
            text,
            field,
            "slug: expected lower-case letters, digits and hyphens, for example postausgang-sachsen",
            "kein Kürzel: Erwartet werden Kleinbuchstaben, Ziffern und Bindestriche, etwa postausgang-sachsen",
        )
    return text


def bare(key: str) -> str:
    """The short form for addresses and message subjects: digits where the scheme is plain, else the key."""
    scheme, _, value = key.partition(":")
    return value if scheme in ("ars", "leika") else key


def region_of_state(number: str) -> str:
    """The ISO region of a German Land's official number: `14` → `DE-SN`. Raises IndexError beyond 16."""
    return f"DE-{_STATES[int(number) - 1]}"


def covers(region: str, other: str) -> bool:
    """Whether `other` lies in `region`: a country covers its regions, and each covers itself."""
    return other == region or other.startswith(f"{region}-")
