"""What stands in a mail, and that nobody's words can become anything else than words."""

from datetime import UTC, date, datetime, time, timedelta
from email.parser import BytesParser
from email.policy import SMTP
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.settings import SettingsInvalid
from events.contracts.notifier import AlertRaised, Cause
from events.contracts.parts import Amount, Availability, ServiceRef, SolutionRef, Terms
from notifier.channels.email.composing import compose, sender
from notifier.channels.email.server import Server, server
from notifier.domain.letter import Letter, letter, one_line
from notifier.domain.letters import Places, digest, question, terms
from notifier.domain.linking import fits, link, read
from notifier.domain.mailbox import MailboxNotUnderstood, mailbox
from notifier.domain.schedule import digest_due
from notifier.settings import NotifierSettings
from tests.notifier.telling import CHEMNITZ, NOW, OUTBOX, REGISTRATION

SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZmdoaWprbG1u"
ONE = UUID(int=1)
PLACES = Places(
    "https://ozg.example.org",
    "https://ozg.example.org/api/notifier/v1/mail/unsubscribe?token=t",
    "https://ozg.example.org/all",
)
EVIL = [
    "Post\r\nBcc: all@example.org",
    "Post\nBcc: all@example.org",
    "Post\rBcc: all@example.org",
    "Post\x0bBcc: all@example.org",
    "Post\x85Bcc: all@example.org",
    "Post\u2028Bcc: all@example.org",
    "Post\u2029\r\n\r\nBody",
    "=?utf-8?q?Post=0d=0aBcc:_all@example.org?=",
    "=?utf-8?b?UG9zdA0KQmNjOiBhbGxAZXhhbXBsZS5vcmc=?=",
    "Post\u202eevil\u0000\u001b[31m",
    "<script>alert(1)</script><img src=https://evil.example/x>",
    "Ä" * 3000,
    "x" * 3000,
]


def alert(name: str = "Postausgang", title: str | None = None, *services: ServiceRef) -> AlertRaised:
    return AlertRaised(
        alert="a",
        reason="lacks-service",
        municipality=CHEMNITZ,
        services=services or (OUTBOX,),
        solution=SolutionRef(slug="postausgang", name=name),
        availability=Availability(
            region="DE-SN",
            from_=date(2026, 11, 20),
            until=None,
            members=None,
            terms=Terms(
                contract="Beitritt zum Verein",
                cost_per_year=Amount(from_=1900, to=4200),
                notice_months=6,
                preconditions=("Servicekonto",),
            ),
        ),
        about=Cause(id="1", source="//test/catalog", type="t", subject="s", sequence="1", time=NOW),
        title={"de": title or f"„{name}“ ist nachnutzbar.", "en": title or f"“{name}” is open for reuse."},
    )


def made(what: Letter, name: str = "OZG") -> bytes:
    return compose(
        what,
        from_=sender(f'"{name}" <hinweise@example.org>'),
        to="amt@chemnitz.example",
        message_id="<1@example.org>",
        at=NOW,
        unsubscribe=PLACES.stop,
    )


def test_a_digest_says_what_for_which_services_on_which_terms_and_where_to_read_more() -> None:
    said = digest("de", "Chemnitz", [alert("Postausgang", None, OUTBOX, REGISTRATION)], 1, PLACES)
    assert said.subject == "Ein Hinweis für Chemnitz"
    for part in (
        "„Postausgang“ ist nachnutzbar.",
        "Leistungen: Digitaler Postausgang; Anmeldung Wohnsitz",
        "Kosten: 1.900–4.200 € im Jahr",
        "Vertrag: Beitritt zum Verein",
        "Voraussetzungen: Servicekonto",
        "Kündigungsfrist in Monaten: 6",
        "Mehr dazu: https://ozg.example.org/loesungen/postausgang",
        f"Abbestellen: {PLACES.stop}",
    ):
        assert part in said.text
    english = digest("en", None, [alert(), alert()], 7, PLACES)
    assert english.subject == "7 alerts"
    assert "More alerts for which there is no room here: 5: https://ozg.example.org/all" in english.text
    assert "Cost: 1,900–4,200 € a year" in english.text


def test_terms_say_only_what_is_known() -> None:
    assert terms(Terms(), "de") == []
    assert terms(Terms(cost_once=Amount(to=500, currency="UAH")), "en") == ["Cost: 500 UAH once"]


def test_the_question_says_what_is_agreed_to_and_that_nothing_need_be_done() -> None:
    until = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    said = question("de", "Chemnitz", until, "https://ozg.example.org/confirm")
    assert "möglich bis 22.11.2026, 10:00 Uhr: https://ozg.example.org/confirm" in said.text
    assert "Dann ist nichts zu tun" in said.text
    assert "Please confirm: alerts for Chemnitz" in question("en", "Chemnitz", until, "https://x.example").subject


@pytest.mark.parametrize("evil", EVIL)
def test_no_words_become_a_header(evil: str) -> None:
    said = digest("de", evil, [alert(evil, evil, ServiceRef(key="basis:x", title=evil))], 1, PLACES)
    raw = made(said, evil.replace('"', ""))
    head = raw.partition(b"\r\n\r\n")[0]
    assert all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n"))
    message = BytesParser(policy=SMTP).parsebytes(raw)
    assert set(message.keys()) == {
        "From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "Content-Language", "List-Unsubscribe",
        "List-Unsubscribe-Post", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert b"\nBcc" not in head
    assert message["To"] == "amt@chemnitz.example"
    assert len(str(message["Subject"]).splitlines()) == 1
    assert "<script" not in said.html
    assert "<img" not in said.html


@settings(deadline=None)  # a machine may be busy
@given(st.text(max_size=300))
def test_whatever_a_title_holds_it_is_one_line_of_a_mail(text: str) -> None:
    line = one_line(text)
    assert line.isprintable() or line == ""
    assert len(line.splitlines()) <= 1
    assert "=?" not in line
    message = BytesParser(policy=SMTP).parsebytes(made(letter("de", text, [])))
    assert len(message.keys()) == 11
    assert str(message["Subject"]) == one_line(text, 150)


def test_the_way_out_stands_in_the_head_in_one_piece() -> None:
    long = "https://ozg.example.org/api/notifier/v1/mail/unsubscribe?token=" + "A" * 64
    raw = compose(
        digest("de", "Chemnitz", [alert()], 1, PLACES),
        from_=sender("Köln, Stadt <hinweise@köln.example>"),
        to="amt@chemnitz.example",
        message_id="<1@example.org>",
        at=NOW,
        unsubscribe=long,
    )
    assert f"\r\nList-Unsubscribe: <{long}>\r\n".encode() in raw
    assert b"\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert b"<hinweise@xn--kln-sna.example>" in raw


def test_only_where_a_browser_may_go_becomes_a_link() -> None:
    bad = digest("de", None, [alert()], 5, PLACES._replace(all_="javascript:alert(1)"))
    assert "javascript" not in bad.html + bad.text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Amt.Zwei+ozg@Chemnitz.example", "Amt.Zwei+ozg@chemnitz.example"),
        (" amt@Stadt-Köln.example ", "amt@xn--stadt-kln-67a.example"),
        ("o'brien_1@sub.example.org", "o'brien_1@sub.example.org"),
    ],
)
def test_addresses_are_understood(text: str, found: str) -> None:
    assert mailbox(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "", "amt", "amt@", "@example.org", "amt@localhost", "a b@example.org", "amt@example.org\r\nBcc: x@example.org",
        "amt\n@example.org", "amt@exam\u2028ple.org", '"a\r\nb"@example.org', "amt@example.org, b@example.org",
        "Amt <amt@example.org>", "a@b@example.org", "ämt@example.org", "amt@[127.0.0.1]", "amt@127.0.0.1", "a..b@example.org",
        ".a@example.org", f"{'a' * 65}@example.org", f"amt@{'a' * 64}.org", f"amt@{'a.' * 126}org", "amt@-x.org",
        "=?utf-8?q?a?=@exa mple.org", "amt@example.org>", "amt@\x00example.org",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(MailboxNotUnderstood) as refused:
        mailbox(text)
    assert refused.value.field == "channel.address"


@settings(deadline=None)  # a machine may be busy
@given(st.text(max_size=60), st.text(max_size=60))
def test_an_address_that_is_understood_is_plain(local: str, domain: str) -> None:
    try:
        found = mailbox(f"{local}@{domain}")
    except MailboxNotUnderstood:
        return
    assert found.isascii()
    assert found.isprintable()
    assert not set(found) & set(' <>()[]\\,;:"')


def test_a_link_holds_for_one_purpose_until_its_time() -> None:
    until = NOW + timedelta(hours=48)
    found = read(link(SECRET, "confirm", ONE, until))
    assert found is not None
    assert (found.subscription, found.until) == (ONE, until)
    assert fits(found, SECRET, "confirm", NOW)
    assert not fits(found, SECRET, "confirm", until)
    assert not fits(found, SECRET, "unsubscribe", NOW)
    assert not fits(found, SECRET + "x", "confirm", NOW)
    assert not fits(found, "", "confirm", NOW)
    assert not fits(found._replace(until=until + timedelta(days=1)), SECRET, "confirm", NOW)
    assert not fits(found._replace(subscription=UUID(int=2)), SECRET, "confirm", NOW)
    stop = read(link(SECRET, "unsubscribe", ONE))
    assert stop is not None
    assert fits(stop, SECRET, "unsubscribe", NOW + timedelta(days=3000))


@settings(deadline=None)  # a machine may be busy
@given(st.text(max_size=80) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_any_other_token_is_none(text: str) -> None:
    found = read(text)
    assert found is None or not fits(found, SECRET, "confirm", NOW)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("smtps://mail.example.org", Server("mail.example.org", 465, "tls")),
        ("smtps://a%40b:p%2Fw%3A@mail.example.org:4650/", Server("mail.example.org", 4650, "tls", "a@b", "p/w:")),
        ("smtp+starttls://u:p@mail.example.org", Server("mail.example.org", 587, "starttls", "u", "p")),
        ("smtp://mail.inside", Server("mail.inside", 25, "none")),
        ("smtp://u:p@127.0.0.1:2525", Server("127.0.0.1", 2525, "none", "u", "p")),
    ],
)
def test_the_mail_server_is_named_by_an_address(url: str, found: Server) -> None:
    assert server(url) == found


@pytest.mark.parametrize(
    "url", ["mail.example.org", "http://mail.example.org", "smtp://", "smtps://u@h", "smtp://u:secret@mail.example.org",
            "smtps://h:99999", "smtps://h/path", "smtps://h?x=1"],
)  # fmt: skip
def test_a_wrong_one_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        server(url)
    assert "secret" not in str(refused.value)


def test_mails_leave_at_the_hour_that_the_operator_set() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    due = digest_due(NOW, berlin, time(17))
    assert due == datetime(2026, 11, 20, 17, 0, tzinfo=berlin)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"mail_from": None}, "OZG_MAIL_FROM"),
        ({"public_url": None}, "OZG_PUBLIC_URL"),
        ({"mail_from": "nobody"}, "OZG_MAIL_FROM"),
        ({"smtp_url": "smtp://u:geheim@mail.example.org"}, "OZG_SMTP_URL"),
    ],
)
def test_what_mail_lacks_is_named_by_its_setting(given: dict[str, str | None], named: str) -> None:
    whole: dict[str, Any] = {
        "smtp_url": "smtps://mail.example.org", "mail_from": "a@example.org", "public_url": "https://ozg.example.org/"
    }  # fmt: skip
    mail = NotifierSettings(**whole).mail
    assert mail is not None
    assert mail.base == "https://ozg.example.org"
    assert NotifierSettings().mail is None
    with pytest.raises(SettingsInvalid, match=named) as refused:
        assert NotifierSettings(**(whole | given)).mail
    assert "geheim" not in str(refused.value)
