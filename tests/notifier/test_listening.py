"""The receiver to try webhooks with."""

from datetime import UTC, datetime

import pytest

from notifier.domain.signature import secret, sign
from notifier.listening import described

SECRET = secret(b"k" * 24)
BODY = b'{"type":"ozg.notifier.alert-raised.v1","data":{"reason":"lacks-service","title":{"de":"Es gibt etwas."}}}'


@pytest.mark.parametrize(
    ("known", "body", "said"),
    [
        (SECRET, BODY, "signature right"),
        (SECRET, BODY + b" ", "SIGNATURE WRONG"),
        (None, BODY, "signature not checked"),
    ],
)
def test_it_says_whether_the_signature_is_right(known: str | None, body: bytes, said: str) -> None:
    headers = sign([SECRET], "msg_1", datetime(2026, 11, 22, tzinfo=UTC), BODY)
    assert described(headers, body, known) == f"{said} · ozg.notifier.alert-raised.v1 · lacks-service · Es gibt etwas."


def test_a_request_without_any_signature_is_wrong() -> None:
    assert described({}, BODY, SECRET).startswith("SIGNATURE WRONG")
