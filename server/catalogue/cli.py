"""Commands for the catalogue: load and export a pack; list, show and add offices."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import NoReturn, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from server import clock
from server.booking.service_stranded import stranded_in
from server.catalogue import pack, pack_export, rules, service
from server.catalogue.rules import Interval, Office
from server.codes import readable
from server.db import DatabaseUnavailable, MigrationError, open_database
from server.errors import Refusal
from server.phrases import Language, say
from server.tables import all_tables

__all__ = ["database_option", "export", "load", "office", "run_on_database", "spoken"]

T = TypeVar("T")

database_option = click.option(
    "--database",
    metavar="URL",
    envvar="MOTCUA_DATABASE",
    default="sqlite:///motcua.db",
    show_default=True,
    help="sqlite:///file.db or postgresql://user@host/name; migrated when first used.",
)


def spoken() -> Language:
    """The language of whoever sits at the terminal: MOTCUA_LANGUAGE, or an English LANG; Vietnamese otherwise."""
    chosen = os.environ.get("MOTCUA_LANGUAGE") or os.environ.get("LC_ALL") or os.environ.get("LANG") or ""
    return "en" if chosen.lower().startswith("en") else "vi"


def run_on_database(url: str, work: Callable[[], Awaitable[T]]) -> T:
    """Migrate and open the database, do the work, close it again; what goes wrong ends the program with one sentence.

    Exit code 1 for a refusal or a database that is away, 2 for an address that is none.
    """

    async def run() -> T:
        database = open_database(url)
        await database.migrate()
        await database.start()
        try:
            database.bind(*all_tables())
            return await work()
        finally:
            await database.stop()

    try:
        open_database(url)
    except ValueError as exc:
        raise click.UsageError(str(exc)) from None
    try:
        return asyncio.run(run())
    except Refusal as refusal:
        _fail(refusal.sentence(spoken()))
    except (DatabaseUnavailable, MigrationError) as exc:
        _fail(str(exc))


@click.command
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Only say what loading would do; nothing is saved.")
@database_option
def load(folder: Path, check: bool, database: str) -> None:
    """Load the pack of CSV files in DIR: all of it or, where any row is wrong, nothing.

    Bookings that could no longer be served are told by their references; they wait on the office's page /timetable.
    """
    language = spoken()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(say(language, "pack.reading"), total=None)
        try:
            report = run_on_database(
                database,
                lambda: pack.load(
                    folder,
                    lambda done, total: progress.update(task, completed=done, total=total),
                    unserved=stranded_in,
                    check=check,
                ),
            )
        except pack.PackRefused as refused:
            progress.stop()
            for problem in refused.problems:
                click.echo(f"{problem.place}: {problem.sentence(language)}", err=True)
            _fail(say(language, "pack.refused", n=len(refused.problems)))
    for name, file in report.files.items():
        if file.added or file.updated:
            numbers = {"added": file.added, "updated": file.updated, "unchanged": file.unchanged}
            click.echo(say(language, "pack.done.file", file=name, **numbers))
    if not report.changed:
        click.echo(say(language, "pack.done.nothing"))
    for code, references in report.strands.items():
        told = ", ".join(readable(reference) for reference in references)
        click.echo(say(language, "timetable.load.strands", office=code, n=len(references), references=told), err=True)
    if report.strands and not check:
        click.echo(say(language, "timetable.load.where"), err=True)
    if check:
        click.echo(say(language, "timetable.load.checked"))


@click.command
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--office", "code", metavar="CODE", required=True, help="The office to write.")
@database_option
def export(folder: Path, code: str, database: str) -> None:
    """Write an office as a pack of CSV files into DIR, over any older one there."""
    try:
        written = run_on_database(database, lambda: pack_export.export(folder, code))
    except OSError as exc:
        _fail(say(spoken(), "pack.export_failed", folder=folder, why=exc.strerror or type(exc).__name__))
    click.echo(say(spoken(), "pack.exported", n=len(written), folder=folder))


@click.group
def office() -> None:
    """List, show and add offices."""


@office.command("list")
@database_option
def list_offices(database: str) -> None:
    """Every office: code, name, and when it ended if it did."""
    language = spoken()
    found = run_on_database(database, service.offices)
    if not found:
        click.echo(say(language, "office.none"))
        return
    now = clock.now()
    found.sort(key=lambda each: (_ended(each, now), each.code))
    width = max(len(each.code) for each in found)
    for each in found:
        name = (each.name_en if language == "en" else "") or each.name_vi
        ended = say(language, "office.ended", day=f"{each.valid_until:%d/%m/%Y}") if _ended(each, now) else ""
        click.echo(f"{each.code:{width}}  {name}" + (f"  ({ended})" if ended else ""))


@office.command("show")
@click.argument("code")
@database_option
def show_office(code: str, database: str) -> None:
    """One office with its lines, counters and hours of today."""
    for line in run_on_database(database, lambda: _described(code, spoken())):
        click.echo(line)


@office.command("add")
@click.argument("code")
@click.option("--name-vi", required=True, help="Its name in Vietnamese.")
@click.option("--name-en", default="", help="Its name in English.")
@click.option("--address", default="")
@click.option("--parent", default="", metavar="CODE", help="The office above it.")
@click.option("--national-code", default="", help="The code the state gives it.")
@click.option("--timezone", default="", help="Asia/Ho_Chi_Minh, if not given.")
@click.option("--valid-from", default="", metavar="YYYY-MM-DD", help="Its first day.")
@database_option
def add_office(code: str, database: str, **cells: str) -> None:
    """Add an office. Lines, counters, hours and officers follow as a pack: motcua load DIR."""
    language = spoken()

    async def add() -> None:
        if any(each.code == code for each in await service.offices()):
            _fail(say(language, "office.exists", office=code))
        await pack.add_office({"code": code, **cells})

    try:
        run_on_database(database, add)
    except pack.PackRefused as refused:
        for problem in refused.problems:
            click.echo(f"{problem.column}: {problem.sentence(language)}", err=True)
        raise SystemExit(1) from None
    click.echo(say(language, "office.saved", office=code))


async def _described(code: str, language: Language) -> list[str]:
    found = await service.office(code)
    now = clock.now()
    today = clock.day_of(now, found.time_zone)
    hours = (await service.opening_days(found, today, 1))[today]
    facts = {
        "code": found.code,
        "name": " · ".join(filter(None, (found.name_vi, found.name_en))),
        "national_code": found.national_code,
        "parent": found.parent,
        "address": found.address,
        "time_zone": found.time_zone,
        "validity": f"{found.valid_from or '…'} – {found.valid_until or '…'}",
        "state": _state(found, hours, now, language),
        "today": ", ".join(_span(interval, found.time_zone) for interval in hours)
        or say(language, "office.closed_today"),
        "procedures": str(len(await service.procedures(code))),
    }
    if (await service.policy(code)).made_up:
        facts["state"] += f" · {say(language, 'office.sample')}"
    lines = [f"{say(language, f'office.field.{name}')}: {fact}" for name, fact in facts.items() if fact]
    lines.append(f"{say(language, 'office.field.lines')}:")
    for line in await service.lines(code):
        minutes = say(language, "unit.minute", n=f"{line.expected_minutes:g}")
        name = (line.name_en if language == "en" else "") or line.name_vi
        lines.append(f"  {line.code:2} {name} ({line.prefix}{line.first_number:03}–{line.last_number}, {minutes})")
    lines.append(f"{say(language, 'office.field.counters')}:")
    for counter in await service.counters(code):
        name = (counter.name_en if language == "en" else "") or counter.name_vi
        lines.append(f"  {counter.number:2} {name}: {' '.join(counter.lines)}")
    return lines


def _state(found: Office, hours: list[Interval], now: datetime, language: Language) -> str:
    if _ended(found, now):
        return say(language, "office.ended", day=f"{found.valid_until:%d/%m/%Y}")
    is_open = any(opens <= now < closes for opens, closes in hours)
    return say(language, "office.open_now" if is_open else "office.closed_now")


def _span(interval: Interval, time_zone: str) -> str:
    opens, closes = (clock.local(instant, time_zone) for instant in interval)
    # The end of the day, said as people say it.
    return f"{opens:%H:%M}–" + ("24:00" if closes.date() > opens.date() else f"{closes:%H:%M}")


def _ended(found: Office, now: datetime) -> bool:
    return rules.ended(found, clock.day_of(now, found.time_zone))


def _fail(sentence: str) -> NoReturn:
    click.echo(sentence, err=True)
    raise SystemExit(1)
