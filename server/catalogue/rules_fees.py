"""What a procedure costs on a day, and on which decision that rests."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from msgspec import Struct

from server.catalogue.rules import ANY_OFFICE, Procedure

__all__ = ["Charge", "Fee", "charge_on", "next_charge"]


class Fee(Struct, frozen=True):
    """What one decision says of one procedure, in whole đồng. Both days are included; None is without end.

    Where an amount is None the decision does not speak of it, and what the procedure's own row says holds.
    """

    office: str
    code: str
    valid_from: date | None
    valid_until: date | None
    in_person_vnd: int | None
    online_vnd: int | None
    decision: str


class Charge(Struct, frozen=True):
    """What is to be paid, in whole đồng; None where nobody has said. `decision` is empty where it rests on none."""

    in_person: int | None
    online: int | None
    decision: str = ""


def charge_on(procedure: Procedure, fees: Iterable[Fee], day: date) -> Charge:
    """The charge on a day: what the newest decision in force says, the office's own before one for all offices."""
    fee = max(
        (fee for fee in fees if fee.code == procedure.code and _in_force(fee, day)),
        key=lambda fee: (fee.office != ANY_OFFICE, fee.valid_from or date.min),
        default=None,
    )
    if fee is None:
        return Charge(procedure.fee_in_person_vnd, procedure.fee_online_vnd)
    return Charge(
        procedure.fee_in_person_vnd if fee.in_person_vnd is None else fee.in_person_vnd,
        procedure.fee_online_vnd if fee.online_vnd is None else fee.online_vnd,
        fee.decision,
    )


def next_charge(procedure: Procedure, fees: Sequence[Fee], day: date) -> tuple[date, Charge] | None:
    """The next day on which other amounts hold than on this one, and those; None where no change is known."""
    now = charge_on(procedure, fees, day)
    turns = {fee.valid_from for fee in fees if fee.code == procedure.code and fee.valid_from}
    turns |= {fee.valid_until + timedelta(days=1) for fee in fees if fee.code == procedure.code and fee.valid_until}
    for turn in sorted(turn for turn in turns if turn > day):
        then = charge_on(procedure, fees, turn)
        if (then.in_person, then.online) != (now.in_person, now.online):
            return turn, then
    return None


def _in_force(fee: Fee, day: date) -> bool:
    return (fee.valid_from or day) <= day <= (fee.valid_until or day)
