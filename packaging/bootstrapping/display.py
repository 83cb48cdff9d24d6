"""The screen of the tests: one of their own (Xvfb), so that no window jumps at the user.

Where there is no Xvfb, Qt's offscreen platform serves.
"""

from __future__ import annotations

import contextlib
import os
import select
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

WHICH = "KELVIN_TEST_DISPLAY"  # shows the tests which they got: "xvfb" or "offscreen"
SIZE = "1600x1000x24"
SECONDS_TO_START = 30.0


class ScreenError(Exception):
    """Xvfb did not start; the message says how it ended."""


@contextlib.contextmanager
def virtual_screen(log: Path, program: str = "Xvfb") -> Iterator[str]:
    """Runs Xvfb while the block runs and yields its display, such as ':99'.

    Args:
        log: where its own messages are added.
        program: the X server.

    Raises:
        ScreenError: it could not be started, ended at once, or named no display in time.
    """
    reading, writing = os.pipe()
    options = ["-screen", "0", SIZE, "-nolisten", "tcp", "-noreset"]
    with log.open("ab") as output, os.fdopen(reading, "rb", buffering=0) as numbers:
        try:
            server = subprocess.Popen(
                # It chooses a free display by itself and says its number when it is ready.
                [program, "-displayfd", str(writing), *options],
                pass_fds=(writing,),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                # Ctrl+C is for the tests, which need their screen until they have ended.
                start_new_session=True,
            )
        except OSError as error:
            raise ScreenError(str(error)) from error
        finally:
            os.close(writing)
        try:
            yield f":{_number(numbers.fileno(), server)}"
        finally:
            server.terminate()
            try:
                server.wait(timeout=5)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _number(descriptor: int, server: subprocess.Popen[bytes]) -> int:
    """Returns the display's number once the server has written it, with a newline after it."""
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], SECONDS_TO_START)
        if not ready:
            raise ScreenError(f"no display after {SECONDS_TO_START:.0f} s")
        piece = os.read(descriptor, 64)
        if not piece:
            raise ScreenError(f"it ended with status {server.wait()}")
        text += piece
    return int(text)


def on_screen(env: Mapping[str, str], display: str) -> dict[str, str]:
    """Returns an environment whose windows open on this X display and nowhere else."""
    others = ("WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM", "XAUTHORITY")
    kept = {key: value for key, value in env.items() if key not in others}
    return {**kept, "DISPLAY": display, "XDG_SESSION_TYPE": "x11", WHICH: "xvfb"}


def off_screen(env: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment whose windows are drawn in memory only."""
    return {**env, "QT_QPA_PLATFORM": "offscreen", WHICH: "offscreen"}
