"""Prompts that were evaluated, kept on the disk: what a model has read once is not read again.

A file holds a prompt's tokens and llama.cpp's own state of the sequence that they make (`Context`
has it from `llama_state_seq_get_data`). Read again is only what this model has written on this
machine, whole: length, form, model, llama.cpp and the digest are looked at before llama.cpp sees a
byte, since it would take almost anything.

What is kept can be lost at any time: a file is not flushed to the disk, and one that was torn is
found out by its digest and deleted.
"""

import contextlib
import hashlib
import os
import secrets
import struct
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import llama_cpp
import msgspec
import numpy as np
from numpy.typing import NDArray

from studio.disk_writes import write_all
from studio.engine.messages import ModelReport
from studio.engine.model_files.gguf_header import GgufHeader
from studio.engine.model_files.model_hash import model_hash
from studio.error_trace import print_trace
from studio.low_priority import lower_priority

WORTH = 256
"""Tokens. Fewer are read quicker than the window notices."""

_SUFFIX = ".prompt"
_MAGIC, _VERSION = b"KELVINPC", 1
_START = struct.Struct("<8sII")
"""Magic, version, and the length of the facts."""
_LONGEST_FACTS = 4096
"""Bytes."""
_MOST_TOKENS = 16_777_216
_MOST_FILES = 1000
"""That are looked at."""
_SECONDS_TO_END = 0.5
"""How long a write may hold up the engine's end."""


class _Facts(msgspec.Struct, frozen=True):
    """What a file says of itself."""

    model: str
    """The model's `model_hash`."""
    files: str
    """A digest of the model's files as they were: names, sizes, times of change."""
    computed_by: str
    """What else a state depends on: see `_computed_by`."""
    tokens: int
    state: int
    """Bytes."""
    digest: str
    """SHA-256 of tokens and state, in hexadecimal."""


class CachedPrompt:
    """A file that holds an evaluated prompt.

    Args:
        path: The file.
        facts: What it says of itself.
        tokens: The prompt, shape (tokens,).
        start: Where its tokens begin, in bytes.
    """

    def __init__(self, path: Path, facts: _Facts, tokens: NDArray[np.int32], start: int) -> None:
        self.path = path
        self.facts = facts
        self.tokens = tokens
        self._start = start

    def common(self, tokens: NDArray[np.int32]) -> int:
        """How many tokens it has in common with the beginning of others.

        Args:
            tokens: The others, shape (tokens,).
        """
        return _common(self.tokens, tokens)

    def state(self) -> NDArray[np.uint8] | None:
        """Read llama.cpp's state; None where the file is not what was written."""
        try:
            with self.path.open("rb") as file:
                file.seek(self._start)
                body = np.fromfile(file, np.uint8)
        except OSError:
            return None
        length = 4 * self.facts.tokens
        if len(body) != length + self.facts.state:
            return None
        if hashlib.sha256(body.data).hexdigest() != self.facts.digest:
            return None
        with contextlib.suppress(OSError):
            os.utime(self.path)  # it was of use: others go first
        return body[length:]


class PromptCache:
    """The prompts of one loaded model.

    Args:
        folder: Where they are; made with the first that is kept.
        limit: Bytes that all files in it may take; the least recently used go first.
        header: The model's.
        report: What computes it.
    """

    def __init__(self, folder: Path, limit: int, header: GgufHeader, report: ModelReport) -> None:
        self._folder = folder
        self.limit = limit
        self._model = Path(report.path)
        self._files = hashlib.sha256(repr(header.files).encode("utf-8", "replace")).hexdigest()
        self._computed_by = _computed_by(report)
        self._hash = ""
        self._last: NDArray[np.int32] = np.empty(0, np.int32)
        """What was kept or found last."""
        self._writing: threading.Thread | None = None

    def find(self, tokens: list[int], beyond: int, *, whole: bool = False) -> CachedPrompt | None:
        """The prompt that has most in common with the beginning of some tokens.

        Args:
            tokens: What is to be evaluated.
            beyond: How many of them it must have at least, and one more.
            whole: Whether it must have nothing else, for a model whose state cannot be cut.
        """
        wanted, best = np.asarray(tokens, np.int32), None
        for prompt in self._prompts():
            common = prompt.common(wanted)
            if whole and common < len(prompt.tokens):
                continue
            if common > beyond and self._is_of_model(prompt.facts):
                best, beyond = prompt, common
        return best

    def found(self, prompt: CachedPrompt) -> None:
        """Take note that llama.cpp has taken a prompt's state."""
        self._last = prompt.tokens

    def discard(self, prompt: CachedPrompt) -> None:
        """Delete a file that is not what it says."""
        with contextlib.suppress(OSError):
            prompt.path.unlink()

    def wants(self, tokens: list[int]) -> bool:
        """Whether an evaluated prompt is worth a file.

        It is where it is long, and not nearly what was kept or found last: of a text that grows
        an eighth may have to be read again.

        Args:
            tokens: The prompt.
        """
        if len(tokens) < WORTH or (self._writing is not None and self._writing.is_alive()):
            return False
        known = _common(self._last, np.asarray(tokens, np.int32))
        return len(tokens) - known > max(WORTH // 2, len(tokens) // 8)

    def keep(self, tokens: list[int], state: NDArray[np.uint8]) -> None:
        """Write a prompt, in another thread; what fails is not kept.

        Args:
            tokens: The prompt.
            state: llama.cpp's of it, shape (bytes,); belongs to the cache from here on.
        """
        self._last = np.asarray(tokens, np.int32)
        thread = threading.Thread(
            target=self._write, args=(self._last, state), name="prompt cache", daemon=True
        )
        self._writing = thread
        thread.start()

    def make_room(self) -> None:
        """Delete the least recently used files, of any model, until the others are within `limit`.

        What fails stays.
        """
        sizes = []
        for path in self._paths():
            with contextlib.suppress(OSError):
                status = path.stat()
                sizes.append((status.st_mtime_ns, status.st_size, path))
        total = sum(size for _time, size, _path in sizes)
        for _time, size, path in sorted(sizes):
            if total <= self.limit:
                return
            with contextlib.suppress(OSError):
                path.unlink()
                total -= size

    def wait(self, seconds: float | None = _SECONDS_TO_END) -> None:
        """Wait until what is kept is written.

        Args:
            seconds: How long at most; None for as long as it takes.
        """
        if self._writing is not None:
            self._writing.join(seconds)

    def _write(self, tokens: NDArray[np.int32], state: NDArray[np.uint8]) -> None:
        lower_priority()
        try:
            facts = self._facts(tokens, state)
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            former = [p for p in self._prompts() if 4 * p.common(tokens) >= 3 * len(p.tokens)]
            _write_file(self._folder, facts, tokens, state)
            # An older state of the same text.
            for prompt in former:
                if self._is_of_model(prompt.facts):
                    self.discard(prompt)
            self.make_room()
        except OSError:
            pass  # a full disk, a folder that cannot be written: then it is read again
        except Exception as error:
            print_trace(error)

    def _facts(self, tokens: NDArray[np.int32], state: NDArray[np.uint8]) -> _Facts:
        digest = hashlib.sha256(tokens.astype("<i4", copy=False).data)
        digest.update(state.data)
        return _Facts(
            self._model_hash(),
            self._files,
            self._computed_by,
            len(tokens),
            len(state),
            digest.hexdigest(),
        )

    def _prompts(self) -> Iterator[CachedPrompt]:
        """Those that may be of this model: whether they are, `_is_of_model` says."""
        for path in islice(self._paths(), _MOST_FILES):
            prompt = _read(path)
            if prompt is not None and prompt.facts.computed_by == self._computed_by:
                yield prompt

    def _paths(self) -> Iterator[Path]:
        with contextlib.suppress(OSError), os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
                    yield self._folder / entry.name

    def _is_of_model(self, facts: _Facts) -> bool:
        if facts.files == self._files:
            # The same files as they were then: they need not be read for it.
            self._hash = self._hash or facts.model
            return facts.model == self._hash
        try:
            return facts.model == self._model_hash()
        except OSError:
            return False

    def _model_hash(self) -> str:
        self._hash = self._hash or model_hash(self._model)
        return self._hash


def _computed_by(report: ModelReport) -> str:
    """What a state depends on beside model and tokens: in another it is another number's bytes."""
    attention = "flash" if report.has_flash_attention else "plain"
    by = f"{llama_cpp.__version__} {report.backend} {report.layers_offloaded} {attention}"
    others = (it for it in report.devices if it.kind != "processor" and it.layers)
    return "".join([by, *(f" {it.name}={it.layers}" for it in others)])


def _common(one: NDArray[np.int32], other: NDArray[np.int32]) -> int:
    length = min(len(one), len(other))
    different = np.flatnonzero(one[:length] != other[:length])
    return int(different[0]) if len(different) else length


def _read(path: Path) -> CachedPrompt | None:
    """A file's facts and tokens; None where it is none of ours, or not whole."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            magic, version, length = _START.unpack(file.read(_START.size))
            if magic != _MAGIC or version != _VERSION or length > _LONGEST_FACTS:
                return None
            facts = msgspec.json.decode(file.read(length), type=_Facts)
            start = _START.size + length
            if not 0 < facts.tokens <= _MOST_TOKENS:
                return None
            if size != start + 4 * facts.tokens + facts.state:
                return None
            tokens = np.frombuffer(file.read(4 * facts.tokens), "<i4").astype(np.int32)
    except (OSError, ValueError, struct.error):  # ValueError: no JSON of this form, too
        return None
    return CachedPrompt(path, facts, tokens, start)


def _write_file(
    folder: Path, facts: _Facts, tokens: NDArray[np.int32], state: NDArray[np.uint8]
) -> None:
    """Write a file under a name that nobody has; a reader finds all of it or none.

    Raises:
        OSError: The system failed; nothing stays.
    """
    text = msgspec.json.encode(facts)
    # `stale_files` knows this form of a name.
    temporary = folder / f".{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o600)
    try:
        try:
            write_all(descriptor, _START.pack(_MAGIC, _VERSION, len(text)) + text)
            write_all(descriptor, tokens.astype("<i4", copy=False).tobytes())
            write_all(descriptor, state.data)
        finally:
            os.close(descriptor)
        temporary.replace(folder / f"{secrets.token_hex(8)}{_SUFFIX}")
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
