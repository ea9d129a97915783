"""Which browser is to be told of which booking or ticket. It dies with contact data, ticket or browser."""

import hashlib

import msgspec

from server import clock
from server.booking.rules_states import Appointment
from server.db import row, transaction
from server.notify.push import Subscription
from server.notify.tables import PushSubscription

__all__ = ["as_address", "browser_gone", "forget_subscriptions", "keep", "mark_of", "subscription_of", "unsubscribe"]

_COLUMNS = [PushSubscription._meta.get_column_by_name(name) for name in Subscription.__struct_fields__]

# Contact data is erased from the bookings and the waiting list by their own rules; what hangs on them follows.
# A ticket's goes with the ticket.
_FORGET = """DELETE FROM push_subscription
    WHERE reference NOT IN (SELECT reference FROM appointment WHERE phone IS NOT NULL)
    AND reference NOT IN (SELECT reference FROM waiting_entry WHERE phone IS NOT NULL)
    AND reference NOT IN (SELECT id FROM ticket
        WHERE state IN ('coming', 'waiting', 'called', 'serving', 'parked', 'missed'))"""


async def keep(reference: str, subscription: Subscription) -> None:
    """From now on this browser is told, and none that was told before. Within a transaction."""
    await PushSubscription.insert(
        PushSubscription(
            reference=reference, endpoint=subscription.endpoint, p256dh=subscription.p256dh, auth=subscription.auth,
            created_at=clock.now(),
        )
    ).on_conflict(
        action="DO UPDATE", target=PushSubscription.reference,
        values=[PushSubscription.endpoint, PushSubscription.p256dh, PushSubscription.auth, PushSubscription.created_at],
    )  # fmt: skip


async def subscription_of(about: Appointment | str) -> Subscription | None:
    """The browser that is to be told of a booking, of a place in the waiting list (its reference) or a ticket (its id).

    For a booking its own, or that of the place in the waiting list it came from.
    """
    if isinstance(about, str):
        return await _of(about)
    own = await _of(about.reference)
    if own is not None or about.waiting_entry is None:
        return own
    return await _of(about.waiting_entry)


async def unsubscribe(*references: str) -> None:
    """Tell nobody of these any more."""
    async with transaction():
        await PushSubscription.delete().where(PushSubscription.reference.is_in(list(references)))


async def browser_gone(endpoint: str) -> None:
    """A browser that wants no more is told of none of its bookings and tickets."""
    await PushSubscription.delete().where(PushSubscription.endpoint == endpoint)


async def forget_subscriptions() -> None:
    """Drop those whose booking's contact data has been erased, or whose ticket is over."""
    await PushSubscription.raw(_FORGET)


def mark_of(subscription: Subscription | None) -> str:
    """By what a page sees whether it is this browser that is told; empty where none is."""
    return hashlib.sha256(subscription.endpoint.encode()).hexdigest()[:16] if subscription else ""


def as_address(subscription: Subscription) -> str:
    """What a letter to this browser is addressed to."""
    return msgspec.json.encode(subscription).decode()


async def _of(reference: str) -> Subscription | None:
    return await row(Subscription, PushSubscription.select(*_COLUMNS).where(PushSubscription.reference == reference))
