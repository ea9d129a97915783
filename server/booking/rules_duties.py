"""Who is at work on a day and what each can take then, from plain rows of the timetable."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from server.booking.rules import Duty
from server.catalogue.rules import Shift
from server.catalogue.rules_absence import Absence, at_work

__all__ = ["Staff"]


class Staff(Struct, frozen=True, kw_only=True):
    """What officers (by username) and counters (by number) can take; no lines are all of them."""

    time_zone: str
    every: frozenset[str]
    skills: Mapping[str, frozenset[str]]
    served: Mapping[int, frozenset[str]]

    def duties(self, shifts: Iterable[Shift], absences: Sequence[Absence], day: date) -> list[Duty]:
        """Everybody's hours of that day: what is taken is the officer's lines, the counter's and the shift's at once.

        A shift that runs past midnight is two rows, so the days beside this one add nothing.
        """
        return [
            Duty(officer=shift.username, lines=self._lines(shift), start=start, end=end)
            for shift in shifts
            if shift.username in self.skills
            for start, end in at_work(shift, absences, day, self.time_zone)
        ]

    def _lines(self, shift: Shift) -> frozenset[str]:
        every = self.every
        skills = self.skills[shift.username] or every
        served = self.served.get(shift.counter) or every
        return skills & served & (frozenset(shift.lines) or every) & every
