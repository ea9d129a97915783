"""The wheel is complete: what is installed from it has every pack, migration, page, font and sound, and works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ("server", "kiosk", "display")
NEEDED = ("pyproject.toml", "README.md", "LICENSE", "docs/licences.md")
"""What the build itself reads, besides the packages."""


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy of the sources and unpacked as pip would."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    for package in PACKAGES:
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name in NEEDED:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--quiet", "--wheel-dir", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, str(source)], check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    with ZipFile(wheel) as file:
        file.extractall(folder / "installed")
    return folder / "installed"


def run(installed: Path, *arguments: str) -> str:
    """Runs a module of the unpacked wheel, far from the sources; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=installed.parent, capture_output=True, text=True,
        env=os.environ | {"PYTHONPATH": str(installed), "MOTCUA_DATABASE": f"sqlite:///{installed.parent}/test.db"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def files(folder: Path) -> set[str]:
    """All files of the packages below a folder."""
    return {
        file.relative_to(folder).as_posix()
        for package in PACKAGES
        for file in (folder / package).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }


def test_every_file_of_the_packages_is_in_the_wheel(installed: Path) -> None:
    """Nothing is left out, whatever its kind, and nothing but the three packages is installed."""
    assert files(installed) == files(ROOT)
    assert {entry.name for entry in installed.iterdir() if not entry.name.endswith(".dist-info")} == set(PACKAGES)


def test_an_office_is_loaded_from_the_wheel_alone(installed: Path) -> None:
    """Migrations, pack and phrases are found where they were installed."""
    run(installed, "server.cli", "load", str(installed / "server" / "packs" / "long-bien"))
    assert "Phường Bồ Đề" in run(installed, "server.cli", "office", "show", "bo-de")


def test_a_slip_is_printed_from_the_wheel_alone(installed: Path) -> None:
    """The kiosk has its fonts and phrases with it."""
    slips, token = installed.parent / "slips", installed.parent / "token"
    token.write_text("token")
    options = ["--server", "http://127.0.0.1:9", "--token-file", str(token), "--printer", f"paper:{slips}"]
    assert "printer: ok" in run(installed, "kiosk", *options, "--data", str(installed.parent / "data"), "--sample")
    assert len(list(slips.glob("*.png"))) == 1
