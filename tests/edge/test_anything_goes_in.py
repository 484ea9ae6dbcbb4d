"""Whatever is sent, the answer is one of ours: no other exception leaves a parser."""

import contextlib
import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bodies import decode, refuse_nul
from edge.conditional import etag, parse_idempotency_key, parse_tags
from edge.explaining import explain, where
from edge.language import preferred
from edge.logs import redact
from edge.paging import cursor, read_cursor
from edge.problems import Problem
from edge.testing import Tokens
from edge.token_refusals import TokenRefused
from tests.edge.shelf import Label

VERIFIER = Tokens().verifier()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.text())
def test_any_header_is_read_or_refused(header: str) -> None:
    for parse in (parse_tags, parse_idempotency_key):
        with contextlib.suppress(Problem):
            parse(header)
    assert preferred(header) in {"en", "de"}


@given(st.sets(st.integers(0, 10**15), min_size=1, max_size=5))
def test_every_etag_we_hand_out_is_understood(versions: set[int]) -> None:
    tags = parse_tags(", ".join(etag(version) for version in versions))
    assert tags.versions == versions
    assert all(tags.match(version) for version in versions)


@given(st.text())
def test_any_cursor_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(Problem):
        read_cursor(text, tuple[str, int])


@given(st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])), st.integers(-(2**63), 2**63 - 1))
def test_any_sort_key_survives_its_cursor(name: str, number: int) -> None:
    assert read_cursor(cursor((name, number)), tuple[str, int]) == (name, number)


@given(st.text() | st.from_regex(r"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}", fullmatch=True))
def test_any_token_is_refused_in_words(token: str) -> None:
    with contextlib.suppress(TokenRefused):
        raise AssertionError(VERIFIER.verify(token))


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_body_is_decoded_or_refused(body: bytes) -> None:
    with contextlib.suppress(Problem):
        decode(body, Label)


@given(st.dictionaries(st.sampled_from(["text", "colour", "weight", "packed_on", "tags"]), VALUES, min_size=1))
def test_a_refused_field_is_always_named(value: dict[str, Any]) -> None:
    refused = _refusal(json.dumps(value).encode())
    if refused is not None:
        assert refused.field is not None
        assert refused.document("de")["errors"][0]["detail"]


def _refusal(body: bytes) -> Problem | None:
    try:
        decode(body, Label)
    except Problem as problem:
        return problem
    return None


@given(st.text())
@settings(max_examples=200)
def test_a_nul_is_found_wherever_it_stands(text: str) -> None:
    body = json.dumps({"a": [text]}).encode()
    try:
        refuse_nul(body, escaped=True)
    except Problem:
        assert "\x00" in text
    else:
        assert "\x00" not in text


@given(st.text(), st.sampled_from([Label, int, list[Label], None]))
def test_any_complaint_can_be_explained(said: str, kind: Any) -> None:
    message, path = where(said)
    assert explain(message, kind, path) is not None


@given(st.dictionaries(st.text(), VALUES))
def test_any_log_line_can_be_redacted(line: dict[str, Any]) -> None:
    assert redact(None, "info", line) is not None
