"""Real child processes, small ones: what becomes of a child is the point here."""

import itertools
import logging
import os
import platform
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import shiboken6
from PySide6.QtCore import QProcess, QTimer
from pytestqt.qtbot import QtBot

from studio import translation
from studio.app.engine_line import process as engine_process
from studio.app.engine_line.process import End, EngineProcess, Outcome
from studio.engine.framing import encode
from studio.engine.messages import AnyEvent, Loading, PreviewNextToken, Prompt, Stop
from tests.helpers.waiting import LONG

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


def child(script: str) -> list[str]:
    """A command that runs `script`; isolated, so that it starts in a moment."""
    return [sys.executable, "-I", "-S", "-c", f"import os, signal, sys, time\n{script}"]


def says(*events: AnyEvent) -> str:
    """A line of a script that writes these events to stdout."""
    data = b"".join(map(encode, events))
    return f"os.write(1, bytes.fromhex({data.hex()!r}))"


def halted(pid: int) -> bool:
    """Whether a process is stopped, as by SIGSTOP."""
    return pid > 0 and psutil.Process(pid).status() == psutil.STATUS_STOPPED


class Witness:
    """What a process signalled, in order."""

    def __init__(self, process: EngineProcess) -> None:
        self.seen: list[AnyEvent | Outcome] = []
        process.received.connect(self.seen.append)
        process.ended.connect(self.seen.append)

    @property
    def outcomes(self) -> list[Outcome]:
        return [seen for seen in self.seen if isinstance(seen, Outcome)]


@pytest.fixture
def processes() -> Iterator[list[EngineProcess]]:
    made: list[EngineProcess] = []
    yield made
    for process in made:
        process.close()


def outcome_of(
    command: list[str], qtbot: QtBot, processes: list[EngineProcess]
) -> tuple[Outcome, list[AnyEvent | Outcome]]:
    process = EngineProcess(command)
    processes.append(process)
    witness = Witness(process)
    process.start()
    qtbot.waitUntil(lambda: bool(witness.outcomes), timeout=LONG)
    qtbot.waitUntil(lambda: process.process_id == 0, timeout=LONG)
    assert len(witness.outcomes) == 1, "an end is told once"
    assert witness.seen[-1] is witness.outcomes[0], "the end comes after all events"
    return witness.outcomes[0], witness.seen[:-1]


def test_a_program_that_is_not_there(
    qtbot: QtBot, processes: list[EngineProcess], tmp_path: Path
) -> None:
    outcome, seen = outcome_of([str(tmp_path / "nothing-here")], qtbot, processes)
    assert outcome.end is End.NOT_STARTED
    assert outcome.describe().startswith("The engine could not be started: ")
    assert outcome.reason in outcome.describe()
    assert outcome.reason
    assert seen == []


def test_a_child_that_exits_by_itself(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    script = "sys.stderr.write('one\\ntwo\\nthe last, without an end of line'); sys.exit(3)"
    outcome, _ = outcome_of(child(script), qtbot, processes)
    assert (outcome.end, outcome.status) == (End.EXITED, 3)
    assert outcome.log == ("one", "two", "the last, without an end of line")
    assert outcome.last_words == "the last, without an end of line"
    assert outcome.describe() == "The engine ended by itself (status 3)."


def test_the_log_is_bounded(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    script = "for number in range(5000): print('line', number, file=sys.stderr)"
    outcome, _ = outcome_of(child(script), qtbot, processes)
    assert 10 <= len(outcome.log) <= 100
    assert outcome.log[-1] == "line 4999"


@posix
def test_a_child_that_is_killed(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    sent = [Loading(request=1, fraction=part / 4) for part in range(4)]
    script = (
        f"print('a warning of long ago', file=sys.stderr)\n{says(*sent)}\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    outcome, seen = outcome_of(child(script), qtbot, processes)
    assert (outcome.end, outcome.status) == (End.CRASHED, signal.SIGKILL)
    assert "SIGKILL" in outcome.describe()
    assert "memory" in outcome.describe()
    assert seen == sent
    assert outcome.log, "for a report"
    assert outcome.last_words == "", "it was killed from outside; its log does not know why"


@posix
def test_a_child_that_aborts(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    script = "print('GGML_ASSERT(n > 0) failed', file=sys.stderr, flush=True); os.abort()"
    outcome, _ = outcome_of(child(script), qtbot, processes)
    assert (outcome.end, outcome.status) == (End.CRASHED, signal.SIGABRT)
    assert "SIGABRT" in outcome.describe()
    assert outcome.last_words == "GGML_ASSERT(n > 0) failed"


def test_everything_it_sent_comes_before_its_end(
    qtbot: QtBot, processes: list[EngineProcess]
) -> None:
    frame = encode(Loading(request=1, fraction=0.5))
    script = (
        f"data = memoryview(bytes.fromhex({frame.hex()!r}) * 20000)\n"
        "while data: data = data[os.write(1, data):]\n"
        "os._exit(1)"
    )
    outcome, seen = outcome_of(child(script), qtbot, processes)
    assert outcome.status == 1
    assert len(seen) == 20000


@pytest.mark.parametrize(
    ("garbage", "reported"),
    [
        (b"\xff" * 64, "a frame of 4,294,967,295 bytes"),
        (b"\x03\x00\x00\x00\xc1\xc1\xc1", "a message that cannot be read"),
    ],
)
def test_garbage_on_stdout(
    qtbot: QtBot, processes: list[EngineProcess], garbage: bytes, reported: str
) -> None:
    good = Loading(request=1, fraction=0.5)
    # It would never end by itself: whoever breaks the protocol is ended.
    script = (
        f"{says(good)}\nos.write(1, {garbage!r})\n"
        f"while True:\n    {says(Loading(request=2, fraction=1.0))}\n    time.sleep(0.01)"
    )
    outcome, seen = outcome_of(child(script), qtbot, processes)
    assert outcome.end is End.BROKE_PROTOCOL
    assert outcome.describe().startswith(
        f"The engine sent something that cannot be read ({reported}"
    )
    assert seen == [good], "nothing is read after the breach"


def test_a_flood_leaves_the_window_its_turns(
    qtbot: QtBot, processes: list[EngineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "_EVENTS_A_TURN", 16)
    count = 4000
    frame = encode(Loading(request=1, fraction=0.5))
    script = (
        f"data = memoryview(bytes.fromhex({frame.hex()!r}) * {count})\n"
        "while data: data = data[os.write(1, data):]"
    )
    process = EngineProcess(child(script))
    processes.append(process)
    witness = Witness(process)
    seen_at_turns: list[int] = []
    others = QTimer()
    others.timeout.connect(lambda: seen_at_turns.append(len(witness.seen)))
    others.start(0)
    process.start()
    qtbot.waitUntil(lambda: bool(witness.outcomes), timeout=LONG)
    others.stop()
    assert len(witness.seen) == count + 1
    assert isinstance(witness.seen[-1], Outcome), "its end comes after all of it"
    between = [now - before for before, now in itertools.pairwise(seen_at_turns)]
    assert max(between) <= 3 * 16, "others had a turn between any few dozen events"


def test_who_sends_without_end_is_ended(
    qtbot: QtBot, processes: list[EngineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "_EVENTS_A_TURN", 1)
    monkeypatch.setattr(engine_process, "_MOST_UNREAD", 1 << 20)
    frame = encode(Loading(request=1, fraction=0.5))
    script = f"data = bytes.fromhex({frame.hex()!r}) * 2000\nwhile True: os.write(1, data)"
    outcome, _ = outcome_of(child(script), qtbot, processes)
    assert outcome.end is End.BROKE_PROTOCOL
    assert "more than can be read" in outcome.describe()


def test_a_log_without_line_ends_is_bounded(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    script = "for _ in range(500): os.write(2, b'x' * 10000)\nos.write(2, b'\\nthe end')"
    outcome, _ = outcome_of(child(script), qtbot, processes)
    assert outcome.log[-1] == "the end"
    assert max(map(len, outcome.log)) <= 1000


@posix
def test_a_child_that_is_given_up_ends_at_once(
    qtbot: QtBot, processes: list[EngineProcess]
) -> None:
    sent = [Loading(request=1, fraction=part / 4) for part in range(4)]
    script = (
        f"print('of long ago', file=sys.stderr)\n{says(*sent)}\n"
        "os.kill(os.getpid(), signal.SIGSTOP)"
    )
    process = EngineProcess(child(script))
    processes.append(process)
    witness = Witness(process)
    process.start()
    qtbot.waitUntil(lambda: halted(process.process_id), timeout=LONG)
    process.kill("it had not answered for 7 seconds")
    process.kill("of another reason")
    qtbot.waitUntil(lambda: bool(witness.outcomes), timeout=LONG)
    assert witness.seen[:-1] == sent, "what it had sent is not lost"
    (outcome,) = witness.outcomes
    assert outcome.end is End.GIVEN_UP
    assert outcome.describe() == (
        "The engine was ended, because it had not answered for 7 seconds."
    )
    assert outcome.last_words == ""


@posix
def test_a_child_that_cannot_be_killed_is_not_waited_for(
    qtbot: QtBot, processes: list[EngineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    # As one that waits in a driver, or for a drive that is gone.
    monkeypatch.setattr(QProcess, "kill", lambda _process: None)
    monkeypatch.setattr(engine_process, "_REAP_MS", 20)
    sent = Loading(request=1, fraction=0.5)
    process = EngineProcess(child(f"{says(sent)}\nos.kill(os.getpid(), signal.SIGSTOP)"))
    witness = Witness(process)
    process.start()
    qtbot.waitUntil(lambda: halted(process.process_id), timeout=LONG)
    system = psutil.Process(process.process_id)
    process.kill("it had not answered for 7 seconds")
    qtbot.waitUntil(lambda: bool(witness.outcomes), timeout=LONG)
    assert [outcome.end for outcome in witness.outcomes] == [End.GIVEN_UP]
    assert witness.seen[0] == sent
    process.deleteLater()
    qtbot.waitUntil(lambda: not shiboken6.isValid(process), timeout=LONG)
    assert system.is_running(), "it stands there still, and nobody waits"
    assert len(engine_process._unkillable) == 1
    system.kill()
    qtbot.waitUntil(lambda: not engine_process._unkillable, timeout=LONG)
    assert len(witness.outcomes) == 1


LEFT = """
import signal
from PySide6.QtCore import QCoreApplication, QProcess
from studio.app.engine_line import process
application = QCoreApplication([])
child = QProcess()
child.start("sleep", ["60"])
assert child.waitForStarted()
print(child.processId(), flush=True)
process._unkillable.add(child)
process.end_without_unkillable(3)
"""


@posix
def test_nor_is_it_waited_for_at_the_programs_end() -> None:
    done = subprocess.run(
        [sys.executable, "-P", "-c", LEFT],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        timeout=60,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stderr) == (3, "")
    left = psutil.Process(int(done.stdout))
    assert left.name() == "sleep", "Qt kills what it waits for"
    left.kill()


@posix
def test_what_a_halted_child_does_not_read_is_bounded(
    qtbot: QtBot, processes: list[EngineProcess]
) -> None:
    process = EngineProcess(
        child(
            "os.kill(os.getpid(), signal.SIGSTOP)\n"
            f"{says(Loading(request=1, fraction=1.0))}\nsys.stdin.buffer.read()"
        )
    )
    processes.append(process)
    process.start()
    qtbot.waitUntil(lambda: halted(process.process_id), timeout=LONG)
    text = "x" * (1 << 20)
    gave_way = [
        process.send(PreviewNextToken(request=request, prompt=Prompt(manuscript=text)))
        for request in range(200)
    ]
    qprocess = process.findChild(QProcess)
    assert isinstance(qprocess, QProcess)
    assert qprocess.bytesToWrite() < 4 << 20
    answered = [command.request for command in gave_way if command]
    assert answered == list(range(answered[0], 199)), "but for the first ones and the last"
    assert answered[0] < 4
    with qtbot.waitSignal(process.received, timeout=LONG):
        os.kill(process.process_id, signal.SIGCONT)
    qtbot.waitUntil(lambda: qprocess.bytesToWrite() == 0, timeout=LONG)
    process.send(Stop(request=1))
    assert 0 < qprocess.bytesToWrite() < 100, "and the way is free again"


@posix
@pytest.mark.parametrize("is_polite", [True, False])
def test_closing_ends_a_halted_child(
    qtbot: QtBot,
    processes: list[EngineProcess],
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_polite: bool,
) -> None:
    monkeypatch.setattr(engine_process, "_GRACE_MS", 100 if is_polite else LONG)
    process = EngineProcess(child("os.kill(os.getpid(), signal.SIGSTOP)"))
    processes.append(process)
    process.start()
    qtbot.waitUntil(lambda: halted(process.process_id), timeout=LONG)
    pid = process.process_id
    process.close(is_polite=is_polite)
    assert not psutil.pid_exists(pid)


def test_commands_reach_the_child_and_closing_is_polite(
    qtbot: QtBot, processes: list[EngineProcess], tmp_path: Path
) -> None:
    written = tmp_path / "stdin"
    script = f"open({str(written)!r}, 'wb').write(sys.stdin.buffer.read())"
    process = EngineProcess(child(script))
    processes.append(process)
    witness = Witness(process)
    process.start()
    process.send(Stop(request=7))
    process.close()
    assert written.read_bytes() == encode(Stop(request=7))
    assert witness.seen == [], "an end that was asked for is no news"
    process.send(Stop(request=8))  # a child that is gone does not get it
    process.close()


def test_a_child_that_does_not_listen_is_killed(
    qtbot: QtBot, processes: list[EngineProcess], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_process, "_GRACE_MS", 100)
    script = f"{says(Loading(request=1, fraction=0.0))}\nwhile True: time.sleep(3600)"
    process = EngineProcess(child(script))
    processes.append(process)
    process.start()
    with qtbot.waitSignal(process.received, timeout=LONG):
        pass
    pid = process.process_id
    process.close()
    assert not psutil.pid_exists(pid)


def test_the_engine_is_this_very_program(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    process = EngineProcess()
    processes.append(process)
    process.start()
    qprocess = process.findChild(QProcess)
    assert isinstance(qprocess, QProcess)
    assert qprocess.program() == sys.executable
    assert qprocess.arguments()[0] == "-I"
    assert qprocess.arguments()[-1] == "engine"
    assert (Path(qprocess.workingDirectory()) / "studio" / "__main__.py").is_file()


def gives_huge_pages() -> bool:
    setting = Path("/sys/kernel/mm/transparent_hugepage/enabled")
    library, version = platform.libc_ver()
    new_enough = library == "glibc" and tuple(map(int, version.split("."))) >= (2, 35)
    return new_enough and setting.is_file() and "[never]" not in setting.read_text()


@pytest.mark.skipif(not gives_huge_pages(), reason="neither Linux nor glibc gives any here")
def test_large_memory_comes_in_huge_pages(qtbot: QtBot, processes: list[EngineProcess]) -> None:
    script = """
import ctypes
library = ctypes.CDLL(None)
library.malloc.restype = ctypes.c_void_p
size = 64 << 20
ctypes.memset(library.malloc(ctypes.c_size_t(size)), 1, size)
lines = open("/proc/self/smaps_rollup").read().splitlines()
print(next(line for line in lines if line.startswith("AnonHugePages")), file=sys.stderr)
sys.exit(3)
"""
    outcome, _ = outcome_of(child(script), qtbot, processes)
    kilobytes = int(outcome.log[-1].split()[1])
    assert kilobytes > 32 << 10


def test_the_writers_own_tunables_stand(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.hugetlb=0")
    process = EngineProcess()
    qprocess = process.findChild(QProcess)
    assert isinstance(qprocess, QProcess)
    value = qprocess.processEnvironment().value("GLIBC_TUNABLES")
    assert value == "glibc.malloc.hugetlb=0"


def test_a_frozen_program_is_called_without_the_interpreter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert engine_process.engine_command() == [sys.executable, "engine"]


def test_the_engine_knows_where_the_texts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    translation.use(lambda text, _comment, _count: text, "/texts/studio_de.qm")
    try:
        command = engine_process.engine_command()
    finally:
        translation.use(None)
    assert command == [sys.executable, "engine", "/texts/studio_de.qm"]
    assert engine_process.engine_command() == [sys.executable, "engine"]


def test_a_signal_without_a_name() -> None:
    assert "status 250" in Outcome(End.CRASHED, 250, "", ()).describe()


def test_what_a_child_says_is_logged_up_to_a_bound_and_its_last_words(
    qtbot: QtBot, processes: list[EngineProcess], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="studio")
    last = engine_process._KEPT_LOG_LINES
    most = engine_process._MOST_LOGGED
    said = most + last + 7
    script = f"[print('line', number, file=sys.stderr) for number in range({said})]"
    outcome_of(child(script), qtbot, processes)
    lines = [record.getMessage() for record in caplog.records]
    assert lines[:most] == [f"engine: line {number}" for number in range(most)]
    assert lines[most] == f"engine: {said} lines in all; the last of them:"
    assert lines[most + 1 :] == [f"engine: line {number}" for number in range(said - last, said)]
