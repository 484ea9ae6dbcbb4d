"""How current states are kept beside the log, in the same transaction: one file per noun with its table and its keeper."""

from catalog.keeping.bundles import Bundles
from catalog.keeping.delegations import Delegations
from catalog.keeping.municipalities import Municipalities
from catalog.keeping.responsibilities import Concerns, Responsibilities
from catalog.keeping.services import Services
from catalog.keeping.solutions import Solutions
from catalog.keeping.statuses import Statuses
from events.log.batch import Keeper


def keepers() -> list[Keeper]:
    """One for each kind of state that a command may ask for."""
    return [
        Municipalities(),
        Services(),
        Bundles(),
        Responsibilities(),
        Concerns(),
        Delegations(),
        Statuses(),
        Solutions(),
    ]
