"""`make run` with the real catalog, progress and notifier: a first start, a token, a status, a second start."""

import subprocess
import sys
import urllib.request
from collections.abc import Iterator

import msgspec
import pytest

from tests.harness.installation import ROOT, Installation, installation, wait_until

pytestmark = [pytest.mark.embedded_only, pytest.mark.slow]
STATUS = "/api/catalog/v1/municipalities/147130000000/services/99115005104000/status"


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    with installation() as made:
        made.start()
        yield made


def token(place: Installation, role: str, municipality: str) -> str:
    """As `make -s token` prints it."""
    command = ["-m", "embedded", "token", "--role", role, "--municipality", municipality, "--data", str(place.data)]
    return subprocess.run(
        [sys.executable, *command], check=True, capture_output=True, text=True, cwd=ROOT, timeout=60
    ).stdout.strip()


def head(place: Installation) -> int:
    """The position of the last event."""
    return int(place.ask("/api/progress/v1/overview")["position"])


def test_all_three_are_ready_and_the_page_answers(place: Installation) -> None:
    for name in ("catalog", "progress", "notifier"):
        wait_until(lambda name=name: place.ask(f"/api/{name}/v1/-/ready"))
        assert place.ask(f"/api/{name}/v1/openapi.json")["openapi"].startswith("3.1")
    with urllib.request.urlopen(place.url + "/", timeout=10) as page:
        assert "<html" in page.read().decode()


def test_the_printed_first_call_works_and_a_second_start_adds_nothing(place: Installation) -> None:
    body = {
        "phase": "live",
        "maturity": {"model": "ozg-1.1", "level": 3},
        "effective_on": "2026-11-01",
    }
    request = urllib.request.Request(
        place.url + STATUS,
        method="PUT",
        data=msgspec.json.encode(body),
        headers={
            "Authorization": f"Bearer {token(place, 'editor', '147130000000')}",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 201
        position = int(msgspec.json.decode(answer.read())["position"])
    seen = place.ask(f"/api/progress/v1/municipalities/147130000000?at_least={position}")
    assert seen["online"]["own"]["numerator"] == 1
    assert place.end() == 0
    place.start()
    wait_until(lambda: head(place) >= position)
    assert head(place) == position
    assert place.ask(STATUS)["position"] == position
