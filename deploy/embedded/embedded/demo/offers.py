"""The demonstration's solutions. Invented: no such offer exists under these names and terms."""

from collections.abc import Mapping, Sequence
from typing import Any

from embedded.demo.plan import Offer

PUBLISHER = "org:demonstration"


def _offer(
    slug: str,
    name: str,
    services: Sequence[str],
    *,
    kind: str = "saas",
    efa: bool = False,
    regions: Sequence[str] = ("DE-SN",),
    days_ago: int = 200,
    licence: str | None = None,
    terms: Mapping[str, Any] | None = None,
) -> Offer:
    body = {
        "name": f"{name} (Demonstration)",
        "kind": kind,
        "efa": efa,
        "services": list(services),
        "publisher": PUBLISHER,
        "description": "Erfunden, um zu zeigen, wie eine nachnutzbare Lösung hier aussieht.",
        "licence": licence,
        "exit": "Alle Daten können jederzeit als CSV abgerufen werden.",
        "language": "de",
        "basis": {"kind": "demonstration"},
    }
    return Offer(slug, body, regions, days_ago, terms or {"contract": "Nachnutzungsvereinbarung", "notice_months": 6})


def _per_year(least: int, most: int) -> dict[str, Any]:
    return {"cost_per_year": {"from": least, "to": most, "currency": "EUR"}, "notice_months": 6}


OFFERS: Sequence[Offer] = (
    _offer(
        "demo-postausgang",
        "Digitaler Postausgang",
        ["basis:postausgang"],
        kind="joint_operation",
        regions=("DE-SN", "DE-ST", "DE-TH"),
        days_ago=410,
        terms={
            "contract": "Beitritt zur Betriebsgemeinschaft",
            "cost_once": {"from": 500, "to": 2000, "currency": "EUR"},
            "cost_per_year": {"from": 900, "to": 4800, "currency": "EUR"},
            "preconditions": ["E-Akte oder Dokumentenablage"],
            "works_with": ["basis:e-akte"],
            "notice_months": 12,
        },
    ),
    _offer("demo-e-akte", "E-Akte für kleine Verwaltungen", ["basis:e-akte", "basis:archiv"], days_ago=600),
    _offer("demo-termine", "Terminvergabe", ["basis:termin"], kind="self_hosted", licence="EUPL-1.2", days_ago=300),
    _offer("demo-bezahlen", "Bezahlen im Internet", ["basis:epayment"], days_ago=500, terms=_per_year(600, 3000)),
    _offer(
        "demo-wohnsitz",
        "Wohnsitz ummelden",
        ["leika:99115005070000", "leika:99115005104000", "leika:99115005011002"],
        efa=True,
        regions=("DE-HH", "DE-SN", "DE-ST", "DE-TH", "DE-BB"),
        days_ago=240,
        terms=_per_year(1200, 9000),
    ),
    _offer(
        "demo-urkunden",
        "Urkunden bestellen",
        ["leika:99027002000000", "leika:99059004000000", "leika:99101004000000", "leika:99079003000000"],
        efa=True,
        regions=("DE-SN", "DE-HB", "DE-NI"),
        days_ago=520,
    ),
    _offer(
        "demo-gewerbe",
        "Gewerbe an-, um- und abmelden",
        ["leika:99050012104000", "leika:99050012071000", "leika:99050012070000"],
        efa=True,
        regions=("DE-SN", "DE-NW", "DE-BY"),
        days_ago=650,
    ),
    _offer(
        "demo-wohngeld",
        "Wohngeld beantragen",
        ["leika:99107023000000"],
        efa=True,
        regions=("DE-SH", "DE-SN"),
        days_ago=330,
        terms=_per_year(3000, 15000),
    ),
    _offer(
        "demo-hunde",
        "Hund anmelden",
        ["leika:99110009014001", "leika:99102013002000"],
        kind="form_template",
        licence="CC0-1.0",
        days_ago=60,
    ),
    _offer(
        "demo-parken",
        "Bewohnerparken",
        ["leika:99108001000000", "leika:99108010000000"],
        kind="self_hosted",
        licence="EUPL-1.2",
        days_ago=21,
    ),
    _offer(
        "demo-fahrzeuge",
        "Fahrzeug zulassen",
        ["leika:99036008007001", "leika:99036011011000", "leika:99093015007001"],
        regions=("DE-SN",),
        days_ago=450,
    ),
    _offer(
        "demo-strassenlicht", "Mängelmelder", ["leika:99108020000000"], kind="self_hosted", licence="MIT", days_ago=7
    ),
)
