"""Which measures there are: the files in bench/measures."""

import importlib
import pkgutil
from types import ModuleType

from bench import measures
from bench.frame.bench import Bench

ORDER = ("append", "record", "import", "relay", "catch-up", "live", "ask", "alert", "memory")


def found() -> dict[str, ModuleType]:
    """By name, in the order in which they are best read."""
    modules = {
        info.name.rstrip("_").replace("_", "-"): _module(f"{measures.__name__}.{info.name}")
        for info in pkgutil.iter_modules(measures.__path__)
    }
    with_measure = {name: module for name, module in modules.items() if hasattr(module, "measure")}
    known = {name: place for place, name in enumerate(ORDER)}
    return dict(sorted(with_measure.items(), key=lambda item: (known.get(item[0], len(ORDER)), item[0])))


def says(module: ModuleType) -> str:
    """The first line of its docstring."""
    return (module.__doc__ or "").strip().split("\n")[0]


def only_when_named(module: ModuleType) -> bool:
    return bool(getattr(module, "ONLY_WHEN_NAMED", False))


def _module(name: str) -> ModuleType:
    """One that cannot be imported fails when it is to measure, and not everybody before that."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - raised again by its `measure`
        return _broken(name, error)


def _broken(name: str, error: Exception) -> ModuleType:
    async def measure(_: Bench) -> None:
        raise error

    module = ModuleType(name, f"Cannot be imported: {error!r}")
    module.__dict__["measure"] = measure
    return module
