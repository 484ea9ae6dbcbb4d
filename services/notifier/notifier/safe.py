"""What is shared with receivers is kept sealed: whoever reads the database, or a dump of it, and has not the key, learns no secret.

A sealed secret is bound to its subscription, so that nobody who can write rows gives one subscription another's. Which key sealed it
stands before it; the first of the keys seals, all of them open.
"""

import base64
import binascii
import hashlib
import os
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

log = structlog.get_logger(__name__)

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_SEALED: Final = "sealed:"


class NoKey(ValueError):
    """A line is no key; the message says what one is."""


class Unreadable(Exception):
    """Not sealed for this subscription, or damaged; the message names the key."""


class KeyMissing(Unreadable):
    """Sealed with a key that is not there."""


def new_key() -> str:
    """As it stands in the file: one line."""
    return base64.b64encode(os.urandom(KEY_BYTES)).decode("ascii")


class Safe:
    """Seals and opens. Without keys everything is kept as it is."""

    def __init__(self, keys: Iterable[str] = ()) -> None:
        """Raises NoKey."""
        found = [_key(text) for text in keys]
        self._ciphers = {_name(key): AESGCM(key) for key in found}
        self._first = _name(found[0]) if found else None

    @property
    def seals(self) -> bool:
        """Whether there is a key."""
        return self._first is not None

    def seal(self, of: UUID, secret: str) -> str:
        """As it is kept."""
        if self._first is None or not secret:
            return secret
        nonce = os.urandom(_NONCE_BYTES)
        sealed = nonce + self._ciphers[self._first].encrypt(nonce, secret.encode(), of.bytes)
        return f"{_SEALED}{self._first}:{base64.b64encode(sealed).decode('ascii')}"

    def open(self, of: UUID, kept: str) -> str:
        """The secret; what was never sealed is one. Raises Unreadable, KeyMissing."""
        if not kept.startswith(_SEALED):
            return kept
        name, _, text = kept.removeprefix(_SEALED).partition(":")
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise KeyMissing(f"a secret was sealed with the key {name}, which OZG_NOTIFIER_KEY_FILE does not hold")
        try:
            sealed = base64.b64decode(text, validate=True)
            return cipher.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], of.bytes).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise Unreadable(f"the secret of {of} was not sealed for it with the key {name}, or is damaged") from None

    def opened(self, of: UUID, kept: str) -> str:
        """The secret, or nothing where it cannot be read, which the log says: nobody else is held up by it."""
        try:
            return self.open(of, kept)
        except Unreadable as why:
            log.error("a secret cannot be read", subscription=str(of), reason=str(why))  # noqa: TRY400 - it says all
            return ""

    def is_plain(self, kept: str) -> bool:
        """Whether it is a secret that was never sealed."""
        return kept != "" and not kept.startswith(_SEALED)

    def is_of_first_key(self, kept: str) -> bool:
        """Whether there is nothing to renew."""
        return kept == "" or kept.startswith(f"{_SEALED}{self._first}:")


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise NoKey(f"a key is one line of base64 of {KEY_BYTES} random bytes: openssl rand -base64 {KEY_BYTES}")
    return key


def _name(key: bytes) -> str:
    """Tells keys apart and nothing of them."""
    return hashlib.sha256(b"ozg notifier key" + key).hexdigest()[:8]
