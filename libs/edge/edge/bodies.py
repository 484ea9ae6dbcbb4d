"""Bodies are decoded strictly, straight into the type the route asks for.

Without this, a framework's lenient conversion would take "3" for 3 and answer a wrong field with a generic sentence.
A NUL, raw or escaped, is refused here: PostgreSQL cannot store one, and one in a batch fails the whole batch.
"""

import re
from functools import lru_cache
from typing import Any

import msgspec
from litestar import Request
from litestar.types import Empty

from edge.asgi import header
from edge.explaining import explain, malformed, missing_field, where
from edge.language import Text, in_language
from edge.problems import Problem, RowError

_ESCAPED_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_TEXTUAL = ("text/", "application/x-www-form-urlencoded", "application/x-ndjson", "application/jsonl")
INVALID: Text = {"en": "The request is not valid", "de": "Die Anfrage ist ungültig"}


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded strictly into the type of the route's `data`."""

    async def json(self) -> Any:
        """The body as the type the route asks for."""
        if self._json is Empty:
            self._json = self._decoded(await self.body())
        return self._json

    @property
    def media_type(self) -> str:
        """What the body is said to be, without parameters."""
        given = header(self.scope, b"content-type")
        return given if given == "application/json" else self.content_type[0].lower()

    @property
    def content_length(self) -> int | None:
        """As it was announced."""
        given = header(self.scope, b"content-length")
        return int(given) if given.isdecimal() else super().content_length

    async def body(self) -> bytes:
        """The raw body, read once and free of NULs if it is text of any kind."""
        seen = self._body is not Empty
        body = await super().body()
        if not seen:
            media_type = self.media_type
            if is_json(media_type):
                refuse_nul(body, escaped=True)
            elif media_type.startswith(_TEXTUAL):
                refuse_nul(body, escaped="json" in media_type)
        return body

    def _decoded(self, body: bytes) -> Any:
        media_type = self.media_type
        if not is_json(media_type):
            raise unsupported_media_type(media_type, "application/json")
        field = self.route_handler.parsed_data_field
        return decode(body, field.annotation if field is not None else Any)


def decode(body: bytes, kind: Any) -> Any:
    """JSON into the type, or a problem that names the field and what would be right."""
    try:
        return _decoder(kind).decode(body)
    except msgspec.ValidationError as error:
        raise invalid_field(error, kind) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail = malformed(error, body) if isinstance(error, msgspec.DecodeError) else _NOT_UTF8
        raise Problem(400, "malformed-json", {"en": "Malformed JSON", "de": "Fehlerhaftes JSON"}, detail) from error
    except RecursionError as error:
        detail = {"en": "The JSON is nested too deeply.", "de": "Das JSON ist zu tief verschachtelt."}
        raise Problem(400, "malformed-json", {"en": "Malformed JSON", "de": "Fehlerhaftes JSON"}, detail) from error


def invalid_field(error: msgspec.ValidationError, kind: Any = None) -> Problem:
    """The problem a decoder's complaint becomes."""
    said, path = where(str(error))
    missing = missing_field(said)
    field = ".".join(part for part in (path, missing) if part) or None
    why = explain(said, kind, path)
    detail: Text = (
        why if field is None or missing else {lang: f"{field}: {in_language(why, lang)}" for lang in ("en", "de")}
    )
    return Problem(400, "invalid-request", INVALID, detail, field=field, errors=[RowError(field=field, detail=why)])


def is_json(media_type: str) -> bool:
    """True for application/json and everything `+json`."""
    return media_type == "application/json" or media_type.endswith("+json")


def refuse_nul(body: bytes, *, escaped: bool = False) -> None:
    """Raise a problem if a NUL is in these bytes, or, in JSON, in the strings they stand for."""
    if b"\x00" in body or (escaped and b"\\u0000" in body and _ESCAPED_NUL.search(body)):
        raise nul_refused("body")


def nul_refused(place: str) -> Problem:
    """A NUL has no meaning in text and cannot be stored."""
    return Problem(
        400,
        "nul-character",
        {"en": "NUL character", "de": "NUL-Zeichen"},
        {
            "en": f"The {place} contains a NUL character (U+0000), which no text may. Remove it and send UTF-8.",
            "de": f"Die Anfrage ({place}) enthält ein NUL-Zeichen (U+0000), das in Text nicht vorkommen darf.",
        },
    )


def unsupported_media_type(given: str, *wanted: str) -> Problem:
    """The body is of a kind this route does not read."""
    kinds = ", ".join(wanted)
    return Problem(
        415,
        "unsupported-media-type",
        {"en": "Unsupported media type", "de": "Medientyp nicht unterstützt"},
        {
            "en": f"The body is {given or 'of no stated type'!r}. Send it with `Content-Type:` {kinds}.",
            "de": f"Der Inhalt ist vom Typ {given or 'unbekannt'!r}. Nötig ist `Content-Type:` {kinds}.",
        },
        headers={"accept": kinds},
    )


_NOT_UTF8: Text = {"en": "The body is not UTF-8.", "de": "Der Inhalt ist nicht in UTF-8."}


@lru_cache(maxsize=512)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
