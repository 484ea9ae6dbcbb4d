"""What is decided without asking anyone: schedules, signatures, filters, sentences."""

import base64
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from events.contracts import catalog as c
from events.contracts import parts
from events.contracts.keys import covers
from events.contracts.notifier import Filter
from events.contracts.parts import Fact
from events.following.heard import Heard, Told
from notifier.audience.hearing import together
from notifier.domain import wording
from notifier.domain.answer import meaning, wish
from notifier.domain.occasion import occasion
from notifier.domain.schedule import LONGEST_WISH, PAUSES, digest_due, next_attempt
from notifier.domain.signature import public_key, secret, sign, verified
from notifier.domain.standing import Standing, standing
from notifier.domain.wanting import Topic, event_name, lets_through, overlap, within
from tests.notifier.telling import CHEMNITZ, OUTBOX, TODAY, availability, closed, opened, registered, solution, status

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")


@given(made=st.integers(1, 20), jitter=st.floats(0, 0.999), asked=st.none() | st.integers(0, 10**7))
def test_a_pause_is_never_shorter_than_scheduled_or_wished(made: int, jitter: float, asked: int | None) -> None:
    wanted = None if asked is None else timedelta(seconds=asked)
    due = next_attempt(made, NOW, jitter=jitter, wish=wanted)
    if made > len(PAUSES):
        assert due is None
    else:
        assert due is not None
        assert due - NOW >= PAUSES[made - 1]
        assert due - NOW >= min(wanted or timedelta(0), LONGEST_WISH)


def test_eight_attempts_fit_into_two_days() -> None:
    assert len(PAUSES) + 1 == 8
    assert sum(PAUSES, timedelta(0)) * 1.2 < timedelta(days=2)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 11, 20, 4, 59, tzinfo=UTC), datetime(2026, 11, 20, 5, 0, tzinfo=UTC)),
        (datetime(2026, 11, 20, 5, 0, tzinfo=UTC), datetime(2026, 11, 21, 5, 0, tzinfo=UTC)),
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), datetime(2026, 10, 25, 5, 0, tzinfo=UTC)),
    ],
)
def test_a_digest_is_due_at_six_in_the_morning_there(now: datetime, due: datetime) -> None:
    assert digest_due(now, BERLIN) == due


@given(body=st.binary(max_size=200), random=st.binary(min_size=24, max_size=64))
def test_others_verify_what_we_sign(body: bytes, random: bytes) -> None:
    now = datetime.now(UTC)
    key = secret(random)
    headers = sign((key,), "id_1", now, body)
    expected = Webhook(key).sign("id_1", now, body.decode("latin-1"))
    if body.isascii():
        assert headers["webhook-signature"] == expected
    assert base64.b64decode(key.removeprefix("whsec_")) == random


@given(
    body=st.binary(max_size=200), random=st.binary(min_size=32, max_size=32), other=st.binary(min_size=32, max_size=32)
)
def test_a_public_key_verifies_and_nothing_else_does(body: bytes, random: bytes, other: bytes) -> None:
    key = secret(random, "ed25519")
    headers = sign((key, secret(other)), "id_1", datetime.now(UTC), body)
    private = Ed25519PrivateKey.from_private_bytes(random)
    shown = public_key(key)
    assert shown == "whpk_" + base64.b64encode(private.public_key().public_bytes_raw()).decode()
    first, second = headers["webhook-signature"].split()
    signed = f"id_1.{headers['webhook-timestamp']}.".encode() + body
    private.public_key().verify(base64.b64decode(first.removeprefix("v1a,")), signed)
    assert second.startswith("v1,")
    assert verified(shown, headers, body)
    assert verified(secret(other), headers, body)
    assert not verified(shown, headers, body + b"x")
    assert not verified(shown, {**headers, "webhook-id": "id_2"}, body)
    assert not verified(shown, {**headers, "webhook-signature": f"v1a,no {second}"}, body)
    if other != random:
        assert not verified(public_key(secret(other, "ed25519")) or "", headers, body)


def test_a_short_secret_is_none() -> None:
    with pytest.raises(ValueError, match="24"):
        secret(b"short")


@pytest.mark.parametrize(
    ("status_", "means"),
    [(200, "taken"), (204, "taken"), (302, "again"), (400, "again"), (410, "gone"), (None, "again")],
)
def test_what_an_answer_means(status_: int | None, means: str) -> None:
    assert meaning(status_) == means


@pytest.mark.parametrize(
    ("status_", "header", "seconds"),
    [
        (429, "120", 120),
        (503, "Fri, 20 Nov 2026 09:01:00 GMT", 60),
        (503, "Fri, 20 Nov 2020 09:01:00 GMT", 0),
        (503, "soon", None),
        (503, "9" * 60, 999_999_999),
        (500, "120", None),
        (429, None, None),
    ],
)
def test_a_wish_is_read_from_retry_after(status_: int, header: str | None, seconds: int | None) -> None:
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert wish(status_, header, NOW) == expected


regions = st.sampled_from(["DE", "DE-SN", "DE-BY", "UA", "UA-32"])


@given(st.lists(regions, max_size=3), st.lists(regions, max_size=3))
def test_regions_overlap_if_one_covers_the_other(some: list[str], others: list[str]) -> None:
    plain = any(covers(one, other) or covers(other, one) for one in some for other in others)
    assert overlap(some, others) == plain
    by_sets = not set(some).isdisjoint(within(others)) or not set(others).isdisjoint(within(some))
    assert by_sets == plain  # what the database does


def test_every_list_of_a_filter_must_be_met() -> None:
    topic = Topic("status-recorded", frozenset({"a:1"}), frozenset({"umwelt"}), frozenset({"DE-SN"}))
    assert lets_through(Filter(), topic)
    assert lets_through(Filter(services=("a:1", "a:2"), themes=("umwelt",), regions=("DE",)), topic)
    assert not lets_through(Filter(services=("a:1",), themes=("bildung",)), topic)
    assert not lets_through(Filter(events=("solution-published",)), topic)


def test_events_are_named_short_or_in_full() -> None:
    assert event_name("ozg.catalog.status-recorded.v1") == event_name("status-recorded") == "status-recorded"
    assert event_name("alert-raised") is None


@pytest.mark.parametrize(
    ("said", "as_service", "as_component"),
    [
        (parts.Status(phase="live"), Standing.IN_WORK, Standing.ONLINE),
        (
            parts.Status(phase="live", maturity=parts.Maturity(model="ozg-1.1", level=1)),
            Standing.IN_WORK,
            Standing.ONLINE,
        ),
        (
            parts.Status(phase="live", maturity=parts.Maturity(model="ozg-1.1", level=2)),
            Standing.ONLINE,
            Standing.ONLINE,
        ),
        (
            parts.Status(phase="live", maturity=parts.Maturity(model="other", level=9)),
            Standing.IN_WORK,
            Standing.ONLINE,
        ),
        (parts.Status(phase="pilot"), Standing.IN_WORK, Standing.IN_WORK),
        (parts.Status(phase="suspended"), Standing.LACKING, Standing.LACKING),
        (parts.Status(phase="not_applicable", reason="no_case"), Standing.NOT_APPLICABLE, Standing.NOT_APPLICABLE),
    ],
)
def test_how_a_status_stands(said: parts.Status, as_service: Standing, as_component: Standing) -> None:
    assert (standing(said, component=False), standing(said, component=True)) == (as_service, as_component)


def test_a_sentence_names_three_services_and_counts_the_rest() -> None:
    services = [parts.ServiceRef(key=f"a:{n}", title=f"Leistung {n}") for n in range(5)]
    title = wording.lacks(solution("portal", *services), services, availability("DE-SN"), TODAY)
    assert title["de"].startswith("„Portal“ ist seit 20.11.2026 nachnutzbar (Sachsen)")
    assert "Leistung 0, Leistung 1, Leistung 2 und 2 weitere" in title["de"]
    assert "(Saxony)" in title["en"]
    assert "and 2 more" in title["en"]


def test_what_ends_says_when() -> None:
    title = wording.ended(solution("post", OUTBOX), [OUTBOX], "DE", date(2027, 3, 1))
    assert "ab 01.03.2027 nicht mehr" in title["de"]
    assert "from 1 March 2027" in title["en"]


def test_every_event_can_be_news_and_a_correction_is_none() -> None:
    post = solution("post", OUTBOX, basis="demonstration")
    said = [
        opened(post, "DE-SN"),
        closed(post, "DE-SN"),
        registered(CHEMNITZ),
        status(CHEMNITZ, OUTBOX, "live"),
        c.SolutionWithdrawn(solution=post),
        c.BundleListed(
            bundle=parts.BundleRef(id="10119", title="Ausweis"), theme="umwelt", services=("a:1",), basis=parts.SELF
        ),
    ]
    for fact in said:
        news = occasion(fact)
        assert news is not None
        assert news.title["de"]
        assert news.demonstration == hasattr(fact, "solution")
    assert occasion(status(CHEMNITZ, OUTBOX, "live", correction=True)) is None


def test_what_follows_an_opening_waits_until_its_alerts_are_kept() -> None:
    one, other = opened(solution("post", OUTBOX), "DE-SN"), opened(solution("post", OUTBOX), "DE-BY")
    learnt = [registered(CHEMNITZ), status(CHEMNITZ, OUTBOX, "live")]
    for facts, expected in (([one, other], 1), ([*learnt, one, other, *learnt], 3), (learnt, 2)):
        assert together([_told(fact) for fact in facts]) == expected
    assert together([Told(1, "not understood", None, ValueError("bad")), _told(one)]) == 2


def _told(fact: Fact) -> Told:
    heard = Heard(position=1, id="1", source="", type="", subject="", time=NOW, actor="", data=fact)
    return Told(1, "1", heard)
