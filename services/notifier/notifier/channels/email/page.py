"""The page behind a link in a mail: one sentence, and where something is to be decided one button."""

from collections.abc import Mapping
from typing import Final, Literal

from jinja2 import Environment, StrictUndefined

from notifier.domain.letter import Language

Saying = Literal["confirm", "confirmed", "unsubscribe", "ended", "void"]

_WORDS: Final[Mapping[Language, Mapping[Saying, tuple[str, str, str | None]]]] = {
    "de": {
        "confirm": (
            "Hinweise per E-Mail bestätigen",
            "Danach kommt höchstens eine E-Mail am Tag, bis Sie abbestellen.",
            "Ja, ich möchte die Hinweise",
        ),
        "confirmed": (
            "Bestätigt",
            "Die nächste E-Mail kommt, wenn es etwas zu sagen gibt. Dieses Fenster kann zu.",
            None,
        ),
        "unsubscribe": (
            "Hinweise abbestellen",
            "Danach kommt keine E-Mail mehr, und die Adresse wird gelöscht.",
            "Abbestellen",
        ),
        "ended": ("Abbestellt", "Es kommt keine E-Mail mehr, und die Adresse ist gelöscht.", None),
        "void": (
            "Dieser Link gilt nicht",
            "Er ist abgelaufen, unvollständig, oder das Abonnement ist beendet. Bitte die Hinweise neu bestellen.",
            None,
        ),
    },
    "en": {
        "confirm": (
            "Confirm alerts by mail",
            "From then on at most one mail a day comes, until you unsubscribe.",
            "Yes, I want the alerts",
        ),
        "confirmed": (
            "Confirmed",
            "The next mail comes when there is something to say. You can close this window.",
            None,
        ),
        "unsubscribe": ("Unsubscribe from alerts", "No more mails come, and the address is erased.", "Unsubscribe"),
        "ended": ("Unsubscribed", "No more mails come, and the address is erased.", None),
        "void": (
            "This link does not hold",
            "It has expired, is incomplete, or the subscription has ended. Please order the alerts anew.",
            None,
        ),
    },
}
_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string("""\
<!doctype html>
<html lang="{{ language }}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{ title }}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{{ root }}/-/status/style.css">
</head>
<body>
<main>
<h1>{{ title }}</h1>
<p>{{ text }}</p>
{% if button %}<form method="post"><p><button>{{ button }}</button></p></form>
{% endif %}</main>
</body>
</html>
""")


def page(saying: Saying, language: Language, root: str) -> str:
    """`root` is where this service lives. The form leads back to the very address of the link."""
    title, text, button = _WORDS[language][saying]
    return _PAGE.render(title=title, text=text, button=button, language=language, root=root)
