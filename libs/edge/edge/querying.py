"""Queries say what they mean, once.

The framework reads `1e3` and `1.0` as whole numbers, `null` as nothing at all, and of a parameter that is given twice
the last: whoever mistypes would get an answer to a question they did not ask.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from litestar.exceptions import ValidationException
from litestar.handlers.base import BaseRouteHandler
from litestar.params import QueryParameter
from litestar.typing import FieldDefinition

from edge.bodies import INVALID
from edge.language import Text
from edge.problems import Problem, RowError

_NUMBERS = {int: re.compile(r"-?[0-9]{1,20}"), float: re.compile(r"-?[0-9]{1,20}(\.[0-9]{1,20})?")}


class _Parameter(NamedTuple):
    kinds: frozenset[Any]
    several: bool


def check_query(query: bytes, handler: BaseRouteHandler) -> None:
    """Refuse numbers in odd notations, `null`, and a parameter that is given more than once."""
    known, seen = _parameters(handler), set[str]()
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        parameter = known.get(name)
        if parameter is None:
            continue
        if name in seen and not parameter.several:
            raise _given_twice(name)
        seen.add(name)
        if complaint := _complaint(parameter.kinds, value):
            raise ValidationException(extra=[{"key": name, "message": complaint}])


def _complaint(kinds: frozenset[Any], value: str) -> str | None:
    """In the decoder's own words, which are explained elsewhere."""
    if str in kinds:
        return None
    for kind, written in _NUMBERS.items():
        if kind in kinds and not written.fullmatch(value):
            return f"Expected `{kind.__name__}`, got `str`"
    if value.lower() != "null":
        return None
    for kind in (bool, datetime, date):
        if kind in kinds:
            return "Expected `bool`, got `str`" if kind is bool else f"Invalid {kind.__name__}"
    return f"Invalid enum value {value!r}"


@lru_cache(maxsize=1024)
def _parameters(handler: BaseRouteHandler) -> dict[str, _Parameter]:
    own = handler.parsed_fn_signature.parameters
    fields = [*own.items()]
    for name, dependency in handler.resolve_dependencies().items():
        if name in own:
            fields += dependency.parsed_fn_signature.parameters.items()
    return {
        field.kwarg_definition.name or name: _Parameter(frozenset(_kinds(field)), field.is_non_string_sequence)
        for name, field in fields
        if isinstance(field.kwarg_definition, QueryParameter)
    }


def _kinds(field: FieldDefinition) -> Iterator[Any]:
    if field.inner_types:
        for inner in field.inner_types:
            yield from _kinds(inner)
    else:
        yield field.annotation


def _given_twice(name: str) -> Problem:
    detail: Text = {
        "en": f"{name}: It is given more than once; give it once.",
        "de": f"{name}: Mehrfach angegeben; bitte nur einmal angeben.",
    }
    return Problem(400, "invalid-request", INVALID, detail, field=name, errors=[RowError(field=name, detail=detail)])
