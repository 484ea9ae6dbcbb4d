"""A few real authorities and services of Saxony, by name."""

from catalog.domain.municipality_changes import RegisterMunicipality
from catalog.domain.service import ListService
from events.contracts.words import AuthorityLevel, ServiceKind, ServiceLevel
from events.deciding import Command

LEIPZIG = "ars:147130000000"
CHEMNITZ = "ars:145110000000"
MITTWEIDA = "ars:145225119360"
ALTMITTWEIDA = "ars:145225119010"
AMT_MITTWEIDA = "ars:145225119000"
MITTELSACHSEN = "ars:145220000000"
SACHSEN = "ars:140000000000"
FLENSBURG = "ars:010010000000"

MOVING_HOUSE = "leika:99115005060000"
DRIVING_LICENCE = "leika:99108004020000"
DOG_TAX = "leika:99102002000000"
STATE_EXAM = "leika:99018001001000"
OUTBOX = "basis:postausgang"


def _authority(
    key: str, name: str, *levels: AuthorityLevel, region: str = "DE-SN", parents: tuple[str, ...] = ()
) -> Command:
    return RegisterMunicipality(id=key, name=name, levels=levels, region=region, kind="test", parents=parents)


def authorities() -> list[Command]:
    """Two cities that are districts too, a Land, a district, an association and its two communes, and one from elsewhere."""
    return [
        _authority(SACHSEN, "Sachsen", "state"),
        _authority(LEIPZIG, "Leipzig", "commune", "district", parents=(SACHSEN,)),
        _authority(CHEMNITZ, "Chemnitz", "commune", "district", parents=(SACHSEN,)),
        _authority(MITTELSACHSEN, "Mittelsachsen", "district", parents=(SACHSEN,)),
        _authority(AMT_MITTWEIDA, "Verwaltungsgemeinschaft Mittweida", "association", parents=(MITTELSACHSEN, SACHSEN)),
        _authority(MITTWEIDA, "Mittweida", "commune", parents=(AMT_MITTWEIDA, MITTELSACHSEN, SACHSEN)),
        _authority(ALTMITTWEIDA, "Altmittweida", "commune", parents=(AMT_MITTWEIDA, MITTELSACHSEN, SACHSEN)),
        _authority(FLENSBURG, "Flensburg", "commune", "district", region="DE-SH"),
    ]


def _service(key: str, title: str, level: ServiceLevel, kind: ServiceKind = "service") -> Command:
    return ListService(service=key, title=title, level=level, kind=kind, countable=level != "internal")


def services() -> list[Command]:
    """One service of each level, and a component."""
    return [
        _service(MOVING_HOUSE, "Wohnsitz anmelden", "commune"),
        _service(DOG_TAX, "Hundesteuer anmelden", "commune"),
        _service(DRIVING_LICENCE, "Führerschein umtauschen", "district"),
        _service(STATE_EXAM, "Staatsexamen anerkennen", "state"),
        _service(OUTBOX, "Digitaler Postausgang", "internal", "component"),
    ]
