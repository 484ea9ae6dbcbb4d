"""One service in one town: what holds there, and recording it in place."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.harness.postgres import Databases
from tests.progress.pages.looking import shown, words
from tests.progress.pages.together import OWN, Together, together
from tests.situations.saxony import AMT_MITTWEIDA, CHEMNITZ, LEIPZIG

HERE = "/kommunen/147130000000/leistungen/99115005060000"
GOOD = {
    "phase": "live",
    "maturity": "ozg-1.1:3",
    "effective_on": "2026-11-01",
    "online_url": "https://leipzig.example/wohnsitz",
}


@pytest.fixture
async def both(make_database: Databases) -> AsyncIterator[Together]:
    async with together(make_database) as made:
        yield made


def version_in(html: str) -> str:
    return str(re.findall(r'name="version" value="(\d+)"', html)[0])


async def test_everybody_sees_what_holds_and_all_that_was_said(both: Together) -> None:
    await both.record(note="Frau X fragen")
    await both.record(phase="live", effective_on="2026-11-01", maturity={"model": "ozg-1.1", "level": 2})
    html = await shown(both.client, HERE)
    page = words(html)
    assert "live, Reifegrad 2" in page
    assert "geplant" in page
    assert "01.10.2026" in page
    assert "zuständig Leipzig" in page
    assert "Frau X" not in page
    assert "<form" not in html.split('id="content"')[1]
    english = words(await shown(both.client, HERE, language="en"))
    assert "live, level 2" in english


async def test_a_clerk_records_and_sees_it_at_once(both: Together) -> None:
    await both.sign_in()
    html = await shown(both.client, HERE)
    answer = await both.send(HERE, **GOOD, version=version_in(html), nonce="a", note="geprüft")
    assert answer.status_code == 303, answer.text
    after = await shown(both.client, answer.headers["location"])
    assert "Gespeichert." in words(after)
    assert "live, Reifegrad 3" in words(after)
    assert "Notiz: geprüft" in words(after)
    town = await shown(both.client, "/kommunen/147130000000")
    assert re.search(r't-compliant[^>]*href="/kommunen/147130000000/leistungen/99115005060000', town)
    (event,) = [one for one in await both.catalog.log() if "status-recorded" in one.type]
    assert event.actor.startswith(f"{LEIPZIG}/editor/")


async def test_what_does_not_do_is_said_beside_its_field_and_nothing_typed_is_lost(both: Together) -> None:
    await both.sign_in()
    for fields, field, said in (
        (GOOD | {"phase": ""}, "phase", "Bitte wählen"),
        (GOOD | {"effective_on": "31.2.2026"}, "effective_on", "kein Tag"),
        (GOOD | {"effective_on": ""}, "effective_on", "Bitte nennen Sie den Tag"),
        (GOOD | {"effective_on": "2026-12-01"}, "effective_on", "liegt in der Zukunft"),
        (GOOD | {"online_url": "leipzig.de"}, "online_url", "keine Webadresse"),
        (GOOD | {"solution": "no-such"}, "solution", "nicht veröffentlicht"),
        (GOOD | {"phase": "not_applicable"}, "reason", "braucht einen Grund"),
        (GOOD | {"maturity": "ozg-1.1:9"}, "maturity", "Stufe 9"),
    ):
        answer = await both.send(HERE, **(fields | {"note": "bleibt <b>"}), version="0", nonce="a")
        assert answer.status_code == 422, (field, answer.text)
        assert re.search(rf'id="{field}-wrong">[^<]*{said}', answer.text), (field, answer.text)
        assert "bleibt &lt;b&gt;" in answer.text
        assert "effective_on " not in words(answer.text)
    assert not [one for one in await both.catalog.log() if "status" in one.type]


async def test_days_may_be_written_as_people_do(both: Together) -> None:
    await both.sign_in()
    answer = await both.send(HERE, **(GOOD | {"effective_on": "1.11.2026"}), version="0", nonce="a")
    assert answer.status_code == 303


async def test_two_clerks_do_not_overwrite_each_other(both: Together) -> None:
    await both.sign_in()
    before = version_in(await shown(both.client, HERE))
    await both.record(phase="pilot", effective_on="2026-10-15")
    answer = await both.send(HERE, **GOOD, version=before, nonce="a")
    assert answer.status_code == 422
    page = words(answer.text)
    assert "Inzwischen hat jemand anderes" in page
    assert "Pilotbetrieb" in page
    assert 'value="https://leipzig.example/wohnsitz"' in answer.text
    again = await both.send(HERE, **GOOD, version=version_in(answer.text), nonce="a")
    assert again.status_code == 303


async def test_the_same_form_twice_is_recorded_once(both: Together) -> None:
    await both.sign_in()
    first = await both.send(HERE, **GOOD, version="0", nonce="a")
    second = await both.send(HERE, **GOOD, version="0", nonce="a")
    assert first.headers["location"] == second.headers["location"]
    assert len([one for one in await both.catalog.log() if "status-recorded" in one.type]) == 1


async def test_still_true_and_taken_back(both: Together) -> None:
    await both.record()
    await both.record(phase="live", effective_on="2026-11-01")
    await both.sign_in()
    confirmed = await both.send(f"{HERE}/bestaetigen")
    assert "bestätigt am 02.11.2026" in words(await shown(both.client, confirmed.headers["location"]))
    asked = await shown(both.client, f"{HERE}/zuruecknehmen")
    assert "Danach gilt wieder geplant" in words(asked)
    answer = await both.send(f"{HERE}/zuruecknehmen", version=version_in(asked))
    after = words(await shown(both.client, answer.headers["location"]))
    assert "Der Stand ist zurückgenommen." in after
    assert "Stand geplant" in after.replace("○ ", "")
    stale = await both.send(f"{HERE}/zuruecknehmen", version=version_in(asked))
    assert stale.status_code == 422


async def test_only_who_may_finds_a_form(both: Together) -> None:
    await both.sign_in(of=CHEMNITZ)
    assert 'name="phase"' not in await shown(both.client, HERE)
    refused = await both.send(HERE, **GOOD, version="0", nonce="a")
    assert refused.status_code == 422
    assert "Ihr Token gilt für" in refused.text
    await both.sign_in("operator", None)
    assert 'name="phase"' in await shown(both.client, HERE)


async def test_a_delegate_records_in_their_own_name(both: Together) -> None:
    granted = await both.catalog.call("PUT", f"/municipalities/147130000000/delegations/{AMT_MITTWEIDA}", json={})
    assert granted.is_success
    await both.sign_in(of=AMT_MITTWEIDA)
    html = await shown(both.client, HERE)
    answer = await both.send(HERE, **GOOD, version=version_in(html), nonce="a")
    assert answer.status_code == 303, answer.text
    assert "Verwaltungsgemeinschaft Mittweida" in words(await shown(both.client, HERE))


async def test_a_component_has_no_maturity_and_who_is_not_responsible_no_form(both: Together) -> None:
    await both.sign_in()
    component = await shown(both.client, "/kommunen/147130000000/leistungen/basis:postausgang")
    assert 'name="phase"' in component
    assert 'name="maturity"' not in component
    exam = words(await shown(both.client, "/kommunen/147130000000/leistungen/99018001001000"))
    assert "jemand anders zuständig" in exam
    assert "zuständig Sachsen" in exam


async def test_nobody_who_is_not_signed_in_records(both: Together) -> None:
    answer = await both.client.post(HERE, data=GOOD, headers=OWN, follow_redirects=False)
    assert answer.status_code == 401
    assert f"/anmelden?next={HERE}" in answer.text
    await shown(both.client, "/kommunen/147130000000/leistungen/99999999999999", status=404)
