"""What the pages about hints say in German."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # a municipality's inbox
    "inbox": "Hinweise",
    "inbox_of": "Hinweise für {town}",
    "inbox_lead": "Ein Hinweis kommt, sobald etwas nachnutzbar wird, das hier noch nicht online ist, oder wenn sich an einer hier genutzten Lösung etwas ändert.",
    "inbox_note": "Was es zuletzt Neues gab, das hier fehlt oder hier genutzt wird.",
    "inbox_latest": "Die neuesten zuerst",
    "inbox_all": "Alle Hinweise",
    "inbox_feed": "Als Atom-Feed",
    "inbox_older": "Ältere Hinweise",
    "inbox_none": "Bisher gab es hier keinen Hinweis.",
    "inbox_away": "Die Hinweise sind gerade nicht zu erreichen. Bitte später noch einmal versuchen.",
    "occasion_solution-became-available": "Nachnutzbar",
    "occasion_solution-terms-changed": "Die Bedingungen haben sich geändert",
    "occasion_solution-became-unavailable": "Nicht mehr nachnutzbar",
    "occasion_solution-withdrawn": "Wird nicht mehr angeboten",
    "occasion_solution-revised": "Deckt jetzt weitere Leistungen ab",
    "occasion_responsibility-assigned": "Nachnutzbar, seit Sie zuständig sind",
    "occasion_responsibility-ended": "Nachnutzbar, seit Sie zuständig sind",
    "occasion_municipality-registered": "Nachnutzbar",
    "occasion_subscription-opened": "Überblick zu Beginn eines Abonnements",
    "occasion_subscription-reactivated": "Überblick nach dem Wiedereinschalten eines Abonnements",
    "occasion_other": "Hinweis",
    "why_lacks-service": "Hier noch nicht online:",
    "why_open-now": "Hier noch nicht online:",
    "why_declared-need": "Hier wird Bedarf gemeldet für:",
    "why_uses-solution": "Hier genutzt für:",
    "plain_inbox": "Ein Hinweis sagt: Es gibt etwas Neues. Zum Beispiel ein Programm, das andere Städte schon nutzen. Diese Stadt kann es vielleicht auch nutzen.",
}
