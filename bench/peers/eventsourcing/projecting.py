"""Catching up with the Python library `eventsourcing`: a projection counts statuses by service and municipality's region.

As its documentation shows: a `ProjectionRunner`, a view that is a tracking recorder, one upsert and the position in one transaction
per event. Runs in the peer's own virtual environment, over events the peer recorded itself.
"""

import json
import sys
import time
from typing import Any

from appending import Catalog, Status, answer, environment_of
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.sql import SQL

CALLERS = 16


class Counts(PostgresTrackingRecorder):
    """One row per region and service."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sql_create_statements.append(
            SQL(
                "CREATE TABLE IF NOT EXISTS counts (region text, service text, recorded bigint, PRIMARY KEY (region, service))"
            )
        )

    def count(self, data: dict[str, Any], tracking: Tracking) -> None:
        with self.datastore.transaction(commit=True) as cursor:
            self._insert_tracking(cursor, tracking)
            cursor.execute(
                "INSERT INTO counts VALUES (%s, %s, 1)"
                " ON CONFLICT (region, service) DO UPDATE SET recorded = counts.recorded + 1",
                (data["municipality"]["region"], data["service"]["key"]),
            )

    def forget(self) -> None:
        """The tables themselves: the library would take an empty one of its own for one that an older release left."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(f"DROP TABLE counts, {self.tracking_table_name}")


class Counting(Projection[Counts]):
    """What is done with each event."""

    name = "counting"

    @singledispatchmethod
    def process_event(self, _: Any, tracking: Tracking) -> None:
        self.view.insert_tracking(tracking)

    @process_event.register
    def recorded(self, event: Status.Recorded, tracking: Tracking) -> None:
        self.view.count(event.data, tracking)


def project(env: dict[str, str], last: int) -> float:
    """Events per second from the first to the last."""
    with ProjectionRunner(application_class=Catalog, projection_class=Counting, view_class=Counts, env=env) as runner:
        began = time.perf_counter()
        runner.wait(last, timeout=300)
        seconds = time.perf_counter() - began
        runner.projection.view.forget()
    return last / seconds


def main(url: str, data: str) -> None:
    env = environment_of(url)
    application: Catalog = Catalog(env=env)
    last = 0
    for line in sys.stdin:
        try:
            question = json.loads(line)
            while last < question["count"]:
                answer(application, json.loads(data), {"callers": CALLERS, "seconds": 1.0})
                last = application.recorder.max_notification_id() or 0
            answered: dict[str, Any] = {"rate": project(env, last), "count": last}
        except Exception as error:  # noqa: BLE001 - told to whoever asked
            answered = {"error": repr(error)}
        print(json.dumps(answered), flush=True)
    application.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
