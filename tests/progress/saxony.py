"""A few towns of Saxony and one far away, their services, and what a few of them recorded."""

from datetime import date, timedelta

from events.contracts import catalog as said
from events.contracts import parts
from events.contracts.parts import Basis, Status
from tests.progress.story import Story, live

FEDERATION, LAND, DISTRICT, UNION = "ars:000000000000", "ars:140000000000", "ars:145220000000", "ars:145225119000"
CHEMNITZ, LEIPZIG, MITTWEIDA, ALTMITTWEIDA = (
    "ars:145110000000",
    "ars:147130000000",
    "ars:145225119360",
    "ars:145225119010",
)
KIEL = "ars:010020000000"
MOVING, DOG, LICENCE, EXAM, OUTBOX = (
    "leika:99115005060000",
    "leika:99102002000000",
    "leika:99108004020000",
    "leika:99018001001000",
    "basis:postausgang",
)
TODAY = date(2026, 11, 20)


def saxony() -> Story:
    """All are registered and nothing is recorded."""
    story = Story(today=TODAY)
    story.town(LAND, ("state",), inhabitants=4_000_000, name="Sachsen")
    story.town(DISTRICT, ("district",), parents=(LAND,), inhabitants=300_000, name="Mittelsachsen")
    story.town(UNION, ("association",), parents=(DISTRICT, LAND), inhabitants=17_000, name="VG Mittweida")
    story.town(CHEMNITZ, ("commune", "district"), parents=(LAND,), inhabitants=245_000, name="Chemnitz, Stadt")
    story.town(LEIPZIG, ("commune", "district"), parents=(LAND,), inhabitants=620_000, name="Leipzig, Stadt")
    story.town(MITTWEIDA, parents=(UNION, DISTRICT, LAND), inhabitants=14_000, name="Mittweida, Stadt")
    story.town(ALTMITTWEIDA, parents=(UNION, DISTRICT, LAND), inhabitants=2_000, name="Altmittweida")
    story.town(KIEL, ("commune", "district"), "DE-SH", inhabitants=252_000, name="Kiel, Landeshauptstadt")
    story.service(MOVING, "commune", "bauen_wohnen", "10120", title="Wohnsitz anmelden")
    story.service(DOG, "commune", "steuern_zoll", "10120", title="Hundesteuer anmelden")
    story.service(LICENCE, "district", "mobilitaet_reisen", title="Führerschein umtauschen")
    story.service(EXAM, "state", "bildung", title="Staatsexamen anerkennen")
    story.service(OUTBOX, component=True, theme="querschnittsleistungen", title="Elektronischer Postausgang")
    story.say(
        said.BundleListed(
            bundle=parts.BundleRef(id="10120", title="Umzug"),
            theme="bauen_wohnen",
            services=(MOVING, DOG),
            basis=Basis(kind="reference-data"),
        )
    )
    return story


def reporting_saxony() -> Story:
    """Chemnitz, Altmittweida, the district and the Land have recorded something."""
    story = saxony()
    story.record(CHEMNITZ, MOVING, Status(phase="planned"), date(2026, 1, 10))
    story.record(CHEMNITZ, MOVING, live(3), date(2026, 5, 1))
    story.record(CHEMNITZ, DOG, live(2), date(2026, 7, 1))
    story.record(CHEMNITZ, OUTBOX, live(None), date(2026, 7, 1))
    story.record(ALTMITTWEIDA, DOG, Status(phase="not_applicable", reason="no_case"), date(2026, 2, 1))
    story.record(DISTRICT, LICENCE, live(4), date(2025, 3, 1))
    story.record(LAND, EXAM, live(None), date(2026, 3, 1))
    return story


def solution(slug: str, *services: parts.ServiceRef, demonstration: bool = False) -> parts.Solution:
    """A solution by its name."""
    return parts.Solution(
        slug=slug,
        name=slug.replace("-", " ").title(),
        kind="saas",
        efa=True,
        services=services,
        publisher=parts.PublisherRef(id=LAND, name="Sachsen"),
        basis=Basis(kind="demonstration" if demonstration else "publisher"),
    )


def opened(
    story: Story, one: parts.Solution, region: str, since: date = TODAY - timedelta(days=9), **more: object
) -> None:
    """It is open there from that day on."""
    offer = parts.Availability(
        region=region,
        from_=since,
        until=more.get("until"),  # type: ignore[arg-type]
        members=more.get("members"),  # type: ignore[arg-type]
        terms=parts.Terms(contract="Beitritt über das Land", cost_per_year=parts.Amount(from_=1900, to=4200)),
    )
    story.say(said.SolutionBecameAvailable(solution=one, availability=offer))
