"""The closed vocabularies that events use. A released word is never removed or given another meaning."""

from collections.abc import Collection
from typing import Literal

Phase = Literal[
    "not_started",
    "planned",
    "in_preparation",
    "in_implementation",
    "pilot",
    "live",
    "deferred",
    "suspended",
    "ended",
    "not_applicable",
]
Reason = Literal["no_case", "not_offered", "delivered_by"]
"""Why a status is `not_applicable`: no case arises here, we do not offer it, another authority delivers it."""

BasisKind = Literal["self", "register", "publisher", "check", "demonstration", "reference-data"]
"""Where a fact comes from: own statement, a register (PVOG …), the solution's publisher, a check by others, demonstration
data, or the reference data that an installation starts with."""

AuthorityLevel = Literal["commune", "association", "special_purpose", "district", "state", "national"]
"""What kind of authority a municipality is; one may be several (Leipzig: commune and district)."""

ServiceLevel = Literal["commune", "district", "state", "federal", "internal"]
"""The level that normally delivers a service."""

ServiceKind = Literal["service", "component"]
SolutionKind = Literal["saas", "self_hosted", "joint_operation", "form_template"]
Theme = Literal[
    "arbeit_ruhestand",
    "bauen_wohnen",
    "bildung",
    "ein_auswanderung",
    "engagement_hobby",
    "familie_kind",
    "forschung_foerderung",
    "gesundheit",
    "mobilitaet_reisen",
    "querschnittsleistungen",
    "recht_ordnung",
    "steuern_zoll",
    "umwelt",
    "unternehmensfuehrung_entwicklung",
    "ohne",
]
"""The 14 themes of the OZG catalogue and `ohne` for what has none."""

Audience = Literal["citizens", "businesses", "administration"]

DELIVERED_BY: dict[ServiceLevel, tuple[AuthorityLevel, ...]] = {
    "commune": ("commune",),
    "district": ("district",),
    "state": ("state",),
    "federal": ("national",),
    "internal": ("commune", "association", "special_purpose", "district", "state", "national"),
}
"""Which authorities are responsible by default for a service of a level: those whose `levels` contain one of these.
What is internal, components among it, is every authority's own concern."""


def responsible_by_default(levels: Collection[AuthorityLevel], service_level: ServiceLevel) -> bool:
    """Whether an authority of these levels delivers services of that level where nothing else is recorded."""
    return not set(levels).isdisjoint(DELIVERED_BY[service_level])
