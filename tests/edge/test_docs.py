"""The documents that describe an interface are complete and load nothing from elsewhere."""

import re
from typing import Any

import schemathesis
from hypothesis import HealthCheck, settings
from litestar.testing import AsyncTestClient
from schemathesis.specs.openapi.checks import positive_data_acceptance

from edge.mounting import mount
from edge.testing import Tokens
from tests.edge.shelf import shelf_app

Client = AsyncTestClient[Any]
TOKENS = Tokens()
SCHEMA = schemathesis.openapi.from_asgi("/api/shelf/v1/openapi.json", mount({"/api/shelf/v1": shelf_app(TOKENS)}))


async def document(client: Client) -> dict[str, Any]:
    answer = await client.get("/api/shelf/v1/openapi.json")
    return answer.json()  # type: ignore[no-any-return]


async def test_the_document_is_openapi_3_1_below_the_prefix(shelf: Client) -> None:
    described = await document(shelf)
    assert described["openapi"].startswith("3.1")
    assert described["servers"] == [{"url": "/api/shelf/v1"}]
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert set(described["paths"]) >= {"/boxes", "/boxes/{key}", "/-/health", "/-/ready"}
    ids = [call["operationId"] for path in described["paths"].values() for call in path.values()]
    assert len(ids) == len(set(ids))


async def test_every_problem_an_operation_may_answer_is_documented(shelf: Client) -> None:
    described = await document(shelf)
    change = described["paths"]["/boxes/{key}"]["put"]
    assert set(change["responses"]) == {"200", "400", "401", "403", "404", "412", "413", "415", "422", "503"}
    for status, response in change["responses"].items():
        if int(status) >= 400:
            assert response["content"] == {
                "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
            }
    assert change["security"] == [{"bearer": []}]
    assert "304" in described["paths"]["/boxes/{key}"]["get"]["responses"]
    assert "security" not in described["paths"]["/boxes"]["get"]
    assert "ProblemDocument" not in str(described)


async def test_the_page_loads_only_what_this_app_serves(shelf: Client) -> None:
    page = await shelf.get("/api/shelf/v1/docs")
    assert page.headers["content-type"].startswith("text/html")
    linked = re.findall(r'(?:src|href|data-document)="([^"]+)"', page.text)
    assert len(linked) >= 4
    assert re.search(r"<script[^>]*>[^<]", page.text) is None
    for address in linked:
        if address != "data:,":
            assert address.startswith("/api/shelf/v1/")
            assert (await shelf.get(address)).status_code == 200
    style = (await shelf.get("/api/shelf/v1/docs/assets/swagger-ui.css")).text
    assert all(start.startswith("data:") for start in re.findall(r"url\(\s*['\"]?(.{5})", style))
    script = await shelf.get("/api/shelf/v1/docs/assets/swagger-ui.js", headers={"Accept-Encoding": "identity"})
    assert "SwaggerUIBundle" in script.text


@SCHEMA.parametrize()
@settings(max_examples=30, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_schemathesis_finds_no_fault_and_no_undocumented_answer(case: schemathesis.Case[Any]) -> None:
    # No schema can say which cursors were handed out, so a well-formed but foreign one may be refused.
    case.call_and_validate(headers=TOKENS.bearer("operator"), excluded_checks=[positive_data_acceptance])
