"""One way to make a service's web app, so that whoever knows one knows all."""

import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Request
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.router import Router
from litestar.types import ControllerRouterHandler

from edge.answering import Answering
from edge.asking import EdgeRequest
from edge.correlation import uuid7
from edge.counting import Quotas
from edge.docs import docs_routes
from edge.documenting import document_route
from edge.entering import entrance
from edge.guarding import Reading, reading_guard, routes, unguarded
from edge.handling import problem_handlers
from edge.headers import API_POLICY, security_headers
from edge.health import Check, Condition, Version, health_routes
from edge.issuer import Issuer
from edge.limits import JSON_BODY_LIMIT, REQUEST_TIMEOUT, give
from edge.metrics import Metrics
from edge.paging import paging
from edge.problems import Problem, not_found
from edge.querying import check_query
from edge.sessions import Sessions
from edge.status import Facts, status_routes
from edge.tokens import Verifier
from edge.tracing import kept

if TYPE_CHECKING:
    from edge.spans import Tracing

Hook = Callable[[Request[Any, Any, Any]], Awaitable[Any]]


class RouteUnguarded(Exception):
    """A route that writes needs `guards=[require(…)]` or `opt=OPEN`."""


def create(
    name: str,
    version: str,
    route_handlers: Sequence[ControllerRouterHandler],
    *,
    verifier: Verifier | None,
    issuer: Issuer | None = None,
    quota: Quotas | None = None,
    sessions: Sessions | None = None,
    reading: Reading = "public",
    tracing: "Tracing | None" = None,
    public_url: str | None = None,
    title: str | None = None,
    description: str | None = None,
    revision: str | None = None,
    checks: Mapping[str, Check] | None = None,
    conditions: Mapping[str, Condition] | None = None,
    metrics: Metrics | None = None,
    facts: Facts | None = None,
    neighbours: Mapping[str, str] | None = None,
    refusals: Mapping[type[Exception], Callable[[Any], Problem]] | None = None,
    dependencies: Mapping[str, Provide] | None = None,
    state: Mapping[str, Any] | None = None,
    lifespan: Sequence[Any] = (),
    new_id: Callable[[], uuid.UUID] = uuid7,
    body_limit: int = JSON_BODY_LIMIT,
    request_timeout: float = REQUEST_TIMEOUT,
    content_security_policy: str = API_POLICY,
    docs: bool = True,
    **litestar: Any,
) -> Litestar:
    """A Litestar app with problems, tokens, limits, logs, metrics, health and docs, the same for every service."""
    measures = metrics or Metrics(name)
    shown = title or name
    what, troubles = Version(name, version, revision), _with_issuer(conditions or {}, issuer)
    own = [
        *health_routes(what, checks or {}, troubles),
        *(status_routes(what, checks or {}, troubles, facts, neighbours or {}) if facts is not None else []),
        measures.route(),
        *([document_route(), *docs_routes(shown, version)] if docs else []),
    ]
    app = Litestar(
        [*route_handlers, *own],
        request_class=EdgeRequest,
        request_max_body_size=body_limit,
        exception_handlers=problem_handlers(refusals),
        guards=[*([reading_guard] if reading == "token" else []), *litestar.pop("guards", ())],
        before_request=_before(litestar.pop("before_request", None)),
        dependencies={"paging": paging()} | dict(dependencies or {}),
        state=State(
            {"verifier": verifier, "issuer": issuer, "reading": reading, "public_url": public_url, "metrics": measures}
            | {"limited": quota is not None, "sessions": sessions}
            | dict(state or {})
        ),
        lifespan=[lambda _: kept(tracing), *([lambda _: issuer.kept()] if issuer is not None else []), *lifespan],
        openapi_config=_openapi(shown, version, description) if docs else None,
        logging_config=None,
        debug=False,
        pdb_on_exception=False,
        **litestar,
    )
    if open_routes := unguarded(app):
        raise RouteUnguarded(", ".join(open_routes))
    methods: dict[str, set[str]] = {}
    for method, path, _ in routes(app):
        methods.setdefault(path, set()).add(method)
    app.asgi_handler = Answering(  # around all, because Litestar's own middleware begins only after routing
        app.asgi_handler,
        metrics=measures,
        new_id=new_id,
        headers=security_headers(content_security_policy),
        methods=methods,
        seconds=request_timeout,
        tracing=tracing,
        entrance=entrance(verifier, issuer, quota, sessions),
    )
    return app


def _with_issuer(conditions: Mapping[str, Condition], issuer: Issuer | None) -> Mapping[str, Condition]:
    return {**conditions, "identity": lambda: issuer.trouble} if issuer is not None else conditions


def _before(following: Hook | None) -> Hook:
    """What each route asks for: its own limit, and plain queries. Not guards, because each of these costs a copy of the handler."""

    async def before(request: Request[Any, Any, Any]) -> Any:
        scope = request.scope
        handler = scope["route_handler"]
        if "timeout" in handler.opt:
            give(scope, handler.opt["timeout"])
        if scope["query_string"]:
            check_query(scope["query_string"], handler)
        return await following(request) if following is not None else None

    return before


def _openapi(title: str, version: str, description: str | None) -> OpenAPIConfig:
    """Litestar builds the document; its own pages are put out of the way, ours are in `docs` and `documenting`."""
    return OpenAPIConfig(
        title=title,
        version=version,
        description=description,
        use_handler_docstrings=True,
        operation_id_creator=lambda handler, method, path: handler.handler_name,  # noqa: ARG005 - Litestar calls it with all three
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        openapi_router=Router(
            "/-/litestar", route_handlers=[], include_in_schema=False, opt={"open": True}, before_request=_nothing_here
        ),
    )


def _nothing_here(request: Request[Any, Any, Any]) -> None:
    raise not_found(request.scope["path"])
