"""Settings are read at the door; what is wrong with them is said at once and by name."""

from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from edge.settings import Setting, SettingsInvalid, describe, misspelt, read


class Settings(msgspec.Struct, frozen=True):
    url: Annotated[str, Setting("OZG_URL", "where it is")]
    port: Annotated[int, msgspec.Meta(ge=1, le=65535), Setting("OZG_PORT", "TCP port")] = 8000
    reading: Annotated[Literal["public", "token"], Setting("OZG_READING", "who may read")] = "public"
    loud: Annotated[bool, Setting("OZG_LOUD", "say more")] = False
    key: Annotated[Path | None, Setting("OZG_KEY_FILE", "PEM file")] = None
    zone: Annotated[ZoneInfo, Setting("OZG_TIME_ZONE", "whose today")] = ZoneInfo("Europe/Berlin")
    wait: Annotated[float, Setting("OZG_WAIT", "seconds")] = 2.5
    hosts: Annotated[tuple[str, ...], Setting("OZG_HOSTS", "comma-separated")] = ()
    pepper: Annotated[int | None, Setting("OZG_PEPPER", "a secret number", secret=True)] = None


def test_the_environment_fills_the_settings() -> None:
    environ = {
        "OZG_URL": "postgresql://x",
        "OZG_PORT": "80",
        "OZG_READING": "token",
        "OZG_LOUD": "Yes",
        "OZG_KEY_FILE": "/etc/key.pem",
        "OZG_TIME_ZONE": "Europe/Kyiv",
        "OZG_WAIT": "3",
        "OZG_HOSTS": "a, b,",
        "PATH": "/bin",
    }
    assert read(Settings, environ) == Settings(
        url="postgresql://x",
        port=80,
        reading="token",
        loud=True,
        key=Path("/etc/key.pem"),
        zone=ZoneInfo("Europe/Kyiv"),
        wait=3.0,
        hosts=("a", "b"),
    )


def test_an_empty_variable_is_the_default() -> None:
    assert read(Settings, {"OZG_URL": "x", "OZG_PORT": " "}).port == 8000


def test_everything_that_is_wrong_is_said_at_once_and_secrets_are_not_repeated() -> None:
    environ = {
        "OZG_PORT": "70000",
        "OZG_READING": "all",
        "OZG_LOUD": "maybe",
        "OZG_TIME_ZONE": "Berlin",
        "OZG_PEPPER": "hunter2",
    }
    with pytest.raises(SettingsInvalid) as invalid:
        read(Settings, environ)
    lines = str(invalid.value).splitlines()
    assert [line.split(":")[0].split(" ")[0] for line in lines] == [
        "OZG_URL",
        "OZG_PORT",
        "OZG_READING",
        "OZG_LOUD",
        "OZG_TIME_ZONE",
        "OZG_PEPPER",
    ]
    assert "is not set" in lines[0]
    assert "public, token" in lines[2]
    assert "hunter2" not in str(invalid.value)


def test_any_setting_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("postgresql://x:secret@y\n")
    assert read(Settings, {"OZG_URL_FILE": str(tmp_path / "url")}).url == "postgresql://x:secret@y"


def test_a_setting_is_given_once_and_its_file_exists(tmp_path: Path) -> None:
    given = {"OZG_URL": "x", "OZG_URL_FILE": str(tmp_path / "url"), "OZG_PORT_FILE": str(tmp_path / "none")}
    with pytest.raises(SettingsInvalid) as refused:
        read(Settings, given)
    said = str(refused.value)
    assert "OZG_URL_FILE: OZG_URL is set too; only one of the two can hold" in said
    assert "OZG_PORT_FILE: [Errno 2]" in said


def test_a_misspelt_variable_is_noticed() -> None:
    assert misspelt({"OZG_PROT": "1", "OZG_PORT": "1", "HOME": "/"}, [Settings]) == [
        "OZG_PROT is no setting; did you mean OZG_PORT?"
    ]


def test_every_setting_is_described() -> None:
    rows = {row.name: row for row in describe(Settings)}
    assert len(rows) == 9
    assert (rows["OZG_URL"].required, rows["OZG_URL"].default) == (True, None)
    assert (rows["OZG_PORT"].type, rows["OZG_PORT"].default) == ("int", "8000")
    assert rows["OZG_READING"].type == "public, token"
    assert rows["OZG_KEY_FILE"].type == "Path"
    assert rows["OZG_TIME_ZONE"].default == "Europe/Berlin"


def test_a_field_without_a_setting_is_a_mistake_of_ours() -> None:
    class Half(msgspec.Struct):
        port: int = 1

    with pytest.raises(TypeError, match=r"Half.port has no Setting"):
        read(Half, {})
