"""The settings of the three services as one machine has them: what the caller set, and what the launcher knows better."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edge.correlation import uuid7
from edge.tokens import generate_keys, issue, load_private_key
from notifier.safe import new_key


def key_files(data: Path) -> dict[str, str]:
    """The installation's key pair, and the key that seals receivers' secrets; made on first use."""
    private, public = data / "keys" / "private.pem", data / "keys" / "public.pem"
    private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    generate_keys(private, public)
    sealing = data / "keys" / "notifier.key"
    if not sealing.exists():
        sealing.touch(mode=0o600)
        sealing.write_text(f"{new_key()}\n")
    return {
        "OZG_TOKEN_PRIVATE_KEY_FILE": str(private),
        "OZG_TOKEN_PUBLIC_KEY_FILE": str(public),
        "OZG_NOTIFIER_KEY_FILE": str(sealing),
    }


def environment(
    given: Mapping[str, str],
    *,
    data: Path,
    port: int,
    nats_url: str,
    database_url: Callable[[str], str],
    names: list[str],
) -> dict[str, str]:
    """Addresses follow from the ports; loopback webhooks are allowed here so that they can be tried, and only here."""
    usual = {"OZG_INSTALLATION": "localhost", "OZG_PUBLIC_URL": f"http://localhost:{port}"}
    fixed = {
        "OZG_PORT": str(port),
        "OZG_NATS_URL": nats_url,
        "OZG_CATALOG_URL": f"http://127.0.0.1:{port}/api/catalog/v1",
        "OZG_NOTIFIER_URL": f"http://127.0.0.1:{port}/api/notifier/v1",
        "OZG_ALLOW_LOOPBACK_WEBHOOKS": "true",
    }
    keys = key_files(data)
    if given.get("OZG_READING") == "token":
        usual["OZG_CATALOG_TOKEN"] = _reader_token(Path(keys["OZG_TOKEN_PRIVATE_KEY_FILE"]), usual | dict(given))
    databases = {f"OZG_{name.upper()}_DATABASE_URL": database_url(name) for name in names}
    return {**usual, **given, **fixed, **databases, **keys}


def _reader_token(private_key: Path, names: Mapping[str, str]) -> str:
    """Where reading needs a token, the services need one for each other's feeds."""
    return issue(
        load_private_key(private_key),
        issuer=names["OZG_INSTALLATION"],
        authority=None,
        role="reader",
        lifetime=timedelta(days=3650),
        now=datetime.now(UTC),
        id=uuid7(),
    )
