"""From what a mail says to the bytes that travel: headers that nobody's words can break, and the way out of RFC 8058."""

from datetime import datetime
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import format_datetime
from typing import Any, cast

from notifier.domain.letter import Letter, one_line
from notifier.domain.mailbox import mailbox


class _Whole(UnstructuredHeader):
    """Longer than a line and still in one piece: folded as usual, an address would become an encoded word, which is none."""

    max_count = 1

    def fold(self, *, policy: "EmailPolicy[Any]") -> str:
        return f"{cast('BaseHeader', self).name}: {self}{policy.linesep}"


def _policy() -> "EmailPolicy[Any]":
    registry = HeaderRegistry()
    registry.map_to_type("list-unsubscribe", cast("type[BaseHeader]", _Whole))  # the registry makes it one
    return SMTP.clone(header_factory=registry)


_POLICY = _policy()


def sender(text: str) -> Address:
    """`OZG-Stand <hinweise@example.org>`, or the address alone. Raises MailboxNotUnderstood."""
    name, bracket, address = text.strip().removesuffix(">").rpartition("<")
    return Address(one_line(name.strip().strip('"')) if bracket else "", addr_spec=mailbox(address))


def compose(
    letter: Letter, *, from_: Address, to: str, message_id: str, at: datetime, unsubscribe: str | None = None
) -> bytes:
    """Pure ASCII with lines that any server takes. `to` is an address as `mailbox` makes it."""
    message = EmailMessage(policy=_POLICY)
    message["From"] = from_
    message["To"] = Address(addr_spec=to)
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    if unsubscribe is not None:
        message["List-Unsubscribe"] = f"<{unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(letter.text, cte="quoted-printable")
    message.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = letter.language
    return message.as_bytes()
