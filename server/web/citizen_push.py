"""What a page needs to offer that this browser be told."""

from server.booking.rules_states import Appointment
from server.notify.outbox import pushes
from server.notify.push import public_key
from server.notify.push_sender import push_key
from server.notify.subscriptions import mark_of, subscription_of

__all__ = ["offered"]


async def offered(about: Appointment | str) -> tuple[str, str] | None:
    """Our public key, and the mark of the browser that is told of this; None where nothing is pushed."""
    if not pushes():
        return None
    return public_key(await push_key()), mark_of(await subscription_of(about))
