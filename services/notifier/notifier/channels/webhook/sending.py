"""One request to a receiver: signed, bounded in time and size, no redirect, no proxy, no cookie."""

import ssl
import time
from datetime import datetime
from functools import lru_cache
from types import TracebackType
from typing import Final, NamedTuple, Self

from yarl import URL

from events.contracts.envelope import BATCH_CONTENT_TYPE, CONTENT_TYPE
from notifier.channels.webhook.addresses import AddressRefused, Policy, check
from notifier.channels.webhook.connecting import Connecting, Lookup, NotPermitted, Origin, system_lookup, trusting
from notifier.channels.webhook.requesting import Exchanges, HungUp, NoHttp
from notifier.domain.signature import sign

CONNECT_SECONDS: Final = 5.0
TOTAL_SECONDS: Final = 15.0
_ADDRESSES_KNOWN: Final = 16_384


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


class Sender:
    """Enter it to send. `lookup` and `tls` are arguments so that tests can lie about names."""

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
        self._total_seconds = total_seconds
        self._exchanges: Exchanges

    async def __aenter__(self) -> Self:
        tls = self._tls if self._tls is not None else trusting()
        seconds = min(CONNECT_SECONDS, self._total_seconds)
        self._exchanges = Exchanges(Connecting(self.policy, self._lookup, tls, seconds))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._exchanges.close()

    async def send(self, request: Request, now: datetime) -> Answered:
        """Never raises because of the receiver."""
        began = time.monotonic()
        try:
            origin, head = _addressed(request.url, self.policy)
            wire = b"".join((head, _headers(request, now), request.body))
            status, answer, retry_after = await self._exchanges.post(origin, wire, self._total_seconds)
        except AddressRefused as refused:
            return Answered(None, _since(began), refused.en)
        except (OSError, ValueError) as error:
            return Answered(None, _since(began), _sentence(error))
        return Answered(status, _since(began), None, _readable(answer), retry_after)


@lru_cache(maxsize=_ADDRESSES_KNOWN)
def _addressed(text: str, policy: Policy) -> tuple[Origin, bytes]:
    """Where to, and how the request begins. Raises AddressRefused."""
    url = check(text, policy)
    host, port = url.raw_host or "", url.port or 0
    lines = (
        f"POST {url.raw_path_qs} HTTP/1.1",
        f"Host: {_authority(url)}",
        "User-Agent: ozg-notifier",
        "Accept: */*",
        "",
    )
    return Origin(url.scheme == "https", host, port), "\r\n".join(lines).encode("ascii")


def _authority(url: URL) -> str:
    host = url.raw_host or ""
    named = f"[{host}]" if ":" in host else host
    return named if url.is_default_port() else f"{named}:{url.port}"


def _headers(request: Request, now: datetime) -> bytes:
    headers = {
        "Content-Type": BATCH_CONTENT_TYPE if request.batch else CONTENT_TYPE,
        "Content-Length": str(len(request.body)),
        **sign(request.secrets, request.webhook_id, now, request.body),
    }
    lines = [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("ascii")


def _readable(answer: bytes) -> str:
    return answer.decode("utf-8", "replace").replace("\x00", "�")


def _sentence(error: Exception) -> str:
    """What went wrong, without the address, which may contain a secret."""
    if isinstance(error, NotPermitted):
        return str(error)
    if isinstance(error, TimeoutError):
        return f"no answer in time ({CONNECT_SECONDS:.0f} s to connect, {TOTAL_SECONDS:.0f} s in all)"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"[:200]
    if isinstance(error, HungUp):
        return "the receiver closed the connection without an answer"
    if isinstance(error, NoHttp):
        return f"what the receiver answers is no HTTP: {error}"[:200]
    if isinstance(error, OSError):
        return f"could not connect: {error.strerror or error}"[:200]
    return f"{type(error).__name__} while talking to the receiver"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
