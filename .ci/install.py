"""Makes .venv: the locked packages with their hashes checked, then the project itself. A second run takes a moment.

Run by `make install` with whatever `python3` there is, so this file must parse on old ones to be able to say that they
are too old.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed.txt"
LOCK = ROOT / ".ci" / "requirements.lock"
NEEDED = (3, 11)


def say(text):
    """One line of progress, at once even into a pipe."""
    print(text, flush=True)


def use_new_enough_python():
    """Goes on in a Python that is new enough, or stops and says which one is needed."""
    if sys.version_info >= NEEDED:
        return
    for minor in (14, 13, 12, 11):
        other = shutil.which("python3.%d" % minor)
        if other:
            os.execv(other, [other, __file__])
    found = "%d.%d" % sys.version_info[:2]
    sys.exit(
        "Motcua needs Python 3.11 or newer; python3 here is %s.\n"
        "Install a newer one, or name it: make install PYTHON=/path/to/python3.12" % found
    )


def wanted():
    """What the stamp says when everything is in place: this Python, this lock, this project at this place."""
    parts = [sys.version.encode(), str(ROOT).encode(), LOCK.read_bytes(), (ROOT / "pyproject.toml").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def usable_venv():
    """Whether there is a .venv of this very Python, whose programs were made for this place: it may have been moved."""
    script = VENV / "bin" / "pip"
    if not script.exists() or str(VENV) not in script.read_text():
        return False
    asked = subprocess.run([PYTHON, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
    return asked.stdout.strip() == sys.version


def make_venv():
    """A fresh .venv unless there is one that serves."""
    if usable_venv():
        return
    say("Making .venv with Python %d.%d" % sys.version_info[:2])
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True)
    if made.returncode:
        sys.exit(
            "%s%s\nPython could not make a virtual environment. On Debian and Ubuntu: apt-get install python3-venv"
            % (made.stdout, made.stderr)
        )


def pip(*arguments):
    """Runs pip; answers its lines as they come. Stops with everything it said when it fails."""
    environment = dict(os.environ, PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONUNBUFFERED="1")
    command = [PYTHON, "-m", "pip", "install", "--progress-bar", "off", *arguments]
    running = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = []
    for line in running.stdout:
        said.append(line)
        yield line
    if running.wait():
        sys.exit(
            "".join(said[-30:])
            + "\nThe packages could not be installed; the lines above say why. Run the same command again to go on."
        )


def main():
    use_new_enough_python()
    if PYTHON.exists() and STAMP.exists() and STAMP.read_text() == wanted():
        return
    make_venv()
    total = sum(1 for line in LOCK.read_text().splitlines() if line[:1].isalnum())
    say("Installing %d locked packages (a minute or two the first time)" % total)
    seen = 0
    for line in pip("--require-hashes", "-r", str(LOCK)):
        if line.startswith(("Collecting ", "Processing ", "Requirement already satisfied: ")):
            seen += 1
            if seen % 15 == 0:
                say("  %d of %d found" % (seen, total))
        elif line.startswith("Installing collected packages"):
            say("  all found, unpacking")
    say("Installing Motcua itself")
    for _ in pip("--no-deps", "--no-build-isolation", "-e", "."):
        pass
    STAMP.write_text(wanted())
    say("Installed.")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run the same command again to go on.")
