"""Where a visit of several procedures goes: pure, from the ticket, the lines of its procedures, and the desk."""

from collections.abc import Mapping

from server.queue.rules import Ticket

__all__ = ["onward", "procedures_of", "to_do_here"]


def procedures_of(ticket: Ticket) -> list[str]:
    """The codes of what the visit is for, in order."""
    return ticket.procedures.split("\n") if ticket.procedures else []


def to_do_here(ticket: Ticket, lines_of: Mapping[str, str], lines: frozenset[str]) -> list[str]:
    """The procedures that a desk serving these lines is to do for this visit; a code on no line is done where it is.

    What the issuing line was meant to do and did not came along when an officer sent the ticket away from there,
    unless he wants it back.
    """
    moved = ticket.line != ticket.series and ticket.back_to is None
    mine = lines | {ticket.line} | ({ticket.series} if moved else frozenset[str]())
    done = ticket.served_procedures.split("\n")
    return [code for code in procedures_of(ticket) if code not in done and lines_of.get(code, ticket.line) in mine]


def onward(ticket: Ticket, lines_of: Mapping[str, str], lines: frozenset[str]) -> str | None:
    """The line that a visit walks on to from such a desk: that of the first procedure nobody has done yet.

    None where nothing is left, or only what this desk was to do and found not to be wanted.
    """
    here = to_do_here(ticket, lines_of, lines)
    done = ticket.served_procedures.split("\n")
    for code in procedures_of(ticket):
        if code not in done and code not in here:
            return lines_of.get(code)
    return None
