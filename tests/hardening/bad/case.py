"""One call that nobody should make, and what whoever makes it is told."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from httpx import Response

from tests.hardening.place import problem_of

STATUS: Final = "/municipalities/{municipality}/services/{service}/status"
SHEET: Final = "/municipalities/{municipality}/statuses"
JSON: Final = "application/json"
CSV: Final = "text/csv"
LONGEST_DETAIL: Final = 1000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class Bad(NamedTuple):
    """`words` are those of the detail that help; `field` is what a program gets."""

    name: str
    service: str
    method: str
    path: str
    status: int
    words: tuple[str, ...]
    field: str | None = None
    body: bytes | Callable[[], bytes] | None = None
    headers: Mapping[str, str] = {}
    role: str | None = None
    rows: tuple[str, ...] = ()
    """Of the errors of rows, words that help."""

    def __str__(self) -> str:
        return self.name.replace(" ", "_")

    def path_with(self, known: Mapping[str, str]) -> str:
        """With keys that there are."""
        return self.path.replace("{municipality}", known["municipality"]).replace("{service}", known["service"])

    def content_with(self, known: Mapping[str, str]) -> bytes | None:
        """The body, made now if it is large."""
        body = self.body() if callable(self.body) else self.body
        return (
            body if body is None or b"{service}" not in body else body.replace(b"{service}", known["service"].encode())
        )


def judge(bad: Bad, answer: Response, *, words: bool = True) -> Any:
    """The problem, if it is the one that was to come."""
    problem = problem_of(answer)
    assert answer.status_code == bad.status, problem
    assert problem.get("field") == bad.field, problem
    assert len(problem["detail"]) < LONGEST_DETAIL
    if words:
        missing = [word for word in bad.words if word not in problem["detail"]]
        told = " ".join(error["detail"] for error in problem.get("errors", ()))
        missing += [word for word in bad.rows if word not in told]
        assert not missing, problem
    return problem


def asked(
    name: str, service: str, path: str, status: int, *words: str, field: str | None = None, **headers: str
) -> Bad:
    """A question."""
    named = {header.replace("_", "-"): value for header, value in headers.items()}
    role = "operator" if path.startswith("/subscriptions") else None
    return Bad(name, service, "GET", path, status, words, field, headers=named, role=role)


def sent(
    name: str,
    method: str,
    path: str,
    body: Any,
    status: int,
    *words: str,
    field: str | None = None,
    service: str = "catalog",
    content_type: str = JSON,
    headers: Mapping[str, str] = {},
    rows: tuple[str, ...] = (),
) -> Bad:
    """A change: bytes as they are, all else as JSON."""
    raw = body if body is None or isinstance(body, bytes) or callable(body) else msgspec.json.encode(body)
    with_type = {"Content-Type": content_type} if content_type and raw is not None else {}
    return Bad(name, service, method, path, status, words, field, raw, {**with_type, **headers}, "operator", rows)
