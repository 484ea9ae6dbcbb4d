"""The pages act as everybody else does: by the REST interface of catalog and notifier, with the token of the person who acts."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Literal, TypeVar

import aiohttp
import msgspec

from edge.correlation import correlation_id, traceparent
from edge.problems import Problem
from progress.pages.asked import Asked
from progress.pages.session import signed_in

T = TypeVar("T")
Service = Literal["catalog", "notifier"]
SECONDS: Final = 10.0
SHEET_SECONDS: Final = 120.0
"""For what reads and checks whole sheets."""
LARGEST: Final = 2**25


class Told(msgspec.Struct, frozen=True):
    """What the other service answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def read(self, kind: type[T]) -> T:
        """The body as this type, as far as it concerns us."""
        return msgspec.json.decode(self.body, type=kind)


class Wrong(msgspec.Struct, frozen=True):
    """One thing that does not do, in the reader's language: in which field, in which row of a sheet (1 is the first)."""

    detail: str
    field: str | None = None
    row: int | None = None


class NotDone(Exception):
    """The other service refused; what it said, in the reader's language. `status` 412: somebody else was faster."""

    def __init__(self, status: int, document: "_Document", body: bytes) -> None:
        super().__init__(document.detail)
        self.status = status
        self.slug = document.type.rpartition(":")[2]
        self.title = document.title
        self.detail = document.detail
        self.wrong = document.errors or [Wrong(document.detail, document.field)]
        self.body = body
        """The whole problem document: a refused sheet says more in it."""

    def beside(self, fields: Mapping[str, str]) -> dict[str, str]:
        """What to say beside which field of a form; `fields` leads from names of the interface to those of the form.

        What belongs to none of them is under the empty name. `expected_live_on` is called what the form calls it.
        """
        found: dict[str, str] = {}
        for one in self.wrong:
            name = fields.get(one.field or "", fields.get((one.field or "").partition(".")[0], ""))
            found[name] = f"{found[name]} {one.detail}" if name in found else one.detail
        return found


class _Document(msgspec.Struct):
    type: str = "urn:ozg:problem:unknown"
    title: str = ""
    detail: str = ""
    field: str | None = None
    errors: list[Wrong] = []


class Neighbours:
    """One client for both services; connections are kept."""

    def __init__(self, catalog_url: str, notifier_url: str) -> None:
        self._base: Final = {"catalog": catalog_url.rstrip("/"), "notifier": notifier_url.rstrip("/")}
        self._client: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """For as long as the app lives."""
        async with aiohttp.ClientSession(raise_for_status=False) as self._client:
            yield
        self._client = None

    async def ask(
        self,
        by: Asked,
        service: Service,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: bytes | None = None,
        media_type: str = "application/json",
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
        seconds: float = SECONDS,
    ) -> Told:
        """Its answer, if it is one of 2xx. Raises NotDone, and a 503 problem where the service does not answer."""
        assert self._client is not None
        sent = msgspec.json.encode(json) if json is not None else body
        try:
            async with self._client.request(
                method,
                self._base[service] + path,
                data=sent,
                params=params,
                headers=_headers(by, sent is not None and media_type, idempotency_key) | dict(headers or {}),
                timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False,
            ) as answer:
                told = Told(answer.status, dict(answer.headers), await _read(answer))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise _away(service) from error
        if told.status >= 300:
            raise _not_done(told, service)
        return told


def neighbours(by: Asked) -> Neighbours:
    """Those of this app."""
    found: Neighbours = by.request.app.state["neighbours"]
    return found


def in_form_words(text: str, words: Mapping[str, str]) -> str:
    """Names of the interface in the words of the form: `expected_live_on` is „geplanter Start“ there."""
    if not words:
        return text
    pattern = "|".join(sorted(map(re.escape, words), key=len, reverse=True))
    return re.sub(rf"(?<![\w/.-])(?:{pattern})(?![\w/-])", lambda found: words[found[0]], text)


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for part in answer.content.iter_chunked(2**16):
        body += part
        if len(body) > LARGEST:
            raise aiohttp.ClientPayloadError("too large")
    return bytes(body)


def _headers(by: Asked, media_type: str | Literal[False], idempotency_key: str | None) -> dict[str, str]:
    session = signed_in(by.request)
    given = {
        "accept": "application/json",
        "accept-language": by.language,
        "authorization": f"Bearer {session.token}" if session is not None else None,
        "content-type": media_type or None,
        "idempotency-key": idempotency_key,
        "traceparent": traceparent(),
        "x-correlation-id": correlation_id(),
    }
    return {name: value for name, value in given.items() if value is not None}


def _not_done(told: Told, service: Service) -> NotDone | Problem:
    try:
        document = msgspec.json.decode(told.body, type=_Document)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _away(service)
    return NotDone(told.status, document, told.body)


def _away(service: Service) -> Problem:
    de = "Katalog" if service == "catalog" else "Benachrichtigungsdienst"
    return Problem(
        503,
        "neighbour-away",
        {"en": "Please try again in a moment", "de": "Bitte gleich noch einmal versuchen"},
        {
            "en": f"The {service} does not answer at the moment. Whether anything was saved is not known; sending the same again "
            "does no harm.",
            "de": f"Der {de} antwortet gerade nicht. Ob etwas gespeichert wurde, ist nicht bekannt; dasselbe noch einmal zu senden "
            "schadet nicht.",
        },
        headers={"retry-after": "2"},
    )
