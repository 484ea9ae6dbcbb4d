"""What may be subscribed to, and the refusals one may hear on the way."""

from typing import ClassVar, Final, Literal, get_args

from events.contracts.keys import MalformedKey, region_code, service_key
from events.contracts.notifier import Filter
from events.contracts.refusals import Refusal, RefusalKind
from events.contracts.words import Theme
from notifier.domain.wanting import NAMES, event_name

Mode = Literal["instant", "digest"]
THEMES: Final[tuple[str, ...]] = get_args(Theme)
MOST_OPEN: Final = 1000
"""So many subscriptions may one owner have; an operator's are not counted."""


class NothingWanted(Refusal):
    """Without a municipality, an empty filter would match everything that is ever said."""

    slug: ClassVar[str] = "nothing-wanted"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "Say what you want to hear of: a municipality, or a filter with services, themes, regions or events.",
            "Bitte angeben, wovon Sie hören wollen: eine Kommune oder ein Filter mit Leistungen, Themen, Regionen oder "
            "Ereignissen.",
            field="filter",
        )


class FilterNotUnderstood(Refusal):
    """An entry of the filter is no such key."""

    slug: ClassVar[str] = "filter-not-understood"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, field: str, entry: str, en: str, de: str) -> None:
        super().__init__(
            f"filter.{field} has {entry[:80]!r}: {en}.",
            f"filter.{field} enthält {entry[:80]!r}: {de}.",
            field=f"filter.{field}",
        )


class MunicipalityUnknown(Refusal):
    """No such municipality was heard of here."""

    slug: ClassVar[str] = "municipality-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, key: str) -> None:
        super().__init__(
            f"{key} is not known here. Search by name: /api/catalog/v1/municipalities?q=…",
            f"{key} ist hier nicht bekannt. Nach Namen suchen: /api/catalog/v1/municipalities?q=…",
            field="municipality",
        )


class MunicipalityEnded(Refusal):
    """It was merged or dissolved and hears nothing any more."""

    slug: ClassVar[str] = "municipality-ended"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self, name: str, successor: str | None) -> None:
        super().__init__(
            f"{name} is no more." + (f" Subscribe for its successor {successor}." if successor else ""),
            f"{name} besteht nicht mehr."
            + (f" Bitte für die Nachfolgerin {successor} abonnieren." if successor else ""),
            field="municipality",
        )


class NotYourMunicipality(Refusal):
    """An editor subscribes for its own municipality."""

    slug: ClassVar[str] = "not-your-municipality"
    kind: ClassVar[RefusalKind] = "forbidden"

    def __init__(self, own: str | None, other: str) -> None:
        super().__init__(
            f"Your token is for {own or 'no municipality'}, not for {other}.",
            f"Ihr Token gilt für {own or 'keine Kommune'}, nicht für {other}.",
            field="municipality",
        )


class TooManySubscriptions(Refusal):
    """One owner has as many as anyone may."""

    slug: ClassVar[str] = "too-many-subscriptions"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self) -> None:
        super().__init__(
            f"You have {MOST_OPEN} open subscriptions, and no one may have more. Close some under /subscriptions.",
            f"Sie haben {MOST_OPEN} offene Abonnements; mehr sind nicht möglich. Bitte unter /subscriptions welche beenden.",
        )


class SubscriptionUnknown(Refusal):
    """There is no such subscription, or it belongs to somebody else: who asks learns no difference."""

    slug: ClassVar[str] = "subscription-unknown"
    kind: ClassVar[RefusalKind] = "unknown"

    def __init__(self, id_: object) -> None:
        super().__init__(
            f"You have no subscription {id_}. Yours are listed under /subscriptions.",
            f"Sie haben kein Abonnement {id_}. Ihre stehen unter /subscriptions.",
        )


class SubscriptionIsClosed(Refusal):
    """Nothing is sent any more to where nobody listens."""

    slug: ClassVar[str] = "subscription-closed"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self) -> None:
        super().__init__(
            "This subscription was closed. Open a new one.",
            "Dieses Abonnement wurde beendet. Bitte ein neues eröffnen.",
        )


class SubscriptionIsDisabled(Refusal):
    """Nothing arrived there for days."""

    slug: ClassVar[str] = "subscription-disabled"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self) -> None:
        super().__init__(
            "This subscription was disabled, because nothing arrived there for days. Switch it on again with …/reactivate.",
            "Dieses Abonnement wurde abgeschaltet, weil dort tagelang nichts ankam. Wieder einschalten mit …/reactivate.",
        )


class OnlyForWebhooks(Refusal):
    """Mails are neither tried nor sent twice nor signed."""

    slug: ClassVar[str] = "only-for-webhooks"
    kind: ClassVar[RefusalKind] = "conflict"

    def __init__(self) -> None:
        super().__init__(
            "This subscription is sent by mail: there is no test, no secret to change and nothing to send again. "
            "All that was said is in the inbox.",
            "Dieses Abonnement kommt per E-Mail: Es gibt keinen Test, kein Geheimnis zu wechseln und nichts noch einmal zu senden. "
            "Alles Gesagte steht im Posteingang.",
        )


class NoMailHere(Refusal):
    """The operator has named no mail server."""

    slug: ClassVar[str] = "no-mail-here"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self) -> None:
        super().__init__(
            "This installation sends no mail, because its operator has named no mail server (OZG_SMTP_URL). Use a webhook or a feed.",
            "Diese Installation verschickt keine E-Mails, weil ihr Betreiber keinen Mailserver genannt hat (OZG_SMTP_URL). Bitte "
            "einen Webhook oder einen Feed nutzen.",
            field="channel.kind",
        )


def understood(wanted: Filter, *, municipality: bool) -> Filter:
    """The filter with full keys, each once. Raises NothingWanted, FilterNotUnderstood."""
    if not municipality and not any((wanted.services, wanted.themes, wanted.regions, wanted.events)):
        raise NothingWanted
    return Filter(
        services=tuple(dict.fromkeys(_service(one) for one in wanted.services)),
        themes=tuple(dict.fromkeys(_theme(one) for one in wanted.themes)),
        regions=tuple(dict.fromkeys(_region(one) for one in wanted.regions)),
        events=tuple(dict.fromkeys(_event(one) for one in wanted.events)),
    )


def _service(text: str) -> str:
    try:
        return service_key(text)
    except MalformedKey:
        raise FilterNotUnderstood(
            "services",
            text,
            "expected 14 digits or scheme:value, such as basis:postausgang",
            "erwartet werden 14 Ziffern oder Schema:Wert, etwa basis:postausgang",
        ) from None


def _theme(text: str) -> str:
    if text not in THEMES:
        names = ", ".join(THEMES)
        raise FilterNotUnderstood("themes", text, f"expected one of {names}", f"erwartet wird eines von {names}")
    return text


def _region(text: str) -> str:
    try:
        return region_code(text)
    except MalformedKey:
        raise FilterNotUnderstood(
            "regions", text, "expected DE-SN or DE, for example", "erwartet wird etwa DE-SN oder DE"
        ) from None


def _event(text: str) -> str:
    name = event_name(text)
    if name is None:
        names = ", ".join(NAMES)
        raise FilterNotUnderstood("events", text, f"expected one of {names}", f"erwartet wird eines von {names}")
    return name
