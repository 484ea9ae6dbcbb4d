"""A figure and what it means: numerator, denominator, unit, definition. A share never stands alone."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Final

import msgspec

from events.contracts.maturity import MODELS

Total = Annotated[int, msgspec.Meta(ge=0)]


class Figure(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`numerator` of `denominator` in `unit`; `share` is null where there is nothing to share.

    `recorded` of the denominator are known at all; `excluded` were taken out of it as not applicable.
    """

    numerator: int
    denominator: int
    share: float | None
    unit: str
    recorded: int
    excluded: int
    definition: str


def figure(numerator: int, of: int, *, unit: str, recorded: int, excluded: int, definition: str) -> Figure:
    """`of` counts what was excluded; the figure's denominator does not."""
    denominator = of - excluded
    share = round(numerator / denominator, 4) if denominator > 0 else None
    return Figure(
        numerator=numerator,
        denominator=denominator,
        share=share,
        unit=unit,
        recorded=recorded,
        excluded=excluded,
        definition=definition,
    )


class Counts(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What was counted of some cells, and how many of them anyone is responsible for (`responsible`)."""

    responsible: int = 0
    people: int = 0
    recorded: int = 0
    online: int = 0
    compliant: int = 0
    not_assessed: int = 0
    live: int = 0
    in_work: int = 0
    planned: int = 0
    excluded: int = 0
    demonstration: int = 0
    people_online: int = 0
    people_compliant: int = 0
    people_recorded: int = 0
    people_excluded: int = 0

    def figure(self, measure: str, unit: str) -> Figure:
        """`online` or `compliant` of these cells."""
        return figure(
            getattr(self, measure),
            self.responsible,
            unit=unit,
            recorded=self.recorded,
            excluded=self.excluded,
            definition=f"{measure}@1",
        )

    def people_figure(self, measure: str) -> Figure:
        """The same, each cell weighing as much as its municipality has inhabitants."""
        return figure(
            getattr(self, f"people_{measure}"),
            self.people,
            unit="inhabitants",
            recorded=self.people_recorded,
            excluded=self.people_excluded,
            definition=f"{measure}-inhabitants@1",
        )


COUNTS: Final = Counts.__struct_fields__


def counts(row: Mapping[str, int | None]) -> Counts:
    """From a row of counter columns; what is missing or null is 0."""
    return Counts(**{name: int(row.get(name) or 0) for name in COUNTS})


def total(several: Iterable[Counts]) -> Counts:
    """Their sum."""
    sums = dict.fromkeys(COUNTS, 0)
    for one in several:
        for name in COUNTS:
            sums[name] += getattr(one, name)
    return Counts(**sums)


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure counts, in words, with the thresholds it used."""

    id: str
    title: dict[str, str]
    text: dict[str, str]
    thresholds: dict[str, int]
    provisional: tuple[str, ...]
    valid_from: date


def _definition(id: str, title: tuple[str, str], text: tuple[str, str], threshold: str | None) -> Definition:  # noqa: A002 - the word that the answer has
    return Definition(
        id=id,
        title={"de": title[0], "en": title[1]},
        text={"de": text[0], "en": text[1]},
        thresholds={} if threshold is None else {name: getattr(model, threshold) for name, model in MODELS.items()},
        provisional=() if threshold is None else tuple(name for name, model in MODELS.items() if model.provisional),
        valid_from=date(2026, 1, 1),
    )


_DENOMINATOR = (
    (
        " Grundgesamtheit: alle Zuständigkeiten für zählbare Leistungen des Katalogs, abzüglich derer, die als nicht "
        "anwendbar erfasst sind (`excluded`). Zuständig ist, wessen Ebene die der Leistung ist, sofern nichts anderes "
        "erfasst ist. Nicht erfasst heißt nicht offline: `recorded` sagt, von wie vielen überhaupt etwas bekannt ist. "
        "Wer zu welchem Land, Themenfeld und welcher Ebene gehört, gilt nach heutigem Wissen; `known_at` wirkt auf "
        "Stände und auf erfasste Zuständigkeiten. Nur am Tag bestehende Kommunen und gelistete Leistungen zählen."
    ),
    (
        " Denominator: all responsibilities for countable services of the catalogue, less those recorded as not "
        "applicable (`excluded`). Responsible is whose level is the service's, unless something else is recorded. Not "
        "recorded is not offline: `recorded` says of how many anything is known at all. Region, theme and level are "
        "as known now; `known_at` applies to statuses and to recorded responsibilities. Only municipalities that "
        "exist and services that are listed on that day count."
    ),
)


def _with_denominator(de: str, en: str) -> tuple[str, str]:
    return de + _DENOMINATOR[0], en + _DENOMINATOR[1]


DEFINITIONS: Final[dict[str, Definition]] = {
    one.id: one
    for one in (
        _definition(
            "online@1",
            ("Online", "Online"),
            _with_denominator(
                "Live und mindestens auf der Stufe, ab der das Modell als online zählt. Im Modell OZG 1.1 ist das Stufe 2, "
                "die amtliche Zählung, obwohl sich ein Antrag damit noch nicht absenden lässt. Live ohne Reifegrad ist "
                "nicht bewertet und zählt nicht mit. Komponenten haben keinen Reifegrad: Sie sind online, sobald sie live sind.",
                "Live and at or above the level from which the model counts as online. In model OZG 1.1 that is level 2, "
                "the official count, though an application cannot yet be sent. Live without a maturity is not assessed "
                "and does not count. Components have no maturity: they are online as soon as they are live.",
            ),
            "online_from",
        ),
        _definition(
            "compliant@1",
            ("OZG-konform", "OZG-compliant"),
            _with_denominator(
                "Live und mindestens auf der Stufe, ab der das Modell als OZG-konform gilt (OZG 1.1: Stufe 3, Antrag und "
                "Nachweise gehen online).",
                "Live and at or above the level from which the model counts as OZG-compliant (OZG 1.1: level 3, "
                "application and proofs go online).",
            ),
            "compliant_from",
        ),
        _definition(
            "online-inhabitants@1",
            ("Online, nach Einwohnern gewichtet", "Online, weighted by inhabitants"),
            _with_denominator(
                "Wie online@1, nur zählt jede Zuständigkeit so viel, wie die Kommune Einwohner hat (letzte bekannte Zahl).",
                "As online@1, but each responsibility weighs as much as its municipality has inhabitants (last known count).",
            ),
            "online_from",
        ),
        _definition(
            "compliant-inhabitants@1",
            ("OZG-konform, nach Einwohnern gewichtet", "OZG-compliant, weighted by inhabitants"),
            _with_denominator(
                "Wie compliant@1, nach Einwohnern gewichtet.", "As compliant@1, weighted by inhabitants."
            ),
            "compliant_from",
        ),
        *(
            _definition(
                f"{measure}-with-solution@1",
                (f"{title} mit dieser Lösung", f"{title} with this solution"),
                (
                    f"""Grundgesamtheit: alle Zuständigkeiten für Leistungen, die die Lösung abdeckt, in Kommunen, denen sie \
an dem Tag offensteht. Gezählt wird, was mit ihr {title} ist; `recorded`, wofür sie genannt ist.""",
                    f"""Denominator: all responsibilities for services that the solution covers, in municipalities to which it \
is open that day. Counted is what is {measure} with it; `recorded`, for what it is named.""",
                ),
                f"{measure}_from",
            )
            for measure, title in {"online": "Online", "compliant": "OZG-konform"}.items()
        ),
        *(
            _definition(
                f"{measure}-bundle-{some}@1",
                (f"OZG-Leistungen {words[0]}, {which[0]}", f"Bundles {words[1]}, {which[1]}"),
                (
                    f"""Eine OZG-Leistung ist ein Bündel von Leistungen. Sie zählt, wenn {which[2]} {words[0]} ist: bei einer \
Kommune dort, wo sie zuständig ist, bei einer Region in mindestens einer Kommune. `recorded` zählt die Bündel, zu denen \
etwas erfasst ist.""",
                    f"""A bundle is several services for one need. It counts if {which[3]} {words[1]}: for a municipality \
where it is responsible, for a region in at least one municipality. `recorded` counts the bundles of which anything is \
recorded.""",
                ),
                f"{measure}_from",
            )
            for measure, words in {"online": ("online", "online"), "compliant": ("konform", "compliant")}.items()
            for some, which in {
                "any": ("mindestens eine", "any", "mindestens eine seiner Leistungen", "any of its services is"),
                "all": ("alle", "all", "jede seiner Leistungen", "all of its services are"),
            }.items()
        ),
    )
}
