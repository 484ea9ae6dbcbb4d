"""Whatever is sent: never a fault of ours, always a problem that its sender can act on."""

import io
import zipfile
from typing import Any, Final, NamedTuple

import openpyxl
import pytest

from tests.hardening.conftest import opened  # noqa: F401 - the fixture
from tests.hardening.place import problem_of
from tests.situations.saxony import LEIPZIG

STATUS: Final = "/municipalities/147130000000/services/99115005060000/status"
SHEET: Final = "/municipalities/147130000000/statuses"
LIVE: Final[dict[str, Any]] = {"phase": "live", "effective_on": "2026-10-01"}
CSV: Final = {"Content-Type": "text/csv"}
XLSX: Final = {"Content-Type": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
HEAD: Final = "service,phase,effective_on\n"


class Bad(NamedTuple):
    """What is sent, and the word without which the answer would not help."""

    name: str
    service: str
    method: str
    path: str
    status: int
    says: str
    sent: dict[str, Any] = {}  # noqa: RUF012 - nobody writes to it

    def __str__(self) -> str:
        return f"{self.service}: {self.name}"


def bomb() -> bytes:
    """A workbook of a few kilobytes that would unpack to hundreds of megabytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 300_000_000)
    return out.getvalue()


def formulas() -> bytes:
    """A workbook whose key is computed and was never calculated."""
    book = openpyxl.Workbook()
    first = book.create_sheet("Stand", 0)
    first.append(["service", "phase", "effective_on"])
    first.append(['="9911500"&"5060000"', "live", "2026-10-01"])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def put(name: str, status: int, says: str, **body: Any) -> Bad:
    return Bad(name, "catalog", "PUT", STATUS, status, says, {"json": LIVE | body})


def sheet(name: str, status: int, says: str, content: bytes, headers: dict[str, str] = CSV, query: str = "") -> Bad:
    return Bad(name, "catalog", "POST", SHEET + query, status, says, {"content": content, "headers": headers})


CASES: Final = [
    put("a day in the future", 422, "expected_live_on", effective_on="2031-01-01"),
    put("a day of long ago", 422, "effective_on", effective_on="0001-01-01"),
    put("no day at all", 400, "effective_on", effective_on="soon"),
    put("an unknown phase", 400, "in_preparation", phase="fast fertig"),
    put("an unknown field", 400, "fase", fase="live"),
    put("a number as text", 400, "level", maturity={"model": "ozg-1.1", "level": "3"}),
    put("an unknown model", 422, "ozg-1.1", maturity={"model": "ozg-9", "level": 3}),
    put("a level that the model lacks", 422, "level", maturity={"model": "ozg-1.1", "level": 7}),
    put("a huge number", 422, "level", maturity={"model": "ozg-1.1", "level": 10**18}),
    put("an unknown solution", 422, "solution", solution="gibt-es-nicht"),
    put("an address that is none", 422, "https", online_url="javascript:alert(1)"),
    put("an over-long note", 422, "note", note="x" * 10_000),
    put("a NUL", 400, "NUL", note="a\0b"),
    put("a reason without need", 422, "reason", reason="no_case"),
    put("no reason where one is needed", 422, "reason", phase="not_applicable"),
    Bad("malformed JSON", "catalog", "PUT", STATUS, 400, "JSON", {"content": b'{"phase": ', "headers": {"Content-Type": "application/json"}}),
    Bad("another type of content", "catalog", "PUT", STATUS, 415, "application/json", {"content": b"phase=live", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    Bad("12 MB of garbage as JSON", "catalog", "PUT", STATUS, 413, "MiB", {"content": b"x" * 12_000_000, "headers": {"Content-Type": "application/json"}}),
    Bad("an unknown municipality", "catalog", "GET", STATUS.replace("147130000000", "990000000000"), 404, "990000000000", {"json": LIVE}),
    Bad("a malformed municipality", "catalog", "PUT", STATUS.replace("147130000000", "leipzig"), 400, "12 digits", {"json": LIVE}),
    Bad("an unknown service", "catalog", "PUT", STATUS.replace("99115005060000", "99999999999999"), 404, "99999999999999", {"json": LIVE}),
    Bad("a stale version", "catalog", "PUT", STATUS, 412, "version", {"json": LIVE, "headers": {"If-Match": '"v99"'}}),
    Bad("a malformed If-Match", "catalog", "PUT", STATUS, 400, "If-Match", {"json": LIVE, "headers": {"If-Match": "99"}}),
    Bad("a malformed Idempotency-Key", "catalog", "PUT", STATUS, 400, "Idempotency-Key", {"json": LIVE, "headers": {"Idempotency-Key": "x" * 300}}),
    Bad("a wrong method", "catalog", "PATCH", STATUS, 405, "Allow"),
    Bad("an unknown path", "catalog", "GET", "/nothing-here", 404, "nothing-here"),
    Bad("a limit that is no number", "catalog", "GET", "/services?limit=1e3", 400, "limit"),
    Bad("a limit beyond all", "catalog", "GET", "/services?limit=99999999999999999999", 400, "limit"),
    Bad("a cursor of somebody else", "catalog", "GET", "/services?after=%00", 400, "NUL"),
    Bad("a foreign cursor", "catalog", "GET", "/services?after=abc", 400, "after"),
    Bad("a position that is none", "catalog", "GET", "/events?after=-1", 400, "after"),
    sheet("a sheet without a header", 422, "service", b"99115005060000,live,2026-10-01\n"),
    sheet("a key as Excel shows it", 422, "Text", f'{HEAD}"9,91E+13",live,2026-10-01\n'.encode()),
    sheet("an unknown phase in a row", 422, "phase", f"{HEAD}99115005060000,fertig,2026-10-01\n".encode()),
    sheet("a day that does not exist", 422, "effective_on", f"{HEAD}99115005060000,live,31.02.2026\n".encode()),
    sheet("a row of an unknown service", 422, "service", f"{HEAD}99999999999999,live,2026-10-01\n".encode()),
    sheet("an unclosed quote", 422, "quotation mark", f'{HEAD}"99115005060000,live,2026-10-01\n'.encode()),
    sheet("12 MB of garbage", 413, "MiB", b"\x81\xfe\x00" * 4_000_000),
    sheet("garbage for a workbook", 422, "", b"PK\x03\x04 nothing", XLSX),
    sheet("a workbook that unpacks to 300 MB", 422, "", bomb(), XLSX),
    sheet("a key that is a formula", 422, "service", formulas(), XLSX),
    sheet("another mode", 400, "valid", HEAD.encode(), CSV, "?mode=some"),
    Bad("a day that is none", "progress", "GET", "/overview?as_of=gestern", 400, "as_of"),
    Bad("a day in the future", "progress", "GET", "/overview?as_of=2099-01-01", 422, "as_of"),
    Bad("an unknown town", "progress", "GET", "/municipalities/990000000000", 404, "990000000000"),
    Bad("an unknown region", "progress", "GET", "/regions/XX-YY", 404, "XX-YY"),
    Bad("an unknown theme", "progress", "GET", "/themes/unfug", 404, "unfug"),
    Bad("an unknown service", "progress", "GET", "/services/99999999999999", 404, "99999999999999"),
    Bad("an unknown bundle", "progress", "GET", "/bundles/99999", 404, "99999"),
    Bad("an unknown solution", "progress", "GET", "/solutions/gibt-es-nicht", 404, "gibt-es-nicht"),
    Bad("an unknown format", "progress", "GET", "/overview?format=pdf", 400, "csv"),
    Bad("an empty subscription", "notifier", "POST", "/subscriptions", 400, "channel", {"json": {}}),
    Bad("no address", "notifier", "POST", "/subscriptions", 422, "channel.url", {"json": {"channel": {"kind": "webhook", "url": "nowhere"}, "municipality": "147130000000"}}),
    Bad("a private address", "notifier", "POST", "/subscriptions", 422, "channel.url", {"json": {"channel": {"kind": "webhook", "url": "https://10.0.0.1/hook"}, "municipality": "147130000000"}}),
    Bad("metadata of a cloud", "notifier", "POST", "/subscriptions", 422, "channel.url", {"json": {"channel": {"kind": "webhook", "url": "https://169.254.169.254/latest"}, "municipality": "147130000000"}}),
    Bad("a subscription that is none", "notifier", "GET", "/subscriptions/nonsense", 404, "nonsense"),
]  # fmt: skip


@pytest.mark.parametrize("bad", CASES, ids=str)
async def test_bad_input_gets_a_problem_to_act_on(bad: Bad, opened: Any) -> None:  # noqa: F811 - the fixture
    place = await opened(bad.service)
    before = await place.position() if bad.service != "progress" else 0
    answer = await place.call(bad.method, bad.path, role="editor", of=LEIPZIG, **bad.sent)
    problem = problem_of(answer)
    assert answer.status_code == bad.status, problem
    assert bad.says.lower() in answer.text.lower(), problem
    assert bad.service == "progress" or await place.position() == before
