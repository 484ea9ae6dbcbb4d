"""What may be said, described for others: JSON Schemas, AsyncAPI documents and a page to read, all from the registry."""

from events.describing.asyncapi import asyncapi
from events.describing.schemas import envelope_schema, find_schema, schema

__all__ = ["asyncapi", "envelope_schema", "find_schema", "schema"]
