"""The calls over HTTP: what they answer, in which forms, and what they refuse."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest
from litestar.testing import AsyncTestClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from edge.mounting import mount
from progress.applying import Progress
from progress.settings import ProgressSettings
from progress.web import create_app
from tests.progress.a_feed import StoryFeed
from tests.progress.saxony import CHEMNITZ, LEIPZIG, LICENCE, MOVING, OUTBOX, TODAY, opened, reporting_saxony, solution
from tests.progress.story import live

PREFIX = "/api/progress/v1"
Client = AsyncTestClient[Any]


@pytest.fixture
async def client(progress_url: str, progress_database: AsyncEngine) -> AsyncIterator[Client]:
    """Saxony has reported; it is noon."""
    story = reporting_saxony()
    opened(story, solution("postausgang-sachsen", story.ref(OUTBOX)), "DE-SN")
    async with progress_database.begin() as connection:
        await Progress(UTC).apply(connection, story.log)
        await connection.execute(
            text("INSERT INTO followers (name, source, position, event_id) VALUES ('progress', 'x', :p, 'x')"),
            {"p": len(story.log)},
        )
    noon = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
    ahead = StoryFeed(story)
    story.record(LEIPZIG, MOVING, live(3), TODAY)
    app = create_app(ProgressSettings(database_url=progress_url), clock=lambda: noon, feed=ahead)
    async with AsyncTestClient(app=mount({PREFIX: app, "": app})) as client:
        yield client


async def asked(client: Client, path: str, status: int = 200, **query: str) -> Any:
    answer = await client.get(f"{PREFIX}{path}", params=query)
    assert answer.status_code == status, answer.text
    return answer.json()


@pytest.mark.parametrize(
    "path",
    [
        "/overview",
        "/regions/DE-SN",
        "/regions/DE",
        "/themes/steuern_zoll",
        "/services/99108004020000",
        "/bundles/10120",
        "/solutions/postausgang-sachsen",
    ],
)
async def test_every_answer_has_its_days_position_and_figures(client: Client, path: str) -> None:
    answer = await asked(client, path)

    assert (answer["as_of"], answer["known_at"]) == ("2026-11-20", "2026-11-20")
    assert answer["position"] > 0
    for name in ("online", "compliant"):
        assert set(answer[name]) == {
            *("numerator", "denominator", "share", "unit", "recorded", "excluded", "definition")
        }
        assert (await asked(client, f"/definitions/{answer[name]['definition']}"))["text"]["de"]


async def test_a_municipality_answers_with_own_and_inherited_figures(client: Client) -> None:
    answer = await asked(client, "/municipalities/145110000000")

    assert answer["municipality"]["id"] == CHEMNITZ
    assert answer["online"]["own"] == {
        "numerator": 2,
        "denominator": 3,
        "share": 0.6667,
        "unit": "services",
        "recorded": 2,
        "excluded": 0,
        "definition": "online@1",
    }
    assert answer["compliant"]["with_inherited"]["denominator"] == 4
    same = await asked(client, f"/municipalities/{CHEMNITZ}", as_of="2026-06-30")
    assert same["online"]["own"]["numerator"] == 1


async def test_the_cells_behind_a_figure_name_their_events(client: Client) -> None:
    answer = await asked(client, "/municipalities/145110000000/cells", figure="online", limit="2")

    assert len(answer["items"]) == 2
    rest = await asked(client, "/municipalities/145110000000/cells", figure="online", after=answer["next"])
    keys = [cell["service"]["key"] for cell in answer["items"] + rest["items"]]
    assert len(keys) == len(set(keys)) == 3
    assert all(cell["status"]["event"] > 0 for cell in answer["items"])
    assert rest["next"] is None


async def test_figures_come_as_a_table(client: Client) -> None:
    plain = await client.get(f"{PREFIX}/regions/DE-SN", params={"format": "csv"})
    german = await client.get(f"{PREFIX}/regions/DE-SN", headers={"Accept": "text/csv", "Accept-Language": "de"})
    book = await client.get(f"{PREFIX}/municipalities/145110000000", params={"format": "xlsx"})

    rows = list(csv.DictReader(io.StringIO(plain.text)))
    assert rows[0]["figure"] == "online"
    assert (rows[0]["numerator"], rows[0]["denominator"], rows[0]["unit"]) == ("3", "11", "responsibilities")
    assert {row["section"] for row in rows} >= {"", "themes", "levels", "parts", "trend"}
    assert german.content.startswith(b"\xef\xbb\xbf")
    assert "0,2727" in german.text
    sheet = openpyxl.load_workbook(io.BytesIO(book.content)).active
    assert sheet is not None
    assert [cell.value for cell in sheet[1]][:4] == ["section", "key", "title", "figure"]


async def test_lists_come_as_tables_too(client: Client) -> None:
    found = await client.get(f"{PREFIX}/municipalities/145225119010/opportunities", params={"format": "csv"})

    (row,) = csv.DictReader(io.StringIO(found.text))
    assert (row["slug"], row["services"], row["position"] != "") == ("postausgang-sachsen", OUTBOX, True)


async def test_opportunities_blind_spots_and_peers_are_asked_by_municipality(client: Client) -> None:
    open_here = await asked(client, "/municipalities/145225119010/opportunities")
    assert [one["slug"] for one in open_here["items"]] == ["postausgang-sachsen"]
    assert open_here["items"][0]["availability"]["from"] == "2026-11-11"
    assert (await asked(client, "/municipalities/145110000000/blind-spots"))["items"] == []
    peers = await asked(client, "/municipalities/145110000000/peers", service=LICENCE)
    assert [peer["municipality"]["name"] for peer in peers["items"]] == ["Kiel, Landeshauptstadt"]


@pytest.mark.parametrize(
    ("path", "query", "status", "field"),
    [
        ("/regions/DE-SN", {"as_of": "2027-01-01"}, 422, "as_of"),
        ("/regions/DE-SN", {"known_at": "2026-11-21"}, 422, "known_at"),
        ("/regions/DE-SN", {"as_of": "1815-06-18"}, 422, "as_of"),
        ("/regions/DE-SN", {"as_of": "yesterday"}, 400, "as_of"),
        ("/regions/DE-SN", {"at_least": "-1"}, 400, "at_least"),
        ("/regions/DE-SN", {"format": "pdf"}, 400, "format"),
        ("/regions/XX-YY", {}, 404, "region"),
        ("/regions/saxony", {}, 400, "region"),
        ("/municipalities/999999999999", {}, 404, "municipality"),
        ("/municipalities/14713", {}, 400, "municipality"),
        ("/services/99999999999999", {}, 404, "service"),
        ("/themes/wetter", {}, 404, "theme"),
        ("/themes/umwelt", {"region": "XX"}, 404, "region"),
        ("/bundles/99999", {}, 404, "bundle"),
        ("/solutions/nothing", {}, 404, "solution"),
        ("/definitions/nothing", {}, 404, "definition"),
        ("/municipalities/145110000000/cells", {"after": "rubbish"}, 400, "after"),
        ("/municipalities/145110000000/peers", {"service": "dog"}, 400, "service"),
        ("/municipalities/145110000000/peers", {"service": "basis:nothing"}, 404, "service"),
    ],
)
async def test_what_cannot_be_answered_is_explained(
    client: Client, path: str, query: dict[str, str], status: int, field: str | None
) -> None:
    answer = await client.get(f"{PREFIX}{path}", params=query)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert answer.json().get("field") == field


async def test_an_answer_can_wait_for_an_event(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("progress.desk.WAIT_SECONDS", 0.2)
    position = (await asked(client, "/overview"))["position"]

    assert (await asked(client, "/overview", at_least=str(position)))["position"] == position
    late = await asked(client, "/overview", status=503, at_least=str(position + 1))
    never = await asked(client, "/overview", status=422, at_least=str(2**62))
    assert (late["field"], never["field"]) == ("at_least", "at_least")


@pytest.mark.parametrize("path", ["/overview", "/municipalities/145110000000", "/", "/kommunen/145110000000"])
async def test_who_has_the_answer_already_is_told_that_nothing_is_new(
    client: Client, progress_database: AsyncEngine, path: str
) -> None:
    address = path if path.startswith("/kommunen") or path == "/" else f"{PREFIX}{path}"
    first = await client.get(address)
    known = {"If-None-Match": f'"other", {first.headers["etag"]}'}

    again = await client.get(address, headers=known)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (await client.get(address, headers=known | {"Accept-Language": "en"})).status_code == 200
    assert (await client.get(address, headers=known, params={"as_of": "2026-06-30"})).status_code == 200
    async with progress_database.begin() as connection:
        await connection.execute(text("UPDATE followers SET position = position + 1"))
    assert (await client.get(address, headers=known)).status_code == 200


async def test_a_service_lists_who_has_it(client: Client) -> None:
    first = await asked(client, f"/services/{MOVING}/cells", region="DE-SN", limit="2")
    second = await asked(client, f"/services/{MOVING}/cells", region="DE-SN", after=first["next"])
    online = await asked(client, f"/services/{MOVING}/cells", online="true")

    names = [place["municipality"]["name"] for place in first["items"] + second["items"]]
    assert names == ["Altmittweida", "Chemnitz, Stadt", "Leipzig, Stadt", "Mittweida, Stadt"]
    assert [place["municipality"]["id"] for place in online["items"]] == [CHEMNITZ]


async def test_the_document_describes_every_form(client: Client) -> None:
    document = await asked(client, "/openapi.json")

    content = document["paths"]["/overview"]["get"]["responses"]["200"]["content"]
    assert set(content) >= {"application/json", "text/csv"}


async def test_what_progress_may_say_is_described(client: Client) -> None:
    document = await asked(client, "/asyncapi.json")
    assert document["asyncapi"].startswith("3.")
    assert (await asked(client, "/schemas/milestone-reached/v1"))["type"] == "object"
