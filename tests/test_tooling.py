"""The commands that build, check and start the product."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / ".ci" / "requirements.lock").read_text(encoding="utf-8")
_spec = importlib.util.spec_from_file_location("install", ROOT / ".ci" / "install.py")
assert _spec is not None
assert _spec.loader is not None
install = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(install)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def canonical(requirement: str) -> str:
    """The package's name as the lock writes it."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()  # type: ignore[index]


def test_lock_names_every_dependency() -> None:
    """Whatever the project asks for, the tests' packages included, stands in the lock with one exact version."""
    asked = [*PROJECT["project"]["dependencies"]]
    for extra in PROJECT["project"]["optional-dependencies"].values():
        asked += extra
    locked = set(re.findall(r"^([\w.-]+)==[\w.!+]+", LOCK, re.MULTILINE))
    assert {canonical(each) for each in asked} <= locked
    assert "setuptools" in locked, "the project is built without fetching anything more"


def test_lock_has_hashes_and_no_address() -> None:
    """Every package of the lock has its hashes, and none says from where."""
    packages = re.split(r"^(?=[\w])", LOCK, flags=re.MULTILINE)[1:]
    assert len(packages) > 60
    for package in packages:
        assert "--hash=sha256:" in package, package
    assert "://" not in LOCK
    assert "--index" not in LOCK
    assert "--find-links" not in LOCK


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no Python is new enough, the installation stops and names the one it needs."""
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(install.shutil, "which", lambda _: None)
    with pytest.raises(SystemExit, match=r"needs Python 3\.11 or newer; python3 here is 3\.9"):
        install.use_new_enough_python()


def test_an_old_python_hands_over_to_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where `python3` is old but a newer one is there, that one goes on."""
    started: list[list[str]] = []
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(install.shutil, "which", lambda name: f"/bin/{name}" if name == "python3.12" else None)
    monkeypatch.setattr(install.os, "execv", lambda path, arguments: started.append([path, *arguments]) or sys.exit(0))
    with pytest.raises(SystemExit):
        install.use_new_enough_python()
    assert started == [["/bin/python3.12", "/bin/python3.12", install.__file__]]


def test_installer_parses_on_old_pythons() -> None:
    """The installer's text is plain enough for Python 3.7 to read, or it could not say that 3.7 is too old."""
    ast.parse(Path(install.__file__).read_text(encoding="utf-8"), feature_version=(3, 7))


def test_a_changed_lock_is_installed_again(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The stamp differs as soon as the lock does."""
    before = install.wanted()
    assert before == install.wanted()
    changed = tmp_path / "requirements.lock"
    changed.write_text(LOCK + "# one more\n", encoding="utf-8")
    monkeypatch.setattr(install, "LOCK", changed)
    assert install.wanted() != before


def test_ci_runs_the_whole_suite() -> None:
    """`.ci/run` can be executed and is `make test`, which runs every check and then the tests."""
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text(encoding="utf-8")
    planned = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    steps = [
        ".ci/install.py",
        "ruff check",
        "ruff format --check",
        "mypy",
        "typecheck_js",
        "lint-imports",
        "chromium",
        "pytest",
    ]
    places = [planned.index(step) for step in steps]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("broken", "line"),
    [
        ("kiosk/stray.py", "from server import errors\n"),
        ("display/stray.py", "import server.queue.rules\n"),
        ("server/codes.py", "from server.errors import Refusal\n"),
        ("server/queue/rules.py", "import httpx\n"),
        ("server/rating/rules.py", "from server.rating.tables import Rating\n"),
        ("server/queue/api.py", "from server.booking.tables import Appointment\n"),
        ("server/queue/service.py", "from server.queue import api\n"),
    ],
)
def test_contracts_of_imports_bite(tmp_path: Path, broken: str, line: str) -> None:
    """Each kind of import that the house forbids is found when somebody writes it."""
    for folder in ("server", "kiosk", "display"):
        for path in (ROOT / folder).rglob("*.py"):
            copy = tmp_path / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    if broken == "server/queue/service.py":  # it needs an api to import
        (tmp_path / "server/queue/api.py").touch()
    with (tmp_path / broken).open("a", encoding="utf-8") as file:
        file.write(line)
    checked = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as go; go()", "--no-cache"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert "1 broken" in checked.stdout, checked.stdout + checked.stderr


def imported(path: Path) -> set[str]:
    """The modules that a file imports, each name of `from a import b` as a.b, too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{name.name}" for name in node.names}
    return found


def offending(paths: list[Path], forbidden: str) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {name}"
        for path in paths
        for name in sorted(imported(path))
        if re.fullmatch(forbidden, name)
    ]


def test_every_file_of_rules_is_pure() -> None:
    """Import-linter knows files by their whole name; this one holds every `rules_…` to what it holds `rules` to."""
    files = sorted((ROOT / "server").glob("*/rules*.py"))
    assert len(files) > 20
    outside = (
        r"(litestar|piccolo|asyncpg|aiosqlite|httpx|websockets|uvicorn|jinja2|click|rich|PIL|escpos|argon2)(\..*)?"
    )
    inside = r"server\.(db|journal|web|tables|app|settings)(\..*)?|server\.\w+\.(tables|service\w*|\w*api)(\..*)?"
    assert offending(files, f"{outside}|{inside}") == []


def test_every_api_asks_services() -> None:
    """No controller, whatever its file is called, reaches into tables."""
    files = sorted((ROOT / "server").glob("*/*api.py"))
    assert len(files) > 10
    assert offending(files, r"server\.\w+\.tables(\..*)?|server\.db(\..*)?") == []
