"""Lists of tokens: what is revoked is refused soon, whatever happens to the files."""

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edge.issued import LOOK_SECONDS, Issued, Revocations, all_issued, note_issued, revoke, revoked_beside, verifier
from edge.token_refusals import TokenRefused
from edge.tokens import Role, generate_keys, issue, load_private_key

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def keys(tmp_path: Path) -> tuple[Path, Path]:
    private, public = tmp_path / "private" / "private.pem", tmp_path / "public" / "public.pem"
    generate_keys(private, public)
    return private, public


def token(number: int, role: Role = "editor", days: int = 90) -> Issued:
    identity, expires = str(uuid.UUID(int=number)), NOW + timedelta(days=days)
    return Issued(id=identity, authority="ars:147130000000", role=role, issued_at=NOW, expires_at=expires)


def test_what_has_expired_is_not_listed(keys: tuple[Path, Path]) -> None:
    private, _ = keys
    assert all_issued(private, NOW) == []
    for one in (token(1, days=1), token(2)):
        note_issued(private, one)
    assert all_issued(private, NOW) == [token(1, days=1), token(2)]
    assert all_issued(private, NOW + timedelta(days=1)) == [token(2)]


def test_a_revoked_token_is_refused_though_it_was_verified_before(keys: tuple[Path, Path]) -> None:
    private, public = keys
    knows = verifier(public, lambda: NOW)
    ours = {"issuer": "i", "authority": None, "role": "operator", "lifetime": timedelta(days=90), "now": NOW}
    signed = issue(load_private_key(private), **ours, id=uuid.UUID(int=1))  # type: ignore[arg-type]
    assert knows.verify(signed).role == "operator"
    revoke(public, [token(1)])
    with pytest.raises(TokenRefused) as refused:
        verifier(public, lambda: NOW).verify(signed)
    assert refused.value.reason == "revoked"


def test_a_service_looks_every_second_and_keeps_what_it_knew(keys: tuple[Path, Path]) -> None:
    _, public = keys
    now = [0.0]
    known = Revocations(public, lambda: now[0])
    revoke(public, [token(1)])
    assert token(1).id in known
    revoke(public, [token(2)])
    assert token(2).id not in known
    now[0] += LOOK_SECONDS
    assert token(2).id in known
    revoked_beside(public).unlink()
    now[0] += LOOK_SECONDS
    assert token(1).id in known


def test_half_a_line_spoils_no_other(keys: tuple[Path, Path]) -> None:
    _, public = keys
    revoke(public, [token(1)])
    with revoked_beside(public).open("ab") as file:
        file.write(b'{"id":"half')
    revoke(public, [token(2)])
    known = Revocations(public)
    assert token(1).id in known
    assert token(2).id in known
