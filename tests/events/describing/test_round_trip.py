"""Whatever may be said survives the journey, and old versions are lifted to today's."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events.bus.subjects import about, topic
from events.contracts import envelope
from events.contracts.parts import Fact
from events.contracts.registry import TYPES, EventType, UnknownType, decode, type_of, upcast
from tests.events.a_log import counted
from tests.events.facts import any_fact

quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.wire)
@quick
@given(data=st.data())
def test_every_event_survives_the_journey(event_type: EventType, data: st.DataObject) -> None:
    """As bytes and back, with its envelope; said again it is the same bytes."""
    fact = data.draw(any_fact(event_type.struct))
    bytes_said = said(fact)
    heard = envelope.decode(bytes_said)
    assert decode(heard) == fact
    assert said(decode(heard)) == bytes_said
    assert heard.position == 12
    assert (heard.type, heard.dataschema) == (event_type.wire, event_type.dataschema)


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.wire)
@quick
@given(data=st.data())
def test_a_field_of_the_future_is_ignored(event_type: EventType, data: st.DataObject) -> None:
    """So optional fields may come without anyone having to agree on a day."""
    fact = data.draw(any_fact(event_type.struct))
    grown = {**msgspec.to_builtins(fact), "weather": {"fair": True}}
    assert decode(envelope.decode(said(fact, grown))) == fact


class Counted(Fact, frozen=True):
    """What an event of version 3 may look like."""

    town: str
    inhabitants: int
    households: int


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    return {"town": data.pop("municipality"), **data}


def with_households(data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "households": data["inhabitants"] // 2}


THIRD = EventType(
    speaker="catalog",
    noun="municipality",
    verb="counted",
    struct=Counted,
    version=3,
    upcasters={1: renamed, 2: with_households},
)
NAMES = {"ozg.catalog.municipality-counted": THIRD}


@quick
@given(st.text(), st.integers(0, 10**9))
def test_old_versions_are_lifted_step_by_step(town: str, inhabitants: int) -> None:
    today = Counted(town=town, inhabitants=inhabitants, households=inhabitants // 2)
    assert upcast(of_version(1, {"municipality": town, "inhabitants": inhabitants}), NAMES) == today
    assert upcast(of_version(2, {"town": town, "inhabitants": inhabitants}), NAMES) == today


@pytest.mark.parametrize("version", ["4", "03", "x", ""])
def test_a_version_of_the_future_is_not_guessed(version: str) -> None:
    with pytest.raises(UnknownType):
        upcast(of_version(version, {}), NAMES)


def of_version(version: object, data: dict[str, Any]) -> envelope.Envelope:
    return msgspec.structs.replace(
        envelope.decode(said(counted(1))),
        type=f"ozg.catalog.municipality-counted.v{version}",
        data=msgspec.Raw(msgspec.json.encode(data)),
    )


def said(fact: Fact, data: object | None = None) -> bytes:
    return envelope.encode(
        id=str(UUID(int=7)),
        source="//test/catalog",
        type=type_of(fact).wire,
        dataschema=type_of(fact).dataschema,
        subject=about(fact),
        time=datetime(2026, 11, 1, tzinfo=UTC),
        position=12,
        actor="ars:147130000000/editor/x",
        correlationid=None,
        traceparent=None,
        data=fact if data is None else data,
    )


@pytest.mark.parametrize("event_type", TYPES, ids=lambda event_type: event_type.wire)
@quick
@given(data=st.data())
def test_the_nats_subject_has_seven_tokens(event_type: EventType, data: st.DataObject) -> None:
    """Whatever it is about: so that a Land or one town can be listened to by position."""
    tokens = topic(data.draw(any_fact(event_type.struct))).split(".")
    assert tokens[0] == "ozg"
    assert tokens[1] == event_type.speaker
    assert len(tokens) == 7
    assert all(tokens)
