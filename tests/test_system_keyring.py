"""Keys of servers in a real keyring: GNOME's, in a session bus of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.waiting import PATIENCE

pytest.importorskip("secretstorage")
NEEDED = ("dbus-run-session", "gnome-keyring-daemon")
pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(
        not all(map(shutil.which, NEEDED)), reason="GNOME's keyring, or D-Bus, is not installed"
    ),
]

URL, KEY = "http://cellar:8080", "open-sesame"
UNLOCK = "printf password | gnome-keyring-daemon --unlock --components=secrets >/dev/null"
LOCK = """
import secretstorage
secretstorage.get_default_collection(secretstorage.dbus_init()).lock()
"""
SAY = """
from studio.server_keys import KeyringError, find_key, keep_key, key_for
def say(act, *given):
    try:
        print(repr(act(*given)))
    except KeyringError as error:
        print(error)
"""


def said(folder: Path, *steps: str) -> str:
    """What programs print that run one after another in a session of their own.

    Args:
        folder: Their home.
        steps: Commands of the shell, or what Python does.
    """
    env = {
        name: it for name, it in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")
    }
    env |= {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(folder),
        "XDG_DATA_HOME": str(folder),
        "PYTHONPATH": str(Path(__file__).parents[1]),
        "PY": sys.executable,
    }
    for name in ("DBUS_SESSION_BUS_ADDRESS", "PYTHON_KEYRING_BACKEND"):
        env.pop(name, None)
    lines = []
    for number, step in enumerate(steps):
        if step != UNLOCK:
            (folder / f"{number}.py").write_text(SAY + step)
            step = f'"$PY" -P {number}.py'
        lines.append(step)
    ran = subprocess.run(
        ["dbus-run-session", "--", "sh", "-e", "-c", "\n".join(lines)],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    assert KEY not in ran.stderr
    return ran.stdout


def test_a_key_is_there_for_the_next_program_until_it_is_forgotten(tmp_path: Path) -> None:
    found = said(
        tmp_path,
        UNLOCK,
        f"say(find_key, {URL!r}); say(keep_key, {URL!r}, {KEY!r})",
        f"say(find_key, {URL!r}); say(find_key, 'http://elsewhere:1')",
        f"say(keep_key, {URL!r}, ''); say(find_key, {URL!r}); say(keep_key, {URL!r}, '')",
    )
    assert found.splitlines() == ["''", "None", repr(KEY), "''", "None", "''", "None"]
    assert not any(KEY.encode() in file.read_bytes() for file in tmp_path.rglob("*.keyring"))


def test_a_locked_keyring_is_called_so(tmp_path: Path) -> None:
    keep = f"say(keep_key, {URL!r}, {KEY!r})"
    found = said(tmp_path, UNLOCK, keep, LOCK, f"{keep}; say(key_for, {URL!r})").splitlines()
    assert found[0] == "None"
    assert "is locked" in found[1]
    assert KEY not in found[1]
    assert found[2] == "''"


def test_a_session_without_a_keyring_is_said(tmp_path: Path) -> None:
    """D-Bus may start one, which has no password and nobody to ask for it; or there is none."""
    (found,) = said(tmp_path, f"say(keep_key, {URL!r}, {KEY!r})").splitlines()
    assert "is locked" in found or "no keyring" in found
    assert "not kept" in found
    assert KEY not in found
