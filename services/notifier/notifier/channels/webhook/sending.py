"""One request to a receiver: signed, bounded in time and size, no redirect, no proxy, no cookie."""

import re
import ssl
import time
from datetime import datetime
from types import TracebackType
from typing import Final, NamedTuple, Self

import aiohttp

from events.contracts.envelope import BATCH_CONTENT_TYPE, CONTENT_TYPE
from notifier.channels.webhook.addresses import AddressRefused, Policy, check
from notifier.channels.webhook.connecting import Lookup, NotPermitted, connector, system_lookup
from notifier.domain.signature import sign

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
ANSWER_BYTES: Final = 1024
"""So much of an answer is kept for whoever looks for the mistake."""


class Request(NamedTuple):
    """What is sent where; `batch` says that the body is an array of events."""

    url: str
    secrets: tuple[str, ...]
    webhook_id: str
    body: bytes
    batch: bool = False


class Answered(NamedTuple):
    """What came of it: a status, or a short technical sentence why there is none."""

    status: int | None
    duration_ms: int
    error: str | None = None
    answer: str | None = None
    retry_after: str | None = None
    refused: bool = False
    """A mail server says that there is no such address."""


class Sender:
    """Enter it to connect. `lookup` and `tls` are arguments so that tests can lie about names."""

    def __init__(
        self,
        policy: Policy,
        *,
        lookup: Lookup = system_lookup,
        tls: ssl.SSLContext | None = None,
        total_seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.policy = policy
        self._lookup = lookup
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=total_seconds, connect=min(CONNECT_SECONDS, total_seconds))
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=connector(self.policy, self._lookup, self._tls),
            timeout=self._timeout,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": "ozg-notifier", "Accept-Encoding": "identity"},  # what is kept of an answer is text
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def send(self, request: Request, now: datetime) -> Answered:
        """Never raises because of the receiver."""
        began = time.monotonic()
        try:
            url = check(request.url, self.policy)
            headers = {
                "Content-Type": BATCH_CONTENT_TYPE if request.batch else CONTENT_TYPE,
                **sign(request.secrets, request.webhook_id, now, request.body),
            }
            body = aiohttp.BytesPayload(request.body)  # aiohttp need not find out what it is
            async with self._session.post(url, data=body, headers=headers, allow_redirects=False) as response:
                answer = await _beginning(response)
                return Answered(
                    response.status, _since(began), None, answer, response.headers.get("Retry-After", "")[:64] or None
                )
        except AddressRefused as refused:
            return Answered(None, _since(began), refused.en)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return Answered(None, _since(began), _sentence(error))


async def _beginning(response: aiohttp.ClientResponse) -> str:
    """The first bytes of the answer. What is longer is not read: the connection is dropped."""
    beginning = bytearray()
    while len(beginning) < ANSWER_BYTES and (chunk := await response.content.read(ANSWER_BYTES - len(beginning))):
        beginning += chunk
    if not response.content.at_eof():
        response.close()
    return beginning.decode("utf-8", "replace").replace("\x00", "�")


_QUOTED = re.compile(r"'[^']*'")
"""OpenSSL quotes the name that does not fit."""


def _sentence(error: Exception) -> str:
    """What went wrong, without the address, which may contain a secret."""
    below = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(below, NotPermitted):
        return str(below)
    if isinstance(error, TimeoutError):
        return f"no answer in time ({CONNECT_SECONDS:.0f} s to connect, {TOTAL_SECONDS:.0f} s in all)"
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        why = getattr(error.certificate_error, "verify_message", "") or type(error.certificate_error).__name__
        return f"the certificate is not trusted: {_QUOTED.sub('this name', why)}"[:200]
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"could not connect: {getattr(below, 'strerror', None) or below}"[:200]
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "the receiver closed the connection without an answer"
    return f"{type(error).__name__} while talking to the receiver"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
