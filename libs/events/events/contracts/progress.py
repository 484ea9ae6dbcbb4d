"""What progress says of the whole. Reserved words: nothing speaks them yet."""

from datetime import date

from events.contracts.parts import Fact, MunicipalityRef, ServiceRef


class MilestoneReached(Fact):
    """A figure of a municipality or region passed a threshold for the first time."""

    about: str
    municipality: MunicipalityRef | None
    region: str
    figure: str
    definition: str
    threshold: float
    reached_on: date


class ServiceOnlineEverywhere(Fact):
    """Every municipality responsible for the service in the region has it online (flächendeckend)."""

    service: ServiceRef
    region: str
    municipalities: int
    reached_on: date
