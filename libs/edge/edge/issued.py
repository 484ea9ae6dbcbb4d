"""Which tokens were issued and which were revoked: two small files beside the keys, one line a token, never the token itself.

Who has the private key writes both. Every service reads the second, which lies where the public keys lie, and looks every
second whether it has changed; so a revoked token is refused everywhere a second later, without anybody being asked.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Final, TypeVar

import msgspec

from edge.tokens import Role, Verifier, load_public_keys

T = TypeVar("T", bound=msgspec.Struct)
ISSUED: Final = "issued.jsonl"
REVOKED: Final = "revoked.jsonl"
LOOK_SECONDS: Final = 1.0


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A token by its id (`jti`, which events name as part of their actor)."""

    id: str
    authority: str | None
    role: Role
    issued_at: datetime
    expires_at: datetime


class Revocation(msgspec.Struct, frozen=True, kw_only=True):
    """It need not be remembered longer than the token would have held."""

    id: str
    expires_at: datetime


def issued_beside(private_key: Path) -> Path:
    """Where what was issued with this key is listed."""
    return private_key.with_name(ISSUED)


def revoked_beside(public_key: Path) -> Path:
    """Where what is revoked is listed for everyone who knows these keys."""
    return public_key.with_name(REVOKED)


def note_issued(private_key: Path, token: Issued) -> None:
    """Put it on the list. Raises OSError."""
    _append(issued_beside(private_key), token)


def all_issued(private_key: Path, now: datetime) -> list[Issued]:
    """Those that have not expired, oldest first."""
    return [one for one in _lines(issued_beside(private_key), Issued) if one.expires_at > now]


def revoke(public_key: Path, tokens: Iterable[Issued]) -> None:
    """Let them hold no longer. Raises OSError."""
    for token in tokens:
        _append(revoked_beside(public_key), Revocation(id=token.id, expires_at=token.expires_at))


def all_revoked(public_key: Path) -> frozenset[str]:
    """Their ids."""
    return frozenset(one.id for one in _lines(revoked_beside(public_key), Revocation))


def verifier(public_key: Path, clock: Callable[[], datetime]) -> Verifier:
    """For a service: accepts what these keys signed, but for what was revoked. Raises OSError, ValueError."""
    return Verifier(load_public_keys(public_key), clock, revoked=Revocations(public_key))


class Revocations:
    """What a running service knows of them. A file that cannot be read any more leaves what was known."""

    def __init__(self, public_key: Path, ticks: Callable[[], float] = monotonic) -> None:
        self._public_key = public_key
        self._ticks = ticks
        self._looked = -LOOK_SECONDS
        self._seen: tuple[int, int] | None = None
        self._ids: frozenset[str] = frozenset()

    def __contains__(self, identity: object) -> bool:
        now = self._ticks()
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            self._look()
        return identity in self._ids

    def _look(self) -> None:
        try:
            found = revoked_beside(self._public_key).stat()
        except OSError:
            return
        seen = found.st_mtime_ns, found.st_size
        if seen != self._seen:
            self._ids, self._seen = all_revoked(self._public_key), seen


def _append(file: Path, line: msgspec.Struct) -> None:
    with file.open("a+b") as out:
        fcntl.flock(out, fcntl.LOCK_EX)
        whole = not out.tell() or (out.seek(-1, os.SEEK_END), out.read(1))[1] == b"\n"
        out.write((b"" if whole else b"\n") + msgspec.json.encode(line) + b"\n")
        out.flush()
        os.fsync(out.fileno())


def _lines(file: Path, kind: type[T]) -> list[T]:
    """What was written whole: a line that a power cut left half is nobody's."""
    found: list[T] = []
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return found
    for line in lines:
        with contextlib.suppress(msgspec.DecodeError):
            found.append(msgspec.json.decode(line, type=kind))
    return found
