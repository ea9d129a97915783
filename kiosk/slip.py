"""What a ticket's paper says: from a ticket to ready sentences."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from kiosk.layout import Slip
from server.clock import local
from server.codes import readable
from server.phrases import Language, say
from server.wire import IssuedTicket, KioskConfig, LineView, OfflineTicket, Wait

__all__ = ["Given", "given_offline", "given_online", "line_of", "sample_slip", "slip_of"]


@dataclass(frozen=True)
class Given:
    """A number this kiosk gave somebody, with all it takes to print it again. Offline ones have no wait and no link."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    language: Language
    issued_at: datetime
    ahead: int | None = None
    wait: Wait | None = None
    follow_token: str | None = None
    follow_url: str | None = None
    documents: Sequence[str] = ()
    booked: bool = False
    sample: bool = False


def line_of(config: KioskConfig, code: str) -> LineView | None:
    """The office's line with that code."""
    return next((line for line in config.lines if line.code == code), None)


def given_online(ticket: IssuedTicket, config: KioskConfig, language: Language, booked: bool = False) -> Given:
    """A ticket as the server issued it."""
    line = line_of(config, ticket.line)
    return Given(
        id=ticket.id,
        number=ticket.number,
        label=ticket.label,
        line=ticket.line,
        line_name=ticket.line_name if line is None else _name(line, language),
        language=language,
        issued_at=ticket.issued_at,
        ahead=ticket.ahead,
        wait=ticket.wait,
        follow_token=ticket.follow_token,
        follow_url=ticket.follow_url,
        documents=ticket.documents,
        booked=booked,
        sample=ticket.sample,
    )


def given_offline(ticket: OfflineTicket, line: LineView, language: Language) -> Given:
    """A ticket that this kiosk gave out alone: the line's prefix and at least three digits, as the server writes it."""
    number = f"{line.prefix}{ticket.number:03}"
    return Given(
        id=ticket.id,
        number=number,
        label=number,
        line=line.code,
        line_name=_name(line, language),
        language=language,
        issued_at=ticket.issued_at,
        sample=ticket.sample,
    )


def slip_of(given: Given, config: KioskConfig, reprint: bool = False) -> Slip:
    """The paper of a ticket."""
    language = given.language
    office = config.office.name_en if language == "en" else config.office.name_vi
    at = local(given.issued_at, config.time_zone)
    issued = say(language, "ticket.issued_at", time=f"{at:%H:%M}", date=f"{at:%d/%m/%Y}")
    note = [say(language, "paper.note")] if given.wait else []
    missed = say(language, "ticket.missed")
    if given.follow_url and given.follow_token:
        code = say(language, "ticket.code", code=readable(given.follow_token))
        aside = [(say(language, "ticket.qr"), True), (code, False), (missed, False)]
    else:
        promise = [] if given.sample else [(say(language, "paper.offline"), False)]
        aside = [(say(language, "ticket.keep"), True), *promise, (missed, False)]
    below = []
    if given.documents:
        bold, _, rest = say(language, "ticket.bring", documents="; ".join(given.documents)).partition(": ")
        below.append((f"{bold}:", rest))
    if config.hotline:
        below.append(("", say(language, "ticket.hotline", phone=config.hotline)))
    return Slip(
        office=say(language, "paper.office", desk_name=say(language, "display.desk_name"), office=office),
        line=given.line_name,
        number=given.label,
        strong=_waiting(given),
        small=[*note, issued],
        qr=given.follow_url,
        aside=aside,
        below=below,
        mark=" · ".join(_marks(given, reprint)) or None,
        plain=[_ascii(given.label), f"{at:%H:%M %d/%m/%Y}", *(["IN LAI"] if reprint else [])],
    )


def sample_slip(public_url: str, at: datetime) -> Slip:
    """A slip to try a printer with, marked as worthless."""
    return Slip(
        office=say("vi", "display.desk_name"),
        line=say("vi", "paper.sample.line"),
        number="A000",
        small=[f"{at:%H:%M %d/%m/%Y}"],
        qr=public_url,
        aside=[(say("vi", "ticket.sample"), True)],
        mark=say("vi", "ticket.sample"),
        plain=["A000", "PHIEU THU"],
    )


def _marks(given: Given, reprint: bool) -> list[str]:
    marks = {"ticket.sample": given.sample, "ticket.reprint": reprint}
    return [say(given.language, key) for key, said in marks.items() if said]


def _waiting(given: Given) -> list[str]:
    said = []
    if given.ahead is not None:
        key = "ticket.ahead" if given.ahead else "ticket.ahead.zero"
        said.append(say(given.language, key, n=given.ahead))
    if given.wait is not None and given.ahead:
        low, high = given.wait.p50, given.wait.p90
        if low == high:
            said.append(say(given.language, "paper.eta.about", minutes=high))
        else:
            said.append(say(given.language, "ticket.eta.short", **{"from": low, "to": high}))
    return said


def _name(line: LineView, language: Language) -> str:
    return line.name_en if language == "en" else line.name_vi


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return plain.encode("ascii", "ignore").decode()
