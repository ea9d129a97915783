"""What an office takes in, for everybody."""

from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.params import FromPath, QueryParameter

from server import clock
from server.catalogue import rules, service, views
from server.errors import Refusal
from server.phrases import say
from server.web import context
from server.wire import FieldView, ProcedureList, ProcedureView

__all__ = ["CatalogueController"]

Req = Request[Any, Any, Any]
Words = Annotated[str, QueryParameter(max_length=200, description="Any case, with or without diacritics")]
Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=100, description="`nextCursor` of the page before")]


class CatalogueController(Controller):
    path = "/api/offices"
    tags = ["offices"]

    @get("/{office:str}/procedures", operation_id="procedures")
    async def procedures(
        self,
        request: Req,
        office: FromPath[str],
        q: Words = "",
        field: Words = "",
        limit: Limit = 20,
        cursor: Cursor = None,
    ) -> ProcedureList:
        """What the office takes in and all words of `q` occur in, best first."""
        language = context.language(request)
        here = await service.office(office)
        by_code = {line.code: line for line in await service.lines(office)}
        try:
            found, next_cursor = rules.search(await service.procedures(office), q, field, limit, cursor)
        except ValueError:
            raise Refusal("invalid", what=say(language, "catalogue.cursor")) from None
        fees, today = await service.fees(office), clock.day_of(clock.now(), here.time_zone)
        items = [views.procedure_view(each, by_code[each.line], fees, language, today) for each in found]
        return ProcedureList(items=items, next_cursor=next_cursor)

    @get("/{office:str}/procedures/{code:str}", operation_id="procedure")
    async def procedure(self, request: Req, office: FromPath[str], code: FromPath[str]) -> ProcedureView:
        """One procedure, by its national code or a longer form of it."""
        here = await service.office(office)
        found = await service.procedure(office, code)
        line, fees = await service.line(office, found.line), await service.fees(office)
        today = clock.day_of(clock.now(), here.time_zone)
        return views.procedure_view(found, line, fees, context.language(request), today)

    @get("/{office:str}/fields", operation_id="fields")
    async def fields(self, office: FromPath[str]) -> list[FieldView]:
        """The fields in which the office takes procedures in."""
        await service.office(office)
        return views.field_views(await service.procedures(office))
