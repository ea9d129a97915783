"""An appointment as a calendar file (RFC 5545). One UID for life; SEQUENCE grows with each change."""

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from icalendar import Alarm, Calendar, Event, vDuration
from msgspec import Struct

from server.booking.rules_states import Stage
from server.codes import readable
from server.phrases import Language, say

__all__ = ["Entry", "calendar_file"]

REMIND = timedelta(hours=2)
STATUS = {"held": "TENTATIVE", "expired": "CANCELLED", "cancelled": "CANCELLED"}


class Entry(Struct, frozen=True, kw_only=True):
    """What a calendar is told. `procedures` are names, `place` an address; `url` is where it can be changed."""

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


def calendar_file(entry: Entry, now: datetime, language: Language) -> bytes:
    """The file: published while the appointment stands, a cancellation when it does not. Instants are in UTC."""
    status = STATUS.get(entry.stage, "CONFIRMED")
    calendar = Calendar()
    calendar.add("prodid", "-//Motcua//Booking//VI")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "CANCEL" if status == "CANCELLED" else "PUBLISH")
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
