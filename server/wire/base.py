"""What all bodies are made of: the two kinds of them, their common types, and how they become bytes."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

__all__ = [
    "Code",
    "DossierCheck",
    "HealthStatus",
    "Incoming",
    "LanguageCode",
    "LineKind",
    "Outgoing",
    "PrinterHealth",
    "Problem",
    "Purpose",
    "Reference",
    "Short",
    "Text",
    "TicketStateName",
    "Wait",
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


encode = msgspec.json.encode
decode = msgspec.json.decode
