"""What somebody wants to be told, as a form has it and as the notifier wants to hear it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from litestar.datastructures import FormMultiDict

from events.contracts.keys import bare
from progress.pages.session import Session

EVENTS: Final = (
    "solution-became-available",
    "solution-terms-changed",
    "solution-became-unavailable",
    "solution-revised",
    "solution-withdrawn",
    "solution-published",
    "status-recorded",
)
"""What the form offers; there are more, for those who ask by the REST interface."""
FIELDS: Final[Mapping[str, str]] = {
    "municipality": "kommune",
    "filter.services": "leistungen",
    "filter.themes": "thema",
    "filter.regions": "land",
    "channel.url": "url",
    "channel.address": "adresse",
}
"""Where in the form to say what the notifier says of a field."""
_MOST: Final = 1000
_APART: Final = re.compile(r"[\s,;]+")


class Wish(NamedTuple):
    """The form, filled in. `about` is `ours` (what concerns the municipality) or `all` (whatever matches)."""

    about: str
    town: str
    services: Sequence[str]
    themes: Sequence[str]
    regions: Sequence[str]
    events: Sequence[str]
    channel: str
    url: str
    address: str
    mode: str

    def wanted(self) -> dict[str, Any]:
        """Without the channel, as the preview wants it."""
        wanted: dict[str, Any] = {
            "filter": {
                "services": list(self.services),
                "themes": list(self.themes),
                "regions": list(self.regions),
                "events": list(self.events),
            },
            "mode": "digest" if self.channel == "email" else self.mode,
        }
        return wanted | ({"municipality": self.town} if self.about == "ours" and self.town else {})

    def subscription(self) -> dict[str, Any]:
        """All of it."""
        if self.channel == "email":
            return self.wanted() | {"channel": {"kind": "email", "address": self.address}}
        return self.wanted() | {"channel": {"kind": "webhook", "url": self.url}}


def blank(session: Session, asked: Mapping[str, str]) -> Wish:
    """What an editor most often wants; `thema` and `leistung` may be in the address that led here."""
    town = bare(session.home) if session.home is not None and session.caller.role == "editor" else ""
    return Wish(
        about="ours" if town else "all",
        town=town,
        services=[asked["leistung"]] if asked.get("leistung") else (),
        themes=[asked["thema"]] if asked.get("thema") else (),
        regions=(),
        events=(),
        channel="email",
        url="",
        address="",
        mode="instant",
    )


def filled(session: Session, form: FormMultiDict) -> Wish:
    """An editor's municipality is known and not asked."""
    own = blank(session, {})
    return Wish(
        about="ours" if _text(form, "worum") == "ours" else "all",
        town=own.town or _text(form, "kommune"),
        services=[one for one in _APART.split(_text(form, "leistungen")) if one][:_MOST],
        themes=_several(form, "thema"),
        regions=_several(form, "land"),
        events=_several(form, "anlass"),
        channel="webhook" if _text(form, "weg") == "webhook" else "email",
        url=_text(form, "url"),
        address=_text(form, "adresse"),
        mode="digest" if _text(form, "takt") == "digest" else "instant",
    )


def _text(form: FormMultiDict, name: str) -> str:
    return str(form.get(name, "")).strip()


def _several(form: FormMultiDict, name: str) -> list[str]:
    return [str(one) for one in form.getall(name, [])][:_MOST]
