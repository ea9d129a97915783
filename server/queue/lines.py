"""The lines of an office as anybody may see them, with how many wait and how long a number taken now would."""

import msgspec

from server import clock
from server.catalogue import service as catalogue
from server.errors import Refusal
from server.phrases import Language
from server.queue.board import waiting_by_line
from server.queue.forecasting import Forecaster
from server.queue.hall import Setting, load_setting
from server.queue.service import refuse_when_closed
from server.wire import LineKind, LineView, Wait

__all__ = ["line_views", "line_views_of"]


async def line_views(office: str, language: Language, forecaster: Forecaster) -> list[LineView]:
    """Every line of an office. Refuses no-such-office."""
    waits, late = await forecaster.lines(office), await forecaster.late(office)
    return await line_views_of(await load_setting(office), language, waits, late)


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
        LineView(
            code=line.code,
            kind=msgspec.convert(line.kind, LineKind),
            name=(line.name_en or line.name_vi) if language == "en" else line.name_vi,
            prefix=line.prefix,
            open=numbers_given,
            waiting=waiting[line.code],
            wait=waits.get(line.code) if numbers_given else None,
            name_vi=line.name_vi,
            name_en=line.name_en or line.name_vi,
            late=line.code in late,
        )
        for line in await catalogue.lines(setting.office.code)
    ]
