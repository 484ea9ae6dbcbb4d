"""What every route of the catalog works with, and the one way in which a command is kept and answered."""

import hashlib
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from litestar import Response
from sqlalchemy.ext.asyncio import AsyncEngine

from catalog.apart.sheets import SheetsApart
from catalog.domain import delegation
from catalog.domain import municipality as municipalities
from catalog.domain.asking import By
from catalog.domain.municipality import KnownUnderAnotherKey, Municipality
from catalog.keeping.looking import look, municipality_id
from edge.answers import Ready
from edge.asking import EdgeRequest
from edge.conditional import Tags, etag, precondition_failed
from edge.correlation import correlation_id, traceparent
from edge.problems import Problem
from edge.tokens import Caller
from events.contracts import keys
from events.deciding import Answer, Command, Key
from events.log.append import Context, Idempotency
from events.log.traced import Appending
from events.log.watching import Head


class Desk:
    """The catalog as its routes see it."""

    def __init__(
        self,
        *,
        engine: AsyncEngine,
        queue: Appending,
        sheets: SheetsApart,
        head: Head,
        installation: str,
        clock: Callable[[], datetime],
        time_zone: ZoneInfo,
    ) -> None:
        self.engine = engine
        self.queue = queue
        self.sheets = sheets
        self.head = head
        self.installation = installation
        self._clock = clock
        self._time_zone = time_zone

    def today(self) -> date:
        """The day it is where the installation is."""
        return self._clock().astimezone(self._time_zone).date()

    async def may_write_for(self, caller: Caller, municipality: str) -> None:
        """An editor writes for its own municipality, by whichever of its keys. Raises a 403 problem."""
        if caller.role == "operator" or caller.authority == municipality:
            return
        own = await municipality_id(self.engine, _full(caller.authority)) if caller.authority else None
        if own is None or own != await municipality_id(self.engine, municipality):
            raise _not_yours(caller, municipality)

    async def recording_for(self, caller: Caller, municipality: str) -> str | None:
        """Who records in the municipality's stead; None where it does so itself. The decision looks again.

        Raises a 403 problem, NotDelegated, DelegationHasEnded.
        """
        if caller.role == "operator" or caller.authority == municipality:
            return None
        own = await municipality_id(self.engine, _full(caller.authority)) if caller.authority else None
        named = municipalities.key_of(municipality)
        found: Municipality | None = (await look(self.engine, [named])).get(named)
        if own is None or found is None:
            raise _not_yours(caller, municipality)
        if own == found.id:
            return None
        delegation.acting(await look(self.engine, delegation.keys_for(found.id, own)), found, own)
        return own

    async def keep(self, request: EdgeRequest, command: Command, *, key: Key | None = None) -> Answer:
        """Decide and keep; `key` is whose version `If-Match` is about. An older key of a municipality is followed."""
        context, idempotency = self.context(request), await self.idempotency(request)
        if key is not None and (request.if_match or request.if_none_match):
            command, key = await self._under_its_id(command, key)
        expected = await self._expected(request, key)
        try:
            return await self.queue.append(command, context, idempotency=idempotency, expected=expected)
        except KnownUnderAnotherKey as alias:
            known = _renamed(command, alias.id)
            return await self.queue.append(known, context, idempotency=idempotency)

    def context(self, request: EdgeRequest) -> Context:
        """Who says it, and in the course of what."""
        return Context(request.caller.actor(self.installation), correlation_id(), traceparent())

    async def idempotency(self, request: EdgeRequest) -> Idempotency | None:
        """The request's Idempotency-Key, for this caller and these bytes."""
        return await _idempotency(request, request.caller)

    async def _under_its_id(self, command: Command, key: Key) -> tuple[Command, Key]:
        """Versions are those of the stream, and a municipality's streams bear its id."""
        given: str | None = getattr(command, "municipality", None)
        known = await municipality_id(self.engine, given) if given is not None else None
        if given is None or known in {None, given}:
            return command, key
        return _renamed(command, known), Key(key.kind, key.id.replace(given, str(known)))

    async def _expected(self, request: EdgeRequest, key: Key | None) -> tuple[Key, int] | None:
        if key is None:
            return None
        if request.if_none_match is not None and request.if_none_match.anything:
            return key, 0
        tags = request.if_match
        if tags is None:
            return None
        return key, tags.version if tags.version is not None else await self._listed(tags, key)

    async def _listed(self, tags: Tags, key: Key) -> int:
        """The version there is, if it is one of several that are listed, or any."""
        states = await look(self.engine, [key])
        version: int | None = states[key].version if key in states else None
        if version is None or not tags.match(version):
            raise precondition_failed(version)
        return version


def desk(request: EdgeRequest) -> Desk:
    """The app's desk."""
    found: Desk = request.app.state.desk
    return found


def by(caller: Caller) -> By:
    """Who asks, as the domain knows them."""
    return By(caller.role, _full(caller.authority) if caller.authority else None)


def answered(answer: Answer, *, created: int = 201) -> Response[Any]:
    """The answer as it was decided: 201 for what is new, 200 else, with the version as ETag."""
    headers = {"etag": etag(answer.version)} if answer.version else {}
    return Ready(bytes(answer.body), status_code=created if answer.outcome == "created" else 200, headers=headers)


def _full(authority: str) -> str:
    try:
        return keys.municipality_id(authority)
    except keys.MalformedKey:
        return authority


def _renamed(command: Command, municipality: str | None) -> Command:
    renamed: Command = msgspec.structs.replace(command, municipality=municipality)  # type: ignore[type-var]
    return renamed


async def _idempotency(request: EdgeRequest, caller: Caller) -> Idempotency | None:
    if request.idempotency_key is None:
        return None
    asked = f"{request.method} {request.scope['path']}?{request.url.query}\n".encode()
    return Idempotency(caller.id, request.idempotency_key, hashlib.sha256(asked + await request.body()).digest())


def _not_yours(caller: Caller, municipality: str) -> Problem:
    own = caller.authority or "–"
    return Problem(
        403,
        "not-your-municipality",
        {"en": "Not your municipality", "de": "Nicht Ihre Kommune"},
        {
            "en": f"Your token is for {own}, not for {municipality}. Use a token of that municipality.",
            "de": f"Ihr Token gilt für {own}, nicht für {municipality}. Nötig ist ein Token dieser Kommune.",
        },
        field="municipality",
    )
