"""Questions and headers that cannot be meant."""

from typing import Final

from tests.hardening.bad.case import STATUS, Bad, asked, sent

LIVE: Final = {"phase": "live", "effective_on": "2024-10-31"}
LISTS: Final = (
    ("catalog", "/services"),
    ("catalog", "/municipalities"),
    ("catalog", "/solutions"),
    ("catalog", "/bundles"),
    ("progress", "/regions/DE-SN/municipalities"),
    ("notifier", "/municipalities/{municipality}/alerts"),
    ("notifier", "/subscriptions"),
)
PAGES: Final[list[Bad]] = [
    asked(f"{what} of {service}{path}", service, f"{path}?{query}", 400, *words, field=field)
    for service, path in LISTS
    for what, query, field, words in (
        ("no items", "limit=0", "limit", ("at least 1",)),
        ("fewer than none", "limit=-1", "limit", ("at least 1",)),
        ("too many", "limit=100000", "limit", ("at most 1000",)),
        ("a thousand as a power", "limit=1e3", "limit", ("whole number",)),
        ("a decimal", "limit=1.0", "limit", ("whole number",)),
        ("null items", "limit=null", "limit", ("whole number",)),
        ("a word", "limit=alle", "limit", ("whole number",)),
        ("nothing", "limit=", "limit", ("whole number",)),
        ("a huge limit", f"limit={10**30}", "limit", ("whole number",)),
        ("two limits", "limit=1&limit=2", "limit", ("more than once",)),
        ("a made up cursor", "after=weiter", "after", ("`next`", "first page")),
        ("a cursor of another list", "after=WzFd", "after", ("`next`",)),
        ("a cursor with a NUL", "after=WyJcdTAwMDAiLCJ4Il0", "after", ("`next`",)),
        ("an endless cursor", f"after={'A' * 3000}", "after", ("2048",)),
        ("a NUL", "after=%00", None, ("NUL",)),
    )
]
FILTERS: Final[list[Bad]] = [
    asked("endless words", "catalog", f"/services?q={'x' * 300}", 400, "at most 200", field="q"),
    asked("unknown theme", "catalog", "/services?theme=wetter", 400, "Use one of", "umwelt", field="theme"),
    asked("null theme", "catalog", "/services?theme=null", 400, "Use one of", "umwelt", field="theme"),
    asked("unknown level", "catalog", "/municipalities?level=Stadt", 400, "Use one of", "commune", field="level"),
    asked("half an OZG-ID", "catalog", "/services?ozg_id=101", 400, "[0-9]{5}", field="ozg_id"),
    asked("perhaps withdrawn", "catalog", "/services?withdrawn=vielleicht", 400, "true or false", field="withdrawn"),
    asked(
        "sheet as PDF",
        "catalog",
        "/municipalities/{municipality}/statuses?format=pdf",
        400,
        "csv",
        "xlsx",
        field="format",
    ),
    asked(
        "sheet in French", "catalog", "/municipalities/{municipality}/statuses?lang=fr", 400, "de", "en", field="lang"
    ),
    asked(
        "responsible on no day",
        "catalog",
        "/municipalities/{municipality}/responsibilities/{service}?on=heute",
        400,
        "date like",
        field="on",
    ),
    asked("events before the first", "catalog", "/events?after=-1", 400, "at least 0", field="after"),
    asked("events far beyond", "catalog", f"/events?after={10**20}", 400, field="after"),
    asked("too many events", "catalog", "/events?limit=5001", 400, "at most 5000", field="limit"),
    asked("waiting for ever", "catalog", "/events?wait=31", 400, "at most 30", field="wait"),
    asked("waiting infinitely", "catalog", "/events?wait=inf", 400, "a number", field="wait"),
    asked("waiting not a number", "catalog", "/events?wait=nan", 400, "a number", field="wait"),
    asked("stream from nowhere", "catalog", "/events/stream?after=anfang", 400, "whole number", field="after"),
    asked(
        "stream after a word",
        "catalog",
        "/events/stream",
        400,
        "`id`",
        "whole number",
        field="Last-Event-ID",
        Last_Event_ID="letzte",
    ),
    asked(
        "stream after a negative",
        "catalog",
        "/events/stream",
        400,
        "whole number",
        field="Last-Event-ID",
        Last_Event_ID="-1",
    ),
    asked(
        "stream after a huge number",
        "catalog",
        "/events/stream",
        400,
        "whole number",
        field="Last-Event-ID",
        Last_Event_ID="9" * 30,
    ),
    sent("retract on no basis", "DELETE", "/municipalities/{municipality}/statuses", None, 400, "basis"),
    sent(
        "retract on a strange basis",
        "DELETE",
        "/municipalities/{municipality}/statuses?basis=alle",
        None,
        400,
        "Use one of",
        "demonstration",
        field="basis",
    ),
    sent("retract no day", "DELETE", f"{STATUS}?effective_on=gestern", None, 400, "date like", field="effective_on"),
    asked(
        "peers with a strange figure",
        "progress",
        "/municipalities/{municipality}/cells?figure=gut",
        400,
        "online",
        field="figure",
    ),
    asked("strange unit", "progress", "/overview?unit=Stück", 400, "Use one of", "responsibilities", field="unit"),
    asked("figures as PDF", "progress", "/overview?format=pdf", 400, "csv", "xlsx", field="format"),
    asked("waiting for less than nothing", "progress", "/overview?at_least=-1", 400, "at least 0", field="at_least"),
    asked("waiting for a power", "progress", "/overview?at_least=1e3", 400, "whole number", field="at_least"),
    asked("news of no theme", "notifier", "/alerts.atom?theme=wetter", 400, "Use one of", field="theme"),
    asked(
        "alerts that were never said",
        "notifier",
        "/municipalities/{municipality}/alerts?at_least=1e3",
        400,
        "whole number",
        field="at_least",
    ),
]
DAYS: Final[list[Bad]] = [
    asked(f"{name} {what} for {path}", "progress", f"{path}?{name}={day}", status, *words, field=name)
    for path in ("/overview", "/municipalities/{municipality}", "/services/{service}/cells", "/themes/umwelt")
    for name in ("as_of", "known_at")
    for what, day, status, words in (
        ("yesterday", "gestern", 400, ("date like 2026-11-01",)),
        ("month 13", "2026-13-01", 400, ("date like 2026-11-01",)),
        ("a German day", "01.11.2026", 400, ("date like 2026-11-01",)),
        ("a time", "2026-11-01T00:00:00", 400, ("date like 2026-11-01",)),
        ("null", "null", 400, ("date like 2026-11-01",)),
        ("nothing", "", 400, ("date like 2026-11-01",)),
        ("a number", "-1", 400, ("date like 2026-11-01",)),
        ("a day to come", "2999-01-01", 422, ("1990-01-01", "today")),
        ("an age ago", "0001-01-01", 422, ("1990-01-01",)),
    )
]
HEADERS: Final[list[Bad]] = [
    sent(name, "PUT", STATUS, LIVE, status, *words, field=field, headers={header: value})
    for name, header, value, status, field, words in (
        ("empty idempotency key", "Idempotency-Key", "", 400, "Idempotency-Key", ("1 to 255",)),
        ("idempotency key with a space", "Idempotency-Key", "a b", 400, "Idempotency-Key", ("without spaces",)),
        ("endless idempotency key", "Idempotency-Key", "k" * 300, 400, "Idempotency-Key", ("1 to 255",)),
        ("version without quotes", "If-Match", "v1", 400, "If-Match", ('"v3"',)),
        ("half a version", "If-Match", '"v1', 400, "If-Match", ('"v3"',)),
        ("list without commas", "If-Match", '"v1" "v2"', 400, "If-Match", ('"v3"',)),
        ("version that never was", "If-Match", '"v99"', 412, None, ("Read it again",)),
        ("somebody else's tag", "If-Match", '"abc"', 412, None, ("Read it again",)),
        ("new that is not", "If-None-Match", "*", 412, None, ("Read it again",)),
    )
]
