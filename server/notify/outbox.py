"""The outbox: written in the change that a message tells of, emptied by whichever process gets hold of a message first.

Booking imports this side alone; sending (`service`) imports booking.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from piccolo.custom_types import Combinable

from server import clock
from server.booking.rules_states import Appointment
from server.catalogue import service as catalogue
from server.codes import new_id
from server.db import PerDatabase, after_commit, row, rows, transaction
from server.errors import Refusal
from server.journal.append import Change
from server.notify.push import Subscription, is_allowed, is_well_formed
from server.notify.rules import ENDS, Channel, Kind, Message, Outcome, State, channels_for, reminder_at
from server.notify.subscriptions import subscription_of
from server.notify.tables import Outbox
from server.phrases import Language
from server.queue.rules import Ticket

__all__ = [
    "LEASE",
    "announce",
    "announce_call",
    "available",
    "claim",
    "forget_old",
    "in_trouble",
    "listed",
    "next_due",
    "opened",
    "pushes",
    "put_off",
    "refuse_unless_pushed",
    "remind_too",
    "send_otherwise",
    "settle",
    "tell_again",
    "try_again",
    "write_code",
]

LEASE = timedelta(seconds=90)
"""How long a claimed message is nobody else's; longer than any try may take."""

KEPT = timedelta(days=30)
AT_A_TIME = 8

_NAMES = ", ".join(Message.__struct_fields__)

# The state is written out, not a parameter: only then may PostgreSQL use the partial index.
_DUE = f"""SELECT {_NAMES} FROM outbox WHERE state = 'waiting' AND due_at <= {{{{}}}} AND channel IN ({{channels}})
    ORDER BY due_at, id LIMIT {AT_A_TIME}"""  # noqa: S608
_NEXT = "SELECT min(due_at) AS due_at FROM outbox WHERE state = 'waiting' AND channel IN ({channels})"

# Whoever counts the try up first has it; the others no longer find that number and go on to the next message.
_TAKE = f"""UPDATE outbox SET tries = tries + 1, due_at = {{}}
    WHERE id = {{}} AND state = 'waiting' AND tries = {{}} AND due_at = {{}} RETURNING {_NAMES}"""  # noqa: S608

COLUMNS = [Outbox._meta.get_column_by_name(name) for name in Message.__struct_fields__]


class _Open:
    """By which ways this process sends, and who is to hear of a message that was written."""

    def __init__(self) -> None:
        self.channels: frozenset[Channel] = frozenset()
        self.ring: Callable[[], None] = lambda: None


class _Due(Struct, frozen=True):
    due_at: datetime | None


_open = PerDatabase(_Open)


def opened(channels: Collection[Channel], ring: Callable[[], None]) -> None:
    """From now on write messages for these ways, and call `ring()` after each commit that wrote one.

    As long as nobody says this, or with no channels, none is written: what nobody would send must not pile up.
    """
    here = _open.here()
    here.channels, here.ring = frozenset(channels), ring


def available() -> frozenset[Channel]:
    """The ways by which people are told at what they leave with us; whatever else they might need not be asked for."""
    return _open.here().channels - {"push"}


def pushes() -> bool:
    """Whether a browser can ask to be told, too."""
    return "push" in _open.here().channels


def refuse_unless_pushed(subscription: Subscription, hosts: Sequence[str]) -> None:
    """Refuse push-off where nothing is pushed, and bad-subscription for what is no browser of these hosts."""
    if not pushes():
        raise Refusal("push-off")
    if not is_allowed(subscription.endpoint, hosts) or not is_well_formed(subscription):
        raise Refusal("bad-subscription")


async def announce(here: Change, appointment: Appointment, kind: Kind) -> None:
    """Within a change of a booking: have the person told of it, and reminded the day before.

    `appointment` is the booking as it stands after the change.
    """
    channels = await _ways(appointment)
    if not channels:
        return
    wanted: list[tuple[Kind, datetime]] = [(kind, here.now)]
    if kind not in ENDS and kind != "offered":
        wanted += await _reminder(appointment, here.now)
    await _write(appointment, channels, wanted, here.now)


async def announce_call(here: Change, ticket: Ticket) -> None:
    """Within a change that has called a ticket: have its holder's phone told, if he asked for that."""
    if not pushes() or await subscription_of(ticket.id) is None:
        return
    await Outbox.insert(
        Outbox(
            id=new_id(), office=here.office, reference=ticket.id, kind="called", channel="push",
            language=ticket.language, sequence=ticket.announced_seq, state="waiting", tries=0, code=None,
            written_at=here.now, due_at=here.now, done_at=None,
        )
    ).on_conflict(action="DO NOTHING")  # fmt: skip
    after_commit(_open.here().ring)


async def remind_too(appointment: Appointment, channel: Channel) -> None:
    """Within a transaction: have a confirmed booking's reminder sent by one more way, that was asked for only now."""
    now = clock.now()
    await _write(appointment, [channel], await _reminder(appointment, now), now)


async def _reminder(appointment: Appointment, now: datetime) -> list[tuple[Kind, datetime]]:
    policy = await catalogue.policy(appointment.office)
    due = reminder_at(appointment.starts_at, now, policy.reminder_hours)
    return [("reminder", due)] if due else []


async def _write(
    appointment: Appointment, channels: Collection[Channel], wanted: Collection[tuple[Kind, datetime]], now: datetime
) -> None:
    if not wanted:
        return
    await Outbox.insert(
        *(
            Outbox(
                id=new_id(), office=appointment.office, reference=appointment.reference, kind=told, channel=channel,
                language=appointment.language, sequence=appointment.sequence, state="waiting", tries=0, code=None,
                written_at=now, due_at=due, done_at=None,
            )
            for told, due in wanted
            for channel in channels
        )
    ).on_conflict(action="DO NOTHING")  # fmt: skip
    after_commit(_open.here().ring)


async def _ways(appointment: Appointment) -> list[Channel]:
    """By which ways its holder is told: at what was left with us, and at the browser that asked for it."""
    channels = channels_for(appointment, available())
    if pushes() and await subscription_of(appointment) is not None:
        channels.append("push")
    return channels


async def write_code(here: Change, reference: str, language: Language, channel: Channel, number: int) -> None:
    """Within a change: have code number `number` sent for a hold, or for a place in a waiting list."""
    await Outbox.insert(
        Outbox(
            id=new_id(), office=here.office, reference=reference, kind="code", channel=channel,
            language=language, sequence=number, state="waiting", tries=0, code=None, written_at=here.now,
            due_at=here.now, done_at=None,
        )
    ).on_conflict(action="DO NOTHING")  # fmt: skip
    after_commit(_open.here().ring)


async def claim(channels: Collection[Channel], now: datetime) -> Message | None:
    """A message that is due, this caller's for the time of a LEASE; None where there is none to be had."""
    while True:
        due = await rows(Message, Outbox.raw(_DUE.format(channels=_places(channels)), now, *sorted(channels)))
        if not due:
            return None
        for seen in due:
            taken = await row(Message, Outbox.raw(_TAKE, now + LEASE, seen.id, seen.tries, seen.due_at))
            if taken is not None:
                return taken


async def next_due(channels: Collection[Channel]) -> datetime | None:
    """When the next message is due."""
    found = await row(_Due, Outbox.raw(_NEXT.format(channels=_places(channels)), *sorted(channels)))
    return found.due_at if found else None


async def settle(message: Message, state: State, code: Outcome | None = None) -> None:
    """Write down what became of a claimed message, unless the claim has passed to somebody else."""
    await Outbox.update(
        {Outbox.state: state, Outbox.code: code, Outbox.done_at: clock.now()}
    ).where(_still_ours(message))  # fmt: skip


async def put_off(message: Message, until: datetime, code: Outcome) -> None:
    """Have a claimed message tried again later."""
    await Outbox.update({Outbox.due_at: until, Outbox.code: code}).where(_still_ours(message))


async def send_otherwise(message: Message, channel: Channel) -> None:
    """Have a claimed message sent by another channel, from the beginning."""
    await Outbox.update(
        {Outbox.channel: channel, Outbox.tries: 0, Outbox.code: None, Outbox.due_at: clock.now()}
    ).where(_still_ours(message))  # fmt: skip


async def listed(office: str, state: State, limit: int) -> list[Message]:
    """An office's messages in a state, the newest first."""
    return await rows(
        Message,
        Outbox.select(*COLUMNS)
        .where((Outbox.office == office) & (Outbox.state == state))
        .order_by(Outbox.written_at, Outbox.id, ascending=False)
        .limit(limit),
    )


async def in_trouble(office: str) -> tuple[int, int]:
    """How many of an office's messages have failed, and how many are still being tried after a failure."""
    ours = Outbox.office == office
    failed = await Outbox.count().where(ours & (Outbox.state == "failed"))
    return failed, await Outbox.count().where(ours & (Outbox.state == "waiting") & Outbox.code.is_not_null())


async def try_again(office: str, identifier: str) -> None:
    """Have a failed message tried from the beginning. Refuses no-such-message, not-failed."""
    mine = (Outbox.id == identifier) & (Outbox.office == office)
    async with transaction():
        again = await Outbox.update(
            {Outbox.state: "waiting", Outbox.tries: 0, Outbox.due_at: clock.now(), Outbox.done_at: None}
        ).where(mine & (Outbox.state == "failed")).returning(Outbox.id)  # fmt: skip
        if not again:
            raise Refusal("not-failed" if await Outbox.exists().where(mine) else "no-such-message")
        after_commit(_open.here().ring)


async def tell_again(appointment: Appointment) -> None:
    """Have a booking's newest message sent once more, to where its holder can be reached now. Refuses no-channel.

    It goes as a new message: under the old identity the next hop would throw it away as one it has had.
    """
    channels = await _ways(appointment)
    if not channels:
        raise Refusal("no-channel")
    told = await rows(
        Message,
        Outbox.select(*COLUMNS)
        .where(
            (Outbox.reference == appointment.reference)
            & (Outbox.sequence == appointment.sequence)
            & (Outbox.kind != "reminder")
        )
        .order_by(Outbox.written_at, Outbox.id, ascending=False),
    )
    now = clock.now()
    kind = told[0].kind if told else "confirmed"
    async with transaction():
        again = (Outbox.reference == appointment.reference) & (Outbox.kind == kind)
        await Outbox.delete().where(again & (Outbox.sequence == appointment.sequence))
        await Outbox.insert(
            *(
                Outbox(
                    id=new_id(), office=appointment.office, reference=appointment.reference, kind=kind,
                    channel=channel, language=appointment.language, sequence=appointment.sequence, state="waiting",
                    tries=0, code=None, written_at=now, due_at=now, done_at=None,
                )
                for channel in channels
            )
        ).on_conflict(action="DO NOTHING")  # fmt: skip
        after_commit(_open.here().ring)


async def forget_old() -> None:
    """Drop what has been over for a month, or waits for a channel that is no longer used. Nothing relies on it."""
    await Outbox.delete().where(Outbox.due_at < clock.now() - KEPT)


def _places(channels: Collection[Channel]) -> str:
    return ", ".join("{}" for _ in channels)


def _still_ours(message: Message) -> Combinable:
    return (Outbox.id == message.id) & (Outbox.state == "waiting") & (Outbox.tries == message.tries)
