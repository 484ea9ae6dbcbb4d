"""Addresses inside the pages: whoever chose a language or a day keeps it on the way."""

from collections.abc import Mapping
from datetime import date
from urllib.parse import quote, urlencode, urlsplit

from events.contracts.keys import bare
from progress.projections.moment import Moment


class Links:
    """The addresses of one answer. `kept` are the parameters that the reader chose and takes along."""

    def __init__(self, root: str, path: str, query: Mapping[str, str], kept: Mapping[str, str]) -> None:
        self.root = root
        self._path = path
        self._query = query
        self._kept = kept

    def to(self, path: str, **more: object) -> str:
        """A page, with what is kept and these parameters; one that is None is left out."""
        asked = {**self._kept, **{name: _text(value) for name, value in more.items() if value is not None}}
        return f"{self.root}{quote(path)}" + (f"?{urlencode(asked, safe='/')}" if asked else "")

    def here(self, **changed: object) -> str:
        """This very page with all its parameters, some of them changed, None left out."""
        asked = {name: value for name, value in self._query.items() if value} | {
            name: "" if value is None else _text(value) for name, value in changed.items()
        }
        asked = {name: value for name, value in asked.items() if value}
        return f"{self.root}{quote(self._path)}" + (f"?{urlencode(asked, safe='/')}" if asked else "")

    @property
    def at(self) -> str:
        """This very page as a path, to come back to."""
        return self.here().removeprefix(self.root)

    def town(self, key: str) -> str:
        return self.to(f"/kommunen/{bare(key)}")

    def online(self, key: str) -> str:
        """What citizens can do there."""
        return self.to(f"/kommunen/{bare(key)}/online")

    def cell(self, town: str, service: str) -> str:
        """A service there."""
        return self.to(
            f"/kommunen/{bare(town)}/leistungen/{bare(service) if service.startswith('leika:') else service}"
        )

    def region(self, code: str) -> str:
        return self.to(f"/laender/{code}")

    def service(self, key: str) -> str:
        return self.to(f"/leistungen/{bare(key) if key.startswith('leika:') else key}")

    def figure(self, measure: str, **about: object) -> str:
        """The page that explains a figure."""
        return self.to(f"/zahlen/{measure}", **about)

    def kept(self, *but: str) -> Mapping[str, str]:
        """What a form has to send along."""
        return {name: value for name, value in self._kept.items() if name not in but}


def chosen(query: Mapping[str, str], moment: Moment | None, today: date) -> dict[str, str]:
    """What of a query goes along: the language, and the days unless they are today."""
    found = {"lang": query["lang"]} if query.get("lang") in ("de", "en") else {}
    if moment is not None:
        days = (("as_of", moment.as_of), ("known_at", moment.known_at))
        found |= {name: day.isoformat() for name, day in days if day != today}
    return found


def web(address: str | None) -> str:
    """An address that somebody else gave, if it leads into the web; else nothing: no `javascript:` and no `data:`."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return ""
    return (address or "") if parts.scheme in ("http", "https") and parts.hostname else ""


def host(address: str) -> str:
    """Where such an address leads to."""
    return urlsplit(address).hostname or ""


def _text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)
