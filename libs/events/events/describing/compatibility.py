"""What may change in a released schema: optional fields may come. Everything else breaks somebody."""

from typing import Any

from events.describing.schemas import Schema

_SENTENCES = ("title", "description", "$id", "$schema", "$defs")


def breaks(released: Schema, now: Schema) -> list[str]:
    """Every change that a released type must not have, in words; empty if all is well."""
    return list(_compare(_resolved(released, released), _resolved(now, now), "data"))


def _resolved(part: Any, whole: Schema) -> Any:
    """Without references and without sentences."""
    if isinstance(part, list):
        return [_resolved(one, whole) for one in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        return _resolved({**whole["$defs"][name], **{key: part[key] for key in part if key != "$ref"}}, whole)
    resolved = {key: _resolved(value, whole) for key, value in part.items() if key not in (*_SENTENCES, "properties")}
    if "properties" in part:  # whose keys are names of fields, `title` and `description` perhaps among them
        resolved["properties"] = {name: _resolved(one, whole) for name, one in part["properties"].items()}
    return resolved


def _compare(old: Any, new: Any, where: str) -> list[str]:
    if isinstance(old, dict) and isinstance(new, dict):
        found: list[str] = []
        for key in old.keys() | new.keys():
            if key == "properties" and key in old and key in new:
                found += _compare_fields(old[key], new[key], where)
            elif key == "required":
                found += _compare_required(old.get(key, []), new.get(key, []), where)
            elif key not in old or key not in new:
                found.append(f"{where}: {key} was {old.get(key)!r} and is {new.get(key)!r}")
            else:
                found += _compare(old[key], new[key], where)
        return sorted(found)
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [one for before, after in zip(old, new, strict=True) for one in _compare(before, after, where)]
    return [] if old == new else [f"{where}: was {old!r} and is {new!r}"]


def _compare_fields(old: dict[str, Any], new: dict[str, Any], where: str) -> list[str]:
    found = [f"{where}.{name} is gone" for name in old.keys() - new.keys()]
    for name in old.keys() & new.keys():
        found += _compare(old[name], new[name], f"{where}.{name}")
    return found


def _compare_required(old: list[str], new: list[str], where: str) -> list[str]:
    return [f"{where}.{name} is required now" for name in set(new) - set(old)] + [
        f"{where}.{name} may be missing now" for name in set(old) - set(new)
    ]
