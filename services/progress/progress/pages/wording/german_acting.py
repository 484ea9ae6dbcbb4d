"""What the pages say in German to those who act: signing in, recording."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # who is signed in
    "sign_in": "Anmelden",
    "sign_out": "Abmelden",
    "signed_in_as": "Angemeldet für",
    "signed_in_how": "als {role}",
    "role_editor": "Erfassung",
    "role_publisher": "Bereitsteller",
    "role_operator": "Betrieb",
    "role_reader": "Lesen",
    "whole_installation": "alle Kommunen",
    "own_work": "Ihre Arbeit",
    "sign_in_first": "Dafür müssen Sie angemeldet sein. Vielleicht ist Ihre Anmeldung abgelaufen.",
    # signing in
    "sign_in_lead": "Lesen können Sie ohne Anmeldung. Wer für eine Kommune erfasst, meldet sich an.",
    "sign_in_closed": "Auf dieser Installation liest nur, wer angemeldet ist.",
    "sign_in_oidc": "Mit dem Anmeldedienst anmelden",
    "sign_in_oidc_more": "Sie geben Name und Passwort dort ein, wo Sie es gewohnt sind.",
    "sign_in_token": "Mit einem Token anmelden",
    "token": "Token",
    "token_hint": "Eine lange Zeichenkette mit zwei Punkten darin. Sie bekommen sie vom Betreiber dieser Installation.",
    "token_kept": "Das Token bleibt in Ihrem Browser, bis es abläuft oder Sie sich abmelden. Nur diese Seite liest es.",
    "signed_in_now": "Sie sind angemeldet",
    "signed_in_until": "Ihre Anmeldung gilt bis",
    "may_record": "Sie können für diese Kommune Stände erfassen.",
    "may_record_all": "Sie können für jede Kommune Stände erfassen.",
    "may_only_read": "Mit diesem Token können Sie hier lesen, aber keine Stände erfassen.",
    "to_own_page": "Zur Seite von {town}",
    "sign_in_again": "Neu anmelden",
    # something does not do
    "wrong_title": "Bitte prüfen Sie Ihre Angaben",
    "wrong_one": "Eine Angabe passt noch nicht. Gespeichert wurde nichts.",
}
