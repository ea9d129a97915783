"""An appointment as a calendar file (RFC 5545). One UID for life; SEQUENCE grows with each change."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event, vCalAddress, vDuration
from msgspec import Struct

from server.booking.rules_states import Stage
from server.codes import readable
from server.phrases import Language, say

__all__ = ["Entry", "Invited", "calendar_file", "method_of"]

REMIND = timedelta(hours=2)
STATUS = {"held": "TENTATIVE", "expired": "CANCELLED", "cancelled": "CANCELLED"}


class Entry(Struct, frozen=True, kw_only=True):
    """What a calendar is told. `procedures` are names, `place` an address; `url` is where it can be changed.

    `reason` is the code of why the office called it off, if it did.
    """

    reference: str
    stage: Stage
    sequence: int
    start: datetime
    end: datetime
    office: str
    place: str
    procedures: list[str]
    documents: list[str]
    url: str
    reason: str | None = None


class Invited(Struct, frozen=True):
    """The two addresses of an invitation by e-mail (RFC 6047): whose it is (its sender's), and whom it asks."""

    organizer: str
    attendee: str


def method_of(entry: Entry, invited: Invited | None = None) -> str:
    """What the file does to a calendar: CANCEL where the appointment no longer stands, else REQUEST or PUBLISH."""
    if STATUS.get(entry.stage) == "CANCELLED":
        return "CANCEL"
    return "REQUEST" if invited else "PUBLISH"


def calendar_file(entry: Entry, now: datetime, language: Language, invited: Invited | None = None) -> bytes:
    """The file: published while the appointment stands, a cancellation when it does not. Instants are in UTC.

    To somebody `invited` it is an invitation, which a calendar enters by itself, moves and takes out again.
    """
    status = STATUS.get(entry.stage, "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Motcua//Booking//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method_of(entry, invited))
    event = Event()
    event.add("uid", f"{entry.reference}@{urlsplit(entry.url).hostname or 'motcua'}")
    event.add("dtstamp", now)
    event.add("sequence", entry.sequence)
    event.add("dtstart", entry.start)
    event.add("dtend", entry.end)
    event.add("status", status)
    event.add("summary", say(language, "booking.calendar.summary", office=entry.office))
    event.add("location", ", ".join(part for part in (entry.office, entry.place) if part))
    event.add("description", _description(entry, language))
    event.add("url", entry.url)
    event.add("transp", "TRANSPARENT" if status == "CANCELLED" else "OPAQUE")
    if invited is not None:
        event["organizer"] = vCalAddress(f"mailto:{invited.organizer}")
        attendee = vCalAddress(f"mailto:{invited.attendee}")
        # It was their own booking: nobody waits for an answer.
        attendee.params |= {"PARTSTAT": "ACCEPTED", "RSVP": "FALSE"}
        event.add("attendee", attendee)
    if status != "CANCELLED":
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", say(language, "booking.calendar.summary", office=entry.office))
        alarm["trigger"] = vDuration(-REMIND)
        event.add_component(alarm)
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def _description(entry: Entry, language: Language) -> str:
    lines = [*entry.procedures, say(language, "booking.calendar.reference", reference=readable(entry.reference))]
    if entry.documents:
        lines.append(say(language, "booking.calendar.bring", documents="; ".join(entry.documents)))
    lines += [say(language, "book.arrive_early"), say(language, "booking.calendar.manage", url=entry.url)]
    return "\n".join(lines)
