"""What needs the head of the office now, in sentences: pure, from the hall as it stands."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import structs

from server.catalogue.views import name_in
from server.clock import milliseconds
from server.phrases import Language, say
from server.queue.hall import Setting
from server.queue.rules import Hall, Ticket, in_hall_since, unserved
from server.wire import HallAlert, HallDesk, KioskHelp, Wait

__all__ = ["alert_of_stranded", "alerts_of", "alerts_of_kiosks", "state_of_hall"]

LOAD_LIMIT = 1.0
MINUTE = 60_000


def state_of_hall(
    waiting: Sequence[Ticket], alerts: int, now: datetime, language: Language, target_minutes: int
) -> str:
    """One sentence on the hall: all right, busy or in need of a look, and who has waited longest."""
    if not waiting:
        return say(language, "office.state.empty")
    longest = min(waiting, key=lambda ticket: (in_hall_since(ticket), ticket.issued_seq))
    minutes = max(0, milliseconds(now - in_hall_since(longest))) // MINUTE
    if minutes > target_minutes:
        return say(language, "office.state.busy", label=longest.label, minutes=minutes, n=len(waiting))
    key = "office.state.look" if alerts else "office.state.fine"
    return say(language, key, label=longest.label, minutes=minutes, n=alerts)


def alerts_of(
    setting: Setting,
    hall: Hall,
    counters: Sequence[HallDesk],
    waits: Mapping[str, Wait],
    now: datetime,
    language: Language,
) -> list[HallAlert]:
    """Most pressing first: calls for help, lines that nobody serves, waits beyond the target, paused without end."""
    found: list[HallAlert] = []
    for desk in counters:
        if desk.help is not None:
            key = f"office.alert.{desk.help}"
            found.append(HallAlert(code=desk.help, sentence=say(language, key, counter=desk.name), counter=desk.number))
    away = {desk.number for desk in counters if _is_away(desk, now)}
    here = structs.replace(hall, seats=[seat for seat in hall.seats if seat.counter not in away])
    for line, count in sorted(unserved(here, now).items()):
        name = _name(setting, line, language)
        sentence = say(language, "office.alert.unserved", line=name, n=count)
        found.append(HallAlert(code="unserved", sentence=sentence, line=line, counter=_could_take(counters)))
    target = setting.policy.service_target_minutes
    for line, wait in sorted(waits.items(), key=lambda item: -item[1].p50):
        if wait.p50 > target:
            sentence = say(
                language, "office.alert.slow", line=_name(setting, line, language), p50=wait.p50, p90=wait.p90
            )
            closed = next((desk.number for desk in counters if desk.officer is None and line in desk.lines), None)
            found.append(HallAlert(code="slow", sentence=sentence, line=line, counter=closed))
    for desk in counters:
        if desk.paused_until is not None and desk.paused_reason is not None and desk.paused_until < now:
            sentence = say(language, "office.alert.pause", counter=desk.name)
            found.append(HallAlert(code="pause", sentence=sentence, counter=desk.number))
    return found


def alerts_of_kiosks(calls: Sequence[KioskHelp]) -> list[HallAlert]:
    """Where somebody at a kiosk waits for help."""
    return [HallAlert(code="kiosk", sentence=each.sentence, device=each.device) for each in calls]


def alert_of_stranded(count: int, language: Language) -> list[HallAlert]:
    """That people are booked whom the office can no longer serve, if there are any: they wait on the timetable."""
    if not count:
        return []
    return [HallAlert(code="stranded", sentence=say(language, "timetable.alert", n=count))]


def _is_away(desk: HallDesk, now: datetime) -> bool:
    """On a break whose end nobody knows, or that is over: who waits for this counter alone waits in vain."""
    return desk.paused_reason is not None and (desk.paused_until is None or desk.paused_until <= now)


def _could_take(counters: Sequence[HallDesk]) -> int | None:
    """An open counter to give a line to: the one with nobody there first."""
    open_ones = [desk for desk in counters if desk.officer is not None and desk.paused_reason is None]
    open_ones.sort(key=lambda desk: (desk.ticket is not None, desk.number))
    return open_ones[0].number if open_ones else None


def _name(setting: Setting, line: str, language: Language) -> str:
    found = setting.lines.get(line)
    if found is None:
        return line
    return name_in(language, found)
