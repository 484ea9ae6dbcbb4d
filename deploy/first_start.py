"""What an installation needs before its first start, made once: passwords, keys, and folders that belong to who uses them.

Runs as root in a container of its own that ends at once; every other container is not root and sees only its own secrets.
A secret that exists stays: to change one, write its file and restart who reads it.
"""

import os
import secrets
from pathlib import Path

from edge.tokens import generate_keys
from notifier.safe import new_key

OZG, POSTGRES, NATS, CADDY = 10001, 70, 10002, 10003
DATABASES = ("catalog", "progress", "notifier")
BUS_USERS = ("catalog", "progress", "notifier", "reader")
BUS_SERVERS = ("nats", "nats-2", "nats-3")
"""Of the second and the third only `compose.scale.yaml` knows."""


def main() -> None:
    root = Path(os.environ.get("OZG_SECRETS", "/secrets"))
    for folder in Path("/data").glob("nats*"):
        own(folder, NATS)
    own(Path("/data/caddy"), CADDY)
    own(Path("/config/caddy"), CADDY)
    make_databases(root)
    make_bus(root)
    once(root / "notifier" / "notifier.key", OZG, f"{new_key()}\n")
    keys = root / "tokens"
    generate_keys(keys / "private" / "private.pem", keys / "public" / "public.pem")
    for folder in (keys / "private", keys / "public"):
        own(folder, OZG)


def make_databases(root: Path) -> None:
    """The superuser's password and one a service, each as PostgreSQL reads it and as the service does; a replica's where there is one."""
    once(root / "postgres" / "postgres", POSTGRES, secrets.token_urlsafe(32))
    for name in DATABASES:
        password = once(root / "postgres" / name, POSTGRES, secrets.token_urlsafe(32))
        once(root / name / "database_url", OZG, f"postgresql://{name}:{password}@postgres/{name}")
        if name == "progress":
            once(root / name / "read_database_url", OZG, f"postgresql://{name}:{password}@postgres-replica/{name}")
    if (root / "replica").is_dir():
        password = once(root / "postgres" / "replica", POSTGRES, secrets.token_urlsafe(32))
        once(root / "replica" / "pgpass", POSTGRES, f"*:*:*:replica:{password}\n")


def make_bus(root: Path) -> None:
    """A password a user of NATS: as variables of the server's configuration and as an address for the service."""
    lines = []
    for name in BUS_USERS:
        password = once(root / "nats" / name, NATS, secrets.token_urlsafe(32))
        lines.append(f"{name.upper()}_PASSWORD: {password!r}")
        if name in DATABASES:
            addresses = [f"nats://{name}:{password}@{server}:4222" for server in BUS_SERVERS]
            once(root / name / "nats_url", OZG, addresses[0])
            once(root / name / "nats_urls", OZG, ",".join(addresses))
    file = root / "nats" / "passwords.conf"
    file.write_text("\n".join(lines) + "\n")
    route = once(root / "nats" / "route", NATS, secrets.token_urlsafe(32))
    routes = [f"nats://route:{route}@{server}:6222" for server in BUS_SERVERS]
    (root / "nats" / "routes.conf").write_text(f"ROUTE_PASSWORD: {route!r}\nROUTES: {routes}\n")
    own(root / "nats", NATS)


def once(file: Path, owner: int, text: str) -> str:
    """The secret in the file, written now unless it is there."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(text)
    own(file.parent, owner)
    return file.read_text()


def own(folder: Path, owner: int) -> None:
    """Give a folder and what is in it to its only user."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder, *folder.iterdir()):
        os.chown(path, owner, owner)
        path.chmod(0o700 if path.is_dir() else 0o600)


if __name__ == "__main__":
    main()
