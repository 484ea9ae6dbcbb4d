"""Numbers and days as people write them in either language."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from markupsafe import Markup, escape

from edge.language import Language

NARROW: Final = "\u202f"
_MONTHS: Final[Mapping[Language, list[str]]] = {
    "de": [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}
_SHORT_MONTHS: Final[Mapping[Language, list[str]]] = {
    "de": ["Jan", "Feb", "März", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez"],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}


class Formats:
    """How one language writes."""

    def __init__(self, language: Language) -> None:
        self.language: Final[Language] = language

    def num(self, value: float) -> str:
        """1.234 in German, 1,234 in English."""
        text = f"{value:,}"
        return text.replace(",", ".") if self.language == "de" else text

    def decimal(self, value: float, digits: int = 1) -> str:
        """35,8 in German, 35.8 in English."""
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.language == "de" else text

    def pct(self, share: float | None, digits: int = 1) -> str:
        """35,8 % with a narrow no-break space, a dash where there is nothing to share."""
        if share is None:
            return "–"
        return f"{self.decimal(100 * share, digits)}{NARROW if self.language == 'de' else ''}%"

    def points(self, difference: float) -> str:
        """+2,4: a difference of two shares, with its sign."""
        sign = "+" if difference > 0 else "−" if difference < 0 else "±"
        return sign + self.decimal(abs(100 * difference))

    def day(self, value: date) -> Markup:
        """20. November 2026, 20 November 2026."""
        point = f".{NARROW}" if self.language == "de" else " "
        return _time(value, f"{value.day}{point}{self.month(value)}")

    def short(self, value: date) -> Markup:
        """20.11.2026, or 20 Nov 2026 for readers of English."""
        return _time(value, self.short_text(value))

    def short_text(self, value: date) -> str:
        """The same where there is no markup."""
        return f"{value:%d.%m.%Y}" if self.language == "de" else f"{value.day} {self.short_month(value)}"

    def month(self, value: date) -> str:
        """November 2026."""
        return f"{_MONTHS[self.language][value.month - 1]} {value.year}"

    def short_month(self, value: date) -> str:
        """Nov 2026."""
        return f"{_SHORT_MONTHS[self.language][value.month - 1]} {value.year}"

    def money(self, amount: Mapping[str, Any] | None) -> str | None:
        """A range in whole units: `1.900–4.200 €`; None where nothing is said."""
        if not amount:
            return None
        ends = [self.num(amount[end]) for end in ("from", "to") if amount.get(end) is not None]
        sign = {"EUR": "€"}.get(str(amount.get("currency")), str(amount.get("currency", "")))
        return f"{'–'.join(dict.fromkeys(ends))} {sign}" if ends else None


def coded(text: str) -> Markup:
    """What stands between backticks as code."""
    plain, *rest = text.split("`")
    found = escape(plain)
    for number, part in enumerate(rest):
        found += part if number % 2 else Markup("<code>{}</code>").format(part)
    return found


def _time(value: date, text: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(value.isoformat(), text)


FORMATS: Final[Mapping[Language, Formats]] = {"de": Formats("de"), "en": Formats("en")}
