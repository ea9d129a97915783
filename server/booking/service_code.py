"""A code by message, for people whose browser cannot do a challenge's work: it runs no scripts.

The code is derived from the server's key and a random salt, and never stored. It is for one held time, or one place in
a day's waiting list, and one telephone or e-mail address; good until the hold ends, once, and for a few tries. How many
are sent to one place and for one network is limited: messages cost money, and nobody shall have a stranger's telephone
ring.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from server import clock
from server.booking import service, service_waiting, tables
from server.booking.rules_states import may_confirm
from server.booking.service_gate import Stranger
from server.booking.service_person import Particulars, particulars, refuse_too_many
from server.catalogue import service as catalogue
from server.codes import derived_code
from server.db import row
from server.errors import Refusal
from server.journal.append import Change, office_change
from server.notify.outbox import available, write_code
from server.notify.rules import Channel, channels_for
from server.people.secrets import server_key
from server.phrases import Language
from server.wire import Citizen

__all__ = ["DIGITS", "Code", "check", "check_to_join", "code_for", "send", "send_to_join"]

DIGITS = 6
TRIES = 5
HOUR = timedelta(hours=1)
PER_HOLD, PER_RECIPIENT, PER_NETWORK = 3, 5, 20
"""So many codes, the last two an hour: only people without scripts need any, and only in a rush."""


class Code(Struct, frozen=True):
    """A code to be sent: good until then. `address` is where to, if nothing else of that person is stored."""

    digits: str
    until: datetime
    address: str | None


class _Sent(Struct, frozen=True):
    salt: str
    recipient: str
    sent: int
    tries: int
    until: datetime
    address: str | None


class _Sum(Struct, frozen=True):
    sent: int


async def send(reference: str, token: str | None, citizen: Citizen, who: Stranger) -> Channel:
    """Have a code sent for a held time, a new one each time; returns by which way: by telephone rather than e-mail.

    Refuses no-such-booking, hold-expired, already-confirmed, already-cancelled, what `confirm` refuses of a person,
    no-way-for-code, and too-many-codes.
    """
    found = await service.authorised(reference, token)
    person, way = await _person_and_way(citizen)
    async with office_change(found.office, service.ACTOR) as here:
        found = await service.known(found.reference)
        may_confirm(found, here.now)
        mine = (person.identity_hash, found.starts_at)
        plan = await service.errand_of(found, here.now)
        await refuse_too_many(here, plan, *mine, besides=found.reference, phone=person.phone)
        until = found.held_until or found.starts_at
        await _send(here, found.reference, person, way, who, until, found.language, address=None)
        # Whither, that is all: who it is stays unsaid until the code is right. Personal, so no journal is told.
        await tables.Appointment.update(
            {tables.Appointment.phone: person.phone, tables.Appointment.email: person.email}
        ).where(tables.Appointment.reference == found.reference)
    return way


async def send_to_join(office: str, attempt: str, citizen: Citizen, who: Stranger, language: Language) -> Channel:
    """The same for who wants to join a day's waiting list by the rendered form `attempt`, of whom nothing is stored.

    Refuses bad-…, too-long, no-way-for-code, and too-many-codes.
    """
    person, way = await _person_and_way(citizen)
    reference = await service_waiting.reference_of(attempt)
    minutes = (await catalogue.policy(office)).hold_minutes
    async with office_change(office, service_waiting.ACTOR) as here:
        until = here.now + timedelta(minutes=minutes)
        await _send(here, reference, person, way, who, until, language, address=_address(person, way))
    return way


async def _person_and_way(citizen: Citizen) -> tuple[Particulars, Channel]:
    """Who it is, and by which way a code goes: by telephone rather than e-mail."""
    person = particulars(await server_key(), citizen)
    ways = channels_for(person, available())
    if not ways:
        raise Refusal("no-way-for-code")
    return person, ways[-1]


def _address(person: Particulars, way: Channel) -> str | None:
    return person.email if way == "email" else person.phone


async def _send(
    here: Change,
    reference: str,
    person: Particulars,
    way: Channel,
    who: Stranger,
    until: datetime,
    language: Language,
    address: str | None,
) -> None:
    """Within a change: write a new code down and have it sent. Refuses too-many-codes."""
    to = _place(await server_key(), _address(person, way))
    before = await _newest(reference)
    number = before.sent + 1 if before else 1
    if number > PER_HOLD or await _too_many(to, who.network, here.now - HOUR):
        raise Refusal("too-many-codes")
    await tables.BookingCode.raw(
        "INSERT INTO booking_code (reference, salt, recipient, network, sent, sent_at, until, tries, address)"
        " VALUES ({}, {}, {}, {}, {}, {}, {}, 0, {}) ON CONFLICT (reference) DO UPDATE SET salt = excluded.salt,"
        " recipient = excluded.recipient, network = excluded.network, sent = excluded.sent,"
        " sent_at = excluded.sent_at, until = excluded.until, tries = 0, address = excluded.address",
        reference, secrets.token_hex(8), to, who.network, number, here.now, until, address,
    )  # fmt: skip
    await write_code(here, reference, language, way, number)


async def check_to_join(attempt: str, citizen: Citizen, typed: str) -> None:
    """What `check` does, for the form by which somebody joins a day's waiting list."""
    await check(await service_waiting.reference_of(attempt), citizen, typed)


async def check(reference: str, citizen: Citizen, typed: str) -> None:
    """Spend a code that is right for this held time, or entry, and this person's telephone or address.

    Refuses code-wrong, and code-over where there is none (any more): expired, spent, or tried too often.
    """
    key, now = await server_key(), clock.now()
    person = particulars(key, citizen)
    # Counted before it is looked at: many at once are no way around it.
    newest = await row(
        _Sent,
        tables.BookingCode.raw(
            "UPDATE booking_code SET tries = tries + 1 WHERE reference = {}"
            " RETURNING salt, recipient, sent, tries, until, address",
            reference,
        ),
    )
    if newest is None or newest.tries > TRIES or newest.until <= now:
        raise Refusal("code-over")
    theirs = [_place(key, address) for address in (person.phone, person.email) if address]
    digits = "".join(sign for sign in typed if sign.isdecimal())
    if newest.recipient not in theirs or not hmac.compare_digest(
        digits.encode(), _code(key, reference, newest.salt).encode()
    ):
        raise Refusal("code-wrong")
    spent = await row(
        _Sent,
        tables.BookingCode.raw(
            "UPDATE booking_code SET until = {} WHERE reference = {} AND salt = {} AND until > {}"
            " RETURNING salt, recipient, sent, tries, until, address",
            now, reference, newest.salt, now,
        ),
    )  # fmt: skip
    if spent is None:
        raise Refusal("code-over")


async def code_for(reference: str, number: int) -> Code | None:
    """The code that this message is to bring; None where a newer one has been asked for, or it is over."""
    newest = await _newest(reference)
    if newest is None or newest.sent != number or newest.until <= clock.now():
        return None
    return Code(_code(await server_key(), reference, newest.salt), newest.until, newest.address)


async def _newest(reference: str) -> _Sent | None:
    table = tables.BookingCode
    columns = (table.salt, table.recipient, table.sent, table.tries, table.until, table.address)
    return await row(_Sent, table.select(*columns).where(table.reference == reference))


async def _too_many(to: str, network: str, since: datetime) -> bool:
    for column, value, most in (("recipient", to, PER_RECIPIENT), ("network", network, PER_NETWORK)):
        query = f"SELECT COALESCE(SUM(sent), 0) AS sent FROM booking_code WHERE {column} = {{}} AND sent_at > {{}}"  # noqa: S608
        lately = await row(_Sum, tables.BookingCode.raw(query, value, since))
        if lately is not None and lately.sent >= most:
            return True
    return False


def _code(key: bytes, reference: str, salt: str) -> str:
    digest = hmac.digest(key, f"code\0{reference}:{salt}".encode(), "sha256")
    return f"{int.from_bytes(digest) % 10**DIGITS:0{DIGITS}}"


def _place(key: bytes, address: str | None) -> str:
    return derived_code(key, "code-to", address or "", 24)
