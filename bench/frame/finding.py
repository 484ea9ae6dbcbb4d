"""Which measures there are, the files in bench/measures, and which of them can be seen growing, those in bench/growing."""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping
from types import ModuleType
from typing import NoReturn

from bench import growing, measures
from bench.frame.bench import Bench

ORDER = ("append", "record", "import", "relay", "catch-up", "live", "ask", "alert", "memory")


def found() -> dict[str, ModuleType]:
    """By name, in the order in which they are best read."""
    modules = _in_order({_name(info.name): _module(f"{measures.__name__}.{info.name}") for info in _files(measures)})
    return {name: module for name, module in modules.items() if hasattr(module, "measure")}


def growing_ones() -> dict[str, ModuleType]:
    """Those with a `slope`, by the name of the measure, in the same order."""
    modules = _in_order({_name(info.name): _module(f"{growing.__name__}.{info.name}") for info in _files(growing)})
    return {name: module for name, module in modules.items() if hasattr(module, "slope")}


def says(module: ModuleType) -> str:
    """The first line of its docstring."""
    return (module.__doc__ or "").strip().split("\n")[0]


def only_when_named(module: ModuleType) -> bool:
    return bool(getattr(module, "ONLY_WHEN_NAMED", False))


def _files(package: ModuleType) -> Iterable[pkgutil.ModuleInfo]:
    return pkgutil.iter_modules(package.__path__)


def _name(file: str) -> str:
    return file.rstrip("_").replace("_", "-")


def _in_order(modules: Mapping[str, ModuleType]) -> dict[str, ModuleType]:
    known = {name: place for place, name in enumerate(ORDER)}
    return dict(sorted(modules.items(), key=lambda item: (known.get(item[0], len(ORDER)), item[0])))


def _module(name: str) -> ModuleType:
    """One that cannot be imported fails when it is to be measured, and not everybody before that."""
    try:
        return importlib.import_module(name)
    except Exception as error:  # noqa: BLE001 - raised again by its `measure`
        return _broken(name, error)


def _broken(name: str, error: Exception) -> ModuleType:
    async def fails(_: Bench) -> NoReturn:
        raise error

    module = ModuleType(name, f"Cannot be imported: {error!r}")
    module.__dict__.update(measure=fails, slope=fails)
    return module
