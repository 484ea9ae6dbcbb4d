"""Signing in and out: with a token that was handed out, or at the identity provider."""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import structlog
from litestar import Request, Response, get, post
from litestar.datastructures import Cookie

from edge import code_flow
from edge.asking import EdgeRequest
from edge.code_flow import Client, NotSignedIn, Way
from edge.guarding import OPEN, caller_of
from edge.language import Text, in_language
from edge.problems import Problem
from edge.sessions import LONGEST, own_page
from edge.token_refusals import TokenRefused, malformed
from progress.pages.asked import Asked, asked
from progress.pages.rendering import REFUSED, private, redirect
from progress.pages.session import sessions, signed_in

_LOCAL: Final = re.compile(r"/(?![/\\])[^\x00-\x20\\\x7f]*")
"""A path here. Browsers read `//x`, `/\\x` and `/<tab>/x` as other hosts."""
_HERE: Final = "/anmelden"
_MINUTES: Final = 600
_log = structlog.get_logger("progress.pages")


@get("/anmelden", include_in_schema=False, opt=OPEN, exception_handlers=REFUSED)
async def show_signing_in(request: EdgeRequest) -> Response[str]:
    """The form; to those who are signed in, what they may do."""
    by = asked(request)
    return _form(by, by.request.query_params.get("next", ""))


@post("/anmelden", include_in_schema=False, opt=OPEN, guards=[own_page], exception_handlers=REFUSED, status_code=303)
async def sign_in(request: EdgeRequest) -> Response[Any]:
    """With a token that was pasted."""
    by, form = asked(request), await request.form()
    token = re.sub(r"\s", "", str(form.get("token", ""))).removeprefix("Bearer")
    wanted = str(form.get("next", ""))
    try:
        session = await _session(request, token)
    except TokenRefused as refused:
        known = refused.reason == "malformed"
        return _form(by, wanted, by.words["token_malformed"] if known else in_language(refused.detail, by.language))
    return _go(by, wanted, session)


@get("/anmelden/oidc", include_in_schema=False, opt=OPEN, exception_handlers=REFUSED, status_code=303)
async def go_to_issuer(request: EdgeRequest) -> Response[Any]:
    """On to the identity provider, if there is one."""
    by, client = asked(request), _client(request)
    on = code_flow.way()
    try:
        address = await code_flow.address(client, on, _back(by))
    except NotSignedIn as failed:
        raise _failed(failed) from failed
    kept = ".".join((on.state, on.verifier, _packed(request.query_params.get("next", ""))))
    cookie = sessions(request).keep(_way_cookie(request), kept, _MINUTES)
    return redirect(address, cookie)


@get("/anmelden/zurueck", include_in_schema=False, opt=OPEN, exception_handlers=REFUSED, status_code=303)
async def come_back(request: EdgeRequest) -> Response[Any]:
    """Back from there, with a code that is good for one token."""
    by, client, query = asked(request), _client(request), request.query_params
    on, wanted = _way(request)
    if on is None or not hmac.compare_digest(on.state.encode(), query.get("state", "").encode()):
        raise _failed(NotSignedIn("it was begun elsewhere, or too long ago"))
    if query.get("iss", client.issuer) != client.issuer:
        raise _failed(NotSignedIn("another issuer answered"))
    if "code" not in query:
        raise _failed(NotSignedIn(query.get("error_description") or query.get("error") or "no code was given"))
    try:
        token = await code_flow.token(client, on, query["code"], _back(by))
        session = await _session(request, token)
    except NotSignedIn as failed:
        raise _failed(failed) from failed
    except TokenRefused as refused:
        raise Problem(refused.status, f"token-{refused.reason}", _TITLE, refused.detail) from refused
    return _go(by, wanted, session, sessions(request).end(_way_cookie(request)))


@post("/abmelden", include_in_schema=False, opt=OPEN, guards=[own_page], exception_handlers=REFUSED, status_code=303)
async def sign_out(request: EdgeRequest) -> Response[Any]:
    """The browser forgets the token."""
    by = asked(request)
    return redirect(by.links.to("/"), sessions(request).end())


async def _session(request: EdgeRequest, token: str) -> Cookie:
    """The cookie for a good token. Raises TokenRefused."""
    state = request.app.state
    if state.issuer is not None:
        await state.issuer.learn(token)
    if caller_of(token, state.verifier, state.issuer) is None:
        raise malformed()
    if len(token) > LONGEST:
        raise TokenRefused(
            "too-long",
            f"The token has {len(token)} characters, and browsers keep no more than {LONGEST}. Its issuer should put less into it.",
            f"Das Token hat {len(token)} Zeichen, Browser behalten höchstens {LONGEST}. Der Anmeldedienst sollte weniger hineinschreiben.",
        )
    now: datetime = request.app.state["clock"]()
    return sessions(request).begin(token, now.timestamp())


def _form(by: Asked, wanted: str, wrong: str = "") -> Response[str]:
    session = signed_in(by.request)
    return private(
        by,
        "signing_in.html",
        status=422 if wrong else 200,
        section="sign-in",
        next=_local(wanted) if wanted else "",
        wrong=wrong,
        oidc=by.request.app.state["oidc"] is not None,
        may=session is not None and session.records,
    )


def _go(by: Asked, wanted: str, *cookies: Cookie) -> Response[Any]:
    path = _local(wanted)
    return redirect(by.links.to(path) if path == _HERE else f"{by.links.root}{path}", *cookies)


def _local(wanted: str) -> str:
    """Where to go on: only ever here, and not in a circle."""
    if not _LOCAL.fullmatch(wanted) or wanted.startswith((_HERE, "/abmelden")):
        return _HERE
    return wanted


def _client(request: Request[Any, Any, Any]) -> Client:
    found: Client | None = request.app.state["oidc"]
    if found is None:
        raise _failed(NotSignedIn("no identity provider is configured"))
    return found


def _back(by: Asked) -> str:
    """The address to come back to, as the issuer knows it."""
    request = by.request
    own = request.app.state.get("public_url") or f"{request.scope['scheme']}://{request.headers.get('host', '')}"
    return f"{own.rstrip('/')}{by.links.root}/anmelden/zurueck"


def _way_cookie(request: Request[Any, Any, Any]) -> str:
    return sessions(request).named("signing-in")


def _way(request: Request[Any, Any, Any]) -> tuple[Way | None, str]:
    parts = sessions(request).read(request.scope, _way_cookie(request)).split(".")
    if len(parts) != 3:
        return None, ""
    try:
        return Way(parts[0], parts[1]), urlsafe_b64decode(parts[2]).decode()
    except ValueError:
        return None, ""


def _packed(wanted: str) -> str:
    return urlsafe_b64encode(_local(wanted)[:1000].encode()).decode()


_TITLE: Final[Text] = {"en": "You are not signed in", "de": "Sie sind nicht angemeldet"}


def _failed(failed: NotSignedIn) -> Problem:
    _log.warning("signing_in_failed", reason=str(failed))
    said: Mapping[str, str] = {
        "en": f"Signing in at your identity provider did not work: {failed}. Please try again.",
        "de": f"Die Anmeldung bei Ihrem Anmeldedienst hat nicht geklappt ({failed}). Bitte versuchen Sie es noch einmal.",
    }
    return Problem(400, "not-signed-in", _TITLE, {"en": said["en"], "de": said["de"]})


HANDLERS = [show_signing_in, sign_in, go_to_issuer, come_back, sign_out]
