"""Handing a mail to the mail server: bounded in time, over connections that are used again, and without saying any address aloud."""

import asyncio
import contextlib
import ssl
import time
from collections import deque
from types import TracebackType
from typing import Final, NamedTuple, Self

import aiosmtplib

from notifier.channels.email.server import Server
from notifier.channels.webhook.sending import Answered

CONNECT_SECONDS: Final = 8.0
TOTAL_SECONDS: Final = 20.0
"""Less than what is left of a lease when a turn begins."""
IDLE_SECONDS: Final = 10.0
MOST_ON_ONE: Final = 100
"""So many mails over one connection, as some servers count them."""
ANSWER_CHARACTERS: Final = 500
TRY_LATER: Final = frozenset({"5.2.2", "5.3", "5.7"})
"""Full mailboxes, and what is amiss between the mail server and us: not the address' fault."""


class _Open(NamedTuple):
    client: aiosmtplib.SMTP
    used: int
    at: float


class Post:
    """Enter it; on leaving, what is still connected says goodbye. `tls` is an argument so that tests can bring their own."""

    def __init__(
        self, server: Server, *, hostname: str, tls: ssl.SSLContext | None = None, total_seconds: float = TOTAL_SECONDS
    ) -> None:
        self._server = server
        self._hostname = hostname
        self._tls = tls
        self._seconds = total_seconds
        self._idle: deque[_Open] = deque()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        while self._idle:
            await _goodbye(self._idle.pop().client)

    async def send(self, from_: str, to: str, message: bytes) -> Answered:
        """Never raises because of the server. An answer below 300 means that it has taken the mail over."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds):
                return await self._send(from_, to, message, began)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            (one,) = refused.recipients
            return _answered(one.code, one.message, began, refused=_for_good(one.code, one.message))
        except aiosmtplib.SMTPAuthenticationError as error:
            return Answered(None, _since(began), f"the mail server does not let us in ({error.code})")
        except (aiosmtplib.SMTPSenderRefused, aiosmtplib.SMTPDataError) as error:
            return _answered(error.code, error.message, began)
        except (TimeoutError, aiosmtplib.SMTPException, OSError) as error:
            return Answered(None, _since(began), _reason(error))

    async def _send(self, from_: str, to: str, message: bytes, began: float) -> Answered:
        client, used = await self._connected()
        try:
            _, said = await client.sendmail(from_, [to], message)
        except aiosmtplib.SMTPRecipientsRefused:  # the server is well
            self._keep(client, used + 1)
            raise
        except BaseException:
            client.close()
            raise
        self._keep(client, used + 1)
        return _answered(250, said, began)

    async def _connected(self) -> tuple[aiosmtplib.SMTP, int]:
        """One that is still there, or a new one."""
        while self._idle:
            client, used, at = self._idle.pop()
            if time.monotonic() - at < IDLE_SECONDS and used < MOST_ON_ONE and await _is_there(client):
                return client, used
            await _goodbye(client)
        client = aiosmtplib.SMTP(
            hostname=self._server.host,
            port=self._server.port,
            username=self._server.user,
            password=self._server.password,
            local_hostname=self._hostname,
            timeout=min(CONNECT_SECONDS, self._seconds),
            use_tls=self._server.security == "tls",
            start_tls=self._server.security == "starttls",
            tls_context=self._tls,
        )
        try:
            await client.connect()
        except BaseException:
            client.close()
            raise
        return client, 0

    def _keep(self, client: aiosmtplib.SMTP, used: int) -> None:
        if client.is_connected:
            self._idle.append(_Open(client, used, time.monotonic()))


async def _is_there(client: aiosmtplib.SMTP) -> bool:
    try:
        await client.noop(timeout=2)
    except (aiosmtplib.SMTPException, OSError, TimeoutError):
        return False
    return True


async def _goodbye(client: aiosmtplib.SMTP) -> None:
    with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
        await client.quit(timeout=1)
    client.close()


def _for_good(code: int, message: str) -> bool:
    """Whether that address will never take mail."""
    status = message.split(maxsplit=1)[0] if message else ""
    return code >= 500 and not any(status == one or status.startswith(f"{one}.") for one in TRY_LATER)


def _answered(code: int, message: str, began: float, *, refused: bool = False) -> Answered:
    return Answered(code, _since(began), None, message[:ANSWER_CHARACTERS], refused=refused)


def _reason(error: Exception) -> str:
    """What went wrong, without an address."""
    if isinstance(error, TimeoutError):
        return "the mail server did not answer in time"
    if isinstance(error, aiosmtplib.SMTPConnectError) or not isinstance(error, aiosmtplib.SMTPException):
        return "the mail server cannot be reached"
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return f"the mail server answered {error.code}"
    return f"{type(error).__name__} while talking to the mail server"


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
