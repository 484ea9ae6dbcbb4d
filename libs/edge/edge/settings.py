"""Settings come from the environment and are read once, at the door.

class Settings(msgspec.Struct, frozen=True):
    port: Annotated[int, Setting("OZG_PORT", "TCP port to listen on")] = 8000

settings = read(Settings, os.environ)

Any of them may be given as a file instead: `OZG_PORT_FILE=/run/secrets/port` reads the value from there, so that a secret is
in no environment.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from edge.explaining import explain, where
from edge.language import in_language

S = TypeVar("S", bound=msgspec.Struct)
_TRUE = {"1", "true", "yes", "on"}
_FALSE = {"0", "false", "no", "off"}
_BY_FILE = "_FILE"


class Setting(msgspec.Struct, frozen=True):
    """The environment variable a field is read from, and what an operator should know about it."""

    name: str
    description: str
    secret: bool = False


class Described(msgspec.Struct, frozen=True):
    """One row of the operator's table of settings."""

    name: str
    type: str
    default: str | None
    required: bool
    description: str


class SettingsInvalid(Exception):
    """The environment does not say what is needed; the message names every variable and what would be right."""


def read(struct: type[S], environ: Mapping[str, str]) -> S:
    """Fill the struct from the environment or say everything that is wrong with it at once."""
    values: dict[str, Any] = {}
    wrong: list[str] = []
    for field, setting, kind in _fields(struct):
        try:
            text = _given(environ, setting.name)
        except (OSError, ValueError) as error:
            wrong.append(f"{setting.name}{_BY_FILE}: {error}")
            continue
        if text:
            try:
                values[field.name] = _convert(text, kind)
            except ValueError as error:
                shown = "the given value" if setting.secret else repr(text)
                wrong.append(f"{setting.name}: {shown} does not do: {_why(error, kind)} ({setting.description})")
        elif field.required:
            wrong.append(f"{setting.name} is not set. ({setting.description})")
    if wrong:
        raise SettingsInvalid("\n".join(wrong))
    try:
        return msgspec.convert(values, struct, dec_hook=_as_is)
    except (ValueError, msgspec.ValidationError) as error:
        raise SettingsInvalid(str(error)) from error


def _given(environ: Mapping[str, str], name: str) -> str:
    """The value itself, or what is in the file that is named. Raises OSError, or ValueError where both are given."""
    text, file = environ.get(name, "").strip(), environ.get(f"{name}{_BY_FILE}", "").strip()
    if text and file:
        message = f"{name} is set too; only one of the two can hold"
        raise ValueError(message)
    return Path(file).read_text(encoding="utf-8").strip() if file else text


def describe(struct: type[msgspec.Struct]) -> list[Described]:
    """Every setting of the struct, as operators read it."""
    return [
        Described(
            name=setting.name,
            type=_shown(kind),
            default=_default(field),
            required=field.required,
            description=setting.description,
        )
        for field, setting, kind in _fields(struct)
    ]


def misspelt(environ: Mapping[str, str], structs: Iterable[type[msgspec.Struct]], prefix: str = "OZG_") -> list[str]:
    """A sentence for each variable with our prefix that no struct knows."""
    names = [setting.name for struct in structs for _, setting, _ in _fields(struct)]
    known = {*names, *(f"{name}{_BY_FILE}" for name in names)}
    sentences = []
    for name in sorted(environ):
        if name.startswith(prefix) and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            sentences.append(f"{name} is no setting" + (f"; did you mean {near[0]}?" if near else "."))
    return sentences


def _fields(struct: type[msgspec.Struct]) -> list[tuple[msgspec.structs.FieldInfo, Setting, Any]]:
    hints = get_type_hints(struct, include_extras=True)
    found = []
    for field in msgspec.structs.fields(struct):
        hint = hints[field.name]
        marks = [mark for mark in get_args(hint)[1:] if isinstance(mark, Setting)] if _annotated(hint) else []
        if not marks:
            message = f"{struct.__name__}.{field.name} has no Setting(...)"
            raise TypeError(message)
        constraints = [mark for mark in get_args(hint)[1:] if isinstance(mark, msgspec.Meta)]
        kind = get_args(hint)[0]
        found.append((field, marks[0], Annotated[(kind, *constraints)] if constraints else kind))
    return found


def _annotated(hint: Any) -> bool:
    return get_origin(hint) is Annotated


def _convert(text: str, kind: Any) -> Any:
    bare = next((arg for arg in get_args(kind) if arg is not type(None)), kind) if _optional(kind) else kind
    if bare is bool:
        return _switch(text)
    if get_origin(bare) in {tuple, list, frozenset}:
        return msgspec.convert([part.strip() for part in re.split(r"[,\n]", text) if part.strip()], bare, strict=False)
    return msgspec.convert(text, bare, strict=False, dec_hook=_from_text)


def _why(error: ValueError, kind: Any) -> str:
    if isinstance(error, msgspec.ValidationError):
        return in_language(explain(where(str(error))[0], kind), "en")
    return f"{error}."


def _switch(text: str) -> bool:
    if text.lower() in _TRUE | _FALSE:
        return text.lower() in _TRUE
    message = "use true or false"
    raise ValueError(message)


def _optional(kind: Any) -> bool:
    return type(None) in get_args(kind)


def _from_text(kind: type[Any], text: Any) -> Any:
    if kind is Path:
        return Path(text).expanduser()
    if kind is ZoneInfo:
        try:
            return ZoneInfo(text)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("there is no such time zone; a right one is Europe/Berlin") from error
    message = f"settings of type {kind.__name__} are not known"
    raise NotImplementedError(message)


def _as_is(kind: type[Any], value: Any) -> Any:
    return value if isinstance(value, kind) else _from_text(kind, value)


def _default(field: msgspec.structs.FieldInfo) -> str | None:
    if field.default is not msgspec.NODEFAULT:
        return _written(field.default)
    if field.default_factory is not msgspec.NODEFAULT:
        return str(field.default_factory())
    return None


def _written(value: Any) -> str | None:
    """As one would write it in the environment."""
    if value is None or value == ():
        return None
    return ",".join(value) if isinstance(value, tuple) else str(value)


def _shown(kind: Any) -> str:
    if get_origin(kind) is Annotated:
        return _shown(get_args(kind)[0])
    if _optional(kind):
        return " or ".join(_shown(arg) for arg in get_args(kind) if arg is not type(None))
    name = getattr(kind, "__name__", str(kind))
    if name == "Literal":
        return ", ".join(str(arg) for arg in get_args(kind))
    return str(name)
