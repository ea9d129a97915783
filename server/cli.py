"""The `motcua` command."""

import asyncio
import sys
from collections.abc import Awaitable
from typing import TypeVar

import click

from server import __version__
from server.catalogue.cli import export, load
from server.catalogue.cli import office as office_group
from server.db import DatabaseUnavailable, MigrationError, open_database
from server.errors import Refusal
from server.settings import Settings
from server.simulation.cli import simulate

__all__ = ["main"]

T = TypeVar("T")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="motcua")
def main() -> None:
    """Runs the waiting at a one-stop shop: booking, numbers, calls, ratings."""


@main.command()
@click.option("--host", help="Address to listen on (127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (8000); 0 picks a free one.")
@click.option("--database", help="sqlite:///file.db or postgresql://… (MOTCUA_DATABASE).")
@click.option("--workers", type=click.IntRange(1, 64), default=1, show_default=True, help="Processes; PostgreSQL only.")
@click.option("--allow-http", is_flag=True, default=None, help="Accept plain http beyond this machine.")
def serve(host: str | None, port: int | None, database: str | None, workers: int, allow_http: bool | None) -> None:
    """Run the server. Prints one line with its address when it is ready."""
    from server import serving
    from server.notify.senders import senders_of

    settings = settings_from(host=host, port=port, database=database, allow_http=allow_http)
    try:
        settings.refuse_plain_http()
        senders_of(settings)
    except ValueError as exc:
        raise click.UsageError(str(exc)) from None
    if workers > 1 and not settings.database.startswith(("postgres://", "postgresql://")):
        raise click.UsageError("several workers need PostgreSQL: SQLite has one writer")
    sys.exit(serving.run(settings, workers))


@main.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--database", help="Where the demo keeps its data (sqlite:///var/demo.db).")
@click.option("--busy", is_flag=True, help="Simulated citizens and officers keep the hall alive.")
def demo(port: int, database: str | None, busy: bool) -> None:
    """Load Long Biên and run server, kiosk and wall together, for a look around."""
    from server import demo as showing

    sys.exit(showing.run(port, database, busy))


@main.group()
def journal() -> None:
    """The journal of an office."""


@journal.command("verify")
@click.argument("office")
def journal_verify(office: str) -> None:
    """Check the chain of an office's journal; exit 1 and the first bad number where it breaks."""
    from server.catalogue import service as catalogue
    from server.journal.replay import first_bad

    async def verify() -> int | None:
        await catalogue.office(office)
        return await first_bad(office)

    bad = with_database(verify())
    if bad is not None:
        click.echo(f"{office}: the chain breaks at {bad}", err=True)
        sys.exit(1)
    click.echo(f"{office}: the chain holds")


@main.group()
def officer() -> None:
    """People who work at an office."""


@officer.command("add")
@click.argument("name")
@click.option("--office", required=True)
@click.option("--role", required=True, type=click.Choice(["officer", "reception", "head", "administrator", "auditor"]))
@click.option("--full-name", help="As screens show it; the user name otherwise.")
@click.option("--password-stdin", is_flag=True, help="Read a password, one line, from standard input.")
def officer_add(name: str, office: str, role: str, full_name: str | None, password_stdin: bool) -> None:
    """Let somebody work at an office; without a password he or she cannot sign in yet."""
    from server.catalogue import service as catalogue
    from server.people import service as people

    password = _password() if password_stdin else None

    async def add() -> None:
        await catalogue.office(office)
        await people.add_officer(office, name, full_name or name, role, password)

    with_database(add())
    click.echo(f"{name} works at {office} now")


@officer.command("password")
@click.argument("name")
@click.option("--office", required=True)
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password, one line, from standard input.")
def officer_password(name: str, office: str, password_stdin: bool) -> None:
    """Give an officer a new password; ends all his or her sessions."""
    from server.people import service as people

    with_database(people.set_password(office, name, _password()))
    click.echo(f"{name} has a new password")


@main.group()
def device() -> None:
    """Kiosks, displays and tablets."""


@device.command("add")
@click.argument("kind", type=click.Choice(["kiosk", "display", "tablet"]))
@click.option("--office", required=True)
@click.option("--name", required=True)
@click.option("--counter", type=click.IntRange(1, 999), help="The counter a tablet stands at.")
def device_add(kind: str, office: str, name: str, counter: int | None) -> None:
    """Let a device in; its token is printed this once."""
    from server.catalogue import service as catalogue
    from server.people import service as people

    if kind == "tablet" and counter is None:
        raise click.UsageError("a tablet stands at a counter: say --counter N")

    async def add() -> str:
        await catalogue.office(office)
        if counter is not None:
            await catalogue.counter(office, counter)
        return (await people.add_device(office, kind, name, counter))[1]

    click.echo(with_database(add()))


main.add_command(load)
main.add_command(export)
main.add_command(office_group)
main.add_command(simulate)


def settings_from(**given: object) -> Settings:
    """The settings, or a usage error that says what is wrong with them."""
    try:
        return Settings.from_environment(**given)
    except ValueError as exc:
        raise click.UsageError(str(exc)) from None


def with_database(work: Awaitable[T]) -> T:
    """Run something on the configured database, migrated first; what it refuses is said in words and exits with 1."""
    from server.tables import all_tables

    settings = settings_from()

    async def run() -> T:
        database = open_database(settings.database)
        await database.start()
        try:
            database.bind(*all_tables())
            await database.migrate()
            return await work
        finally:
            await database.stop()

    try:
        return asyncio.run(run())
    except Refusal as refusal:
        raise click.ClickException(f"{refusal.sentence('en')} [{refusal.code}]") from None
    except (DatabaseUnavailable, MigrationError) as exc:
        raise click.ClickException(str(exc)) from None
    except ValueError as exc:
        raise click.UsageError(str(exc)) from None


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


if __name__ == "__main__":
    main()
