"""What the pages say in English to those who act: signing in, recording."""

from typing import Final

WORDS: Final[dict[str, str]] = {
    # who is signed in
    "sign_in": "Sign in",
    "sign_out": "Sign out",
    "signed_in_as": "Signed in for",
    "signed_in_how": "as {role}",
    "role_editor": "editor",
    "role_publisher": "publisher",
    "role_operator": "operator",
    "role_reader": "reader",
    "whole_installation": "all municipalities",
    "own_work": "Your work",
    "sign_in_first": "This is for people who are signed in. Your session may have ended.",
    # signing in
    "sign_in_lead": "Reading needs no signing in. Whoever records for a municipality signs in.",
    "sign_in_closed": "On this installation only those who are signed in may read.",
    "sign_in_oidc": "Sign in at your identity provider",
    "sign_in_oidc_more": "You give your name and password where you always do.",
    "sign_in_token": "Sign in with a token",
    "token": "Token",
    "token_hint": "A long string with two dots in it. The operator of this installation hands it out.",
    "token_kept": "The token stays in your browser until it expires or you sign out. Only this site reads it.",
    "signed_in_now": "You are signed in",
    "signed_in_until": "Your session lasts until",
    "may_record": "You can record statuses for this municipality.",
    "may_record_all": "You can record statuses for every municipality.",
    "may_only_read": "With this token you can read here, but not record statuses.",
    "to_own_page": "To the page of {town}",
    "sign_in_again": "Sign in anew",
    # something does not do
    "wrong_title": "Please check what you entered",
    "wrong_one": "Something does not do yet. Nothing was saved.",
}
