"""The one gate: style, types, import contracts and tests, the same here and in continuous integration.

`python scripts/check.py [--fast] [PYTEST-ARGUMENT ...]`. Every step runs even if one before it fails; pytest
comes last, so that its summary is the last line.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYTHON_FOLDERS = ("src", "tests", "scripts")
BIN = Path(sys.executable).parent

STEPS = {
    "ruff check": [sys.executable, "-m", "ruff", "check", "--quiet", *PYTHON_FOLDERS],
    "ruff format": [sys.executable, "-m", "ruff", "format", "--check", "--quiet", *PYTHON_FOLDERS],
    "mypy": [sys.executable, "-m", "mypy", "--no-error-summary", *PYTHON_FOLDERS],
    "lint-imports": [str(BIN / "lint-imports"), "--no-logo"],
}


def run_step(name: str, command: list[str]) -> bool:
    """Run one quiet step; its output is shown only if it fails."""
    started = time.monotonic()
    result = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    passed = result.returncode == 0
    print(f"{name:<14}{'ok' if passed else 'FAILED':<8}{time.monotonic() - started:6.1f} s", flush=True)
    if not passed:
        print(result.stdout, flush=True)
    return passed


def run_pytest(arguments: list[str]) -> bool:
    """Run the tests with their output as it comes; pytest prints the seconds itself."""
    return subprocess.run([sys.executable, "-m", "pytest", *arguments], cwd=ROOT, check=False).returncode == 0


def main(arguments: list[str]) -> int:
    """Run every step; 0 only if all passed."""
    # Tools that page or colour by what they think of the terminal would make two runs differ.
    os.environ.setdefault("NO_COLOR", "1")
    fast = "--fast" in arguments
    pytest_arguments = [argument for argument in arguments if argument != "--fast"]
    if fast:
        pytest_arguments += ["-m", "not slow"]
    failed = [name for name, command in STEPS.items() if not run_step(name, command)]
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}. This run will end in failure.", flush=True)
    tests_passed = run_pytest(pytest_arguments)
    return 0 if tests_passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
