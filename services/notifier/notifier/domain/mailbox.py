"""An e-mail address as it is written to: plain ASCII, so that whatever is made of it, a header stays one header."""

import re
from typing import ClassVar, Final

import idna

from events.contracts.refusals import Refusal, RefusalKind

LONGEST: Final = 254
LONGEST_LOCAL: Final = 64
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


class MailboxNotUnderstood(Refusal):
    """What was given is no address that mail can be sent to."""

    slug: ClassVar[str] = "mail-address-refused"
    kind: ClassVar[RefusalKind] = "invalid"

    def __init__(self, en: str, de: str) -> None:
        super().__init__(en, de, field="channel.address")


def mailbox(text: str) -> str:
    """The address with its domain as name servers know it. Raises MailboxNotUnderstood."""
    local, at, domain = text.strip(" ").rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local) > LONGEST_LOCAL:
        raise MailboxNotUnderstood(
            "This is no address for mail. Expected name@example.org: one @, and before it letters, digits and signs such as "
            ". - _ +, without spaces, quotes or umlauts.",
            "Das ist keine E-Mail-Adresse. Erwartet wird name@example.org: ein @, davor Buchstaben, Ziffern und Zeichen wie "
            ". - _ +, ohne Leerzeichen, Anführungszeichen oder Umlaute.",
        )
    found = f"{local}@{_domain(domain)}"
    if len(found) > LONGEST:
        raise MailboxNotUnderstood(
            f"The address is longer than {LONGEST} characters.", f"Die Adresse ist länger als {LONGEST} Zeichen."
        )
    return found


def _domain(text: str) -> str:
    """`Stadt-Köln.de` → `xn--stadt-kln-67a.de`."""
    try:
        name = idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        name = ""
    labels = name.split(".")
    if len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        raise MailboxNotUnderstood(
            "What stands behind the @ is no name of a domain. Expected one such as example.org.",
            "Hinter dem @ steht kein Domainname. Erwartet wird einer wie example.org.",
        )
    return name
