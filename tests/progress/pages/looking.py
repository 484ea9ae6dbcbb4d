"""A page as a reader without script gets it: checked for what every page must be."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from html.parser import HTMLParser

from httpx import ASGITransport, AsyncClient
from litestar import Litestar

from edge.mounting import mount, running

Client = AsyncClient
Told = Callable[..., AbstractAsyncContextManager[Client]]
"""`async with told(story) as client`; with `tokens=` somebody can sign in, with `reading="token"` and alike as it is set."""


@asynccontextmanager
async def asking(app: Litestar) -> AsyncIterator[Client]:
    """The app as it is mounted, in the test's own loop, so that it can ask others that run there."""
    mounted = mount({"/api/progress/v1": app, "": app})
    transport = ASGITransport(mounted)  # type: ignore[arg-type]  # the same protocol, typed twice
    async with (
        running(mounted),
        AsyncClient(transport=transport, base_url="http://testserver.local", follow_redirects=True) as client,
    ):
        yield client


class Outline(HTMLParser):
    """The tags of a page, checked for balance, with their attributes."""

    void = frozenset({"meta", "link", "input", "br", "rect", "path", "line", "circle", "base"})

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.void:
            assert self.open.pop() == tag

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(attribute)) is not None]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


async def shown(client: Client, path: str, language: str = "", status: int = 200) -> str:
    """The HTML of a page that is well made: balanced, ids once, nothing inline, nothing from elsewhere."""
    answer = await client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == status, answer.text[:500]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    outline = Outline(answer.text)
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert outline.values("style") == []
    assert [name for _, attributes in outline.tags for name in attributes if name.startswith("on")] == []
    scripts = [one.get("src") or "" for one in outline.all("script")]
    assert all(source.startswith("/static/") for source in scripts)
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert not [
        value
        for tag, attributes in outline.tags
        for name in ("src", "href")
        if tag in ("script", "link", "img", "use") and re.match("https?://", value := attributes.get(name) or "")
    ]
    for label in [value for name in ("aria-labelledby", "for") for value in outline.values(name)]:
        assert set(label.split()) <= set(ids), label
    return answer.text


def words(html: str) -> str:
    """What a reader sees of it."""
    seen = re.sub(r'<span class="kern-sr-only">.*?</span>', "", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", seen).split())
