"""A tiny service with everything a real one has: a shelf of boxes with a label and a version."""

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from litestar import Litestar, Response, delete, get, post, put
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from edge import app as edge_app
from edge.asking import EdgeRequest
from edge.conditional import IDEMPOTENCY_KEY, IF_MATCH, IF_NONE_MATCH, check, etag, not_modified, takes
from edge.documenting import problems
from edge.guarding import OPEN, require
from edge.paging import Page, Paging, page, sliced
from edge.problems import Problem
from edge.testing import Tokens


class Label(msgspec.Struct, forbid_unknown_fields=True):
    """What a box says."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
    colour: Literal["red", "green"] = "red"
    weight: Annotated[int, msgspec.Meta(ge=0, le=100)] = 0
    packed_on: date | None = None
    tags: list[str] = []


class Box(msgspec.Struct):
    """A labelled box."""

    key: str
    version: int
    label: Label


class Fragile(Exception):
    """A refusal of the service's own."""


class Shelf:
    """Where the boxes stand."""

    def __init__(self) -> None:
        self.boxes: dict[str, Box] = {}


@get("/boxes", operation_id="find_boxes")
async def find_boxes(
    request: EdgeRequest,
    shelf: NamedDependency[Shelf],
    paging: NamedDependency[Paging],
    colour: FromQuery[Literal["red", "green"] | None] = None,
) -> Response[Page[Box]]:
    """Boxes by key."""
    start = paging.after_as(str) or ""
    rows = [box for key, box in sorted(shelf.boxes.items()) if key > start and colour in (None, box.label.colour)]
    items, more = sliced(rows, paging.limit)
    return page(request, items, items[-1].key if more else None)


@get("/boxes/{key:str}", operation_id="show_box", opt=takes(IF_NONE_MATCH))
async def show_box(request: EdgeRequest, key: FromPath[str], shelf: NamedDependency[Shelf]) -> Response[Box | None]:
    """One box."""
    box = _box(shelf, key)
    headers = {"ETag": etag(box.version)}
    if not_modified(request.if_none_match, box.version):
        return Response(None, status_code=304, headers=headers)
    return Response(box, headers=headers)


@put(
    "/boxes/{key:str}",
    operation_id="label_box",
    guards=[require("editor", "operator")],
    opt=takes(IF_MATCH),
    responses=problems(422),
)
async def label_box(
    request: EdgeRequest, key: FromPath[str], data: JSONBody[Label], shelf: NamedDependency[Shelf]
) -> Response[Box]:
    """Put a label on a box."""
    if not request.caller.may_act_for(key.split(":", maxsplit=1)[0]):
        raise Problem(403, "not-your-box", "Not your box", f"{key} is not yours.")
    if data.text == "glass":
        raise Fragile
    if data.text == "crash":
        message = "the secret of whsec_c2VjcmV0"
        raise RuntimeError(message)
    known = shelf.boxes.get(key)
    check(request.if_match, known.version if known else None)
    box = Box(key, known.version + 1 if known else 1, data)
    shelf.boxes[key] = box
    return Response(box, status_code=200, headers={"ETag": etag(box.version)})


@delete("/boxes/{key:str}", operation_id="burn_box", guards=[require("operator")])
async def burn_box(key: FromPath[str], shelf: NamedDependency[Shelf]) -> None:
    """Burn a box."""
    _box(shelf, key)
    del shelf.boxes[key]


@post("/sheets", operation_id="read_sheet", guards=[require()], request_max_body_size=2_000_000, status_code=200)
async def read_sheet(request: EdgeRequest) -> dict[str, int]:
    """Read bytes of any kind."""
    return {"bytes": len(await request.body())}


@post("/wishes", operation_id="wish", opt=OPEN | takes(IDEMPOTENCY_KEY))
async def wish(request: EdgeRequest, data: JSONBody[Label]) -> dict[str, Any]:
    """Everyone may wish."""
    return {"wish": data.text, "key": request.idempotency_key}


def shelf_app(tokens: Tokens, shelf: Shelf | None = None, **options: Any) -> Litestar:
    """The service."""
    standing = shelf or Shelf()

    async def provide_shelf() -> Shelf:
        return standing

    return edge_app.create(
        "shelf",
        "1.2.3",
        [find_boxes, show_box, label_box, burn_box, read_sheet, wish, *options.pop("more", ())],
        verifier=tokens.verifier(),
        dependencies={"shelf": Provide(provide_shelf)},
        refusals={
            Fragile: lambda _: Problem(422, "fragile", "Fragile", {"en": "Too fragile.", "de": "Zu zerbrechlich."})
        },
        **options,
    )


def _box(shelf: Shelf, key: str) -> Box:
    try:
        return shelf.boxes[key]
    except KeyError:
        raise Problem(404, "box-unknown", "Unknown box", f"There is no box {key!r}.") from None
