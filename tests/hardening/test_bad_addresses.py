"""The pages people look at are asked by anyone, with anything."""

from typing import Final

import pytest

from tests.hardening.conftest import Opened
from tests.hardening.place import problem_of

SCRIPT: Final = "%3Cscript%3Ealert(1)%3C/script%3E"
QUERIES: Final = [
    "q=",
    f"q={SCRIPT}",
    f"q={'%C3%9F' * 200}",
    f"q={'a+' * 99}",
    "q=%25&q=_",
    "q=%00",
    "q=%FF%FE",
    "q=%F0%9F%8F%9B%EF%B8%8F",
    f"q={'x' * 300}",
    "lang=%22%3E",
    "as_of=gestern",
    "as_of=2999-01-01",
    "as_of=0001-01-01",
    "known_at=null",
    "as_of=&known_at=2025-01-01",
    "unknown=1&unknown=2",
]
PAGES: Final = ["", "kommunen/147130000000", "kommunen/999999999999", "kommunen/Leipzig", f"kommunen/{SCRIPT}"]


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_shows_itself_or_says_what_is_wrong(opened: Opened, page: str) -> None:
    place = await opened("progress")
    for query in QUERIES:
        answer = await place.call("GET", f"/{page}?{query}")
        assert answer.status_code in {200, 400, 404, 422}, (query, answer.text)
        if answer.headers["content-type"].startswith("text/html"):
            assert "<script>alert" not in answer.text
            assert "default-src 'none'" in answer.headers["content-security-policy"]
        else:
            problem_of(answer)
