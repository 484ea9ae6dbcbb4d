"""Every answer carries the headers that keep browsers careful, and nothing that was sent becomes a header or a line of the log."""

import json
from typing import Any, Final, Literal

import pytest
from httpx import Response

from edge import logs
from edge.guarding import routes
from tests.hardening.conftest import Opened
from tests.hardening.place import Place
from tests.hardening.places import PLACES

CAREFUL: Final = {
    "x-content-type-options": {"nosniff"},
    "x-frame-options": {"DENY"},
    "referrer-policy": {"no-referrer", "same-origin"},
    "cross-origin-opener-policy": {"same-origin"},
}
ENDLESS: Final = "/events/stream"
EVIL: Final = "a\r\nX-Evil: 1\r\n\r\n<script>"
QUOTED: Final = "%0d%0aX-Evil:%201%0d%0a%0d%0a%3Cscript%3E"
POISONED: Final = {
    "X-Correlation-Id": EVIL,
    "Accept-Language": EVIL,
    "Idempotency-Key": EVIL,
    "If-None-Match": EVIL,
    "Authorization": f"Bearer {EVIL}",
    "User-Agent": EVIL,
    "X-Forwarded-For": EVIL,
    "traceparent": EVIL,
}
FORGED: Final = '%0a{"level":"fatal"}%0a%1b[31mforged%e2%80%a8'


def careful(answer: Response) -> None:
    """The headers every answer has, pages and problems too."""
    for name, values in CAREFUL.items():
        assert answer.headers[name] in values, (answer.request.url, name)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert "permissions-policy" in answer.headers
    assert "server" not in answer.headers


async def answers(place: Place, **options: Any) -> list[Response]:
    """Of every route there is, described or not, and of one there is not."""
    paths = {path.format_map(_Known(place.known)) for _, path, _ in routes(place.app)} - {ENDLESS}
    return [await place.call("GET", path, **options) for path in sorted(paths | {"/nowhere"})]


class _Known(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"no-{key.partition(':')[0]}"


@pytest.mark.parametrize("service", PLACES)
async def test_every_answer_keeps_browsers_careful(opened: Opened, service: str) -> None:
    place = await opened(service)
    for answer in await answers(place):
        careful(answer)
    for method in ("HEAD", "OPTIONS", "TRACE", "PATCH"):
        careful(await place.call(method, "/-/version"))


@pytest.mark.parametrize("service", PLACES)
async def test_nothing_that_is_sent_becomes_a_header(opened: Opened, service: str) -> None:
    place = await opened(service)
    found = await answers(place, headers=POISONED)
    found += await answers(place, params={"q": EVIL, "limit": "1", "after": EVIL, "lang": EVIL})
    found += [await place.call("GET", f"/{path}{QUOTED}") for path in ("", "services/", "municipalities/", "kommunen/")]
    for answer in found:
        # Pages that ask the catalog say that it is away: here it is.
        assert answer.status_code < 500 or (service, answer.status_code) == ("progress", 503), answer.text
        assert "x-evil" not in answer.headers
        for name, value in answer.headers.multi_items():
            assert "\r" not in value, (answer.request.url, name)
            assert "\n" not in value, (answer.request.url, name)


@pytest.mark.usefixtures("fresh_logging")
@pytest.mark.parametrize("written", ["json", "pretty"])
@pytest.mark.parametrize("service", PLACES)
async def test_nothing_that_is_sent_becomes_a_line_of_the_log(
    opened: Opened, service: str, written: Literal["json", "pretty"], capsys: pytest.CaptureFixture[str]
) -> None:
    place = await opened(service)
    logs.configure(written, "INFO")
    capsys.readouterr()
    for path in (f"/services/{FORGED}", f"/{FORGED}", f"/services?q={FORGED}"):
        await place.call("GET", path, headers=POISONED)
    lines = [line for line in capsys.readouterr().err.split("\n") if line and "httpx" not in line]
    assert len(lines) >= 3
    for line in lines:
        if written == "json":
            assert json.loads(line)["level"] != "fatal"
        else:
            assert "request" in line
            assert "\x1b[31mforged" not in line
