"""A mail server on loopback, which answers as it is told."""

import asyncio
import ssl
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from types import TracebackType
from typing import Any, NamedTuple, Self, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


class Posted(NamedTuple):
    """One mail as it was taken."""

    from_: str
    to: list[str]
    raw: bytes

    @property
    def message(self) -> EmailMessage:
        return BytesParser(policy=default).parsebytes(self.raw)

    def body(self, kind: str = "plain") -> str:
        part = self.message.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    def link(self, purpose: str) -> str:
        """The path and query of a link below the service's prefix."""
        return next(
            word.partition("/api/notifier/v1")[2] for word in self.body().split() if f"/mail/{purpose}?token=" in word
        )


class Postbox:
    """`rcpt` and `data` are what it answers instead of 250; `delay` seconds pass before it has taken a mail."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, password: str | None = None) -> None:
        self.mails: list[Posted] = []
        self.rcpt: str | None = None
        self.data: str | None = None
        self.delay = 0.0
        self.sessions = 0
        self.port = 0
        self._tls = tls
        self._password = password
        self._server: asyncio.Server
        self._inside: list[SMTP] = []

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def open(self) -> None:
        """At the same port as before."""
        self._server = await asyncio.get_running_loop().create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Nobody is let in any more, and who is in is thrown out."""
        self._server.close()
        for one in self._inside:
            if one.transport is not None:
                one.transport.close()
        self._inside.clear()

    def _session(self) -> SMTP:
        self.sessions += 1
        one = SMTP(
            self,
            hostname="localhost",
            tls_context=self._tls,
            require_starttls=self._tls is not None,
            auth_required=self._password is not None,
            authenticator=self._authenticated,
        )
        self._inside.append(one)
        return one

    def _authenticated(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        return AuthResult(success=given.password.decode() == self._password, handled=False)

    async def handle_RCPT(  # noqa: N802  the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.rcpt is not None:
            return self.rcpt
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        await asyncio.sleep(self.delay)
        if self.data is not None:
            return self.data
        self.mails.append(Posted(str(envelope.mail_from), envelope.rcpt_tos, cast("bytes", envelope.original_content)))
        return "250 taken"
