"""Every body and message that crosses a wire, as CONTRACT.md names them.

Kiosk and display import this and nothing else of the server's features, so it imports only leaves and starts fast.
Bodies that come in refuse unknown fields; bodies that go out may grow.
"""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "AccessRequest",
    "AccessView",
    "AddProcedure",
    "AppointmentPatch",
    "AppointmentRequest",
    "AppointmentView",
    "Arrival",
    "Board",
    "BoardCall",
    "BoardCounter",
    "BoardCounterRef",
    "BoardLine",
    "BoardNotice",
    "BoardRatings",
    "BoardState",
    "BoardTicket",
    "BookFor",
    "CalendarAppointment",
    "CalendarBooking",
    "CalendarDay",
    "CalendarDuty",
    "CalendarOfficer",
    "CalendarSpan",
    "CalendarTime",
    "CalendarView",
    "CallOff",
    "CardView",
    "CheckIn",
    "Citizen",
    "DeskAppointment",
    "DeskAppointmentRef",
    "DeskCounter",
    "DeskNext",
    "DeskOfficer",
    "DeskOutcome",
    "DeskTicket",
    "DeskView",
    "DeviceSession",
    "DeviceStatus",
    "FieldView",
    "Finish",
    "GiveLines",
    "Group",
    "HallAlert",
    "HallDesk",
    "HallLine",
    "HallTruth",
    "HallView",
    "Handover",
    "Health",
    "Help",
    "HomeNumberRequest",
    "IssuedTicket",
    "KioskConfig",
    "KioskHelp",
    "KioskOffice",
    "KioskTicketRequest",
    "LineView",
    "Merge",
    "MessageList",
    "MessageView",
    "MoveBooking",
    "NumberRange",
    "OfferView",
    "OfficeView",
    "OfflineResult",
    "OfflineTicket",
    "OpenHours",
    "Park",
    "Pause",
    "PhoneTicket",
    "Problem",
    "ProcedureList",
    "ProcedureView",
    "PushRequest",
    "QuietSpan",
    "QuietView",
    "RatingRequest",
    "RatingView",
    "Reason",
    "ReceptionTicket",
    "ReceptionTicketRequest",
    "SessionRequest",
    "SessionView",
    "Sit",
    "SlotOfficer",
    "SlotView",
    "StartNumbers",
    "TabletRating",
    "TabletTicket",
    "TabletView",
    "Transfer",
    "Turn",
    "Wait",
    "WaitingRequest",
    "WaitingView",
    "WhatIf",
    "Why",
    "decode",
    "encode",
]

Code = Annotated[str, Meta(min_length=1, max_length=40)]
Short = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=1000)]
Reference = Annotated[str, Meta(min_length=1, max_length=64)]
Purpose = Literal["submit", "collect"]
DossierCheck = Literal["known", "unknown", "unchecked"]
LanguageCode = Literal["vi", "en"]
TicketStateName = Literal[
    "coming", "waiting", "called", "serving", "parked", "missed", "served", "withdrawn", "no-show", "closed"
]
PrinterHealth = Literal["ok", "problem", "unknown"]
HealthStatus = Literal["ok", "starting", "stopping", "database-unavailable"]
LineKind = Literal["procedures", "results", "guidance"]


class Incoming(Struct, rename="camel", forbid_unknown_fields=True, kw_only=True):
    """A body that somebody sends us: a field we do not know is refused, never ignored."""


class Outgoing(Struct, rename="camel", kw_only=True):
    """A body that we send: readers skip what they do not know, so it may grow."""


# --- shared pieces -----------------------------------------------------------------------------------------


class Wait(Outgoing):
    """A range of minutes from now to being called, rounded to 5: half are called by p50, nine in ten by p90."""

    p50: int
    p90: int


class Problem(Outgoing):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] | UnsetType = UNSET


# --- offices -----------------------------------------------------------------------------------------------


class OpenHours(Outgoing):
    """When the office is or will next be open; `opens` is in the past while it is open."""

    opens: datetime
    closes: datetime


class LineView(Outgoing):
    """One service line as anybody may see it; `wait` is null where it cannot be estimated."""

    code: str
    kind: LineKind
    name: str
    prefix: str
    open: bool
    waiting: int
    wait: Wait | None
    name_vi: str
    name_en: str
    late: bool = False
    """Whether a number taken now would probably not be called today."""


class OfficeView(Outgoing):
    """An office with its hours; `opening_next` is null where none is known within a fortnight.

    `ended`: it was merged or abolished, and gives no numbers and slots. `sample`: it is made up, and screens say so.
    """

    code: str
    name: str
    address: str
    time_zone: str
    opening_now: OpenHours | None
    opening_next: OpenHours | None
    ended: bool = False
    sample: bool = False
    hotline: str = ""
    numbers_from_home: bool = False
    lines: list[LineView] | UnsetType = UNSET


class FeeChange(Outgoing):
    """What a procedure will cost from a day on, in whole đồng, and by which decision."""

    from_: date = msgspec.field(name="from")
    in_person: int | None
    online: int | None
    decision: str


class ProcedureView(Outgoing):
    """A procedure as a citizen reads it; null means that the office has not said. Days are working days.

    Fees are today's, in whole đồng; `fee_decision` is what they rest on, empty where that is not known.
    """

    code: str
    name: str
    field: str
    line: str
    minutes: int
    statutory_days: int | None
    promised_days: int | None
    fee_in_person: int | None
    fee_online: int | None
    fee_decision: str
    fee_change: FeeChange | None
    required_documents: list[str]
    short_info: str


class FieldView(Outgoing):
    """A field (lĩnh vực) in which an office takes procedures in, and how many."""

    name: str
    line: str
    procedures: int


class ProcedureList(Outgoing):
    items: list[ProcedureView]
    next_cursor: str | None


class Group(Outgoing):
    """A priority group a person may belong to; its code is a ticket's class."""

    code: str
    name_vi: str
    name_en: str


# --- booking -----------------------------------------------------------------------------------------------


class SlotOfficer(Outgoing):
    username: str
    name: str


class QuietSpan(Outgoing):
    """Little is expected from `start` to `end`, in the office's own time."""

    start: datetime
    end: datetime


class QuietView(Outgoing):
    """The quiet hours of the coming days, by what `days` days before showed; none where they are too few to tell."""

    days: int
    hours: list[QuietSpan]


class SlotView(Outgoing):
    """A start that can be booked now, and how many could still take it."""

    start: datetime
    end: datetime
    free: int
    officers: list[SlotOfficer]


class Citizen(Incoming):
    name: Short
    phone: Annotated[str, Meta(min_length=1, max_length=30)]
    email: Annotated[str, Meta(max_length=254)] | None = None
    identity_number: Annotated[str, Meta(max_length=20)] | None = None


class VisitRequest(Incoming):
    """What somebody wants to come for, and who it is.

    `dossiers` is how many are brought: more than one turn takes are a longer visit in the office's line for that.
    `solution` is a solved challenge, where one was asked for (428 challenge-needed): Base64 of ALTCHA's payload.
    """

    procedures: Annotated[list[Code], Meta(min_length=1, max_length=5)]
    citizen: Citizen
    purpose: Purpose = "submit"
    officer: Code | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None
    dossiers: Annotated[int, Meta(ge=1, le=999)] | None = None
    solution: Annotated[str, Meta(max_length=4_000)] | None = None
    language: LanguageCode = "vi"


class AppointmentRequest(VisitRequest, kw_only=True):
    """A time to be held."""

    office: Code
    start: datetime


class AppointmentPatch(Incoming):
    start: datetime


class PushRequest(Incoming):
    """What a browser says of where it can be told (PushSubscription): its push service's address, and two keys."""

    endpoint: Annotated[str, Meta(min_length=1, max_length=1000)]
    p256dh: Annotated[str, Meta(max_length=100)]
    auth: Annotated[str, Meta(max_length=30)]


class AccessRequest(Incoming):
    """One of the two: the phone the booking was made with, or the manage token of a link."""

    phone: Annotated[str, Meta(max_length=30)] | None = None
    token: Annotated[str, Meta(max_length=200)] | None = None


class AppointmentView(Outgoing):
    reference: str
    state: Literal["held", "confirmed", "checked-in", "cancelled", "expired", "no-show"]
    start: datetime
    end: datetime
    office: str
    procedures: list[str]
    purpose: Purpose
    officer: str | None = None
    dossier_check: DossierCheck | UnsetType = UNSET
    held_until: datetime | UnsetType = UNSET
    manage_token: str | UnsetType = UNSET


class AccessView(Outgoing):
    manage_token: str


# --- the office's calendar ---------------------------------------------------------------------------------


class BookFor(Incoming):
    """A booking that the office makes for somebody; `waive` is what the site would have refused it for."""

    procedures: Annotated[list[Code], Meta(min_length=1, max_length=5)]
    start: datetime
    citizen: Citizen
    purpose: Purpose = "submit"
    officer: Code | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None
    language: LanguageCode = "vi"
    waive: Annotated[list[Literal["dossier", "limits"]], Meta(max_length=2)] = []


class MoveBooking(Incoming):
    """Another start, with that officer or (None) whoever is free; `asked` where the person wished for it."""

    start: datetime
    officer: Code | None
    asked: bool = False


class CallOff(Incoming):
    """Why the office calls a booking off: the person is told the reason's sentence; `note` stays in the office."""

    reason: Literal["asked", "officer-away", "office-closed", "systems-down", "not-needed", "other"]
    note: Annotated[str, Meta(max_length=200)] = ""


class CalendarOfficer(Outgoing):
    username: str
    name: str


class CalendarSpan(Outgoing):
    start: datetime
    end: datetime


class CalendarDuty(CalendarSpan):
    officer: str


class CalendarTime(CalendarSpan):
    """A start that the office can book now, and how many could still take it."""

    free: int


class CalendarAppointment(CalendarSpan):
    """One booking in the day; `name` and the telephone's last three digits are gone once the visit is over."""

    reference: str
    officer: str | None
    name: str | None
    phone_tail: str
    procedures: list[str]
    purpose: Purpose
    state: Literal["held", "confirmed", "checked-in", "cancelled", "no-show"]


class CalendarDay(Outgoing):
    """A day: where it is closed `opening` is empty, and `closed` names the holiday if it is one."""

    day: date
    opening: list[CalendarSpan]
    closed: str | None
    duties: list[CalendarDuty]
    appointments: list[CalendarAppointment]


class CalendarView(Outgoing):
    """Days of an office as its staff see them. `last_day` is the last that can be booked."""

    office: str
    office_name: str
    time_zone: str
    sample: bool
    now: datetime
    slot_minutes: int
    online_filers_only: bool
    last_day: date
    officers: list[CalendarOfficer]
    days: list[CalendarDay]


class CalendarBooking(CalendarAppointment):
    """All that the office knows of one booking. `open` is whether it can still be moved or called off."""

    readable: str
    officer_name: str | None
    phone: str | None
    email: str | None
    dossier_number: str | None
    dossier_check: Literal["known", "unknown", "unchecked"] | None
    language: LanguageCode
    waived: list[str]
    reason: str | None
    note: str | None
    created_at: datetime
    checked_in_at: datetime | None
    cancelled_at: datetime | None
    open: bool


class WaitingRequest(VisitRequest, kw_only=True):
    """A place on a day's waiting list."""

    day: date


class OfferView(Outgoing):
    """A time kept for who waits: a held appointment, to be confirmed until `held_until` or else cancelled."""

    reference: str
    start: datetime
    end: datetime
    held_until: datetime
    manage_token: str


class WaitingView(Outgoing):
    """An entry of a waiting list. `place` counts from 1, and promises nothing; it is there while somebody waits."""

    reference: str
    state: Literal["waiting", "offered", "missed", "booked", "left", "over"]
    office: str
    day: date
    procedures: list[str]
    purpose: Purpose
    officer: str | None = None
    place: int | UnsetType = UNSET
    offer: OfferView | UnsetType = UNSET
    manage_token: str | UnsetType = UNSET


# --- kiosk and other devices -------------------------------------------------------------------------------


class NumberRange(Outgoing):
    line: str
    first: int = msgspec.field(name="from")
    last: int = msgspec.field(name="to")


class KioskOffice(Outgoing):
    code: str
    name_vi: str
    name_en: str
    address: str
    opening_now: OpenHours | None
    opening_next: OpenHours | None


class KioskConfig(Outgoing):
    """What a kiosk needs to work, and to go on working alone; `ranges` are this kiosk's for offline numbers."""

    day: date
    time_zone: str
    office: KioskOffice
    lines: list[LineView]
    groups: list[Group]
    ranges: list[NumberRange]
    public_url: str
    hotline: str = ""
    sample: bool = False
    """Whether its tickets are for practice or show: the paper says that they are worth nothing."""


class KioskTicketRequest(Incoming):
    line: Code
    procedure: Code | None = None
    klass: Code | None = msgspec.field(name="class", default=None)
    language: LanguageCode = "vi"
    card: Annotated[str, Meta(min_length=1, max_length=10)] | None = None


class IssuedTicket(Outgoing):
    """The ticket just issued; `ahead` are those the rule would call first if nobody else came."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    ahead: int
    wait: Wait | None
    follow_token: str
    follow_url: str
    issued_at: datetime
    documents: list[str] = []


class CheckIn(Incoming):
    """Exactly one of the four; `qr` is whatever the scanner read."""

    reference: Reference | None = None
    qr: Annotated[str, Meta(max_length=1000)] | None = None
    phone: Annotated[str, Meta(max_length=30)] | None = None
    dossier_number: Annotated[str, Meta(max_length=60)] | None = None


class OfflineTicket(Incoming):
    id: Annotated[str, Meta(min_length=8, max_length=100)]
    line: Code
    number: Annotated[int, Meta(ge=1, le=99999)]
    issued_at: datetime
    klass: Code | None = msgspec.field(name="class", default=None)


class OfflineResult(Outgoing):
    id: str
    result: Literal["accepted", "already", "refused"]
    code: str | UnsetType = UNSET
    follow_url: str | UnsetType = UNSET


class DeviceSession(Incoming):
    token: Annotated[str, Meta(min_length=1, max_length=200)]


class DeviceStatus(Incoming):
    """How the device is; `clock` is its own time, so that a wrong clock is seen."""

    printer: PrinterHealth
    clock: datetime
    paper: Literal["ok", "low", "out", "unknown"] | None = None
    detail: Annotated[str, Meta(max_length=200)] | None = None
    queued: Annotated[int, Meta(ge=0, le=100000)] | None = None


class TabletTicket(Outgoing):
    """The ticket to be rated at this counter, by number alone."""

    id: str
    number: str


class TabletView(Outgoing):
    """What a counter's tablet shows; `serving` is the label of the ticket called to this counter or served at it."""

    counter: int
    ticket: TabletTicket | None
    office: str
    office_name: str
    time_zone: str
    serving: str | None = None


class TabletRating(Incoming):
    ticket_id: Code
    level: Annotated[int, Meta(ge=1, le=3)]
    reasons: Annotated[list[Code], Meta(max_length=10)] = []
    comment: Text | None = None


# --- the citizen's ticket ----------------------------------------------------------------------------------


class Turn(Outgoing):
    """Between which times of day the turn of a number taken at home is expected, in steps of five minutes."""

    begins: datetime
    ends: datetime


class PhoneTicket(Outgoing):
    """A ticket as its holder sees it: nothing about anybody else. `as_of` is when `ahead` and `wait` were true.

    `turn` is told while its holder is at home, so that he knows when to set out.
    """

    number: str
    label: str
    line: str
    line_name: str
    office: str
    office_name: str
    state: TicketStateName
    ahead: int | None
    wait: Wait | None
    rated: bool
    as_of: datetime
    time_zone: str
    turn: Turn | UnsetType = UNSET
    counter: int | UnsetType = UNSET
    called_at: datetime | UnsetType = UNSET
    can_rate: bool = False


class RatingRequest(Incoming):
    level: Annotated[int, Meta(ge=1, le=3)]
    reasons: Annotated[list[Code], Meta(max_length=10)] = []
    comment: Text | None = None
    contact: Annotated[str, Meta(max_length=200)] | None = None


class RatingView(Outgoing):
    level: int


# --- officers ----------------------------------------------------------------------------------------------


class SessionRequest(Incoming):
    username: Annotated[str, Meta(min_length=1, max_length=100)]
    password: Annotated[str, Meta(min_length=1, max_length=200)]


class SessionView(Outgoing):
    officer: str
    name: str
    office: str
    office_name: str
    role: str


class Sit(Incoming):
    """A counter to sit down at; with `also` beside the one that the officer looks after already."""

    counter: Annotated[int, Meta(ge=1, le=999)]
    also: bool = False


class Pause(Incoming):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]
    until: datetime | None = None


class Handover(Incoming):
    to: Code


class Reason(Incoming):
    reason: Annotated[str, Meta(min_length=1, max_length=200)]


class Finish(Incoming):
    """What was really done: procedures served here, and the day for a result that is not ready."""

    outcome: Code | None = None
    procedures: Annotated[list[Code], Meta(max_length=10)] | None = None
    dossiers: Annotated[int, Meta(ge=0, le=999)] | None = None
    promised_on: date | None = None
    next: bool = False


class Transfer(Incoming):
    line: Code | None = None
    counter: Annotated[int, Meta(ge=1, le=999)] | None = None
    officer: Code | None = None
    back: bool = False


class Park(Incoming):
    reason: Annotated[str, Meta(max_length=200)] | None = None
    minutes: Annotated[int, Meta(ge=1, le=600)] | None = None


class Merge(Incoming):
    other: Code


class AddProcedure(Incoming):
    procedure: Code


class DeskAppointmentRef(Outgoing):
    reference: str
    start: datetime
    purpose: Purpose
    dossier_number: str | None
    dossier_check: DossierCheck | None


class DeskTicket(Outgoing):
    """A ticket as the officer who serves it sees it; screens show that there is a priority, never on which ground."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    state: TicketStateName
    klass: str | None = msgspec.field(name="class")
    counter: int | None
    officer: str | None
    procedures: list[str]
    procedure_names: list[str]
    issued_at: datetime
    called_at: datetime | None
    started_at: datetime | None
    misses: int
    usual: Wait | None = None
    appointment: DeskAppointmentRef | UnsetType = UNSET
    parked_until: datetime | UnsetType = UNSET
    park_reason: str | UnsetType = UNSET
    why: str | UnsetType = UNSET
    here: list[str] = []
    """Those of the procedures that this desk is to do; the others are done, or another line's."""
    next: "DeskTicket | UnsetType" = UNSET


class DeskNext(Outgoing):
    id: str
    number: str
    label: str
    line: str
    line_name: str
    priority: bool
    since: datetime
    state: TicketStateName


class DeskAppointment(Outgoing):
    start: datetime
    procedure: str
    state: str


class DeskOutcome(Outgoing):
    """How a visit may end; with `asks_date` the day to come back has to be said."""

    code: str
    name: str
    asks_date: bool = False


class DeskOfficer(Outgoing):
    username: str
    name: str


class DeskCounter(Outgoing):
    """A counter one might sit down at; `officer` is the full name of who sits there, `lines` the names it serves."""

    number: int
    name: str
    officer: str | None
    lines: list[str] = []


class DeskView(Outgoing):
    """Everything the desk's page draws, as of journal number `seq` and the server's instant `as_of`.

    `verbs` are those this officer has here at all (next, start, finish, recall, miss, park, resume, transfer,
    add-procedure, return, withdraw, undo, pause, close, handover): the page offers no others, and greys what the
    ticket's state does not allow. `undo_ticket` and `undo_label` name the ticket that `undo_verb` was about.
    """

    seq: int
    as_of: datetime
    time_zone: str
    office_name: str
    counter: int | None
    officer: str
    officer_name: str
    office: str
    ticket: DeskTicket | None
    parked: list[DeskTicket]
    missed: list[DeskNext]
    next: list[DeskNext]
    waiting: int
    appointments: list[DeskAppointment]
    lines: list[str]
    line_names: list[str]
    served_today: int
    paused_reason: str | None
    paused_until: datetime | None
    undo_until: datetime | None
    undo_verb: str | None = None
    undo_ticket: str | None = None
    undo_label: str | None = None
    counters: list[DeskCounter] = []
    mine: list[int] = []
    """Every counter this officer looks after; more than one is rare."""
    verbs: list[str] = []
    officers: list[DeskOfficer] = []
    """Colleagues at no counter, who could take this one over."""
    outcomes: list[DeskOutcome] = []
    may_choose: bool = False
    """Whether this officer may call a ticket out of turn."""
    help: Literal["head", "emergency"] | None = None
    """What this counter has called for and nobody has answered yet."""
    sample: bool = False
    """Whether the office is made up, for practice: the screen says so."""


class Why(Outgoing):
    sentence: str


class HomeNumberRequest(Incoming):
    """A number taken at home; of the telephone only an HMAC is kept, so that one person has one number."""

    line: Code
    phone: Annotated[str, Meta(min_length=1, max_length=30)]
    procedure: Code | None = None
    language: LanguageCode = "vi"


class Arrival(Incoming):
    """The sign of the day, from the poster in the hall."""

    code: Annotated[str, Meta(min_length=1, max_length=20)]


class ReceptionTicketRequest(Incoming):
    line: Code
    klass: Code | None = msgspec.field(name="class", default=None)
    card: Annotated[str, Meta(min_length=1, max_length=10)] | None = None
    advice: bool = False
    language: LanguageCode = "vi"


class MessageView(Outgoing):
    """A message about a booking as staff see it: how far it came, never whom it goes to nor what it says."""

    id: str
    reference: str
    kind: str
    channel: str
    state: str
    tries: int
    code: str | None
    reason: str | None
    written_at: datetime
    due_at: datetime | None


class MessageList(Outgoing):
    """Messages, newest first; how many of the office's have failed, and how many are tried again after a failure."""

    failed: int
    retrying: int
    messages: list[MessageView]


class ReceptionTicket(Outgoing):
    """A ticket as reception lists it; `returnable` says that one press brings its holder back."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    state: TicketStateName
    source: str
    issued_at: datetime
    returnable: bool
    priority: bool = False


class CardView(Outgoing):
    label: str
    state: str


# --- the head of the office --------------------------------------------------------------------------------


class GiveLines(Incoming):
    """Lines that a counter takes besides its own, until an instant; an empty list takes them away."""

    lines: Annotated[list[Code], Meta(max_length=20)]
    until: datetime


class Help(Incoming):
    kind: Literal["head", "emergency"]


class StartNumbers(Incoming):
    line: Code
    number: Annotated[int, Meta(ge=1, le=99999)]


class HallDesk(Outgoing):
    """A counter as the head sees it: who is there, with which ticket and since when."""

    number: int
    name: str
    officer: str | None
    officer_name: str | None
    lines: list[str]
    extra_lines: list[str]
    extra_until: datetime | None
    ticket: str | None
    ticket_state: TicketStateName | None
    since: datetime | None
    paused_reason: str | None
    paused_until: datetime | None
    help: str | None


class HallLine(Outgoing):
    code: str
    name: str
    waiting: int
    longest_since: datetime | None
    wait: Wait | None
    served_by: int


class KioskHelp(Outgoing):
    """A kiosk where somebody waits for help, and since when."""

    device: str
    called_at: datetime
    sentence: str


class HallAlert(Outgoing):
    """Something that needs the head: a sentence, and what would help, as a link of the API to call."""

    code: str
    sentence: str
    line: str | None = None
    counter: int | None = None
    device: str | None = None


class HallTruth(Outgoing):
    """How true the announced waits of today were: shares and minutes; null until ten were graded."""

    graded: int
    within: float | None
    mean_error: float | None
    too_optimistic: float | None


class HallView(Outgoing):
    """The state of the hall in one sentence, what needs the head, and the figures behind it."""

    seq: int
    as_of: datetime
    time_zone: str
    office: str
    office_name: str
    sentence: str
    alerts: list[HallAlert]
    desks: list[HallDesk]
    lines: list[HallLine]
    waiting: int
    served_today: int
    left_today: int
    chosen_today: int
    arrivals: list[int]
    """Numbers given today by quarter of an hour, 96 of them from midnight."""
    usual: list[float]
    """The same on an ordinary day: the mean of the last four such weekdays; empty where there was none."""
    truth: HallTruth
    sample: bool = False


class WhatIf(Outgoing):
    """Waits per line as they are and as they would be."""

    now: dict[str, Wait]
    then: dict[str, Wait]
    sentence: str


# --- the feed ----------------------------------------------------------------------------------------------


class BoardTicket(Outgoing):
    id: str
    number: str
    label: str
    line: str


class BoardCounterRef(Outgoing):
    number: int
    name: str


class BoardCall(Outgoing):
    """A call as the wall keeps it: newest first, one per ticket; `state` is what has become of the ticket since."""

    ticket: BoardTicket
    counter: BoardCounterRef
    at: datetime
    state: TicketStateName


class BoardLine(Outgoing):
    code: str
    waiting: int


class BoardCounter(Outgoing):
    number: int
    name: str
    open: bool


class BoardRatings(Outgoing):
    """Of today's finished visits: how many, how many rated, how many of those were satisfied (level 2 or 3)."""

    served: int
    answered: int
    satisfied: int


class BoardNotice(Outgoing):
    code: str
    at: datetime


class BoardState(Outgoing):
    day: date | None
    calls: list[BoardCall]
    lines: list[BoardLine]
    counters: list[BoardCounter]
    ratings: BoardRatings
    notices: list[BoardNotice]


class Board(Outgoing):
    """The feed's snapshot: the state after event `seq`, and the forecast beside it."""

    seq: int
    state: BoardState
    forecast: dict[str, Wait]
    office: OfficeView | UnsetType = UNSET


class Health(Outgoing):
    status: HealthStatus
    version: str
    database: Literal["ok", "unavailable"]
    journal_lag: float


encode = msgspec.json.encode
decode = msgspec.json.decode
