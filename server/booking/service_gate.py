"""Keeping the opening fair towards strangers: work asked of their browsers, and what one network or browser may hold.

All of it is asked of strangers alone; what the office itself books passes by.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import challenge, tables
from server.booking.rules_fairness import Recent, work_needed
from server.booking.rules_states import Appointment
from server.booking.service_rows import COLUMNS
from server.catalogue.rules import Policy
from server.codes import derived_code
from server.db import rows
from server.errors import Refusal
from server.journal.append import Change
from server.people.secrets import server_key

__all__ = ["CHALLENGE_FOR", "Stranger", "forget_networks", "held_by", "limit_holds", "prove", "stranger"]

CHALLENGE_FOR = timedelta(minutes=10)
RUSH = timedelta(minutes=10)
NETWORK_KEPT = timedelta(hours=1)
HOLDS_PER_BROWSER = 2
"""To compare two times is human; a third lets go of the first."""


class Stranger(Struct, frozen=True, kw_only=True):
    """Who asks, as far as strangers can be told apart: an HMAC of the network, the references whose cookies the browser
    showed, and what its browser solved."""

    network: str
    browser: tuple[str, ...] = ()
    solution: str | None = None


class _Nonce(Struct, frozen=True):
    nonce: str


async def stranger(network: str, *, browser: Iterable[str] = (), solution: str | None = None) -> Stranger:
    """The stranger from that network (an address, or a /64), told apart without being written down."""
    code = derived_code(await server_key(), "network", network, 24)
    return Stranger(network=code, browser=tuple(browser), solution=solution or None)


async def prove(here: Change, policy: Policy, who: Stranger) -> None:
    """Within a change: let pass who need not show work, or has; what was solved is spent with the change.

    Refuses challenge-needed and challenge-failed, each with a fresh challenge in `extra`.
    """
    if not work_needed(policy.challenge, policy.rush_bookings, await _recent(here, policy, who)):
        return
    key = await server_key()
    try:
        if who.solution is None:
            raise Refusal("challenge-needed")
        done = challenge.solved(key, here.office, who.solution, here.now)
        # Whoever spends the same one at this moment, in whichever process, waits here and finds it spent.
        spent = await rows(
            _Nonce,
            tables.ChallengeSpent.raw(
                "INSERT INTO challenge_spent (nonce, until) VALUES ({}, {}) ON CONFLICT DO NOTHING RETURNING nonce",
                done.nonce, done.until,
            ),
        )  # fmt: skip
        if not spent:
            raise Refusal("challenge-failed")
    except Refusal as refusal:
        fresh = challenge.new_challenge(key, here.office, here.now + CHALLENGE_FOR, policy.challenge_difficulty)
        raise Refusal(refusal.code, extra={"challenge": fresh}) from None


async def limit_holds(here: Change, policy: Policy, who: Stranger) -> list[Appointment]:
    """Within a change: those of this browser's holds that have to make way for one more.

    Refuses too-many-holds where the network holds as many times as it may without anybody having said for whom.
    """
    mine = sorted(await held_by(who.browser, here.office, here.now), key=lambda hold: hold.created_at)
    leaving = mine[: max(0, len(mine) + 1 - HOLDS_PER_BROWSER)]
    table = tables.Appointment
    nameless = (table.state == "held") & (table.held_until > here.now) & table.name.is_null()
    held = await table.count().where((table.office == here.office) & (table.network == who.network) & nameless)
    if held - len(leaving) >= policy.holds_per_network:
        raise Refusal("too-many-holds")
    return leaving


async def held_by(references: Iterable[str], office: str, now: datetime) -> list[Appointment]:
    """Those of the bookings that are held at an office, still so, and nobody's yet."""
    wanted = list(references)
    table = tables.Appointment
    if not wanted:
        return []
    return await rows(
        Appointment,
        table.select(*COLUMNS).where(
            table.reference.is_in(wanted)
            & (table.office == office)
            & (table.state == "held")
            & (table.held_until > now)
            & table.name.is_null()
        ),
    )


async def forget_networks() -> None:
    """Drop what is no longer needed: whence holds came, spent challenges, codes. Nothing relies on when it runs."""
    now, table = clock.now(), tables.Appointment
    await table.update({table.network: None}).where(
        table.network.is_not_null() & (table.created_at < now - NETWORK_KEPT)
    )
    await tables.ChallengeSpent.delete().where(tables.ChallengeSpent.until < now)
    await tables.BookingCode.delete().where(tables.BookingCode.sent_at < now - NETWORK_KEPT)


async def _recent(here: Change, policy: Policy, who: Stranger) -> Recent:
    if policy.challenge != "rush":
        return Recent(0, 0)
    table = tables.Appointment
    lately = (table.office == here.office) & (table.created_at > here.now - RUSH)
    return Recent(await table.count().where(lately), await table.count().where(lately & (table.network == who.network)))
