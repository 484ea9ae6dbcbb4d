"""The settings of the three services as one machine has them: what the caller set, and what the launcher knows better."""

from collections.abc import Callable, Mapping
from pathlib import Path

from edge.tokens import generate_keys


def key_files(data: Path) -> dict[str, str]:
    """The installation's key pair, made on first use."""
    private, public = data / "keys" / "private.pem", data / "keys" / "public.pem"
    private.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    generate_keys(private, public)
    return {"OZG_TOKEN_PRIVATE_KEY_FILE": str(private), "OZG_TOKEN_PUBLIC_KEY_FILE": str(public)}


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
        "OZG_ALLOW_LOOPBACK_WEBHOOKS": "true",
    }
    databases = {f"OZG_{name.upper()}_DATABASE_URL": database_url(name) for name in names}
    return {**usual, **given, **fixed, **databases, **key_files(data)}
