"""The compose files as docker-compose reads them, and what the first start makes as nats-server reads it."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from embedded.nats import binary
from notifier.safe import Safe
from tests.harness.installation import ROOT
from tests.operating import replicated

DEPLOY = ROOT / "deploy"
SCALED = ("compose.yaml", "compose.scale.yaml")
needs_compose = pytest.mark.skipif(shutil.which("docker-compose") is None, reason="needs docker-compose")


def read(*files: str) -> dict[str, Any]:
    """What docker-compose makes of them."""
    named = [word for file in files for word in ("-f", str(DEPLOY / file))]
    command = ["docker-compose", "--env-file", str(DEPLOY / "env.example"), *named, "config"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    services: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return services


@needs_compose
@pytest.mark.parametrize("files", [SCALED[:1], SCALED])
def test_only_what_ends_at_once_is_root_and_nothing_can_write_but_where_its_data_lie(files: tuple[str, ...]) -> None:
    services = read(*files)
    assert {name for name, one in services.items() if one.get("user") == "0:0"} == {"first-start", "backup", "restore"}
    for name, one in services.items():
        assert one["read_only"] is True, name
        assert one["cap_drop"] == ["ALL"], name
        assert ("ports" in one) == (name == "caddy"), name
        assert ":latest" not in one["image"] or one["image"].startswith("ozg:"), name


@needs_compose
def test_whoever_asks_for_traces_gets_them_from_each_of_ours_and_sees_them_on_this_machine_only() -> None:
    services = read("compose.yaml", "compose.traces.yaml")
    usual = read("compose.yaml")
    for name in [f"{name}-{part}" for name in ("catalog", "progress", "notifier") for part in ("web", "worker")]:
        told = services[name]["environment"]
        assert told["OZG_TRACES_URL"] == "http://traces:4318/v1/traces"
        assert not usual[name]["environment"]["OZG_TRACES_URL"]
        traced = {"OZG_TRACES_URL": told["OZG_TRACES_URL"], "OZG_TRACES_SHARE": "1"}
        assert told == usual[name]["environment"] | traced, "and all else is as it was"
    (collector,) = [services[name] for name in services.keys() - usual.keys()]
    assert "127.0.0.1" in str(collector["ports"])
    assert (collector["read_only"], collector["cap_drop"]) == (True, ["ALL"])
    assert ":latest" not in collector["image"]


@needs_compose
def test_scaled_there_are_several_of_each_of_ours_and_streams_lie_on_three_servers() -> None:
    services = read(*SCALED)
    ours = [f"{name}-{part}" for name in ("catalog", "progress", "notifier") for part in ("web", "worker")]
    for name in ours:
        assert services[name]["scale"] >= 2
        assert services[name]["environment"]["OZG_STREAM_REPLICAS"] == "3"
        assert services[name]["environment"]["OZG_NATS_URL_FILE"] == "/run/secrets/nats_urls"
    for name in ("nats", "nats-2", "nats-3"):
        assert services[name]["environment"] == {"NATS_SERVER_NAME": name, "NATS_STORE": "/data/cluster"}
        assert services[name]["command"][-1] == "/etc/ozg/cluster.conf"
    emptied = str(services["restore"]["volumes"])
    assert all(f"nats-data{suffix}" in emptied for suffix in ("", "-2", "-3")), "a restore empties all three"


@needs_compose
def test_scaled_progress_reads_from_a_replica_that_sees_no_secret_but_its_own() -> None:
    services = read(*SCALED)
    read_from = services["progress-web"]["environment"]["OZG_PROGRESS_READ_DATABASE_URL_FILE"]
    assert read_from == "/run/secrets/read_database_url"
    assert "OZG_PROGRESS_READ_DATABASE_URL_FILE" not in services["progress-worker"]["environment"]
    replica = services["postgres-replica"]
    assert [volume for volume in replica["volumes"] if "/run/secrets" in volume] == ["replica-secrets:/run/secrets:ro"]
    primary = " ".join(services["postgres"]["command"])
    for bound in ("max_slot_wal_keep_size=", "idle_replication_slot_timeout="):
        assert bound in primary, "a dead replica fills no disk"
    most = re.search(r"max_connections=\d+", primary)
    assert most is not None
    assert most[0] in " ".join(replica["command"]), "else it does not start"


@pytest.fixture
def first_start(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """As it runs as root; here everything belongs to whoever tests."""
    monkeypatch.setattr(os, "chown", lambda *_: None)
    return replicated.first_start()


@pytest.mark.parametrize("file", ["nats.conf", "cluster.conf"])
def test_nats_server_takes_its_configuration_with_the_secrets_of_the_first_start(
    first_start: ModuleType, tmp_path: Path, file: str
) -> None:
    first_start.make_databases(tmp_path)
    first_start.make_bus(tmp_path)
    shutil.copytree(DEPLOY / "nats", tmp_path / "etc")
    (tmp_path / "etc" / "secrets").symlink_to(tmp_path / "nats")
    done = subprocess.run(
        [str(binary()), "-t", "-c", str(tmp_path / "etc" / file)],
        env={"NATS_SERVER_NAME": "nats", "NATS_STORE": str(tmp_path / "streams")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "catalog" / "nats_urls").read_text()
    first_start.make_bus(tmp_path)
    assert (tmp_path / "catalog" / "nats_urls").read_text() == made, "a later start changes no secret"
    assert made.count("nats://catalog:") == 3


def test_the_key_that_seals_is_made_once(
    first_start: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OZG_SECRETS", str(tmp_path))
    monkeypatch.setattr(first_start, "own", lambda *_: None)
    first_start.main()
    file = tmp_path / "notifier" / "notifier.key"
    made = file.read_text()
    assert Safe(made.split()).seals
    assert file.stat().st_mode & 0o077 == 0
    first_start.main()
    assert file.read_text() == made
