"""What the notifier may say."""

from edge.contracts import contract_routes
from events.describing import asyncapi, find_schema

HANDLERS = contract_routes("notifier", asyncapi, find_schema)
