"""The officer's session and desk."""

from datetime import date, datetime
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from server.wire.base import Code, DossierCheck, Incoming, Outgoing, Purpose, TicketStateName, Wait

__all__ = [
    "AddProcedure",
    "DeskAppointment",
    "DeskAppointmentRef",
    "DeskCounter",
    "DeskNext",
    "DeskOfficer",
    "DeskOutcome",
    "DeskTicket",
    "DeskView",
    "Finish",
    "Handover",
    "Merge",
    "Park",
    "Pause",
    "Reason",
    "SessionRequest",
    "SessionView",
    "Sit",
    "Transfer",
    "Why",
]


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
    """A ticket in a list; `back_by` is when the one whose holder has stepped out stands in the queue again."""

    id: str
    number: str
    label: str
    line: str
    line_name: str
    priority: bool
    since: datetime
    state: TicketStateName
    back_by: datetime | UnsetType = UNSET


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
    away: list[DeskNext]
    """Whose holders have stepped out: nobody calls them until they are back."""
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
    """Whether its numbers are samples, as the office is made up or practises: the screen says which."""
    practice: bool = False


class Why(Outgoing):
    sentence: str
