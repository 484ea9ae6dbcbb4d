"""`given(...).when(...).then(...)`, tried on the toy that also tries the log."""

import pytest

from events.deciding import Key
from events.testing import given
from tests.events.log.toy import Say, Tally, TallyKeeper, TooMuch, status

KEY = Key("tally", "a")


def test_what_was_given_is_known_when_deciding() -> None:
    situation = given([TallyKeeper()], (KEY, status("a", "once"))).when(Say("a", "again"))
    situation.then(status("a", "again"))
    assert situation.states[KEY] == Tally(2, "again")
    assert situation.answer is not None
    assert situation.answer.position == 2


def test_a_refusal_says_nothing() -> None:
    given([TallyKeeper()], (KEY, status("a", "1")), (KEY, status("a", "2"))).when(Say("a", most=1)).then_refused(
        TooMuch
    )


def test_each_command_sees_what_those_before_it_did() -> None:
    given([TallyKeeper()]).when(Say("a"), Say("a"), Say("a", most=1)).then_refused(TooMuch)


def test_other_facts_than_expected_fail() -> None:
    with pytest.raises(AssertionError):
        given([TallyKeeper()]).when(Say("a", "this")).then(status("a", "that"))
    with pytest.raises(AssertionError):
        given([TallyKeeper()]).when(Say("a")).then_refused(TooMuch)
    with pytest.raises(AssertionError):
        given([TallyKeeper()]).when(Say("a"), Say("a", most=0)).then()
