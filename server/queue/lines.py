"""The lines of an office as anybody may see them, with how many wait and how long a number taken now would."""

from collections.abc import Sequence

import msgspec

from server import clock
from server.catalogue import service as catalogue
from server.catalogue.rules import ANY_OFFICE, ServiceLine
from server.catalogue.rules import opening as opening_of
from server.catalogue.views import name_in
from server.errors import Refusal
from server.phrases import Language
from server.queue.board import waiting_by_line, waiting_everywhere
from server.queue.forecasting import Forecaster
from server.queue.hall import Setting, load_setting
from server.queue.rules_numbers import numbers_given
from server.queue.service import refuse_when_closed
from server.wire import LineKind, LineView, OfficeView, Wait

__all__ = ["line_views", "line_views_of", "lines_everywhere"]


async def line_views(office: str, language: Language, forecaster: Forecaster) -> list[LineView]:
    """Every line of an office. Refuses no-such-office."""
    waits, late = await forecaster.lines(office), await forecaster.late(office)
    return await line_views_of(await load_setting(office), language, waits, late)


async def lines_everywhere(language: Language, offices: Sequence[OfficeView]) -> dict[str, list[LineView]]:
    """The lines of every office with how many wait, in two queries; waits are told office by office."""
    waiting = await waiting_everywhere()
    open_now = await _open_now([office for office in offices if not office.ended])
    found: dict[str, list[LineView]] = {}
    for line in await catalogue.lines_of_all():
        count = waiting.get((line.office, line.code), 0)
        view = _view(line, language, count, None, open_now.get(line.office, False), late=False)
        found.setdefault(line.office, []).append(view)
    return found


async def _open_now(offices: Sequence[OfficeView]) -> dict[str, bool]:
    """Which offices give numbers at this moment, from two queries."""
    now = clock.now()
    usual, exceptions = await catalogue.hours_of_all(), await catalogue.closures_of_all()
    found = {}
    for office in offices:
        here = (ANY_OFFICE, office.code)
        opening = opening_of(
            [row for row in usual if row.office in here], [row for row in exceptions if row.office in here],
            clock.day_of(now, office.time_zone), office.time_zone,
        )  # fmt: skip
        found[office.code] = numbers_given(opening, now)
    return found


async def line_views_of(
    setting: Setting, language: Language, waits: dict[str, Wait], late: frozenset[str] = frozenset()
) -> list[LineView]:
    """Every line of an office whose setting and waits are known already."""
    waiting = await waiting_by_line(setting)
    try:
        await refuse_when_closed(setting, clock.now())
        numbers_given = True
    except Refusal:
        numbers_given = False
    return [
        _view(
            line,
            language,
            waiting[line.code],
            waits.get(line.code) if numbers_given else None,
            numbers_given,
            late=line.code in late,
        )
        for line in await catalogue.lines(setting.office.code)
    ]


def _view(
    line: ServiceLine, language: Language, waiting: int, wait: Wait | None, numbers_given: bool, *, late: bool
) -> LineView:
    return LineView(
        code=line.code,
        kind=msgspec.convert(line.kind, LineKind),
        name=name_in(language, line),
        prefix=line.prefix,
        open=numbers_given,
        waiting=waiting,
        wait=wait,
        name_vi=line.name_vi,
        name_en=line.name_en or line.name_vi,
        late=late,
    )
