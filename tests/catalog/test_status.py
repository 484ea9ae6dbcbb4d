"""`/-/status` of the catalog: how far its log is, and what waits."""

from tests.harness.catalog import Catalog, body_of


async def test_the_log_and_the_queue_are_told(catalog: Catalog) -> None:
    said = body_of(await catalog.call("GET", "/-/status?format=json", role=None))
    log = await catalog.log()
    assert said["facts"] == {
        "version": said["facts"]["version"],
        "database": "ok",
        "append_queue_depth": 0,
        "log_position": len(log),
        "relay": None,
        "relay_lag": None,
    }
    assert said["status"] == "ok"
