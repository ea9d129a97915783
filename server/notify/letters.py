"""What a message says, in the person's language. Only our own words: what strangers typed is sent to nobody."""

from datetime import datetime

from msgspec import Struct

from server.booking.calendar_file import Entry
from server.clock import local
from server.codes import readable
from server.notify.rules import CALL_LASTS, ENDS, Kind, Message
from server.phrases import Language, say
from server.queue.rules import Ticket
from server.web.formats import long_date, time_of_day

__all__ = ["Letter", "because", "call_letter", "code_letter", "letter_of"]

TOLD = frozenset({"officer-away", "office-closed", "systems-down", "not-needed"})
"""The reasons that have a sentence for the person."""


class Letter(Struct, frozen=True, kw_only=True):
    """A message to one person, for whichever sender.

    `id` is the same however often it is tried. `text` is the long form, `short` one for telephones; `values` are what a
    messenger's template of the name `kind` is filled with. `entry` is what to put into, or take out of, a calendar.
    After `expires` nobody needs it any more.
    """

    id: str
    kind: Kind
    to: str
    language: Language
    office: str
    subject: str
    text: str
    short: str
    values: dict[str, str]
    entry: Entry | None
    expires: datetime | None = None


def letter_of(
    message: Message, to: str, entry: Entry, time_zone: str, link: str, until: datetime | None = None
) -> Letter:
    """The letter. `link` opens the booking, or where it has ended the way to another one; `until` is a hold's end."""
    language = message.language
    start = local(entry.start, time_zone)
    values = {
        "office": entry.office,
        "time": time_of_day(entry.start, time_zone),
        "date": long_date(language, start),
        "reference": readable(entry.reference),
        "link": link,
    }
    if message.kind == "called-off":
        values["reason"] = because(entry.reason, language)
    if until is not None:
        values["until"] = f"{time_of_day(until, time_zone)}, {long_date(language, local(until, time_zone))}"
    return Letter(
        id=message.id,
        kind=message.kind,
        to=to,
        language=language,
        office=entry.office,
        subject=say(language, f"notify.{message.kind}.subject", **values),
        text=_text(message, entry, values),
        short=" ".join(say(language, f"notify.{message.kind}.short", **values).split()),
        values=values,
        # A reminder changes nothing: sent as an invitation it would only ask again. An offer is none as yet.
        entry=entry if message.kind not in ("reminder", "offered") else None,
        expires=until or entry.start,
    )


def code_letter(message: Message, to: str, office: str, code: str, until: str) -> Letter:
    """The letter that brings a code. No link: who did not ask for it has nothing to follow."""
    values = {"office": office, "code": code, "until": until}
    parts = ("notify.greeting", "notify.code.lead", "notify.code.careful", "notify.footer")
    return Letter(
        id=message.id,
        kind=message.kind,
        to=to,
        language=message.language,
        office=office,
        subject=say(message.language, "notify.code.subject", **values),
        text="\n\n".join(say(message.language, part, **values) for part in parts) + "\n",
        short=say(message.language, "notify.code.short", **values),
        values=values,
        entry=None,
    )


def call_letter(message: Message, to: str, office: str, ticket: Ticket, link: str) -> Letter:
    """What is pushed when a number is called: the number and the counter, and nothing once that is over."""
    values = {
        "office": office, "label": ticket.label, "counter": str(ticket.announced_counter), "reference": ticket.id,
        "link": link,
    }  # fmt: skip
    told = say(message.language, "notify.push.called", **values)
    return Letter(
        id=message.id, kind=message.kind, to=to, language=message.language, office=office, subject=told, text=told,
        short=told, values=values, entry=None,
        expires=ticket.announced_at + CALL_LASTS if ticket.announced_at else None,
    )  # fmt: skip


def because(reason: str | None, language: Language) -> str:
    """The sentence that tells a person why the office called an appointment off; empty where there is none to tell."""
    return say(language, f"notify.because.{reason}") if reason in TOLD else ""


def _text(message: Message, entry: Entry, values: dict[str, str]) -> str:
    language, ends = message.language, message.kind in ENDS
    facts = [say(language, "notify.when", **values)]
    place = ", ".join(part for part in (entry.office, entry.place) if part)
    facts.append(say(language, "notify.where", place=place))
    facts += [say(language, "notify.what", procedure=name) for name in entry.procedures]
    facts.append(say(language, "booking.calendar.reference", **values))
    lead = say(language, f"notify.{message.kind}.lead", **values)
    reasons = [values["reason"]] if values.get("reason") else []
    parts = [say(language, "notify.greeting"), lead, *reasons, "\n".join(facts)]
    if not ends:
        if entry.documents:
            bring = "\n".join(f"- {document}" for document in entry.documents)
            parts.append(f"{say(language, 'notify.bring')}\n{bring}")
        parts.append(say(language, "book.arrive_early"))
    way = "notify.offered.answer" if message.kind == "offered" else "notify.again" if ends else "notify.manage"
    parts.append(say(language, way, **values))
    parts.append(say(language, "notify.footer"))
    return "\n\n".join(parts) + "\n"
