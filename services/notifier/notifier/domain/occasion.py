"""What an event is about and how it is told to those who hear whatever matches a filter, and in the public feeds."""

from typing import NamedTuple

from events.contracts import catalog as c
from events.contracts import parts
from events.contracts.parts import Fact, ServiceRef, SolutionRef
from events.contracts.registry import type_of
from events.contracts.words import Phase, Theme
from notifier.domain import wording
from notifier.domain.wording import Title

PHASES: dict[Phase, tuple[str, str]] = {
    "not_started": ("nicht begonnen", "not started"),
    "planned": ("geplant", "planned"),
    "in_preparation": ("in Vorbereitung", "in preparation"),
    "in_implementation": ("in Umsetzung", "in implementation"),
    "pilot": ("im Pilotbetrieb", "in pilot"),
    "live": ("live", "live"),
    "deferred": ("zurückgestellt", "deferred"),
    "suspended": ("ausgesetzt", "suspended"),
    "ended": ("beendet", "ended"),
    "not_applicable": ("nicht einschlägig", "not applicable"),
}


class Occasion(NamedTuple):
    """One event seen as news. `themes` are those it names itself; those of its services are added from the catalogue."""

    event: str
    services: tuple[ServiceRef, ...]
    service_keys: tuple[str, ...]
    themes: tuple[Theme, ...]
    regions: tuple[str, ...]
    solution: SolutionRef | None
    availability: parts.Availability | None
    demonstration: bool
    title: Title


def occasion(data: Fact, open_in: tuple[str, ...] = ()) -> Occasion | None:
    """None for a correction, which is no news. `open_in` are the regions where the event's solution is open."""
    if getattr(data, "correction", False):
        return None
    services = _services(data)
    solution = getattr(data, "solution", None)
    availability = getattr(data, "availability", None)
    demonstration = _is_demonstration(data)
    title = _title(data)
    theme = getattr(data, "theme", None)
    keys = data.services if isinstance(data, c.BundleListed) else tuple(service.key for service in services)
    return Occasion(
        event=type_of(data).name,
        services=services,
        service_keys=keys,
        themes=(theme,) if theme is not None else (),
        regions=_regions(data, open_in),
        solution=SolutionRef(slug=solution.slug, name=solution.name) if isinstance(solution, parts.Solution) else None,
        availability=availability,
        demonstration=demonstration,
        title=wording.demonstration(title) if demonstration else title,
    )


def _services(data: Fact) -> tuple[ServiceRef, ...]:
    solution = getattr(data, "solution", None)
    if isinstance(solution, parts.Solution):
        return solution.services
    service = getattr(data, "service", None)
    return (service,) if isinstance(service, ServiceRef) else ()


def _regions(data: Fact, open_in: tuple[str, ...]) -> tuple[str, ...]:
    for where in (getattr(data, "municipality", None), getattr(data, "availability", None)):
        if isinstance(where, parts.MunicipalityRef | parts.Availability):
            return (where.region,)
    if isinstance(data, c.ServiceListed):
        return (data.country,)
    return open_in


def _is_demonstration(data: Fact) -> bool:
    for holder in (data, getattr(data, "state", None), getattr(data, "solution", None)):
        basis = getattr(holder, "basis", None)
        if isinstance(basis, parts.Basis) and basis.kind == "demonstration":
            return True
    return False


def _title(data: Fact) -> Title:
    match data:
        case c.SolutionBecameAvailable(solution=solution, availability=availability):
            return _of_solution(solution, "ist nachnutzbar", "is open for reuse", availability)
        case c.SolutionTermsChanged(solution=solution, availability=availability):
            return _of_solution(solution, "hat neue Bedingungen", "has new terms", availability)
        case c.SolutionBecameUnavailable(solution=solution, availability=availability):
            return _of_solution(solution, "ist nicht mehr nachnutzbar", "is no longer open for reuse", availability)
        case c.SolutionPublished(solution=solution):
            return _of_solution(solution, "wurde veröffentlicht", "was published")
        case c.SolutionRevised(solution=solution):
            return _of_solution(solution, "wurde überarbeitet", "was revised")
        case c.SolutionWithdrawn(solution=solution):
            return _of_solution(solution, "wird nicht mehr angeboten", "is no longer offered")
        case c.StatusRecorded(municipality=municipality, service=service, state=state):
            de, en = PHASES[state.phase]
            about = f"{municipality.name}: {service.title}"
            return {"de": f"{about} – {de}", "en": f"{about} – {en}"}
    return _plain(data)


def _plain(data: Fact) -> Title:
    """The event's name and what it is about, for what has no sentence of its own."""
    municipality = getattr(data, "municipality", None)
    about = [municipality.name] if isinstance(municipality, parts.MunicipalityRef) else []
    about += [service.title for service in _services(data)]
    bundle = getattr(data, "bundle", None)
    about += [bundle.title] if isinstance(bundle, parts.BundleRef) else []
    sentence = f"{type_of(data).name}: {', '.join(about)}"
    return {"de": sentence, "en": sentence}


def _of_solution(solution: parts.Solution, de: str, en: str, availability: parts.Availability | None = None) -> Title:
    where_de, where_en = wording.region(availability.region) if availability is not None else ("", "")
    covered = wording.named_services(solution.services)
    return {
        "de": f"„{solution.name}“ {de}{where_de and f' ({where_de})'}: {covered['de']}",
        "en": f"“{solution.name}” {en}{where_en and f' ({where_en})'}: {covered['en']}",
    }
