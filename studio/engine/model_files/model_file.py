"""What a model file is before anything is read of it, and how one is refused.

Opens regular files only, guesses what a file of another format is, and holds the error that all
checks of model files raise.
"""

import os
import stat
from pathlib import Path
from typing import BinaryIO, Literal, NoReturn

import msgspec

from studio.translation import mark, tr
from studio.visible_text import visible_line, visible_name

FileErrorKind = Literal[
    "missing",  # no such file
    "unreadable",  # the system refused to open or read it
    "not_a_file",  # a folder, a pipe, a device
    "not_gguf",  # another format; the message guesses which
    "big_endian",
    "version",  # a GGUF version that llama.cpp does not read
    "truncated",  # a download that was cut off
    "incomplete",  # one part of a model in several files, without the others
    "damaged",  # a GGUF file that breaks the format's rules
    "not_a_writer",  # a sound GGUF file, but no language model that continues text
    "too_little_memory",  # raised by `studio.engine.model_files.memory`
]


class ModelFileError(Exception):
    """A model file that must not reach llama.cpp. `str(error)` is the message for the writer.

    Args:
        kind: What is wrong.
        message: What is wrong and what to do, for the writer.
    """

    def __init__(self, kind: FileErrorKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class FileStamp(msgspec.Struct, frozen=True):
    """What a file looked like when its header was read."""

    path: str
    size: int
    mtime_ns: int


_ADVICE: dict[FileErrorKind, str] = {
    "missing": mark("Choose another file, or put this one back."),
    "unreadable": mark("Check its permissions and the disk, then try again."),
    "not_a_file": mark("Choose a model file that ends in .gguf."),
    "not_gguf": mark(
        "The studio opens models in the GGUF format: choose a file that ends in .gguf."
    ),
    "big_endian": mark("Look for the same model without “be” in its name."),
    "version": mark("llama.cpp reads versions 2 and 3: look for a newer conversion of this model."),
    "truncated": mark("The download was cut off, or the file was damaged: download it again."),
    "incomplete": mark("Download all parts into one folder and open the first."),
    "damaged": mark(
        "The file is damaged or was converted badly: download it again, or choose another."
    ),
    "not_a_writer": mark("Choose a model for text generation."),
}

_LONGEST_FOUND = 500
"""Characters: a key of the file may have thousands."""

_OTHER_FORMATS = (
    (
        b"version https://git-lfs",
        mark("is a Git LFS pointer, a note of where the model really is"),
    ),
    (b"PK\x03\x04", mark("is a zip archive or a PyTorch model")),
    (b"\x80\x02", mark("is a PyTorch checkpoint")),
    (b"\x1f\x8b", mark("is a gzip archive")),
    (b"7z\xbc\xaf\x27\x1c", mark("is a 7-Zip archive")),
    (b"\xfd7zXZ", mark("is an xz archive")),
    (b"\x28\xb5\x2f\xfd", mark("is a zstd archive")),
    (b"\x89HDF", mark("is an HDF5 file")),
    (b"tjgg", mark("is a model in the GGJT format that GGUF replaced in 2023")),
    (b"lmgg", mark("is a model in the GGML format that GGUF replaced in 2023")),
    (b"fmgg", mark("is a model in the GGMF format that GGUF replaced in 2023")),
)


def refuse(path: Path, kind: FileErrorKind, found: str) -> NoReturn:
    """Raise ModelFileError: the file's name, what was found in it, what to do about the kind.

    Args:
        path: The model's file.
        kind: What is wrong.
        found: What was found in it, in words that go on from its name.
    """
    message = tr(
        "“{file}” {found}. {advice}",
        file=visible_name(path.name),
        found=visible_line(found, _LONGEST_FOUND),
        advice=tr(_ADVICE[kind]),
    )
    raise ModelFileError(kind, message)


def quoted(raw: bytes) -> str:
    """Text from a file, shortened for a message."""
    return f"“{visible_line(raw[:240].decode('utf-8', 'replace'), 60)}”"


def open_regular(path: Path) -> tuple[BinaryIO, os.stat_result]:
    """Open a regular file; anything else is refused, and a FIFO never waited for."""
    try:
        if stat.S_ISREG(path.stat().st_mode):
            # O_NONBLOCK: the name may become a FIFO between the two calls.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
            stream = os.fdopen(os.open(path, flags), "rb")
            status = os.fstat(stream.fileno())
            if stat.S_ISREG(status.st_mode):
                return stream, status
            stream.close()
    except FileNotFoundError:
        refuse(path, "missing", tr("does not exist in {folder}", folder=path.parent))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        refuse(path, "unreadable", tr("cannot be opened: {why}", why=error))
    if path.is_dir():
        refuse(path, "not_a_file", tr("is a folder, not a file"))
    refuse(path, "not_a_file", tr("is a pipe or a device, not a file"))


def refuse_format(path: Path, start: bytes, size: int) -> NoReturn:
    """Refuse a file that is no GGUF file, with a guess at what it is by its first bytes.

    Args:
        path: The model's file.
        start: Its first bytes.
        size: How many bytes it has.
    """
    found = tr("begins with {bytes!r}, not “GGUF”", bytes=start[:4])
    if size == 0:
        found = tr("is empty")
    elif start.lstrip()[:1] == b"<":
        found = tr("is a web page, probably an error page saved in the model's place")
    elif start[8:10] == b'{"' and int.from_bytes(start[:8], "little") < size:
        found = tr("is a safetensors model")
    elif not start.strip(b"\0"):
        found = tr("is full of zeros, a download that never finished")
    elif guess := next((words for magic, words in _OTHER_FORMATS if start.startswith(magic)), ""):
        found = tr(guess)
    refuse(path, "not_gguf", found)
