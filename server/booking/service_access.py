"""Who may do what with a booking: whoever holds its manage token, everything; all others hear that there is none."""

import hmac
from datetime import timedelta

from msgspec import Struct

from server import clock
from server.booking import rules_particulars, tables
from server.booking.rules_states import Appointment
from server.booking.service_rows import with_reference
from server.codes import derived_code, normalised
from server.db import row
from server.errors import Refusal
from server.people.secrets import server_key

__all__ = ["access", "authorised", "manage_token"]

TRIES = 5
TRIES_WINDOW = timedelta(minutes=15)


async def access(reference: str, *, phone: str | None = None, token: str | None = None) -> tuple[Appointment, str]:
    """The booking and its manage token, for who knows the token of a link or the phone it was made with.

    Wrong tries are counted per booking. Refuses no-such-booking, bad-phone; too-many after TRIES wrong ones within
    TRIES_WINDOW, the right phone included.
    """
    found = await with_reference(normalised(reference))
    if found is None:
        raise Refusal("no-such-booking")
    if token is not None:
        try:
            await authorised(found.reference, token)
        except Refusal:
            await _count_try(found)
            raise
        return found, await manage_token(found)
    clean = rules_particulars.clean_phone(phone or "")
    # Counted before it is looked at: many at once are no way around it.
    await _count_try(found)
    if found.phone is None or not hmac.compare_digest(clean, found.phone):
        raise Refusal("no-such-booking")
    await tables.Appointment.update({tables.Appointment.tries: 0}).where(
        tables.Appointment.reference == found.reference
    )
    return found, await manage_token(found)


async def manage_token(appointment: Appointment) -> str:
    """The token that lets its holder manage this booking: derived, never stored; a new `manage_no` makes a new one."""
    return derived_code(await server_key(), "manage", f"{appointment.reference}:{appointment.manage_no}", 24)


async def authorised(reference: str, token: str | None) -> Appointment:
    """The booking, for who holds its manage token. Refuses no-such-booking to everybody else."""
    found = await with_reference(normalised(reference))
    if found is None or token is None:
        raise Refusal("no-such-booking")
    if not hmac.compare_digest(normalised(token).encode(), (await manage_token(found)).encode()):
        raise Refusal("no-such-booking")
    return found


class _Tries(Struct, frozen=True):
    tries: int


async def _count_try(found: Appointment) -> None:
    now = clock.now()
    counted = await row(
        _Tries,
        tables.Appointment.raw(
            "UPDATE appointment SET tries = CASE WHEN tries_since > {} THEN tries + 1 ELSE 1 END,"
            " tries_since = CASE WHEN tries_since > {} THEN tries_since ELSE {} END"
            " WHERE reference = {} RETURNING tries",
            now - TRIES_WINDOW, now - TRIES_WINDOW, now, found.reference,
        ),
    )  # fmt: skip
    if counted is not None and counted.tries > TRIES:
        raise Refusal("too-many")
