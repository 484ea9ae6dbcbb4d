"""What an alert says: one sentence in German and in English that names the solution, the services, the date and the terms."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from events.contracts.notifier import ChannelKind
from events.contracts.parts import Availability, ServiceRef, Solution, SolutionRef
from events.contracts.regions import region_name

Title = dict[str, str]

MOST_NAMED: Final = 3
"""So many services or solutions are named before the rest is counted; the alert itself lists all."""

MONTHS: Final = (
    "January February March April May June July August September October November December".split()  # noqa: SIM905 - read best as a sentence
)


def lacks(solution: Solution, services: Sequence[ServiceRef], availability: Availability, today: date) -> Title:
    """Something reusable is, or on a known day will be, open to one who lacks these services."""
    de, en = region(availability.region)
    if availability.from_ > today:
        de_since, en_since = (
            f"wird ab {_de(availability.from_)}",
            f"will be open for reuse from {_en(availability.from_)}",
        )
    else:
        de_since = f"ist seit {_de(availability.from_)}"
        en_since = f"has been open for reuse since {_en(availability.from_)}"
    named = named_services(services)
    return _with_terms(
        {
            "de": f"„{solution.name}“ {de_since} nachnutzbar ({de}) und bietet, was Ihnen noch fehlt: {named['de']}.",
            "en": f"“{solution.name}” {en_since} ({en}) and offers what you still lack: {named['en']}.",
        },
        solution,
        availability,
    )


def terms_changed(solution: Solution, services: Sequence[ServiceRef], availability: Availability) -> Title:
    """The solution in use stays open there, on other terms."""
    de, en = region(availability.region)
    named = named_services(services)
    return _with_terms(
        {
            "de": f"Die Bedingungen von „{solution.name}“ ({de}) haben sich geändert; Sie nutzen es für: {named['de']}.",
            "en": f"The terms of “{solution.name}” ({en}) have changed; you use it for: {named['en']}.",
        },
        solution,
        availability,
    )


def disabled(channel: ChannelKind, subscription: object, since: date) -> Title:
    """A webhook, or an address for mail, that nothing arrives at."""
    switch_on = f"POST /api/notifier/v1/subscriptions/{subscription}/reactivate"
    if channel == "email":
        return {
            "de": f"An Sie gehen keine E-Mails mehr, weil seit dem {_de(since)} keine ankommt. Bitte die Adresse prüfen und wieder "
            f"einschalten: {switch_on}. Was inzwischen gesagt wurde, steht in diesem Posteingang.",
            "en": f"No mails are sent to you any more, because none has arrived since {_en(since)}. Please check the address and "
            f"switch it on again: {switch_on}. What was said meanwhile is in this inbox.",
        }
    return {
        "de": f"Ihr Webhook ist abgeschaltet, weil dort seit dem {_de(since)} nichts mehr ankommt. Bitte den Empfänger prüfen und "
        f"wieder einschalten: {switch_on}. Was inzwischen gesagt wurde, steht in diesem Posteingang.",
        "en": f"Your webhook is switched off, because nothing has arrived there since {_en(since)}. Please check the receiver and "
        f"switch it on again: {switch_on}. What was said meanwhile is in this inbox.",
    }


def ended(solution: Solution, services: Sequence[ServiceRef], where: str, on: date) -> Title:
    """The solution in use can no longer be had there."""
    de, en = region(where)
    named = named_services(services)
    return {
        "de": f"„{solution.name}“ ist ab {_de(on)} nicht mehr nachnutzbar ({de}); Sie nutzen es für: {named['de']}.",
        "en": f"“{solution.name}” is no longer open for reuse from {_en(on)} ({en}); you use it for: {named['en']}.",
    }


def withdrawn(solution: Solution, services: Sequence[ServiceRef]) -> Title:
    """The solution in use is no longer offered to anyone."""
    named = named_services(services)
    return {
        "de": f"„{solution.name}“ wird nicht mehr angeboten; Sie nutzen es für: {named['de']}.",
        "en": f"“{solution.name}” is no longer offered; you use it for: {named['en']}.",
    }


def open_now(solutions: Sequence[SolutionRef], services: Sequence[ServiceRef], *, lacking: bool) -> Title:
    """The summary for a new subscription."""
    de = _named([f"„{one.name}“" for one in solutions], "und {} weitere")
    en = _named([f"“{one.name}”" for one in solutions], "and {} more")
    named = named_services(services)
    if lacking:
        return {
            "de": f"Für Sie nachnutzbar: {de}. Das bietet, was Ihnen noch fehlt: {named['de']}.",
            "en": f"Open to you for reuse: {en}. That offers what you still lack: {named['en']}.",
        }
    return {"de": f"Nachnutzbar: {de} ({named['de']}).", "en": f"Open for reuse: {en} ({named['en']})."}


def demonstration(title: Title) -> Title:
    """Nobody may take demonstration data for real."""
    return {"de": f"[Demonstration] {title['de']}", "en": f"[Demonstration] {title['en']}"}


def region(code: str) -> tuple[str, str]:
    """A region's names in German and English."""
    return region_name(code, "de"), region_name(code, "en")


def _with_terms(title: Title, solution: Solution, availability: Availability) -> Title:
    link = availability.terms.order_url or solution.url
    if link is None:
        return title
    return {"de": f"{title['de']} Bedingungen: {link}", "en": f"{title['en']} Terms: {link}"}


def named_services(services: Sequence[ServiceRef]) -> Title:
    titles = [service.title for service in services]
    return {"de": _named(titles, "und {} weitere"), "en": _named(titles, "and {} more")}


def _named(names: Sequence[str], rest: str) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} {rest.format(more)}" if more > 0 else shown


def _de(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def _en(day: date) -> str:
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"
