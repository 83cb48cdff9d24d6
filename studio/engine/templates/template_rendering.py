"""Has a child process with limits render a chat template, and ends it where one is met.

The other side of `template_process`.
"""

import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import psutil

from studio.own_command import own_folder
from studio.translation import mark, tr
from studio.visible_text import visible_line

_USE_PLAIN = mark("Use the plain prompt format with this model, or choose another model.")
"""What to do where a template cannot be used."""

_POLL_SECONDS = 0.02
_AT_WORK = 0.25
"""Of its time a child works for, at least, whose template takes too long; one that works less waits
for a disk or for other programs."""
_END_SECONDS = 2.0
"""How long a child that was killed is waited for."""


class ChatTemplateError(Exception):
    """A chat template that cannot be used. `str(error)` is the message for the writer.

    Attributes:
        is_lasting: Whether it would be the same again, with the same model.

    Args:
        message: What is wrong and what to do, for the writer.
        is_lasting: Whether it would be the same again, with the same model.
    """

    def __init__(self, message: str, *, is_lasting: bool = True) -> None:
        super().__init__(message)
        self.is_lasting = is_lasting


def unusable(words: str, *, is_lasting: bool = True) -> ChatTemplateError:
    """The error for a template that cannot be used, which says what to do.

    Args:
        words: What is wrong, a sentence.
        is_lasting: Whether it would be the same again, with the same model.
    """
    return ChatTemplateError(f"{words} {tr(_USE_PLAIN)}", is_lasting=is_lasting)


class RenderingStopped(Exception):
    """Whoever asked for a rendering does not want it any more."""


class TemplateLimits(msgspec.Struct, frozen=True):
    """What rendering a template may cost."""

    seconds: float = 5.0
    """Of wall-clock time, the child's start included."""
    memory_bytes: int = 512 << 20
    output_length: int = 256 << 10
    """Characters of one rendering."""


def explain(kind: str, detail: str, limits: TemplateLimits) -> str:
    """What is wrong with a template, a sentence.

    Args:
        kind: of the error, as `template_process` says it, or "time", or "late".
        detail: the error's own words, if it has any.
        limits: those that the rendering had.
    """
    detail = visible_line(detail)
    match kind:
        case "syntax":
            return tr("This model's chat template is not a valid template ({why}).", why=detail)
        case "refused":
            return tr(
                "This model's chat template refuses a conversation of one message: “{why}”.",
                why=detail,
            )
        case "memory":
            return tr(
                "This model's chat template takes more than {most} MiB of memory.",
                most=limits.memory_bytes >> 20,
            )
        case "output":
            return tr(
                "This model's chat template writes more than {most:,} characters.",
                most=limits.output_length,
            )
        case "time" | "late":
            return tr(
                "This model's chat template did not finish within {most:g} seconds.",
                most=limits.seconds,
            )
    return tr("This model's chat template fails ({why}).", why=detail)


def render(
    request: dict[str, Any],
    limits: TemplateLimits,
    command: Sequence[str],
    is_stopped: Callable[[], bool] = lambda: False,
) -> list[dict[str, str]]:
    """Have a child process answer a request, and end it at a limit.

    Args:
        request: what `template_process` reads.
        limits: of the child.
        command: starts it.
        is_stopped: asked again and again; the child is ended where it says so.

    Returns:
        The renderings of the attempts, as `template_process` writes them.

    Raises:
        ChatTemplateError: the child could not be started, died, or met a limit.
        RenderingStopped: it was asked to stop.
    """
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=own_folder(),
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        found = tr("The process that renders chat templates cannot be started: {why}.", why=error)
        raise unusable(found, is_lasting=False) from error
    # Renderings are escaped in JSON: up to 12 bytes a character.
    most = 12 * limits.output_length * len(request["attempts"]) + 4096
    try:
        answer, stopped = _converse(child, json.dumps(request).encode(), most, limits, is_stopped)
    finally:
        child.kill()  # it has said all it had to say, or too much
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(_END_SECONDS)
    words = _last_words(child)
    if stopped == "stop":
        raise RenderingStopped
    if stopped:
        raise unusable(explain(stopped, "", limits), is_lasting=stopped != "late")
    try:
        renderings: list[dict[str, str]] = msgspec.json.decode(
            answer, type=dict[str, list[dict[str, str]]]
        )["renderings"]
    except (msgspec.DecodeError, KeyError) as error:
        found = tr(
            "This model's chat template ended its process, exit status {status} ({why}).",
            status=child.returncode,
            why=visible_line(words.splitlines()[-1]) if words else tr("it left no message"),
        )
        raise unusable(found) from error
    return renderings


def _converse(
    child: "subprocess.Popen[bytes]",
    request: bytes,
    most: int,
    limits: TemplateLimits,
    is_stopped: Callable[[], bool],
) -> tuple[bytes, str]:
    """Send the request and read the answer; also what ended it before: "stop", "time", ..."""
    answers: list[bytes] = []

    def exchange() -> None:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(request)
            child.stdin.close()
        except OSError:
            pass  # it died before it read; its exit status says
        with child.stdout:
            answers.append(child.stdout.read(most + 1))

    # A thread, as pipes block; here, the time and the memory are watched on every system.
    thread = threading.Thread(target=exchange, name="chat-template", daemon=True)
    deadline = time.monotonic() + limits.seconds
    stopped = ""
    thread.start()
    while thread.is_alive() and not stopped:
        thread.join(_POLL_SECONDS)
        if is_stopped():
            stopped = "stop"
        elif time.monotonic() > deadline:
            stopped = "time" if _worked(child.pid) > _AT_WORK * limits.seconds else "late"
        elif _resident(child.pid) > limits.memory_bytes:
            stopped = "memory"
    if thread.is_alive():
        child.kill()
        thread.join(_END_SECONDS)
    else:
        stopped = ""
    answer = answers[0] if answers else b""
    return answer, "output" if len(answer) > most else stopped


def _last_words(child: "subprocess.Popen[bytes]") -> str:
    """What a child that has ended left on stderr."""
    assert child.stderr is not None
    with child.stderr:
        if sys.platform != "win32":
            # Should anything else hold the pipe open, that is not waited for.
            os.set_blocking(child.stderr.fileno(), False)
        return (child.stderr.read() or b"").decode("utf-8", "replace").strip()


def _worked(pid: int) -> float:
    """Seconds of processor time that a child has had; 0 where it is gone."""
    try:
        times = psutil.Process(pid).cpu_times()
    except psutil.Error:
        return 0.0
    return float(times.user + times.system)


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0
