"""How the sheet's bodies are described: one address, several formats."""

from dataclasses import dataclass

from litestar.openapi.spec import OpenAPIFormat, OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from catalog.importing.formats import MEDIA_TYPES
from catalog.reading.sheet_files import XLSX_TYPE

_BINARY = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY)
_TEXT = Schema(type=OpenAPIType.STRING)
_ROW = Schema(
    type=OpenAPIType.OBJECT,
    description="The sheet's columns, or the fields of a single status with `maturity` and `basis` as objects.",
    additional_properties=True,
)


@dataclass
class Downloading(Operation):
    """JSON, CSV or XLSX."""

    def __post_init__(self) -> None:
        found = (self.responses or {}).get("200")
        if found is not None and hasattr(found, "content"):
            content = dict(found.content or {})
            content["text/csv"] = OpenAPIMediaType(schema=_TEXT)
            content[XLSX_TYPE] = OpenAPIMediaType(schema=_BINARY)
            found.content = content


@dataclass
class Uploading(Operation):
    """Any format that is read, alone or as a file of a form."""

    def __post_init__(self) -> None:
        kinds = {kind: _BINARY if form == "xlsx" else _TEXT for kind, form in MEDIA_TYPES.items() if form != "json"}
        rows = Schema(type=OpenAPIType.ARRAY, items=_ROW)
        form = Schema(type=OpenAPIType.OBJECT, properties={"file": _BINARY}, required=["file"])
        whole = {"application/json": rows, **kinds, "multipart/form-data": form, "application/octet-stream": _BINARY}
        content = {kind: OpenAPIMediaType(schema=schema) for kind, schema in whole.items()}
        self.request_body = RequestBody(content=content, required=True, description="the sheet")
