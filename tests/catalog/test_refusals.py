"""Every refusal is a sentence with a name of its own."""

import importlib
import pkgutil
from collections.abc import Iterator

import catalog.domain
from catalog.domain.bundle import BundleNotListed
from catalog.domain.municipality import MemberUnknown
from catalog.domain.service import SuccessorUnknown
from catalog.routes.refusals import STATUSES
from events.contracts.refusals import Refusal


def refusals(of: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    for module in pkgutil.iter_modules(catalog.domain.__path__):
        importlib.import_module(f"catalog.domain.{module.name}")
    for found in of.__subclasses__():
        yield from refusals(found)
        if found.__module__.startswith("catalog.") and not found.__name__.startswith("_"):
            yield found


def test_every_refusal_has_a_slug_of_its_own_a_kind_and_a_sentence() -> None:
    found = set(refusals()) - {MemberUnknown, SuccessorUnknown, BundleNotListed}  # unknown too, but named in a body
    assert len(found) > 30
    assert len({one.slug for one in found}) == len(found)
    for one in found:
        assert one.kind in STATUSES
        assert (one.__doc__ or "").endswith(".")
        assert "Error" not in one.__name__
