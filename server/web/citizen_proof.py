"""What a stranger's browser shows before a booking is made on the pages: a solved challenge, or a code sent by message.

The challenge is solved by a script while the person types. A browser without scripts sends none; where one is needed it
is asked for a code instead, and where none can be sent the page says plainly what else can be done.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from litestar import Request
from litestar.datastructures import FormMultiDict
from msgspec import Struct

from server import clock
from server.booking import service, service_code, service_waiting
from server.booking.api import token_of
from server.booking.challenge import LONGEST_SOLUTION, new_challenge
from server.booking.rules_states import Appointment
from server.booking.rules_waiting import Entry
from server.booking.service_gate import CHALLENGE_FOR, Stranger, held_by, stranger
from server.catalogue import service as catalogue
from server.codes import normalised
from server.errors import Refusal
from server.notify.outbox import available
from server.notify.rules import Channel
from server.people.secrets import server_key
from server.phrases import Language, say
from server.web import context
from server.web.limits import network_of
from server.wire import Citizen

__all__ = ["ASKED", "Proof", "at_first", "confirm", "holder", "instead", "join", "to_join", "to_join_instead"]

Req = Request[Any, Any, Any]

ASKED = ("challenge-needed", "challenge-failed", "code-wrong", "code-over")
"""The refusals that `instead` answers."""

MOST_COOKIES = 50


class Proof(Struct, frozen=True, kw_only=True):
    """What the page of step 4, or that of a waiting list, asks for beside the particulars.

    `challenge` is for its script (JSON); `code` tells that a code is asked for; `news` says why, `stuck` what to do
    where there is no way; `errors` are beside their fields.
    """

    challenge: str = ""
    code: bool = False
    news: str = ""
    stuck: str = ""
    errors: dict[str, str] = msgspec.field(default_factory=dict)


async def holder(request: Req, office: str) -> Stranger:
    """Who wants to hold a time: the network, and what this browser holds there already."""
    prefix = f"{context.settings_of(request).cookie}-"
    cookies = {name.removeprefix(prefix): value for name, value in request.cookies.items() if name.startswith(prefix)}
    held = await held_by(list(cookies)[-MOST_COOKIES:], office, clock.now())
    # A cookie that anybody could write must not give up another's time.
    mine = [each.reference for each in held if normalised(cookies[each.reference]) == await service.manage_token(each)]
    return await stranger(network_of(request), browser=mine)


async def confirm(request: Req, found: Appointment, citizen: Citizen, form: FormMultiDict) -> None:
    """Confirm a held time for this person, with what the form shows. Refuses what `service.confirm` does, and ASKED."""
    who: Stranger | None = await _asker(request, form)
    # Sent twice, the code is spent already; that it is confirmed is what there is to say.
    if "code" in form and not form.get("another") and found.state == "held":
        await service_code.check(found.reference, citizen, str(form.get("code") or "")[:20])
        who = None  # the code stands for the work
    await service.confirm(found.reference, token_of(request, found.reference), citizen, who)


async def at_first(found: Appointment) -> Proof:
    """What the page asks for when it is first shown: work for its script wherever the office may want it."""
    return await _work(found.office, found.held_until or clock.now())


async def _work(office: str, until: datetime) -> Proof:
    policy = await catalogue.policy(office)
    if policy.challenge == "off":
        return Proof()
    made = new_challenge(await server_key(), office, until, policy.challenge_difficulty)
    return Proof(challenge=msgspec.json.encode(made).decode())


async def instead(
    request: Req, found: Appointment, citizen: Citizen, form: FormMultiDict, refusal: Refusal, language: Language
) -> Proof:
    """What the page asks for after a refusal among ASKED: a fresh challenge of a script, a code of whoever has none."""

    async def send(who: Stranger) -> Channel:
        return await service_code.send(found.reference, token_of(request, found.reference), citizen, who)

    return await _instead(request, citizen, form, refusal, language, await at_first(found), send, "citizen.who")


# --- the same for a waiting list -------------------------------------------------------------------------------


async def to_join(office: str) -> Proof:
    """What the page of a waiting list asks for when it is first shown."""
    return await _work(office, clock.now() + CHALLENGE_FOR)


async def join(
    request: Req, wish: service_waiting.WaitingWish, citizen: Citizen, attempt: str, form: FormMultiDict
) -> Entry:
    """Put somebody on a day's list, with what the form shows. Refuses what `service_waiting.join` does, and ASKED."""
    before = await service_waiting.with_reference(await service_waiting.reference_of(attempt))
    if before is not None:  # sent twice: the code is spent already
        return before
    who: Stranger | None = await _asker(request, form)
    if "code" in form and not form.get("another"):
        await service_code.check_to_join(attempt, citizen, str(form.get("code") or "")[:20])
        who = None  # the code stands for the work
    return await service_waiting.join(wish, citizen, attempt, who)


async def to_join_instead(
    request: Req, office: str, attempt: str, citizen: Citizen, form: FormMultiDict, refusal: Refusal, language: Language
) -> Proof:
    """What `instead` says, for the page of a waiting list."""

    async def send(who: Stranger) -> Channel:
        return await service_code.send_to_join(office, attempt, citizen, who, language)

    return await _instead(request, citizen, form, refusal, language, await to_join(office), send, "waiting.join")


# --- what both share -------------------------------------------------------------------------------------------


async def _instead(
    request: Req,
    citizen: Citizen,
    form: FormMultiDict,
    refusal: Refusal,
    language: Language,
    work: Proof,
    send: Callable[[Stranger], Awaitable[Channel]],
    page: str,
) -> Proof:
    if refusal.code in ("code-wrong", "code-over"):
        return Proof(code=True, errors={"code": refusal.sentence(language)})
    if form.get("solution"):
        return Proof(challenge=work.challenge, news=refusal.sentence(language))
    try:
        way = await send(await _asker(request, form))
    except Refusal as refused:
        if refused.code == "too-many-codes":
            return Proof(stuck=refused.sentence(language))
        if refused.code != "no-way-for-code":
            raise
        if "email" in available() and not citizen.email:
            return Proof(errors={"email": say(language, "citizen.who.code_email")})
        return Proof(stuck=say(language, "citizen.who.stuck"))
    where = citizen.email if way == "email" else citizen.phone
    return Proof(code=True, news=say(language, f"{page}.code_sent", where=where))


async def _asker(request: Req, form: FormMultiDict) -> Stranger:
    return await stranger(network_of(request), solution=str(form.get("solution") or "")[: LONGEST_SOLUTION + 1])
