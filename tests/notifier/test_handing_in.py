"""Handing a mail to a real mail server: over TLS, with a password, and whatever it answers."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from notifier.channels.email.sending import Post
from notifier.channels.email.server import Server
from tests.notifier.postbox import Postbox

FROM, TO = "hinweise@example.org", "amt@chemnitz.example"
MAIL = b"From: hinweise@example.org\r\nTo: amt@chemnitz.example\r\nSubject: x\r\n\r\n.\r\nText\r\n"


@pytest.fixture
async def postbox() -> AsyncIterator[Postbox]:
    async with Postbox() as postbox:
        yield postbox


def plain(postbox: Postbox) -> Server:
    return Server("127.0.0.1", postbox.port, "none")


async def test_what_was_taken_is_what_was_sent(postbox: Postbox) -> None:
    async with Post(plain(postbox), hostname="ozg.example.org") as post:
        answered = await post.send(FROM, TO, MAIL)
    assert (answered.status, answered.error, answered.refused) == (250, None, False)
    assert (postbox.mails[0].raw, postbox.mails[0].to) == (MAIL, [TO])


@pytest.mark.parametrize(
    ("rcpt", "status", "refused"),
    [
        ("550 5.1.1 unknown", 550, True),
        ("550 no such user here", 550, True),
        ("553 5.1.3 bad address", 553, True),
        ("552 5.2.2 mailbox full", 552, False),
        ("554 5.7.1 relay access denied", 554, False),
        ("450 4.2.0 greylisted", 450, False),
        ("451 later", 451, False),
    ],
)
async def test_only_an_address_that_does_not_exist_is_refused_for_good(
    postbox: Postbox, rcpt: str, status: int, refused: bool
) -> None:
    postbox.rcpt = rcpt
    async with Post(plain(postbox), hostname="ozg.example.org") as post:
        answered = await post.send(FROM, TO, MAIL)
        assert (answered.status, answered.refused) == (status, refused)
        postbox.rcpt = None
        assert (await post.send(FROM, TO, MAIL)).status == 250
    assert postbox.sessions == 1


async def test_a_mail_that_is_not_wanted_is_not_the_address_fault(postbox: Postbox) -> None:
    postbox.data = "550 5.7.0 looks like spam"
    async with Post(plain(postbox), hostname="ozg.example.org") as post:
        answered = await post.send(FROM, TO, MAIL)
    assert (answered.status, answered.refused) == (550, False)


async def test_a_server_that_is_slow_silent_or_away_is_no_answer(postbox: Postbox) -> None:
    postbox.delay = 60
    async with Post(plain(postbox), hostname="ozg.example.org", total_seconds=0.5) as post:
        slow = await post.send(FROM, TO, MAIL)
        assert (slow.status, slow.error) == (None, "the mail server did not answer in time")
        postbox.delay = 0
        postbox.close()
        away = await post.send(FROM, TO, MAIL)
        assert (away.status, away.error) == (None, "the mail server cannot be reached")
        await postbox.open()
        assert (await post.send(FROM, TO, MAIL)).status == 250


async def test_a_connection_that_was_cut_in_between_is_made_anew(postbox: Postbox) -> None:
    async with Post(plain(postbox), hostname="ozg.example.org") as post:
        assert (await post.send(FROM, TO, MAIL)).status == 250
        postbox.close()
        await postbox.open()
        assert (await post.send(FROM, TO, MAIL)).status == 250
    assert postbox.sessions == 2


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key and certificate of 127.0.0.1 in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return file


async def test_with_starttls_and_a_password(certificate: Path) -> None:
    own = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    own.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=str(certificate))
    async with Postbox(tls=own, password="right") as postbox:
        for password, status in (("right", 250), ("wrong", None)):
            where = Server("127.0.0.1", postbox.port, "starttls", "ozg", password)
            async with Post(where, hostname="ozg.example.org", tls=trusting) as post:
                answered = await post.send(FROM, TO, MAIL)
            assert answered.status == status, answered
            assert password not in str(answered)
        where = Server("127.0.0.1", postbox.port, "starttls", "ozg", "right")
        async with Post(where, hostname="ozg.example.org") as post:
            assert (await post.send(FROM, TO, MAIL)).status is None
    assert len(postbox.mails) == 1


async def test_without_tls_where_it_was_asked_for_nothing_is_sent(postbox: Postbox) -> None:
    async with Post(Server("127.0.0.1", postbox.port, "starttls"), hostname="ozg.example.org") as post:
        assert (await post.send(FROM, TO, MAIL)).status is None
    assert postbox.mails == []
