"""What somebody else's token means here: which of its claims names the role and which the authority, by configuration.

A claim is named by its path, `realm_access.roles`; where a whole name with dots is a claim's own (`https://example.org/role`), that is it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

import msgspec

from edge.settings import SettingsInvalid
from edge.token_refusals import bad_claims, no_role, not_one_authority
from edge.tokens import ROLES, Caller, Role

_AUTHORITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9:._-]{0,99}")
"""What can stand in an event's `actor` without being taken for something else."""
_LONGEST_SUBJECT: Final = 1000


class Meaning(msgspec.Struct, frozen=True, kw_only=True):
    """How claims become a caller. Without a table, what the claim of the authority says is the authority."""

    role_claim: str
    roles: Mapping[str, Role]
    """In the order in which they are looked for: who has several has the first."""
    authority_claim: str
    authorities: Mapping[str, str]

    def caller(self, issuer: str, claims: Mapping[str, Any]) -> Caller:
        """Who that is here. Raises TokenRefused."""
        return Caller(authority=self._authority(claims), role=self._role(claims), id=_id(issuer, claims.get("sub")))

    def _role(self, claims: Mapping[str, Any]) -> Role:
        given = _texts(_at(claims, self.role_claim))
        for value, role in self.roles.items():
            if value in given:
                return role
        raise no_role(self.role_claim)

    def _authority(self, claims: Mapping[str, Any]) -> str | None:
        given = _texts(_at(claims, self.authority_claim))
        if self.authorities:
            given = frozenset(self.authorities[value] for value in given if value in self.authorities)
        if not given:
            return None
        authority, *others = given
        if others or not _AUTHORITY.fullmatch(authority):
            raise not_one_authority(self.authority_claim)
        return authority


def roles(setting: str, lines: Iterable[str]) -> dict[str, Role]:
    """The table of roles as operators write it, `ozg-editor=editor`. Raises SettingsInvalid."""
    table: dict[str, Role] = {}
    for value, role in _table(setting, lines).items():
        if role not in ROLES:
            raise SettingsInvalid(f"{setting}: {role!r} is no role; there are {', '.join(ROLES)}.")
        table[value] = role
    if not table:
        raise SettingsInvalid(f"{setting} names no role, so nobody could come in; for example ozg-editor=editor.")
    return table


def authorities(setting: str, lines: Iterable[str]) -> dict[str, str]:
    """The table of authorities as operators write it, `/leipzig=ars:147130000000`. Raises SettingsInvalid."""
    table = _table(setting, lines)
    for authority in table.values():
        if not _AUTHORITY.fullmatch(authority):
            raise SettingsInvalid(f"{setting}: {authority!r} is no key of an authority, such as ars:147130000000.")
    return table


def _table(setting: str, lines: Iterable[str]) -> dict[str, str]:
    table: dict[str, str] = {}
    for line in lines:
        value, equals, meaning = (part.strip() for part in line.rpartition("="))
        if not (value and equals and meaning):
            raise SettingsInvalid(f"{setting}: {line!r} does not do; write what the claim says=what it means here.")
        table[value] = meaning
    return table


def _at(claims: Any, path: str) -> Any:
    if not isinstance(claims, Mapping):
        return None
    if path in claims:
        return claims[path]
    first, dot, rest = path.partition(".")
    return _at(claims.get(first), rest) if dot else None


def _texts(said: Any) -> frozenset[str]:
    if isinstance(said, str):
        return frozenset([said]) if said else frozenset()
    return frozenset(one for one in said if isinstance(one, str) and one) if isinstance(said, list) else frozenset()


def _id(issuer: str, subject: Any) -> str:
    """The same for the same person, and no name: an issuer may use a name or an address as subject, and this goes into events."""
    if not isinstance(subject, str) or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise bad_claims("`sub` is missing")
    return str(uuid5(NAMESPACE_URL, f"{issuer}#{subject}"))
