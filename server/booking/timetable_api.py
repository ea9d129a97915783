"""The timetable over HTTP: how it is, what a change would hit, changing it, and moving whom it hit."""

from datetime import date
from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, get, post, put
from litestar.params import JSONBody, QueryParameter
from msgspec import structs

from server.booking import service_timetable, timetable_views
from server.booking.api import aware
from server.errors import Refusal
from server.people.rules import SEATED, Role
from server.web import context
from server.web.commands import Answer, once
from server.wire import (
    MoveRequest,
    PreviewRequest,
    SaveOutcome,
    SaveRequest,
    StrandedList,
    TimetablePreview,
    TimetableView,
)

__all__ = ["TimetableController"]

Req = Request[Any, Any, Any]
HEADS: tuple[Role, ...] = ("head", "administrator")
STAFF: tuple[Role, ...] = (*SEATED, "administrator")


class TimetableController(Controller):
    path = "/api/timetable"
    tags = ["timetable"]

    @get("/", operation_id="timetable", summary="The weeks as they are")
    async def look(
        self,
        request: Req,
        from_: Annotated[date | None, QueryParameter(name="from")] = None,
        weeks: Annotated[int, QueryParameter(ge=1, le=timetable_views.LONGEST)] = 2,
    ) -> TimetableView:
        """Hours, shifts and absences by day, and the rows they come from as far as they are not over."""
        officer = await context.officer(request, *HEADS)
        return await timetable_views.look(officer.office, from_, weeks, context.language(request))

    @post("/preview", operation_id="previewTimetable", status_code=200, summary="Whom a change would hit")
    async def preview(self, request: Req, data: JSONBody[PreviewRequest]) -> TimetablePreview:
        """The bookings that could not be served after a change, each with where it could go. Changes nothing."""
        officer = await context.officer(request, *HEADS)
        hit = await service_timetable.preview(officer, data.change)
        return await timetable_views.preview_view(hit, context.language(request))

    @put("/changes", operation_id="changeTimetable", status_code=200, summary="Change the timetable")
    async def change(self, request: Req, data: JSONBody[SaveRequest]) -> Response[bytes]:
        """Save what was previewed, and move whom it hits if asked to.

        409 timetable-differs, with the new `preview` beside it, where that is not what was seen.
        """
        officer = await context.officer(request, *HEADS)

        async def command() -> Answer:
            try:
                done = await service_timetable.save(officer, data)
            except service_timetable.Differs as differs:
                view = await timetable_views.preview_view(differs.hit, context.language(request))
                raise Refusal(differs.code, extra={"preview": msgspec.to_builtins(view)}) from None
            return Answer(200, SaveOutcome(moved=list(done.moved), left=done.left))

        return await once(request, command)

    @get("/stranded", operation_id="stranded", summary="Bookings that wait to be arranged")
    async def stranded(self, request: Req) -> StrandedList:
        """The bookings that the office cannot serve any more, each with where it could go."""
        officer = await context.officer(request, *STAFF)
        hit = await service_timetable.to_arrange(officer.office)
        return await timetable_views.stranded_view(hit, context.language(request))

    @post("/move", operation_id="moveStranded", status_code=200, summary="Move bookings that wait to be arranged")
    async def move(self, request: Req, data: JSONBody[MoveRequest]) -> Response[bytes]:
        """Move each to where it was said. Those that cannot be stay in the list, and the answer says why."""
        officer = await context.officer(request, *HEADS)

        async def command() -> Answer:
            moves = [structs.replace(each, start=aware(each.start)) for each in data.moves]
            done = await service_timetable.move(officer, moves)
            return Answer(200, timetable_views.moved_view(done, context.language(request)))

        return await once(request, command)
