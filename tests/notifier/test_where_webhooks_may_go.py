"""Nobody makes us knock on doors inside a network: not by address, by name, by a name that changes, nor by a redirect."""

import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from notifier.channels.webhook.addresses import AddressRefused, Policy, check
from notifier.channels.webhook.connecting import NotPermitted, connector
from notifier.channels.webhook.sending import Answered, Request, Sender
from tests.notifier.listening import SECRET
from tests.notifier.receiver import Receiver

STRICT = Policy()
INSIDE = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "2002:a01:203::1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "::127.0.0.1",
    "2001:db8::1",
]


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_not_public_is_refused(address: str) -> None:
    assert not STRICT.permits(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_what_is_public_is_permitted(address: str) -> None:
    assert STRICT.permits(address)


@given(st.ip_addresses())
def test_nothing_that_is_not_global_is_ever_permitted(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    mapped = getattr(address, "ipv4_mapped", None)
    nat64 = address in ipaddress.ip_network("64:ff9b::/96") if address.version == 6 else False
    if not address.is_global and mapped is None and not nat64:
        assert not STRICT.permits(str(address))


def test_an_operator_can_allow_a_network() -> None:
    policy = Policy(networks=(ipaddress.ip_network("10.1.0.0/16"),))
    assert policy.permits("10.1.2.3")
    assert policy.permits("::ffff:10.1.2.3")
    assert not policy.permits("10.2.0.1")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.org/",
        "ftp://hooks.example.org/",
        "https:///path",
        "https://user:secret@hooks.example.org/",
        "https://user@hooks.example.org/",
        "https://hooks.example.org:22/",
        "https://hooks.example.org:25/",
        "https://hooks.example.org:80/",
        "https://hooks.example.org:2375/",
        "https://hooks.example.org:4222/",
        "https://hooks.example.org:5432/",
        "https://hooks.example.org:6379/",
        "https://hooks.example.org:11211/",
        "https://hooks.example.org:0/",
        "https://hooks.example.org:99999/",
        "https://hooks.example.org/#part",
        "https://hooks.example.org/a b",
        "https://hooks.example.org/\n",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://[2002:a00:1::]/",
        "https://[64:ff9b::a9fe:a9fe]/",
        "https://[fe80::1%25eth0]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://:secret@hooks.example.org/",
        "https://hooks.example.org@10.0.0.1/",
        "https://127.0.0.1/",
        "//hooks.example.org/",
        "javascript:alert(1)",
        "",
        "https://" + "a" * 2000,
    ],
)
def test_such_an_address_is_no_webhook(url: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        check(url, STRICT)
    assert refused.value.field == "channel.url"


@pytest.mark.parametrize(
    "url", ["https://hooks.example.org/a?b=c", "https://hooks.example.org:8443/", "https://8.8.8.8/"]
)
def test_such_an_address_is_fine(url: str) -> None:
    assert str(check(url, STRICT)) == url


@pytest.mark.parametrize(
    "answer",
    [
        ["10.0.0.1"],
        ["169.254.169.254"],
        ["fe80::1%eth0"],
        ["fc00::1"],
        ["0.0.0.0"],
        ["::"],
        ["::ffff:127.0.0.1"],
        ["2002:a9fe:a9fe::"],
        ["64:ff9b::a00:1"],
        ["8.8.8.8", "127.0.0.1"],
        ["127.0.0.1", "8.8.8.8"],
        ["8.8.8.8", "::1"],
        ["2001:4860:4860::8888", "192.168.1.1"],
        ["not-an-address"],
    ],
)
async def test_a_name_that_leads_inside_is_never_called(answer: list[str]) -> None:
    answered = await _send(STRICT, "https://hooks.example.org/", lambda: answer)
    assert answered.error == "hooks.example.org leads to an address that is not public"


async def test_a_name_that_changes_gains_nothing(receiver: Receiver) -> None:
    """First asked it is public, then it is loopback: each connection asks once and uses what it was told."""
    port = receiver.url.split(":")[2].split("/")[0]
    asked: list[int] = []

    def changing() -> list[str]:
        asked.append(1)
        return ["192.0.2.1", "8.8.8.8"] if len(asked) == 1 else ["127.0.0.1"]

    for _ in range(3):
        answered = await _send(STRICT, f"https://hooks.example.org:{port}/", changing)
        assert answered.status is None
    assert not receiver.received


@pytest.mark.parametrize("url", ["https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://017700000001/"])
async def test_other_ways_to_write_loopback_lead_nowhere(url: str) -> None:
    async with Sender(STRICT, total_seconds=2) as sender:
        answered = await sender.send(Request(url, (SECRET,), "1", b"{}"), datetime.now(UTC))
    assert answered.status is None


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]"])
async def test_no_socket_is_made_for_an_address_that_is_not_permitted(receiver: Receiver, host: str) -> None:
    """Whichever way it came about: here nobody asked a resolver, because it is no name."""
    async with aiohttp.ClientSession(connector=connector(STRICT)) as session:
        port = receiver.url.split(":")[2].split("/")[0]
        with pytest.raises(aiohttp.ClientConnectorError) as refused:
            await session.post(f"http://{host}:{port}/")
    assert isinstance(refused.value.os_error, NotPermitted)
    assert not receiver.received


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_not_followed(receiver: Receiver, status: int) -> None:
    async with Receiver() as elsewhere:
        receiver.answers = [web.Response(status=status, headers={"Location": elsewhere.url})]
        answered = await _send(Policy(loopback=True), receiver.url, list)
        assert answered.status == status
        assert not elsewhere.received


async def test_a_proxy_in_the_environment_is_ignored(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert (await _send(Policy(loopback=True), receiver.url, list)).status == 204


async def test_a_long_answer_is_cut(receiver: Receiver) -> None:
    receiver.answers = [web.Response(text="x" * 5_000_000)]
    answered = await _send(Policy(loopback=True), receiver.url, list)
    assert (answered.status, len(answered.answer or "")) == (200, 1024)


async def test_a_receiver_that_says_nothing_is_not_waited_for(receiver: Receiver) -> None:
    receiver.delay = 30
    answered = await _send(Policy(loopback=True), receiver.url, list)
    assert answered.status is None
    assert "no answer in time" in (answered.error or "")


async def test_the_checked_address_is_called_with_the_name_it_was_given(tmp_path: Path) -> None:
    """TLS is verified for the name, the Host header is the name's, and the connection goes to what was resolved."""
    served, trusted = _certificate(tmp_path, "hooks.example.org")
    hosts: list[str] = []

    async def take(request: web.Request) -> web.Response:
        hosts.append(request.headers["Host"])
        return web.Response()

    app = web.Application()
    app.router.add_post("/", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served).start()
    port = runner.addresses[0][1]
    policy = Policy(networks=(ipaddress.ip_network("127.0.0.0/8"),))
    try:
        right = await _send(policy, f"https://hooks.example.org:{port}/", lambda: ["127.0.0.1"], tls=trusted)
        wrong = await _send(policy, f"https://other.example.org:{port}/", lambda: ["127.0.0.1"], tls=trusted)
    finally:
        await runner.cleanup()
    assert (right.status, hosts) == (200, [f"hooks.example.org:{port}"])
    assert wrong.status is None
    assert "certificate" in (wrong.error or "")


async def _send(
    policy: Policy, url: str, names: Callable[[], list[str]], *, tls: ssl.SSLContext | None = None
) -> Answered:
    async def lookup(_: str, __: int) -> list[str]:
        return names()

    async with Sender(policy, lookup=lookup, tls=tls, total_seconds=1) as sender:
        return await sender.send(Request(url, (SECRET,), "1", b"{}"), datetime.now(UTC))


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A context that serves a self-signed certificate, and one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = folder / "certificate.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(pem)
    return served, ssl.create_default_context(cafile=pem)
