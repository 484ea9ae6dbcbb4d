"""Who hears of what: the audience, one sentence at a time, on the real database."""

from datetime import timedelta

from events.contracts import catalog as c
from events.contracts import parts
from tests.notifier.alerts import Alerts, keys
from tests.notifier.telling import (
    ASSOCIATION,
    CHEMNITZ,
    FLENSBURG,
    LEIPZIG,
    LICENCE,
    OUTBOX,
    REGISTRATION,
    TODAY,
    Told,
    assigned,
    assignment_ended,
    availability,
    closed,
    opened,
    registered,
    solution,
    status,
    town,
)

POST = solution("postausgang", OUTBOX)
PORTAL = solution("portal", OUTBOX, REGISTRATION)


async def test_everyone_responsible_in_the_opened_region_hears_and_nobody_else(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE-SN"))
    assert await alerts.hearers() == ["Chemnitz", "Leipzig", "Verwaltungsverband"]
    (alert,) = await alerts(CHEMNITZ)
    assert alert.reason == "lacks-service"
    assert keys(alert) == [OUTBOX.key]
    assert alert.solution == parts.SolutionRef(slug="postausgang", name="Postausgang")
    assert alert.availability == availability("DE-SN")


async def test_a_country_covers_all_its_laender(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE"))
    assert "Flensburg" in await alerts.hearers()


async def test_only_named_members_hear(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, availability("DE-SN", members=[LEIPZIG])))
    assert await alerts.hearers() == ["Leipzig"]


async def test_only_the_level_that_delivers_a_service_hears(told: Told, alerts: Alerts) -> None:
    await told(opened(solution("umtausch", LICENCE), "DE"))
    assert await alerts.hearers() == ["Chemnitz", "Leipzig"]


async def test_one_alert_lists_all_services_that_are_lacking(told: Told, alerts: Alerts) -> None:
    await told(opened(PORTAL, "DE-SN"))
    (alert,) = await alerts(CHEMNITZ)
    assert keys(alert) == [REGISTRATION.key, OUTBOX.key]
    assert keys((await alerts(ASSOCIATION))[0]) == [OUTBOX.key]


async def test_who_has_it_online_hears_nothing_of_it(told: Told, alerts: Alerts) -> None:
    await told(status(CHEMNITZ, REGISTRATION, "live", level=2), opened(PORTAL, "DE-SN"))
    (alert,) = await alerts(CHEMNITZ)
    assert keys(alert) == [OUTBOX.key]


async def test_a_component_is_had_as_soon_as_it_is_live(told: Told, alerts: Alerts) -> None:
    await told(status(CHEMNITZ, OUTBOX, "live"), opened(POST, "DE-SN"))
    assert not await alerts(CHEMNITZ)


async def test_below_the_threshold_not_assessed_or_suspended_is_not_online(told: Told, alerts: Alerts) -> None:
    await told(
        status(CHEMNITZ, REGISTRATION, "live", level=1),
        status(LEIPZIG, REGISTRATION, "live"),
        status(FLENSBURG, REGISTRATION, "suspended", level=3),
        opened(solution("meldewesen", REGISTRATION), "DE"),
    )
    assert await alerts.hearers() == ["Chemnitz", "Flensburg", "Leipzig"]


async def test_what_is_not_applicable_is_not_lacking(told: Told, alerts: Alerts) -> None:
    await told(status(CHEMNITZ, OUTBOX, "not_applicable"), opened(POST, "DE-SN"))
    assert not await alerts(CHEMNITZ)


async def test_a_back_dated_status_that_another_follows_says_nothing_about_now(told: Told, alerts: Alerts) -> None:
    await told(status(CHEMNITZ, OUTBOX, "live", until=TODAY - timedelta(days=3)), opened(POST, "DE-SN"))
    assert await alerts(CHEMNITZ)


async def test_who_uses_the_solution_already_hears_nothing(told: Told, alerts: Alerts) -> None:
    await told(status(CHEMNITZ, OUTBOX, "in_implementation", solution="postausgang"), opened(POST, "DE-SN"))
    assert not await alerts(CHEMNITZ)


async def test_opening_the_same_again_within_180_days_is_silent(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE-SN"))
    told.later(days=180)
    await told(closed(POST, "DE-SN"), opened(POST, "DE-SN"), opened(POST, "DE"))
    assert len(await alerts(CHEMNITZ)) == 1
    assert len(await alerts(FLENSBURG)) == 1
    told.later(days=1)
    await told(closed(POST, "DE-SN"), opened(POST, "DE-SN"))
    assert len(await alerts(CHEMNITZ)) == 2


async def test_an_opening_on_a_later_day_is_told_once_with_the_day(told: Told, alerts: Alerts) -> None:
    day = TODAY + timedelta(days=60)
    await told(opened(POST, availability("DE-SN", from_=day)))
    told.later(days=60)
    await told(status(LEIPZIG, REGISTRATION, "planned"))
    (alert,) = await alerts(CHEMNITZ)
    assert alert.availability is not None
    assert alert.availability.from_ == day
    assert "19.01.2027" in alert.title["de"]
    assert "19 January 2027" in alert.title["en"]


async def test_an_opening_that_ended_before_it_was_told_alerts_nobody(told: Told, alerts: Alerts) -> None:
    past = availability("DE-SN", from_=TODAY - timedelta(days=9), until=TODAY)
    await told(opened(POST, past))
    assert not await alerts()


async def test_a_service_added_later_is_told_to_those_who_lack_it(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE-SN"), status(LEIPZIG, REGISTRATION, "live", level=3))
    revised = c.SolutionRevised(
        solution=solution("postausgang", OUTBOX, REGISTRATION), added=(REGISTRATION,), removed=()
    )
    await told(revised)
    first, second = await alerts(CHEMNITZ)
    assert (keys(first), keys(second)) == ([OUTBOX.key], [REGISTRATION.key])
    assert len(await alerts(LEIPZIG)) == 1


async def test_who_delivers_for_others_hears_instead_of_them(told: Told, alerts: Alerts) -> None:
    await told(
        assigned(ASSOCIATION, REGISTRATION, members=[LEIPZIG, FLENSBURG]),
        opened(solution("meldewesen", REGISTRATION), "DE-SN"),
    )
    assert await alerts.hearers() == ["Chemnitz", "Verwaltungsverband"]


async def test_who_keeps_it_under_a_region_wide_assignment_hears_too(told: Told, alerts: Alerts) -> None:
    await told(
        assigned(ASSOCIATION, REGISTRATION, region="DE-SN"),
        assigned(LEIPZIG, REGISTRATION, members=[LEIPZIG]),
        opened(solution("meldewesen", REGISTRATION), "DE"),
    )
    assert await alerts.hearers() == ["Flensburg", "Leipzig", "Verwaltungsverband"]


async def test_a_responsibility_gained_later_brings_the_alert(told: Told, alerts: Alerts) -> None:
    await told(opened(solution("meldewesen", REGISTRATION), "DE-SN"))
    gained = assigned(ASSOCIATION, REGISTRATION, members=[LEIPZIG])
    await told(gained)
    assert keys((await alerts(ASSOCIATION))[0]) == [REGISTRATION.key]
    told.later(days=200)
    await told(assignment_ended(gained))
    assert len(await alerts(LEIPZIG)) == 2
    assert len(await alerts(ASSOCIATION)) == 1


async def test_a_newcomer_hears_of_what_is_open(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE-SN"))
    newcomer = town("ars:146120000000", "Dresden")
    await told(registered(newcomer))
    assert len(await alerts(newcomer)) == 1
    assert len(await alerts(CHEMNITZ)) == 1


async def test_users_hear_of_changed_terms_and_new_members_of_the_opening(told: Told, alerts: Alerts) -> None:
    before = availability("DE-SN", members=[CHEMNITZ])
    await told(status(CHEMNITZ, OUTBOX, "live", solution="postausgang"), opened(POST, before))
    assert not await alerts()
    after = availability("DE-SN", members=[CHEMNITZ, LEIPZIG])
    await told(c.SolutionTermsChanged(solution=POST, availability=after, replaced=before))
    assert [(one.reason, keys(one)) for one in await alerts(CHEMNITZ)] == [("uses-solution", [OUTBOX.key])]
    assert [one.reason for one in await alerts(LEIPZIG)] == ["lacks-service"]


async def test_users_hear_of_the_end(told: Told, alerts: Alerts) -> None:
    await told(opened(POST, "DE"), status(CHEMNITZ, OUTBOX, "pilot", solution="postausgang"))
    await told(closed(POST, "DE"))
    assert [one.reason for one in await alerts(CHEMNITZ)] == ["lacks-service", "uses-solution"]
    assert [one.reason for one in await alerts(LEIPZIG)] == ["lacks-service"]


async def test_a_withdrawn_solution_alerts_those_who_use_it(told: Told, alerts: Alerts) -> None:
    await told(status(FLENSBURG, OUTBOX, "live", solution="postausgang"), opened(POST, "DE-SN"))
    await told(c.SolutionWithdrawn(solution=POST))
    assert [one.reason for one in await alerts(FLENSBURG)] == ["uses-solution"]
    await told(registered(town("ars:146120000000", "Dresden")))
    assert "Dresden" not in await alerts.hearers()


async def test_a_municipality_that_is_no_more_hears_nothing(told: Told, alerts: Alerts) -> None:
    await told(
        c.MunicipalityMerged(
            municipality=LEIPZIG, successor=CHEMNITZ, effective_on=TODAY, basis=parts.Basis(kind="reference-data")
        ),
        c.MunicipalityDissolved(municipality=ASSOCIATION, effective_on=TODAY, basis=parts.Basis(kind="reference-data")),
        opened(POST, "DE-SN"),
    )
    assert await alerts.hearers() == ["Chemnitz"]


async def test_demonstration_is_marked(told: Told, alerts: Alerts) -> None:
    await told(opened(solution("muster", OUTBOX, basis="demonstration"), "DE-SN"))
    (alert,) = await alerts(CHEMNITZ)
    assert alert.demonstration is True
    assert alert.title["de"].startswith("[Demonstration]")


async def test_an_alert_names_its_cause_and_sees_the_world_of_that_moment(told: Told, alerts: Alerts) -> None:
    heard = await told(
        status(CHEMNITZ, OUTBOX, "planned"),
        opened(POST, "DE-SN"),
        status(CHEMNITZ, OUTBOX, "live"),
        correlation_id="abc",
    )
    (alert,) = await alerts(CHEMNITZ)
    assert (alert.about.id, int(alert.about.sequence)) == (heard[1].id, heard[1].position)
    assert "Postausgang" in alert.title["de"]
    assert "20.11.2026" in alert.title["de"]
    assert "https://example.org/terms" in alert.title["en"]
