"""Any event that the contracts allow, drawn from their types; keys and regions have the form that the edges let in."""

from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import msgspec
from hypothesis import strategies as st

from events.contracts.parts import Fact

_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
_REGION = st.from_regex(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", fullmatch=True)
_BY_NAME: dict[str, st.SearchStrategy[str]] = {
    "id": st.from_regex(r"[a-z]{1,4}:[A-Za-z0-9_-]{1,12}", fullmatch=True),
    "key": st.from_regex(r"(leika|basis):[a-z0-9]{1,14}", fullmatch=True),
    "about": st.from_regex(r"ars:\d{12}", fullmatch=True),
    "slug": st.from_regex(r"[a-z0-9-]{1,12}", fullmatch=True),
    "alert": st.uuids(version=4).map(str),
    "subscription": st.uuids(version=4).map(str),
    "region": _REGION,
    "country": st.from_regex(r"[A-Z]{2}", fullmatch=True),
}


@cache
def any_fact(struct: type[Fact]) -> st.SearchStrategy[Fact]:
    """Every field at random, defaults sometimes left to themselves."""
    return _struct(msgspec.inspect.type_info(struct))


def _struct(info: Any) -> st.SearchStrategy[Any]:
    needed = {field.name: _field(field) for field in info.fields if field.required}
    others = {field.name: _field(field) for field in info.fields if not field.required}
    return st.fixed_dictionaries(needed, optional=others).map(lambda fields: info.cls(**fields))


def _field(field: Any) -> st.SearchStrategy[Any]:
    named = _BY_NAME.get(field.name)
    return named if named is not None and isinstance(field.type, msgspec.inspect.StrType) else _any(field.type)


def _any(info: Any) -> st.SearchStrategy[Any]:
    match info:
        case msgspec.inspect.StructType():
            return _struct(info)
        case msgspec.inspect.UnionType():
            return st.one_of([_any(one) for one in info.types])
        case msgspec.inspect.VarTupleType():
            return st.lists(_any(info.item_type), max_size=3).map(tuple)
        case msgspec.inspect.DictType():
            return st.dictionaries(_any(info.key_type), _any(info.value_type), max_size=3)
        case msgspec.inspect.LiteralType():
            return st.sampled_from(info.values)
    return _SIMPLE[type(info)]


_SIMPLE: dict[type[Any], st.SearchStrategy[Any]] = {
    msgspec.inspect.NoneType: st.none(),
    msgspec.inspect.StrType: _TEXT,
    msgspec.inspect.BoolType: st.booleans(),
    msgspec.inspect.IntType: st.integers(-(2**53), 2**53),
    msgspec.inspect.FloatType: st.floats(allow_nan=False, allow_infinity=False),
    msgspec.inspect.DateType: st.dates(date(1, 1, 1), date(9999, 12, 31)),
    msgspec.inspect.DateTimeType: st.datetimes(timezones=st.just(UTC), min_value=datetime(1970, 1, 1)),  # noqa: DTZ001  the zone is given beside it
}
