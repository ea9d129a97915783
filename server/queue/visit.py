"""How a service ends, and where the visit goes on: home, back to whoever asked for that, or to its next line."""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct, structs

from server import clock
from server.catalogue import service as catalogue
from server.errors import Refusal
from server.people.rules import Officer
from server.queue.desk import Work, at_desk, call_whoever_is_next, mine, remember
from server.queue.hall import set_state
from server.queue.rules import Ticket
from server.queue.rules_visit import onward, procedures_of, to_do_here

__all__ = ["NOT_READY", "Done", "finish"]

NOT_READY = "result-not-ready"
"""The outcome that owes the citizen an apology and a new date."""


class Done(Struct, frozen=True, kw_only=True):
    """What was really done. `procedures` are those served at this desk; None: all that the visit has for it."""

    outcome: str | None = None
    procedures: Sequence[str] | None = None
    dossiers: int | None = None
    promised_on: date | None = None


async def finish(
    officer: Officer, ticket: str, done: Done | None = None, *, then_next: bool = False
) -> tuple[Ticket, Ticket | None]:
    """End the service, with what was really done; with `then_next` call the next one in the same change.

    Returns the finished ticket and the one called, if any. Refuses no-such-outcome, no-such-procedure, and date-needed
    where a result is not ready and no day to come is promised for it.
    """
    done = done or Done()
    async with at_desk(officer, ticket=ticket) as work:
        found = await mine(work, "finish", ticket)
        columns = await _columns(work, found, done)
        finished = await _end_here(work, found, columns)
        before, called = await call_whoever_is_next(work) if then_next and work.desk.paused_at is None else (None, None)
        await remember(work, "finish", [found] if before is None else [found, before])
        return finished, called


async def _columns(work: Work, ticket: Ticket, done: Done) -> dict[str, object]:
    """What is written of the service, once checked; the counts of an earlier stage of the visit are added to."""
    policy = work.setting.policy
    outcome = done.outcome or policy.outcomes[0]
    if outcome not in policy.outcomes:
        raise Refusal("no-such-outcome", outcomes=", ".join(policy.outcomes))
    today = clock.day_of(work.change.now, work.setting.office.time_zone)
    promised = done.promised_on
    if (promised is None and outcome == NOT_READY) or (promised is not None and promised <= today):
        raise Refusal("date-needed")
    dossiers = ticket.dossiers if done.dossiers is None else (ticket.dossiers or 0) + done.dossiers
    promised = promised or ticket.promised_on
    columns: dict[str, object] = {"outcome": outcome, "dossiers": dossiers, "promised_on": promised}
    before = ticket.served_procedures.split("\n") if ticket.served_procedures else []
    here = to_do_here(ticket, await _lines_of(ticket), work.seat.lines)
    served = here
    if done.procedures is not None:
        served = [(await catalogue.procedure(ticket.office, code)).code for code in done.procedures]
    # What this desk could have done and did not is not wanted any more; what other lines do stays to be done.
    kept = [code for code in procedures_of(ticket) if code in served or code not in here]
    columns["procedures"] = "\n".join(dict.fromkeys([*kept, *served]))
    columns["served_procedures"] = "\n".join(dict.fromkeys([*before, *served]))
    return columns


async def _end_here(work: Work, before: Ticket, columns: dict[str, object]) -> Ticket:
    """This desk is done: the visit is over, or goes back to who asked for that, or walks on to its next line."""
    change, setting = work.change, work.setting
    to_queue: dict[str, object] = {
        "state": "waiting", "only_counter": None, "back_to": None,
        "counter": None, "officer": None, "called_at": None, "started_at": None,
    }  # fmt: skip
    if before.back_to is not None and before.back_to != work.officer.username:
        return await set_state(
            change, setting, before, "ticket.transferred", at_counter=work.desk.counter,
            **columns | to_queue, only_officer=before.back_to,
        )  # fmt: skip
    after = structs.replace(before, **columns)
    next_line = onward(after, await _lines_of(after), work.seat.lines)
    if next_line is not None and next_line in setting.lines:
        return await set_state(
            change, setting, before, "ticket.transferred", at_counter=work.desk.counter,
            **columns | to_queue, only_officer=None, line=next_line,
        )  # fmt: skip
    return await set_state(
        change, setting, before, "ticket.finished", at_counter=work.desk.counter,
        **columns, state="served", ended_at=change.now, ended_seq=change.next_seq,
    )  # fmt: skip


async def _lines_of(ticket: Ticket) -> dict[str, str]:
    """Which line each procedure of a visit is served on; one that the office has stopped taking is on none."""
    found = {}
    for code in procedures_of(ticket):
        try:
            found[code] = (await catalogue.procedure(ticket.office, code)).line
        except Refusal:
            continue
    return found
