"""What the pages about alerts say in English."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # a municipality's inbox
    "inbox": "Alerts",
    "inbox_of": "Alerts for {town}",
    "inbox_lead": "An alert comes as soon as something that is not online here opens for reuse, or when a solution in use here changes.",
    "inbox_note": "What was new of late that is lacking here, or in use here.",
    "inbox_latest": "Latest first",
    "inbox_all": "All alerts",
    "inbox_feed": "As an Atom feed",
    "inbox_older": "Older alerts",
    "inbox_none": "There has been no alert here so far.",
    "inbox_away": "The alerts cannot be reached just now. Please try again later.",
    "occasion_solution-became-available": "Open for reuse",
    "occasion_solution-terms-changed": "The terms have changed",
    "occasion_solution-became-unavailable": "No longer open for reuse",
    "occasion_solution-withdrawn": "No longer offered",
    "occasion_solution-revised": "Covers more services now",
    "occasion_responsibility-assigned": "Open for reuse, now that you are responsible",
    "occasion_responsibility-ended": "Open for reuse, now that you are responsible",
    "occasion_municipality-registered": "Open for reuse",
    "occasion_subscription-opened": "Summary at the beginning of a subscription",
    "occasion_subscription-reactivated": "Summary after a subscription was switched on again",
    "occasion_other": "Alert",
    "why_lacks-service": "Not online here yet:",
    "why_open-now": "Not online here yet:",
    "why_declared-need": "A need was declared here for:",
    "why_uses-solution": "In use here for:",
    "plain_inbox": "An alert says: There is something new. For example a program that other towns already use. This town may be able to use it too.",
}
