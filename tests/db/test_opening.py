"""Which URLs name a database, and what is said about the others."""

import os

import pytest

from server.db import open_database


def test_three_slashes_are_relative_and_four_absolute(monkeypatch, tmp_path):
    """sqlite:///file.db lies in the working directory of now; percent signs are decoded."""
    monkeypatch.chdir(tmp_path)
    database = open_database("sqlite:///m%E1%BB%99t c%E1%BB%ADa.db")
    assert database.kind == "sqlite"
    assert database.engine.path == os.path.join(tmp_path, "một cửa.db")
    assert open_database("sqlite:////var/lib/motcua.db").engine.path == "/var/lib/motcua.db"


@pytest.mark.parametrize("url", ["postgresql://u:p@h:5432/n", "postgres:///n", "postgresql://postgres:@/n?host=/s"])
def test_postgresql_is_recognised(url):
    """Both spellings of the scheme, with a host or with a socket's folder; nothing is connected to."""
    assert open_database(url).kind == "postgres"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "file.db",
        "sqlite://file.db",
        "sqlite:///",
        "sqlite:///:memory:",
        "mysql://h/n",
        "postgresql://",
        "postgresql",
    ],
)
def test_anything_else_is_refused_with_help(url):
    """The error shows how to write it."""
    with pytest.raises(ValueError, match=r"sqlite:///file\.db .* postgresql://"):
        open_database(url)


def test_a_password_is_not_shown():
    """What is printed of a database names the place, not the credentials."""
    assert str(open_database("postgresql://an:bi-mat@db.example/motcua")) == "PostgreSQL at db.example/motcua"


async def test_a_refused_url_does_not_show_its_password():
    """What is said of a URL that is wrong names no password either."""
    with pytest.raises(ValueError, match="sqlite:///") as caught:
        open_database("mysql://an:bi-mat@db.example/motcua")
    assert "bi-mat" not in str(caught.value)


async def test_the_one_started_last_is_used(tmp_path):
    """transaction() and rows() need no handle: there is one database per process."""
    from server.db import DatabaseUnavailable, current

    database = open_database(f"sqlite:///{tmp_path}/a.db")
    with pytest.raises(DatabaseUnavailable):
        current()
    await database.start()
    assert current() is database
    await database.stop()
    with pytest.raises(DatabaseUnavailable):
        current()


async def test_the_version_is_known(database):
    """A number to show and to compare with: SQLite's or the server's."""
    assert await database.engine.get_version() > (3.35 if database.kind == "sqlite" else 13)
