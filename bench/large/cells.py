"""Every cell's fate, from a hash: one SQL text says it, for reading it aloud as events as well as for filling tables.

In it `authority` and `service` are the numbers that the read models give, in the order of the catalogue. `bits` are what the product's own
function makes of each kind of status.
"""

from typing import Final, NamedTuple

from bench.large.catalogue import DAYS, SOLUTIONS
from events.contracts.parts import Basis, Maturity, Status
from events.contracts.words import BasisKind, Phase, Reason
from progress.domain.measures import bits
from progress.facts.recordings import BASES, PHASES, REASONS

PARTS: Final = 10_000
POPULAR, EVERYDAY, KNOWN = 40, 200, 9_700
"""Each so many-th service is popular, or everyday: what nearly all towns have online. Of their cells at most `KNOWN` parts are recorded."""
EVERYDAY_SHARE: Final = KNOWN / PARTS / EVERYDAY
"""Everyday services are always recorded, so that in a small installation, too, towns have what their peers lack."""
REPORTS: Final = 12
"""So many days of all does an authority report on; one falls into each twelfth of the time."""


class Kind(NamedTuple):
    """What a status may be; of a thousand cells so many are, of common services and of popular ones."""

    common: int
    popular: int
    phase: Phase
    model: str | None = None
    level: int | None = None
    reason: Reason | None = None
    basis: BasisKind = "self"

    def status(self, solution: str | None, *, component: bool) -> Status:
        """Components have no maturity."""
        assessed = (
            None
            if component or self.model is None or self.level is None
            else Maturity(model=self.model, level=self.level)
        )
        return Status(
            phase=self.phase, maturity=assessed, solution=solution, reason=self.reason, basis=Basis(kind=self.basis)
        )


KINDS: Final = (
    Kind(60, 90, "live", "ozg-1.1", 2),
    Kind(90, 380, "live", "ozg-1.1", 3),
    Kind(30, 150, "live", "ozg-1.1", 4),
    Kind(40, 20, "live", "ozg-1.1", 1),
    Kind(50, 150, "live", "ozg-2.0", 4),
    Kind(20, 90, "live", "ozg-2.0", 6),
    Kind(20, 10, "live", "ozg-2.0", 1),
    Kind(30, 10, "live"),
    Kind(10, 10, "live", "ozg-1.1", 3, None, "demonstration"),
    Kind(20, 10, "live", "ozg-1.1", 3, None, "register"),
    Kind(130, 10, "planned"),
    Kind(90, 10, "in_preparation"),
    Kind(100, 10, "in_implementation"),
    Kind(40, 10, "pilot"),
    Kind(170, 10, "not_started"),
    Kind(20, 0, "deferred"),
    Kind(10, 0, "suspended"),
    Kind(10, 0, "ended"),
    Kind(30, 15, "not_applicable", None, None, "no_case"),
    Kind(20, 10, "not_applicable", None, None, "not_offered"),
    Kind(10, 5, "not_applicable", None, None, "delivered_by"),
)

TABLES: Final = (
    "DROP SCHEMA IF EXISTS world CASCADE",
    "CREATE SCHEMA world",
    """CREATE TABLE world.fates (
        slot integer PRIMARY KEY, kind smallint NOT NULL, bits smallint NOT NULL, component_bits smallint NOT NULL, live boolean NOT NULL,
        phase smallint NOT NULL, basis smallint NOT NULL, reason smallint, level smallint, model text)""",
    f"""CREATE FUNCTION world.reported(authority integer, report integer) RETURNS date IMMUTABLE PARALLEL SAFE LANGUAGE sql AS $$
        SELECT ('{{{",".join(map(str, DAYS))}}}'::date[])[
            1 + {len(DAYS) // REPORTS} * report + (hashint4(authority * 16 + report) & 2147483647) % {len(DAYS) // REPORTS}]
    $$""",
)
FATES: Final = "INSERT INTO world.fates SELECT * FROM unnest($1::integer[], $2::smallint[], $3::smallint[], $4::smallint[], $5::boolean[], $6::smallint[], $7::smallint[], $8::smallint[], $9::smallint[], $10::text[])"


def fates() -> list[list[object]]:
    """Columns: 1000 slots for common services, 1000 for popular ones."""
    kinds = [number for number, kind in enumerate(KINDS) for _ in range(kind.common)]
    kinds += [number for number, kind in enumerate(KINDS) for _ in range(kind.popular)]
    rows = [_fate(slot, number, KINDS[number]) for slot, number in enumerate(kinds)]
    return [list(column) for column in zip(*rows, strict=True)]


def _fate(slot: int, number: int, kind: Kind) -> tuple[object, ...]:
    return (
        slot,
        number,
        bits(kind.status(None, component=False)),
        bits(kind.status(None, component=True), component=True),
        kind.phase == "live",
        PHASES.index(kind.phase),
        BASES.index(kind.basis),
        None if kind.reason is None else REASONS.index(kind.reason),
        kind.level,
        kind.model,
    )


_CELLS: Final = """
    SELECT a.id AS authority, s.id AS service, s.kind = 'component' AS component,
           (s.id % {popular} = 0)::integer * 1000 AS popular,
           hashint8extended(a.id::bigint * 8192 + s.id, 7) & 9223372036854775807 AS h
    FROM authorities a CROSS JOIN services s
    WHERE (a.levels & 1 <> 0 OR a.levels & s.delivered_by <> 0) AND {of}
"""
_SPLIT: Final = f"""
    SELECT c.authority, c.service, c.component, ((c.h / {PARTS}) % {REPORTS})::integer AS report,
           c.popular + ((c.h / 120000) % 1000)::integer AS slot,
           c.popular + ((c.h / 120000000) % 1000)::integer AS second_slot,
           ((c.h / 120000000000) % 1000)::integer AS second,
           CASE WHEN (c.h / 120000000000000) % 5 = 0
                THEN 1 + ((c.h / 600000000000000) % {SOLUTIONS})::integer END AS solution
    FROM ({_CELLS}) c WHERE c.h % {PARTS} < CASE c.popular WHEN 0 THEN {{bound}} ELSE {{of_popular}} END
"""


def split(of: str, fraction: float) -> str:
    """A SELECT of the cells that are recorded, with what their hash says. `of` is a condition on `a` and `s`."""
    bound = round(PARTS * max(0.0, fraction - EVERYDAY_SHARE) / (1 - EVERYDAY_SHARE))
    of_popular = f"CASE WHEN c.service % {EVERYDAY} = 0 THEN {KNOWN} ELSE {min(bound, KNOWN)} END"
    return _SPLIT.format(of=of, popular=POPULAR, bound=bound, of_popular=of_popular)


def _position(number: int) -> str:
    """By day of recording, authority, service; so that the order is the same however many cells there are."""
    return f"(((recorded_on - date '{DAYS[0] - (DAYS[1] - DAYS[0])}')::bigint * 16384 + authority) * 8192 + service) * 2 + {number}"


_STATE: Final = """
    CASE WHEN {cell}.component THEN {fate}.component_bits ELSE {fate}.bits END AS {prefix}bits,
    CASE WHEN {fate}.live THEN {cell}.solution END AS {prefix}solution
"""
FIRSTS: Final = f"""
    SELECT {_position(0)} AS position, authority, service, recorded_on AS effective_on, 'infinity'::date AS until, recorded_on,
           bits, NULL::smallint AS replaced_bits, phase, basis, reason, false AS correction,
           solution, NULL::integer AS replaced_solution, level, model, kind, NULL::smallint AS replaced_kind
    FROM (
        SELECT c.authority, c.service, world.reported(c.authority, c.report) AS recorded_on,
               {_STATE.format(cell="c", fate="f", prefix="")}, f.phase, f.basis, f.reason,
               CASE WHEN NOT c.component THEN f.level END AS level, CASE WHEN NOT c.component THEN f.model END AS model, f.kind
        FROM ({{cells}}) c JOIN world.fates f ON f.slot = c.slot
    ) one
"""
"""What is said first of each of `cells`, shaped like `recordings` with the number of its kind."""

CHANGED, CORRECTED, BACK_DATED, RETRACTED = 6, 10, 14, 16
SECONDS: Final = f"""
    SELECT {_position(1)} AS position, authority, service, effective_on, until, recorded_on,
           CASE WHEN NOT retracted THEN bits END AS bits, CASE WHEN NOT back_dated THEN replaced_bits END AS replaced_bits,
           CASE WHEN NOT retracted THEN phase END AS phase, CASE WHEN NOT retracted THEN basis END AS basis,
           CASE WHEN NOT retracted THEN reason END AS reason, correction,
           CASE WHEN NOT retracted THEN solution END AS solution,
           CASE WHEN NOT back_dated THEN replaced_solution END AS replaced_solution,
           CASE WHEN NOT retracted THEN level END AS level, CASE WHEN NOT retracted THEN model END AS model,
           CASE WHEN NOT retracted THEN kind END AS kind, CASE WHEN NOT back_dated THEN replaced_kind END AS replaced_kind
    FROM (
        SELECT c.authority, c.service, c.second BETWEEN {BACK_DATED} AND {RETRACTED - 1} AS retracted,
               c.second BETWEEN {CORRECTED} AND {BACK_DATED - 1} AS back_dated,
               c.second BETWEEN {CHANGED} AND {CORRECTED - 1} AS correction,
               CASE WHEN c.second < {CHANGED} THEN world.reported(c.authority, c.report + 1)
                    WHEN c.second BETWEEN {CORRECTED} AND {BACK_DATED - 1} THEN world.reported(c.authority, c.report - 1)
                    ELSE world.reported(c.authority, c.report) END AS effective_on,
               CASE WHEN c.second BETWEEN {CORRECTED} AND {BACK_DATED - 1} THEN world.reported(c.authority, c.report)
                    ELSE 'infinity' END AS until,
               world.reported(c.authority, c.report + 1) AS recorded_on,
               {_STATE.format(cell="c", fate="f", prefix="")}, {_STATE.format(cell="c", fate="r", prefix="replaced_")},
               f.phase, f.basis, f.reason,
               CASE WHEN NOT c.component THEN f.level END AS level, CASE WHEN NOT c.component THEN f.model END AS model,
               f.kind, r.kind AS replaced_kind
        FROM ({{cells}}) c JOIN world.fates f ON f.slot = c.second_slot JOIN world.fates r ON r.slot = c.slot
        WHERE c.second < {RETRACTED} AND c.report BETWEEN 1 AND {REPORTS - 2}
    ) one
"""
"""What is said a second time of some of them."""

COLUMNS: Final = (
    "position, authority, service, effective_on, until, recorded_on, bits, replaced_bits, phase, basis, reason, correction, "
    "solution, replaced_solution, level, model"
)


def recordings(of: str, fraction: float) -> str:
    """Everything that is said of the cells chosen, shaped like `recordings` as far as `COLUMNS`, with kinds."""
    cells = split(of, fraction)
    return f"{FIRSTS.format(cells=cells)} UNION ALL {SECONDS.format(cells=cells)}"
