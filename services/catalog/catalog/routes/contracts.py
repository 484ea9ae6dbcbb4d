"""What the catalog may say."""

from edge.contracts import contract_routes
from events.describing import asyncapi, find_schema

HANDLERS = contract_routes("catalog", asyncapi, find_schema)
