"""What a path names: a municipality and a service."""

from catalog.desk import desk
from catalog.domain import municipality as municipalities
from catalog.domain import service as services
from catalog.domain.municipality import Municipality, MunicipalityUnknown
from catalog.domain.service import Service
from catalog.keeping.looking import look
from edge.asking import EdgeRequest
from events.contracts.keys import municipality_id, service_key


async def cell(request: EdgeRequest, municipality: str, service: str) -> tuple[Municipality, Service]:
    """Both, by any key the municipality ever had. Raises MalformedKey, MunicipalityUnknown, ServiceUnknown."""
    here_key, what_key = municipalities.key_of(municipality_id(municipality)), services.key_of(service_key(service))
    states = await look(desk(request).engine, [here_key, what_key])
    here: Municipality | None = states.get(here_key)
    if here is None:
        raise MunicipalityUnknown(here_key.id)
    return here, services.known(states, what_key.id)
