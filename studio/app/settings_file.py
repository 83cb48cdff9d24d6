"""The file of settings: one JSON object, written whole or not at all, read with suspicion.

It may have been damaged, edited by hand or written by a later version.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from time import monotonic, sleep

from studio.atomic_write import atomic_write, move_new, write_new
from studio.file_lock import FileLock
from studio.regular_file import TooLargeError, read_regular_file
from studio.translation import tr
from studio.visible_text import visible_line

MOST_BYTES = 2**20
"""Most bytes of the file; years of use make a hundredth of that."""

_MOST_DIGITS = 20
"""Most digits of a whole number; longer ones take Python long, or make it refuse the file."""
_DEEPEST = 32
_MOST_ASIDE = 100
_PATIENCE = 0.5
"""Seconds that another window may take for its write."""


class SettingsFileError(Exception):
    """The file cannot be read or written: a sentence for the writer."""


class SettingsFile:
    """Reads and writes the file.

    Args:
        path: Where it is; neither it nor its folder need be there.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._is_foreign = False
        """Whether something is there that must not be replaced."""
        self._copied = b""
        """The file's contents when it was last copied."""

    def read(self) -> tuple[dict[str, object], str]:
        """Read the values; none where there is no file.

        A file that is not one of ours is renamed, so that it is not overwritten.

        Returns:
            The values, and a sentence for the writer where the file could not be read.
        """
        self._is_foreign = False
        try:
            data, _ = read_regular_file(self.path, MOST_BYTES)
            # Bytes that are no UTF-8 damage one value, and stay in a path that has them.
            tree = json.loads(data.decode("utf-8-sig", "surrogateescape"), parse_int=_integer)
            if not isinstance(tree, dict):
                raise ValueError(tr("it is not a JSON object"))
        except FileNotFoundError:
            return {}, ""
        except (TooLargeError, ValueError, RecursionError) as error:
            return {}, self._put_aside(_why(error))
        except OSError as error:
            self._is_foreign = True
            return {}, (
                tr(
                    "The settings in “{path}” cannot be read: {why}. Everything has its "
                    "default, and nothing is remembered until that is fixed.",
                    path=self._shown,
                    why=error.strerror or error,
                )
            )
        return tree, ""

    def keep_copy(self) -> str:
        """Copy the file as it is, once; returns the copy's name, empty where that failed."""
        with contextlib.suppress(OSError):
            data, _ = read_regular_file(self.path, MOST_BYTES)
            if data == self._copied:
                return ""
            for aside in self._names_aside():
                with contextlib.suppress(FileExistsError):
                    write_new(aside, data, is_private=True)
                    self._copied = data
                    return aside.name
        return ""

    def update(self, change: Callable[[dict[str, object]], dict[str, object]]) -> str:
        """Write the file anew with what `change` makes of what it holds now.

        Another window that writes meanwhile is waited for, and what it wrote is not lost.

        Returns:
            A sentence where what stood there could not be read, and was put aside.

        Raises:
            SettingsFileError: It could not be written; the file is as it was.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with _alone(self.path.with_name(f".{self.path.name}.lock")):
                found, problem = self.read()
                if self._is_foreign:
                    raise SettingsFileError(problem)
                sound = {key: value for key, value in found.items() if is_json(value)}
                if len(sound) < len(found):
                    self.keep_copy()
                data = _to_bytes(change(sound))
                if len(data) > MOST_BYTES:
                    raise SettingsFileError(
                        tr(
                            "The settings have {size:,} bytes, more than the {most:,} that "
                            "are read. They are not saved.",
                            size=len(data),
                            most=MOST_BYTES,
                        )
                    )
                # Names of files and models are nobody else's.
                atomic_write(self.path, data, is_private=True)
        except OSError as error:
            raise SettingsFileError(
                tr(
                    "The settings cannot be saved in “{path}”: {why}. Make room there, or "
                    "check the permissions of that folder.",
                    path=self._shown,
                    why=error.strerror or error,
                )
            ) from error
        return problem

    @property
    def _shown(self) -> str:
        return visible_line(str(self.path))

    def _put_aside(self, why: str) -> str:
        """Rename a file that is not one of ours; returns the sentence that says so."""
        said = tr(
            "The settings in “{path}” cannot be used: {why}. Everything has its default",
            path=self._shown,
            why=why,
        )
        try:
            for aside in self._names_aside():
                with contextlib.suppress(FileExistsError):
                    move_new(self.path, aside)
                    with contextlib.suppress(OSError):
                        aside.chmod(0o600)
                    return tr(
                        "{said}; the file is called “{name}” now.", said=said, name=aside.name
                    )
        except OSError as error:
            self._is_foreign = True
            return tr(
                "{said}, and nothing is remembered until it is moved away ({why}).",
                said=said,
                why=error.strerror or error,
            )
        self._is_foreign = True
        return tr("{said}, and nothing is remembered until it is moved away.", said=said)

    def _names_aside(self) -> Iterator[Path]:
        for number in count(1):
            if number > _MOST_ASIDE:
                return
            yield self.path.with_name(
                f"{self.path.stem}.damaged{'' if number == 1 else f'-{number}'}.json"
            )


def is_json(value: object) -> bool:
    """Whether a value that was read can be written again: no infinity, not nested too deeply."""
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inside
            for outside in level
            if isinstance(outside, dict | list)
            for inside in (outside.values() if isinstance(outside, dict) else outside)
        ]
        if not level:
            break
    else:
        return False
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def _to_bytes(tree: dict[str, object]) -> bytes:
    text = json.dumps(tree, ensure_ascii=False, allow_nan=False, indent=1, sort_keys=True)
    # Half characters, of which names of files can have some, are written as JSON escapes them.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float("nan")


def _why(error: Exception) -> str:
    match error:
        case TooLargeError():
            return tr(
                "it has {size:,} bytes; at most {most:,} are read",
                size=error.size,
                most=MOST_BYTES,
            )
        case json.JSONDecodeError():
            return tr("it is not JSON ({why}, line {line})", why=error.msg, line=error.lineno)
        case RecursionError():
            return tr("it is nested too deeply")
        case _:
            return str(error)


@contextlib.contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other windows from writing meanwhile; go on without, where the lock is not free soon."""
    lock = None
    end = monotonic() + _PATIENCE
    with contextlib.suppress(OSError):
        while (lock := FileLock.acquire(path)) is None and monotonic() < end:
            sleep(0.01)
    try:
        yield
    finally:
        if lock is not None:
            lock.release()
