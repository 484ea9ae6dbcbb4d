"""The keys that stand in paths, as the document describes them. What is malformed is refused by the keys' own words."""

from typing import Annotated

from litestar.openapi.spec import Example
from litestar.params import PathParameter

_KEY = "[a-z][a-z0-9-]{0,15}:[A-Za-z0-9][A-Za-z0-9_-]{0,63}"

MunicipalityKey = Annotated[
    str,
    PathParameter(
        description="12 digits (Regionalschlüssel) or scheme:value; any key the municipality ever had",
        examples=[Example(value="147130000000")],
        schema_extra={"pattern": f"^([0-9]{{12}}|{_KEY})$"},
    ),
]
ServiceKey = Annotated[
    str,
    PathParameter(
        description="14 digits (LeiKa) or scheme:value",
        examples=[Example(value="99115005104000")],
        schema_extra={"pattern": f"^([0-9]{{14}}|{_KEY})$"},
    ),
]
SolutionSlug = Annotated[
    str,
    PathParameter(
        description="lower-case letters, digits and inner hyphens",
        examples=[Example(value="postausgang-sachsen")],
        schema_extra={"pattern": "^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$"},
    ),
]
RegionCode = Annotated[
    str,
    PathParameter(
        description="ISO 3166-2, or a country for all of it",
        examples=[Example(value="DE-SN")],
        schema_extra={"pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"},
    ),
]
