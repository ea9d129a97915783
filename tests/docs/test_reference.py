"""What the documentation says is what the programs do."""

import re
from pathlib import Path

import click
import msgspec
import pytest

from server.catalogue.rules_policy import SETTINGS, Policy
from server.journal import feed
from server.journal.frames import PUBLIC
from server.settings import Settings
from tests.docs.commands import DOCS, PROGRAMS, document

ROOT = DOCS.parent
INTERNAL = {"MOTCUA_WORKER", "MOTCUA_DEMO_TOKEN", "MOTCUA_DEMO_PASSWORD"}
"""Told by one of our processes to another."""


def page(name: str) -> str:
    """A page of the documentation."""
    return (DOCS / name).read_text(encoding="utf-8")


def rows(text: str) -> list[list[str]]:
    """The cells of all tables whose first cell is code."""
    return [
        [cell.strip().strip("`") for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("| `")
    ]


def test_commands_are_what_help_says() -> None:
    """docs/reference/commands.md is what the programs say of themselves; `python -m tests.docs.commands` writes it."""
    assert page("reference/commands.md") == document()


def test_every_setting_is_told_with_its_default() -> None:
    """An office's settings, no more and no fewer, and what each is where nothing is set."""
    told = {cells[0]: cells[1] for cells in rows(page("reference/settings.md")) if len(cells) == 4}
    fields = [field for field in msgspec.structs.fields(Policy) if field.name in SETTINGS]
    assert told == {field.name: as_written(field.name, field.default) for field in fields}


def as_written(name: str, value: object) -> str:
    """A default as settings.csv would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return ";".join(f"{n // 60:02}:{n % 60:02}" if name == "release_times" else str(n) for n in value)
    return str(value)


def test_every_variable_is_told() -> None:
    """Whatever MOTCUA_… the programs read from the environment stands in the reference, and nothing else does."""
    read = {f"MOTCUA_{field.name.upper()}" for field in msgspec.structs.fields(Settings)}
    for program, prefix in (("motcua-kiosk", "MOTCUA_KIOSK"), ("motcua-display", "MOTCUA_DISPLAY")):
        options = [found for found in PROGRAMS[program].params if isinstance(found, click.Option)]
        read |= {f"{prefix}_{found.name}".upper() for found in options if found.name not in ("help", "version")}
    for package in ("server", "kiosk", "display"):
        for file in (ROOT / package).rglob("*.py"):
            read |= set(re.findall(r'"(MOTCUA_[A-Z_]*[A-Z])"', file.read_text(encoding="utf-8")))
    read -= {"MOTCUA_KIOSK", "MOTCUA_DISPLAY", *INTERNAL}
    assert set(re.findall(r"`(MOTCUA_[A-Z_]+)`", page("reference/settings.md"))) == read


def test_every_server_default_is_told() -> None:
    """What a server does where nothing is said."""
    told = {cells[0]: cells[1] for cells in rows(page("reference/settings.md")) if len(cells) == 3}
    for field in msgspec.structs.fields(Settings):
        expected = "" if field.default is False else str(field.default)
        assert told[f"MOTCUA_{field.name.upper()}"] == expected, field.name


def test_every_kind_of_frame_is_told() -> None:
    """The feed's page names exactly what a wall may hear, how a feed ends, and how often it gives a sign of life."""
    told = page("reference/feed.md")
    kinds = {
        family + verb
        for family, verbs in re.findall(r"^- `(\w+\.)`: (.*)$", told, flags=re.MULTILINE)
        for verb in re.findall(r"`([\w-]+)`", verbs)
    }
    assert kinds == PUBLIC
    for code in (feed.NOT_ALLOWED, feed.NO_SUCH_OFFICE, feed.TOO_OLD):
        assert f"| {code} |" in told
    assert (feed.HEARTBEAT_SECONDS, "every five seconds" in told) == (5, True)


def test_every_key_of_the_desk_is_told() -> None:
    """Both halves of the officer's page name every key that does something."""
    block = re.search(r"VERBS = \{(.*?)\};", (ROOT / "server/web/static/js/keys.js").read_text("utf-8"), re.DOTALL)
    assert block
    keys = set(re.findall(r'"?([+\w]+)"?: "', block[1]))
    assert {"Enter", "+", "0", "Z"} <= keys
    for half in page("how-to/counter-officer.md").split("\n---\n"):
        assert keys <= set(re.findall(r"[`*]([+\w]+)[`*]", half))


PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])


@pytest.mark.parametrize("file", PAGES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_link_leads_somewhere(file: Path) -> None:
    """A link or a picture within the documentation has a file at its other end."""
    text = re.sub(r"```.*?```", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    links = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)
    for link in links:
        if not link.startswith(("http://", "https://", "#")):
            assert (file.parent / link.partition("#")[0]).exists(), link


def test_every_page_can_be_found() -> None:
    """The index leads to every page, directly or through one of its pages."""
    found: set[Path] = set()
    to_read = [DOCS / "index.md"]
    while to_read:
        file = to_read.pop()
        found.add(file)
        links = re.findall(r"\]\(([^)\s#]+\.md)", file.read_text(encoding="utf-8"))
        to_read += {(file.parent / link).resolve() for link in links if "://" not in link} - found
    assert set(DOCS.rglob("*.md")) <= found


@pytest.mark.parametrize("name", ["citizen", "citizen-in-the-hall", "counter-officer", "head", "administrator"])
def test_the_five_people_are_told_in_both_languages(name: str) -> None:
    """Vietnamese first, then English, with the same steps."""
    vietnamese, english = page(f"how-to/{name}.md").split("\n---\n")
    steps = [re.findall(r"^\d\. ", half, flags=re.MULTILINE) for half in (vietnamese, english)]
    assert re.search("[ăâđêôơưạảấầẩẫậ]", vietnamese)
    assert steps[0] == steps[1]
    assert len(steps[0]) >= 3
