"""What tests of a service need: keys and tokens without files, and a clock that stands still."""

from datetime import UTC, datetime, timedelta

from joserfc.jwk import OKPKey

from edge.correlation import uuid7
from edge.tokens import Role, Verifier, issue


class Tokens:
    """An installation's key pair in memory."""

    def __init__(self, now: datetime | None = None, issuer: str = "test") -> None:
        self.key = OKPKey.generate_key("Ed25519")
        self.issuer = issuer
        self.now = now or datetime.now(UTC)
        self.revoked: set[str] = set()

    def clock(self) -> datetime:
        """The time; set `now` to move it."""
        return self.now

    def verifier(self) -> Verifier:
        """Knows this pair's public half only."""
        return Verifier([OKPKey.import_key(self.key.as_pem(private=False))], self.clock, revoked=self.revoked)

    def token(self, role: Role = "editor", authority: str | None = None, lifetime: timedelta | None = None) -> str:
        """A token in this role."""
        return issue(
            self.key,
            issuer=self.issuer,
            authority=authority,
            role=role,
            lifetime=lifetime or timedelta(hours=1),
            now=self.now,
            id=uuid7(),
        )

    def bearer(self, role: Role = "editor", authority: str | None = None) -> dict[str, str]:
        """The header that carries such a token."""
        return {"Authorization": f"Bearer {self.token(role, authority)}"}
