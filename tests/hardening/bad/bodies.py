"""Bodies that are no JSON, or say what cannot be."""

from typing import Any, Final

from tests.hardening.bad.case import STATUS, Bad, sent

LIVE: Final = {"phase": "live", "effective_on": "2024-10-31"}
MEGABYTES: Final = 1_000_000


def _raw(name: str, body: bytes, status: int, *words: str, **more: Any) -> Bad:
    return sent(name, "PUT", STATUS, body, status, *words, **more)


def _status(name: str, change: dict[str, Any], status: int, *words: str, field: str | None = None) -> Bad:
    return sent(name, "PUT", STATUS, LIVE | change, status, *words, field=field)


MALFORMED: Final[list[Bad]] = [
    _raw("no body", b"", 400, "JSON"),
    _raw("half a body", b'{"phase": "live",', 400, "ends too early", "bracket"),
    _raw("no quotes", b"{phase: live}", 400, "not JSON", "line 1, column 2"),
    _raw("error in a later line", b'{\n "phase": "live"\n "note": 1}', 400, "line 3"),
    _raw("a list", b"[]", 400, "Expected an object, got a list"),
    _raw("null", b"null", 400, "Expected an object, got null"),
    _raw("a text", b'"live"', 400, "Expected an object, got text"),
    _raw("a number", b"5", 400, "Expected an object"),
    _raw("NaN", b'{"phase": NaN}', 400, "not JSON"),
    _raw("UTF-16", '{"phase": "live"}'.encode("utf-16"), 400, "send UTF-8"),
    _raw("Windows-1252", b'{"phase": "live", "effective_on": "2024-10-31", "note": "f\xfcr"}', 400, "UTF-8"),
    _raw("half a surrogate", b'{"phase": "live", "effective_on": "2024-10-31", "note": "\\ud800"}', 400, "JSON"),
    _raw("too deep", b"[" * 100_000, 400, "an object"),
    _raw(
        "deep in a field", b'{"note": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, 400, "Expected text", field="note"
    ),
    _raw("raw NUL", b'{"phase": "li\x00ve"}', 400, "NUL"),
    _raw("written NUL", b'{"phase": "live", "effective_on": "2024-10-31", "note": "a\\u0000b"}', 400, "NUL"),
    _raw("garbage", bytes(range(1, 256)) * 100, 400, "not JSON"),
    _raw("more than a megabyte", b'{"note": "' + b"x" * (2 * MEGABYTES) + b'"}', 413, "1 MiB", "parts"),
    sent("twelve megabytes of garbage", "PUT", STATUS, lambda: b"\xd0\xcf\x11\xe0" * (3 * MEGABYTES), 413, "1 MiB"),
    _raw("plain text", b"live", 415, "application/json", content_type="text/plain"),
    _raw("XML", b"<phase>live</phase>", 415, "application/json", content_type="application/xml"),
    _raw("a form", b"phase=live", 415, "application/json", content_type="application/x-www-form-urlencoded"),
    _raw("no content type", b"{}", 415, "application/json", content_type=""),
    _raw("nonsense content type", b"{}", 415, "application/json", content_type="json"),
]
STATUSES: Final[list[Bad]] = [
    sent("no phase", "PUT", STATUS, {"effective_on": "2024-10-31"}, 400, "'phase' is required", field="phase"),
    sent("no day", "PUT", STATUS, {"phase": "live"}, 400, "'effective_on' is required", field="effective_on"),
    _status("misspelt field", {"fase": "live"}, 400, "no field 'fase'", "phase", field="fase"),
    _status("phase in German", {"phase": "fertig"}, 400, "Use one of", "live", field="phase"),
    _status("phase as a number", {"phase": 3}, 400, "Expected text", field="phase"),
    _status("phase as null", {"phase": None}, 400, "got null", field="phase"),
    _status("yesterday", {"effective_on": "gestern"}, 400, "date like 2026-11-01", field="effective_on"),
    _status("German date", {"effective_on": "31.10.2024"}, 400, "date like 2026-11-01", field="effective_on"),
    _status("no such day", {"effective_on": "2026-02-30"}, 400, "date like 2026-11-01", field="effective_on"),
    _status("day without hyphens", {"effective_on": "20241031"}, 400, "date like 2026-11-01", field="effective_on"),
    _status("a time", {"effective_on": "2024-10-31T12:00:00Z"}, 400, "date like 2026-11-01", field="effective_on"),
    _status("Excel's number of a day", {"effective_on": 46326}, 400, "a date", "whole number", field="effective_on"),
    _status("in the future", {"effective_on": "2999-01-01"}, 422, "expected_live_on", field="effective_on"),
    _status("end of time", {"effective_on": "9999-12-31"}, 422, "expected_live_on", field="effective_on"),
    _status("before everything", {"effective_on": "0001-01-01"}, 422, "1990", field="effective_on"),
    _status(
        "level as text",
        {"maturity": {"model": "ozg-1.1", "level": "3"}},
        400,
        "whole number, got text",
        field="maturity.level",
    ),
    _status(
        "half a level", {"maturity": {"model": "ozg-1.1", "level": 2.5}}, 400, "whole number", field="maturity.level"
    ),
    _status("level too high", {"maturity": {"model": "ozg-1.1", "level": 9}}, 422, "0", "4", field="maturity.level"),
    _status("negative level", {"maturity": {"model": "ozg-2.0", "level": -1}}, 422, "0", "7", field="maturity.level"),
    _status("huge level", {"maturity": {"model": "ozg-1.1", "level": 10**30}}, 422, "0 to 4", field="maturity.level"),
    _status(
        "infinite level",
        {"maturity": {"model": "ozg-1.1", "level": 1e300}},
        400,
        "whole number",
        field="maturity.level",
    ),
    _status(
        "unknown model", {"maturity": {"model": "ozg-9", "level": 1}}, 422, "ozg-1.1", "ozg-2.0", field="maturity.model"
    ),
    _status("maturity as a number", {"maturity": 3}, 400, "an object", field="maturity"),
    _status(
        "assessed tomorrow",
        {"maturity": {"model": "ozg-1.1", "level": 1, "assessed_on": "2999-01-01"}},
        422,
        field="maturity.assessed_on",
    ),
    _status("correction in words", {"correction": "ja"}, 400, "true or false", field="correction"),
    _status("script for an address", {"online_url": "javascript:alert(1)"}, 422, "http", field="online_url"),
    _status("address without a host", {"online_url": "https://"}, 422, "http", field="online_url"),
    _status("endless address", {"online_url": "https://a.de/" + "a" * 5000}, 422, "http", field="online_url"),
    _status("endless note", {"note": "x" * 100_000}, 422, "4000", field="note"),
    _status("by an unknown solution", {"solution": "nirgends"}, 422, "nirgends", field="solution"),
    _status("reason without need", {"reason": "no_case"}, 422, "not_applicable", field="reason"),
    _status("no reason", {"phase": "not_applicable"}, 422, "no_case", "not_offered", "delivered_by", field="reason"),
    _status("hearsay", {"basis": {"kind": "hearsay"}}, 400, "Use one of", "self", field="basis.kind"),
    _status("basis as text", {"basis": "self"}, 400, "an object", field="basis"),
    _status("basis of tomorrow", {"basis": {"kind": "self", "as_of": "2999-01-01"}}, 422, field="basis.as_of"),
    sent(
        "level of a component",
        "PUT",
        STATUS.replace("{service}", "basis:postausgang"),
        LIVE | {"maturity": {"model": "ozg-1.1", "level": 3}},
        422,
        "component",
        field="maturity",
    ),
]
RESPONSIBILITY: Final = "/municipalities/{municipality}/responsibilities/{service}"
SOLUTION: Final = "/solutions/neue-loesung"
FACTS: Final = {"name": "Neu", "kind": "saas", "services": ["basis:postausgang"], "publisher": "ars:147130000000"}
OPEN: Final = "/solutions/postausgang-sachsen/availability/DE-SN"
HOOK: Final = {"channel": {"kind": "webhook", "url": "https://hooks.example.org/"}, "municipality": "147130000000"}


def _hook(name: str, change: dict[str, Any], status: int, *words: str, field: str | None = None) -> Bad:
    return sent(name, "POST", "/subscriptions", HOOK | change, status, *words, field=field, service="notifier")


def _to(name: str, url: str) -> Bad:
    return _hook(f"webhook to {name}", {"channel": {"kind": "webhook", "url": url}}, 422, field="channel.url")


OTHERS: Final[list[Bad]] = [
    sent("serves nobody", "PUT", RESPONSIBILITY, {"serves": {}}, 422, '"region"', '"members"', field="serves"),
    sent(
        "serves two ways",
        "PUT",
        RESPONSIBILITY,
        {"serves": {"region": "DE-SN", "members": []}},
        422,
        "not both",
        field="serves",
    ),
    sent(
        "serves an unknown region",
        "PUT",
        RESPONSIBILITY,
        {"serves": {"region": "DE-XX"}},
        422,
        "DE-SN",
        field="serves.region",
    ),
    sent(
        "serves unknown members",
        "PUT",
        RESPONSIBILITY,
        {"serves": {"members": ["999999999999"]}},
        422,
        "/municipalities?q=",
        field="serves.members",
    ),
    sent(
        "serves members by name",
        "PUT",
        RESPONSIBILITY,
        {"serves": {"members": ["Leipzig"]}},
        400,
        "12 digits",
        field="serves.members",
    ),
    sent(
        "responsible from tomorrow",
        "PUT",
        RESPONSIBILITY,
        {"serves": {"region": "DE-SN"}, "effective_on": "2999-01-01"},
        422,
        "today",
        field="effective_on",
    ),
    sent(
        "confirm everything in German",
        "POST",
        "/municipalities/{municipality}/statuses/confirm",
        {"services": "alle"},
        400,
        "all",
        field="services",
    ),
    sent("solution without a name", "PUT", SOLUTION, FACTS | {"name": " "}, 422, "may not be empty", field="name"),
    sent("solution for nothing", "PUT", SOLUTION, FACTS | {"services": []}, 422, "may not be empty", field="services"),
    sent(
        "solution for unknown services",
        "PUT",
        SOLUTION,
        FACTS | {"services": ["99999999999999"]},
        422,
        "/services?q=",
        field="services",
    ),
    sent(
        "solution for one service as text",
        "PUT",
        SOLUTION,
        FACTS | {"services": "basis:postausgang"},
        400,
        "a list",
        field="services",
    ),
    sent(
        "solution of an unknown kind", "PUT", SOLUTION, FACTS | {"kind": "app"}, 400, "Use one of", "saas", field="kind"
    ),
    sent(
        "solution of a town that is not",
        "PUT",
        SOLUTION,
        FACTS | {"publisher": "999999999999"},
        422,
        "/municipalities?q=",
        field="publisher",
    ),
    sent("solution at no address", "PUT", SOLUTION, FACTS | {"url": "ftp://x"}, 422, "http", field="url"),
    sent(
        "solution of a sham basis",
        "PUT",
        SOLUTION,
        FACTS | {"basis": {"kind": "self", "url": "x"}},
        422,
        "http",
        field="basis.url",
    ),
    sent(
        "closes before it opens",
        "PUT",
        OPEN,
        {"from": "2026-10-01", "until": "2026-09-01"},
        422,
        "after",
        field="until",
    ),
    sent("open for nobody", "PUT", OPEN, {"members": []}, 422, "may not be empty", field="members"),
    sent("open for a stranger", "PUT", OPEN, {"members": ["010010000000"]}, 422, "DE-SN", field="members"),
    sent(
        "open nowhere",
        "POST",
        "/solutions/postausgang-sachsen/availability",
        {"regions": []},
        400,
        "at least 1 entry",
        field="regions",
    ),
    sent("open in no region that is", "PUT", OPEN.replace("DE-SN", "DE-XX"), {}, 422, "DE-SN", field="region"),
    sent(
        "costs less than nothing",
        "PUT",
        OPEN,
        {"terms": {"cost_once": {"from": -1}}},
        400,
        "at least 0",
        field="terms.cost_once.from",
    ),
    sent(
        "costs in words",
        "PUT",
        OPEN,
        {"terms": {"cost_once": {"currency": "Euro"}}},
        400,
        field="terms.cost_once.currency",
    ),
    sent(
        "costs the other way round",
        "PUT",
        OPEN,
        {"terms": {"cost_once": {"from": 9, "to": 1}}},
        422,
        "less than",
        field="terms.cost_once",
    ),
    _hook("webhook for everything", {"municipality": None}, 422, "filter", field="filter"),
    _hook("webhook for nowhere", {"municipality": "999999999999"}, 404, "999999999999", field="municipality"),
    _hook(
        "webhook by pigeon", {"channel": {"kind": "pigeon", "url": "https://x"}}, 400, "webhook", field="channel.kind"
    ),
    _hook("webhook sometimes", {"mode": "sometimes"}, 400, "Use one of", "instant", field="mode"),
    _hook("webhook about the weather", {"filter": {"themes": ["wetter"]}}, 422, "umwelt", field="filter.themes"),
    _hook(
        "webhook about all events",
        {"filter": {"events": ["alles"]}},
        422,
        "solution-became-available",
        field="filter.events",
    ),
    _hook(
        "webhook about a name", {"filter": {"services": ["Führerschein"]}}, 422, "14 digits", field="filter.services"
    ),
    _hook("webhook in a named region", {"filter": {"regions": ["Sachsen"]}}, 422, "DE-SN", field="filter.regions"),
    _to("plain http", "http://hooks.example.org/"),
    _to("a cloud's secrets", "http://169.254.169.254/latest/meta-data/"),
    _to("the inside", "https://10.0.0.1/"),
    _to("a mapped address", "https://[::ffff:10.0.0.1]/"),
    _to("a file", "file:///etc/passwd"),
    _to("nonsense", "nonsense"),
]
