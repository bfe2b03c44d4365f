"""Tries newer versions of the pinned packages: `make update`, or `make update PACKAGES="tqdm jinja2"` for some of them.

Reports what would change, installs these versions into a temporary folder in front of the environment, and runs the
tests of what the project relies on in its dependencies. No file is changed: see docs/upgrading.md for what to do next.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).parents[1]
REQUIREMENTS = ROOT / "requirements-dev.txt"
PIN = re.compile(r"^([\w.-]+)(\[[\w,]+\])?==([\w.+]+)", re.MULTILINE)
TESTS = ["tests/test_dependencies.py", "-k", "not test_what_is_installed_is_what_is_required"]


def main() -> int:
    """Returns the exit status of the tests, or 0 if there is nothing newer."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="packages to try newer versions of (default: all)")
    parser.add_argument("--report", action="store_true", help="only report")
    options = parser.parse_args()
    found = {name: (installed(name), new) for name, new in newest(options.packages).items()}
    newer = {name: (old, new) for name, (old, new) in found.items() if old not in (None, new)}
    for name, (old, new) in newer.items():
        print(f"{name:<32} {old} → {new}")
    print(f"{len(newer)} packages have newer versions." if newer else "There is nothing newer.")
    return 0 if options.report or not newer else tried({name: new for name, (_, new) in newer.items()})


def newest(packages: list[str]) -> dict[str, str]:
    """The versions of all packages if these ones, or all pinned ones, may be newer."""
    with tempfile.TemporaryDirectory() as folder:
        loose = Path(folder) / "requirements.in"
        loose.write_text("\n".join(_loosened(packages)), "utf-8")
        command = ["pip", "compile", "--quiet", "--no-header", "--no-annotate", "--upgrade", str(loose)]
        done = subprocess.run([sys.executable, "-m", "uv", *command], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"error: no set of versions fits. {done.stderr.strip()}")
    return {name: found for name, _, found in PIN.findall(done.stdout)}


def _loosened(packages: list[str]) -> list[str]:
    """The pins of all requirements files, with >= in place of == for the packages that may be newer."""
    texts = [(ROOT / name).read_text("utf-8") for name in ("requirements.txt", REQUIREMENTS.name)]
    pins = {pin[0]: pin for text in texts for pin in PIN.findall(text)}
    if unknown := set(packages) - pins.keys():
        sys.exit(f"error: {', '.join(sorted(unknown))} is not pinned. The pinned packages are: {', '.join(pins)}.")
    return [
        f"{name}{extras}{'>=' if not packages or name in packages else '=='}{found}"
        for name, extras, found in pins.values()
    ]


def installed(name: str) -> str | None:
    """The version in this environment, without the local part; None if the package is not installed."""
    try:
        return version(name).partition("+")[0]
    except PackageNotFoundError:
        return None


def tried(versions: dict[str, str]) -> int:
    """The exit status of the dependency tests with these versions in front of the environment."""
    with tempfile.TemporaryDirectory() as folder:
        wanted = [f"{name}=={new}" for name, new in versions.items()]
        install = ["pip", "install", "--quiet", "--no-deps", "--target", folder, *wanted]
        if subprocess.run([sys.executable, "-m", *install], check=False).returncode:
            return 1
        environment = {**os.environ, "PYTHONPATH": folder}
        status = subprocess.run([sys.executable, "-m", "pytest", "-q", *TESTS], cwd=ROOT, env=environment, check=False)
    print("The dependency tests pass." if status.returncode == 0 else "The dependency tests fail: see above.")
    return status.returncode


if __name__ == "__main__":
    sys.exit(main())
