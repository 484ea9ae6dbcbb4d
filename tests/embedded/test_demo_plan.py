"""What the demonstration says, before it is said."""

from collections import Counter
from datetime import date

from embedded.demo.offers import OFFERS
from embedded.demo.plan import ALWAYS_REPORTING, DAYS, Asked, Town, rows

TODAY = date(2026, 11, 22)
SERVICES = [
    Asked("leika:99115005104000", "commune", "service"),
    Asked("leika:99107023000000", "district", "service"),
    Asked("basis:postausgang", "internal", "component"),
    *(Asked(f"leika:9900000000{n:04}", "commune", "service") for n in range(60)),
]
CITY = Town("ars:140000000001", ("commune", "district"), ALWAYS_REPORTING)


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    assert rows(CITY, SERVICES, OFFERS, TODAY) == rows(CITY, SERVICES, OFFERS, TODAY)
    assert rows(CITY, SERVICES, OFFERS, TODAY, seed=1) != rows(CITY, SERVICES, OFFERS, TODAY)


def test_it_is_back_dated_over_two_years_and_never_in_the_future() -> None:
    days = [date.fromisoformat(row["effective_on"]) for row in rows(CITY, SERVICES, OFFERS, TODAY)]
    assert days == sorted(days)
    assert all(0 < (TODAY - day).days < DAYS for day in days)


def test_a_service_says_one_thing_a_day() -> None:
    said = Counter((row["service"], row["effective_on"]) for row in rows(CITY, SERVICES, OFFERS, TODAY))
    assert set(said.values()) == {1}


def test_a_town_speaks_only_of_what_it_delivers() -> None:
    village = Town("ars:140000000002", ("commune",), ALWAYS_REPORTING)
    assert "leika:99107023000000" not in {row["service"] for row in rows(village, SERVICES, OFFERS, TODAY)}


def test_a_component_has_no_maturity_and_a_solution_covers_its_service() -> None:
    said = [row for n in range(40) for row in rows(Town(f"t:{n}", CITY.levels, 90_000), SERVICES, OFFERS, TODAY)]
    assert not [row for row in said if row["service"].startswith("basis:") and "maturity" in row]
    covered = {offer.slug: offer.body["services"] for offer in OFFERS}
    used = [row for row in said if "solution" in row]
    assert used
    assert all(row["service"] in covered[row["solution"]] for row in used)


def test_some_small_towns_report_nothing() -> None:
    sizes = [len(rows(Town(f"t:{n}", ("commune",), 900), SERVICES, OFFERS, TODAY)) for n in range(60)]
    assert 0 < sizes.count(0) < 60
