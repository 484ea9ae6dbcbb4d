"""What a decoder complains of, in words a person can act on: what is wrong, where, and what would be right."""

import re
from collections.abc import Callable
from typing import Any

import msgspec

from edge.language import Text

_PATH = re.compile(r" - at `(?:key` in `)?\$\.?(?P<path>[^`]*)`$")
_BYTE = re.compile(r"\(byte (\d+)\)$")
_SHOWN_AT_MOST = 30

_KINDS = {
    "int": ("a whole number", "eine ganze Zahl"),
    "float": ("a number", "eine Zahl"),
    "decimal": ("a decimal number", "eine Dezimalzahl"),
    "str": ("text", "ein Text"),
    "bool": ("true or false", "true oder false"),
    "array": ("a list", "eine Liste"),
    "object": ("an object", "ein Objekt"),
    "null": ("null", "null"),
    "date": ("a date like 2026-11-01", "ein Datum wie 2026-11-01"),
    "datetime": ("a time like 2026-11-01T12:00:00Z", "ein Zeitpunkt wie 2026-11-01T12:00:00Z"),
    "uuid": ("a UUID", "eine UUID"),
    "bytes": ("base64 text", "ein Base64-Text"),
}


def where(message: str) -> tuple[str, str | None]:
    """Split a decoder's message into what it says and the path of the field it speaks of."""
    found = _PATH.search(message)
    if not found:
        return message, None
    path = found["path"].replace("[...]", "[]")
    return message[: found.start()], path or None


def explain(said: str, kind: Any = None, path: str | None = None) -> Text:
    """The decoder's sentence in both languages; the type decoded into tells which words are allowed."""
    for pattern, sentence in _SENTENCES:
        found = pattern.fullmatch(said)
        if found:
            return sentence(found, kind, path)
    return {"en": said, "de": f"Ungültiger Wert ({said})"}


def missing_field(said: str) -> str | None:
    """The name of the field that is missing or unknown, which the decoder's path leaves out."""
    found = re.fullmatch(r"Object (?:missing required|contains unknown) field `(.+)`", said)
    return found[1] if found else None


def malformed(error: msgspec.DecodeError, body: bytes) -> Text:
    """Where JSON stops being JSON."""
    said = str(error)
    if "truncated" in said:
        return {
            "en": "The body is not complete JSON: it ends too early. Check that every bracket and quote is closed.",
            "de": "Der Inhalt ist kein vollständiges JSON: Er endet zu früh. Sind alle Klammern und Anführungszeichen zu?",
        }
    found = _BYTE.search(said)
    if not found:
        return {"en": f"The body is not JSON in UTF-8: {said}.", "de": f"Der Inhalt ist kein JSON in UTF-8: {said}."}
    at = int(found[1])
    line = body.count(b"\n", 0, at) + 1
    column = at - (body.rfind(b"\n", 0, at) + 1) + 1
    reason = said[: found.start()].removeprefix("JSON is malformed:").strip()
    return {
        "en": f"The body is not JSON: {reason} in line {line}, column {column}.",
        "de": f"Der Inhalt ist kein JSON: Fehler in Zeile {line}, Spalte {column} ({reason}).",
    }


def allowed(kind: Any, path: str | None) -> list[str]:
    """The values a field may take where they can be listed, found by walking the type along the path."""
    try:
        whole = msgspec.inspect.type_info(kind)
        tags = _tags(whole, path or "")
        if tags:
            return tags
        info = _descend(whole, path or "")
    except (TypeError, KeyError):
        return []
    found: list[str] = []
    for option in _options(info):
        if isinstance(option, msgspec.inspect.LiteralType):
            found += [str(value) for value in option.values]
        elif isinstance(option, msgspec.inspect.EnumType):
            found += [str(member.value) for member in option.cls]
    return found


def _tags(info: msgspec.inspect.Type, path: str) -> list[str]:
    """The tags that tell the members of a union apart, if the path ends in one."""
    parent, _, last = path.rpartition(".")
    options = _options(_descend(info, parent))
    structs = [option for option in options if isinstance(option, msgspec.inspect.StructType)]
    return [str(option.tag) for option in structs if option.tag_field == last]


def _descend(info: msgspec.inspect.Type, path: str) -> msgspec.inspect.Type:
    for step in re.findall(r"\[[^\]]*\]|[^.\[\]]+", path):
        info = _step(info, step)
    return info


def _step(info: msgspec.inspect.Type, step: str) -> msgspec.inspect.Type:
    for option in _options(info):
        if step.startswith("["):
            inner = getattr(option, "item_type", None) or getattr(option, "value_type", None)
            if inner is not None:
                return inner  # type: ignore[no-any-return]
        for field in getattr(option, "fields", ()):
            if field.encode_name == step:
                return field.type  # type: ignore[no-any-return]
    raise KeyError(step)


def _options(info: msgspec.inspect.Type) -> list[msgspec.inspect.Type]:
    if isinstance(info, msgspec.inspect.Metadata):
        return _options(info.type)
    if isinstance(info, msgspec.inspect.UnionType):
        return [option for part in info.types for option in _options(part)]
    return [info]


def _in_words(kinds: str) -> tuple[str, str]:
    known = [_KINDS.get(kind.strip(), (kind.strip(), kind.strip())) for kind in kinds.split("|")]
    return " or ".join(en for en, _ in known), " oder ".join(de for _, de in known)


def _wrong_kind(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    expected, got = _in_words(found[1]), _in_words(found[2])
    return {"en": f"Expected {expected[0]}, got {got[0]}.", "de": f"Erwartet wird {expected[1]}, nicht {got[1]}."}


def _missing(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    return {"en": f"The field {found[1]!r} is required and missing.", "de": f"Das Pflichtfeld {found[1]!r} fehlt."}


def _unknown(found: re.Match[str], kind: Any, path: str | None) -> Text:
    names = _field_names(kind, path)
    en = f" Known are: {', '.join(names)}." if names else ""
    de = f" Bekannt sind: {', '.join(names)}." if names else ""
    return {"en": f"There is no field {found[1]!r}.{en}", "de": f"Ein Feld {found[1]!r} gibt es nicht.{de}"}


def _not_listed(found: re.Match[str], kind: Any, path: str | None) -> Text:
    values = allowed(kind, path)
    en = f" Use one of: {', '.join(values[:_SHOWN_AT_MOST])}." if values else ""
    de = f" Möglich sind: {', '.join(values[:_SHOWN_AT_MOST])}." if values else ""
    return {"en": f"{found[1]} is not allowed here.{en}", "de": f"{found[1]} ist hier nicht erlaubt.{de}"}


def _bounded(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    sign = {">=": ("at least", "mindestens"), "<=": ("at most", "höchstens"), ">": ("more than", "mehr als")}
    en, de = sign.get(found[2], ("less than", "weniger als"))
    return {"en": f"The value must be {en} {found[3]}.", "de": f"Der Wert muss {de} {found[3]} sein."}


def _sized(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    en, de = ("at least", "mindestens") if found[2] == ">=" else ("at most", "höchstens")
    one = found[3] == "1"
    if found[1] == "str":
        en_unit, de_unit = "character" if one else "characters", "Zeichen"
    else:
        en_unit, de_unit = ("entry", "Eintrag") if one else ("entries", "Einträge")
    return {"en": f"It must have {en} {found[3]} {en_unit}.", "de": f"Nötig sind {de} {found[3]} {de_unit}."}


def _patterned(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    return {
        "en": f"The text must match the pattern {found[1]}.",
        "de": f"Der Text muss dem Muster {found[1]} entsprechen.",
    }


def _badly_written(found: re.Match[str], _kind: Any, _path: str | None) -> Text:
    en, de = _KINDS[found[1].lower()]
    return {"en": f"Expected {en}.", "de": f"Erwartet wird {de}."}


def _field_names(kind: Any, path: str | None) -> list[str]:
    try:
        info = _descend(msgspec.inspect.type_info(kind), path or "")
    except (TypeError, KeyError):
        return []
    return [field.encode_name for option in _options(info) for field in getattr(option, "fields", ())]


_SENTENCES: list[tuple[re.Pattern[str], Callable[[re.Match[str], Any, str | None], Text]]] = [
    (re.compile(r"Expected `([^`]+)`, got `([^`]+)`"), _wrong_kind),
    (re.compile(r"Object missing required field `(.+)`"), _missing),
    (re.compile(r"Object contains unknown field `(.+)`"), _unknown),
    (re.compile(r"Invalid enum value (.+)", re.DOTALL), _not_listed),
    (re.compile(r"Invalid value (.+)", re.DOTALL), _not_listed),
    (re.compile(r"Expected `(int|float|decimal)` (>=|<=|>|<) (.+)"), _bounded),
    (re.compile(r"Expected `(str|array|object|bytes)` of length (>=|<=) (\d+)"), _sized),
    (re.compile(r"Expected `str` matching regex (.+)", re.DOTALL), _patterned),
    (re.compile(r"Invalid (?:RFC3339 encoded )?(datetime|date|UUID)"), _badly_written),
]
