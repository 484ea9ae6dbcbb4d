"""Why a token does not do, in words that say what would."""

from datetime import UTC, datetime

from edge.language import Text


class TokenRefused(Exception):
    """The token does not identify anyone who may come in; says why. `status` is how HTTP says it."""

    def __init__(self, reason: str, en: str, de: str, *, status: int = 401) -> None:
        super().__init__(en)
        self.reason = reason
        self.detail: Text = {"en": en, "de": de}
        self.status = status


def malformed() -> TokenRefused:
    return TokenRefused(
        "malformed",
        "The token is no signed JWT (EdDSA). Send it whole, as `Authorization: Bearer <token>`.",
        "Das Token ist kein signiertes JWT (EdDSA). Es gehört vollständig in `Authorization: Bearer <Token>`.",
    )


def bad_claims(said: str) -> TokenRefused:
    return TokenRefused(
        "bad-claims", f"The token's claims do not do: {said}.", f"Die Angaben im Token stimmen nicht: {said}."
    )


def wrong_key() -> TokenRefused:
    return TokenRefused(
        "wrong-key",
        "The token was not signed by this installation. Get one from the operator of this installation.",
        "Das Token wurde nicht von dieser Installation ausgestellt. Der Betreiber dieser Installation stellt es aus.",
    )


def expired(at: float) -> TokenRefused:
    try:
        when = f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"
    except (OverflowError, OSError, ValueError):
        return bad_claims("`exp` is no date")
    return TokenRefused("expired", f"The token expired at {when}.", f"Das Token ist am {when} abgelaufen.")


def revoked() -> TokenRefused:
    return TokenRefused(
        "revoked",
        "The token was revoked. The operator of this installation issues another one.",
        "Das Token wurde widerrufen. Der Betreiber dieser Installation stellt ein neues aus.",
    )


def not_yet_valid() -> TokenRefused:
    return TokenRefused("not-yet-valid", "The token is not valid yet.", "Das Token gilt noch nicht.")


def wrong_audience(audiences: list[str], wanted: str) -> TokenRefused:
    return TokenRefused(
        "wrong-audience",
        f"The token is meant for {', '.join(audiences)!r}, not for {wanted!r}.",
        f"Das Token gilt für {', '.join(audiences)!r}, nicht für {wanted!r}.",
    )


def wrong_issuer(issuer: str | None, wanted: str) -> TokenRefused:
    return TokenRefused(
        "wrong-issuer",
        f"The token comes from {issuer!r}, not from {wanted!r}.",
        f"Das Token kommt von {issuer!r}, nicht von {wanted!r}.",
    )


def not_from_there(issuer: str) -> TokenRefused:
    return TokenRefused(
        "wrong-key",
        f"The token says it comes from {issuer}, but none of the keys published there signed it. Log in again.",
        f"Das Token nennt {issuer} als Aussteller, ist aber mit keinem der dort veröffentlichten Schlüssel signiert. "
        "Bitte neu anmelden.",
    )


def issuer_unreachable(issuer: str) -> TokenRefused:
    return TokenRefused(
        "issuer-unreachable",
        f"The keys of {issuer} cannot be had at the moment, so its tokens cannot be checked. Try again in a moment.",
        f"Die Schlüssel von {issuer} sind gerade nicht zu bekommen, seine Token lassen sich nicht prüfen. "
        "Bitte gleich noch einmal versuchen.",
        status=503,
    )


def no_role(claim: str) -> TokenRefused:
    return TokenRefused(
        "no-role",
        f"The token is good, but its claim `{claim}` names no role that means something here.",
        f"Das Token ist gültig, nennt aber unter `{claim}` keine Rolle, die hier etwas bedeutet.",
        status=403,
    )


def not_one_authority(claim: str) -> TokenRefused:
    return TokenRefused(
        "not-one-authority",
        f"The token is good, but its claim `{claim}` names no one authority: a caller acts for one at a time.",
        f"Das Token ist gültig, nennt aber unter `{claim}` nicht genau eine Behörde: man handelt für eine auf einmal.",
        status=403,
    )
