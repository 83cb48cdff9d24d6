"""The engine's child process: commands on stdin, events on stdout, llama.cpp's log on stderr.

One thread reads commands, the main thread carries them out.
"""

import gc
import os
import signal
import sys
import threading
from pathlib import Path
from typing import NoReturn

from studio import translation
from studio.engine.framing import FramingError, command_reader, encode
from studio.engine.llama import python_api
from studio.engine.messages import AnyEvent, MachineLost, Ping, Pong, Superseded
from studio.error_trace import print_trace
from studio.parent_process import end_with_parent
from studio.translation_file import lookup_of

_READ_SIZE = 65_536
_PAGES_SECONDS, _PROMPT_SECONDS, _TIMING_SECONDS = 0.2, 5.0, 15.0
"""How long nothing is asked before a model that was opened is held in larger pages, then before
what was evaluated is kept, and then before attention is timed, once a model."""


class _Pipe:
    """The events' end of the pipe; both threads write to it.

    Events given together are written at once: each write wakes the window's process, which takes
    a core away from llama.cpp's threads.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def emit(self, *events: AnyEvent) -> None:
        """Send events.

        When nobody reads any more the process ends at once: it has no other purpose, and nothing
        of the writer's is kept in it.
        """
        frames = memoryview(b"".join(map(encode, events)))
        with self._lock:
            try:
                while frames:
                    frames = frames[os.write(self._descriptor, frames) :]
            except OSError:
                os._exit(0)


def _take_over_standard_streams() -> tuple[int, int]:
    """Private descriptors for commands and events.

    llama.cpp may print to stdout (a backtrace, when it aborts), which would destroy the protocol:
    from here on descriptor 1 is stderr, and 0 is empty.
    """
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (0, 1):
            msvcrt.setmode(descriptor, os.O_BINARY)
    commands, events = os.dup(0), os.dup(1)
    os.dup2(2, 1)
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return commands, events


def main(texts: str = "") -> int:
    """Serve until stdin ends; the exit status.

    Args:
        texts: The compiled translation that the window has its texts from; empty for English.
    """
    end_with_parent()
    if texts:
        translation.use(lookup_of(Path(texts)), texts)
    commands, events = _take_over_standard_streams()
    # What a terminal sends its programs reaches their children too; the window decides when we end.
    for name in ("SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    os.environ["GGML_NO_BACKTRACE"] = "1"

    python_api.leave_out()
    # The first draw need not load its numbers.
    import numpy.random  # noqa: F401

    # llama.cpp is loaded only now, with the streams in safety.
    from studio.engine.engine import Engine
    from studio.engine.generation.pending_tokens import FRAME_SECONDS
    from studio.engine.inbox import Inbox
    from studio.engine.interrupt import Interrupt

    pipe = _Pipe(events)
    interrupt = Interrupt()
    inbox = Inbox(interrupt, lambda request: pipe.emit(Superseded(request=request)))

    def read_commands() -> None:
        reader = command_reader()
        try:
            while data := os.read(commands, _READ_SIZE):
                for command in reader.feed(data):
                    if isinstance(command, Ping):
                        # Here, as the main thread may be within llama.cpp for minutes.
                        pipe.emit(Pong(request=command.request))
                    else:
                        inbox.put(command)
        except FramingError as error:
            print(f"studio engine: {error}", file=sys.stderr, flush=True)
        finally:
            inbox.close()

    def lost(address: str) -> NoReturn:
        pipe.emit(MachineLost(address=address))
        # llama.cpp waits for it without end, or is about to abort.
        os._exit(1)

    # What ends a thread from here on is reported without its words, which may repeat a text.
    threading.excepthook = lambda found: print_trace(found.exc_value or found.exc_type())
    threading.Thread(target=read_commands, name="commands", daemon=True).start()
    engine = Engine(pipe.emit, interrupt, FRAME_SECONDS, lost=lost, is_command=False)
    sys.excepthook = lambda _kind, error, _trace: print_trace(error)
    # What the imports have made stays to the end: the collector, which `__main__` put off, need not
    # look through it even once.
    gc.freeze()
    gc.enable()
    while True:
        if inbox.rests(_PAGES_SECONDS):
            engine.take_huge_pages()
            if inbox.rests(_PROMPT_SECONDS):
                engine.keep_prompt()
                if inbox.rests(_TIMING_SECONDS):
                    engine.time_attention()
        taken = inbox.pop()
        if taken is None:
            break
        engine.run(*taken)
    engine.close()
    return 0
