"""What the two kinds of mail say: the question whether somebody really wants them, and what was said since the last one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from events.contracts.notifier import AlertRaised
from events.contracts.parts import Amount, Terms
from notifier.domain.letter import Block, Language, Letter, Line, letter

AGREED_TO: Final = "2026-11"
"""Names the text of the question; kept with each answer. Change it together with the text."""

MOST_LISTED: Final = 100
"""So many alerts are in one mail; the rest is counted."""

_WORDS: Final[Mapping[Language, Mapping[str, str]]] = {
    "de": {
        "hello": "Guten Tag,",
        "whom": " für {}",
        "please": "Bitte bestätigen: Hinweise{whom}",
        "asked": "für diese Adresse wurden Hinweise zu nachnutzbaren Lösungen bestellt{whom}: höchstens eine E-Mail am Tag.",
        "confirm": "Hier bestätigen, möglich bis {until:%d.%m.%Y, %H:%M} Uhr",
        "agreed": "Damit sind Sie einverstanden, dass die Adresse dafür gespeichert wird, bis Sie abbestellen; das geht in jeder "
        "E-Mail mit einem Klick.",
        "not you": "Sie waren das nicht? Dann ist nichts zu tun: Es kommt nichts weiter, und die Adresse wird gelöscht.",
        "one": "Ein Hinweis{whom}",
        "many": "{number} Hinweise{whom}",
        "news": "seit der letzten E-Mail gibt es Neues{whom}:",
        "more": "Weitere Hinweise, die hier keinen Platz haben: {number}",
        "why": "Diese Adresse hat Hinweise abonniert; sie kommen höchstens einmal am Tag.",
        "stop": "Abbestellen",
        "read": "Mehr dazu",
        "services": "Leistungen",
        "cost": "Kosten",
        "once": "einmalig",
        "yearly": "im Jahr",
        "contract": "Vertrag",
        "offered": "Angeboten von",
        "needs": "Voraussetzungen",
        "notice": "Kündigungsfrist in Monaten",
        "thousands": ".",
    },
    "en": {
        "hello": "Hello,",
        "whom": " for {}",
        "please": "Please confirm: alerts{whom}",
        "asked": "somebody ordered alerts on reusable solutions{whom} to this address: at most one mail a day.",
        "confirm": "Confirm here, possible until {until:%d/%m/%Y, %H:%M}",
        "agreed": "By that you agree that the address is kept for this until you unsubscribe, which takes one click in any mail.",
        "not you": "It was not you? Then there is nothing to do: nothing more will come, and the address is erased.",
        "one": "One alert{whom}",
        "many": "{number} alerts{whom}",
        "news": "there is news{whom} since the last mail:",
        "more": "More alerts for which there is no room here: {number}",
        "why": "This address subscribed to alerts; they come at most once a day.",
        "stop": "Unsubscribe",
        "read": "Read more",
        "services": "Services",
        "cost": "Cost",
        "once": "once",
        "yearly": "a year",
        "contract": "Contract",
        "offered": "Offered by",
        "needs": "Preconditions",
        "notice": "Notice period in months",
        "thousands": ",",
    },
}


class Places(NamedTuple):
    """Where the links in a mail lead: `base` is the installation's address, `all_` where everything said can be read."""

    base: str
    stop: str
    all_: str


def question(language: Language, about: str | None, until: datetime, confirm: str) -> Letter:
    """Only the link in it begins anything; whoever did not ask for it need do nothing. `until` is in local time."""
    words = _WORDS[language]
    whom = words["whom"].format(about) if about else ""
    blocks = [
        Block([Line(words["hello"])]),
        Block([Line(words["asked"].format(whom=whom))]),
        Block([Line(words["confirm"].format(until=until), confirm)]),
        Block([Line(words["agreed"]), Line(words["not you"])]),
    ]
    return letter(language, words["please"].format(whom=whom), blocks)


def digest(language: Language, about: str | None, alerts: Sequence[AlertRaised], number: int, places: Places) -> Letter:
    """What was said since the last mail; of `number` alerts in all these are listed."""
    words = _WORDS[language]
    whom = words["whom"].format(about) if about else ""
    rest = number - len(alerts)
    blocks = [
        Block([Line(words["hello"])]),
        Block([Line(words["news"].format(whom=whom))]),
        *(_listed(one, language, places) for one in alerts),
        *([Block([Line(words["more"].format(number=rest), places.all_)])] if rest > 0 else []),
        Block([Line(words["why"]), Line(words["stop"], places.stop)]),
    ]
    return letter(language, words["one" if number == 1 else "many"].format(number=number, whom=whom), blocks)


def _listed(alert: AlertRaised, language: Language, places: Places) -> Block:
    """The sentence, all services where there are several, the terms, and where to read more."""
    words = _WORDS[language]
    lines = [Line(alert.title.get(language) or next(iter(alert.title.values()), ""))]
    if len(alert.services) > 1:
        lines.append(Line(f"{words['services']}: {'; '.join(one.title for one in alert.services)}"))
    if alert.availability is not None:
        lines += [Line(text) for text in terms(alert.availability.terms, language)]
    solutions = alert.solutions or ((alert.solution,) if alert.solution is not None else ())
    lines += [
        Line(words["read"] if len(solutions) == 1 else one.name, f"{places.base}/loesungen/{one.slug}")
        for one in solutions
    ]
    return Block(lines, listed=True)


def terms(said: Terms, language: Language) -> list[str]:
    """What is known of them, a line each; the address to order at is in the alert's sentence."""
    words = _WORDS[language]
    amounts = [(_money(said.cost_once, language), "once"), (_money(said.cost_per_year, language), "yearly")]
    found = [
        ("cost", ", ".join(f"{amount} {words[when]}" for amount, when in amounts if amount)),
        ("contract", said.contract),
        ("offered", said.offered_by),
        ("needs", "; ".join(said.preconditions)),
        ("notice", said.notice_months),
    ]
    return [f"{words[name]}: {value}" for name, value in found if value not in (None, "")]


def _money(amount: Amount | None, language: Language) -> str:
    """A range in whole units: `1.900–4.200 €`."""
    ends = () if amount is None else (amount.from_, amount.to)
    shown = [f"{end:,}".replace(",", _WORDS[language]["thousands"]) for end in ends if end is not None]
    if amount is None or not shown:
        return ""
    return f"{'–'.join(dict.fromkeys(shown))} {'€' if amount.currency == 'EUR' else amount.currency}"
