"""What a person sees when everything is up: where to look, how to get a token, a first call to try."""

from collections.abc import Mapping
from datetime import date

CALL = """\
  TOKEN=$({token} ROLE=editor MUNICIPALITY=147130000000)
  curl -X PUT {url}/api/catalog/v1/municipalities/147130000000/services/99115005104000/status \\
       -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
       -d '{{"phase": "live", "maturity": {{"model": "ozg-1.1", "level": 3}}, "effective_on": "{day}"}}'
  curl {url}/api/progress/v1/municipalities/147130000000
"""

GERMAN = """
Bereit: {url}

  Seiten                {url}/
  Katalog (schreiben)   {url}/api/catalog/v1/docs
  Fortschritt (lesen)   {url}/api/progress/v1/docs
  Hinweise (abonnieren) {url}/api/notifier/v1/docs
  NATS                  {nats}
  Daten                 {data}

Ein Token für die Stadt Leipzig (Rollen: editor, publisher, operator, reader) und ein erster Aufruf, in einem zweiten Fenster:

{call}
Strg-C beendet alles.
"""

ENGLISH = """
Ready: {url}

  Pages               {url}/
  Catalog (write)     {url}/api/catalog/v1/docs
  Progress (read)     {url}/api/progress/v1/docs
  Notifier (hear)     {url}/api/notifier/v1/docs
  NATS                {nats}
  Data                {data}

A token for the city of Leipzig (roles: editor, publisher, operator, reader) and a first call, in a second window:

{call}
Ctrl-C stops everything.
"""


def speaks_german(environment: Mapping[str, str]) -> bool:
    """As the terminal's locale says."""
    chosen = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return chosen.lower().startswith("de")


def welcome(*, german: bool, url: str, nats: str, data: str, today: date) -> str:
    """The first screen."""
    token = "make -s token" if data == ".data" else f"make -s token DATA='{data}'"
    call = CALL.format(url=url, token=token, day=today.isoformat())
    return (GERMAN if german else ENGLISH).format(url=url, nats=nats, data=data, call=call)
