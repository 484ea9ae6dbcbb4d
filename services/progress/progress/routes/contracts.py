"""What progress may say."""

from edge.contracts import contract_routes
from events.describing import asyncapi, find_schema

HANDLERS = contract_routes("progress", asyncapi, find_schema)
