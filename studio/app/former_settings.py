"""What former versions remembered in an INI file, read as plain text.

Qt would make objects of any class out of some of its values. Here a value is a text, a number, a
boolean or a list of texts; anything else is left out.
"""

import contextlib
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

from studio.app.user_folders import config_folder
from studio.regular_file import read_regular_file

_NAME = "kelvin-studio.ini"
_MOST_BYTES = 2**20
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,6})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "0": "\0"}
_PIECE = re.compile(r'\s*("(?:[^"\\]|\\.)*+"|(?:[^",\\]|\\.)*+)\s*(,|$)')
_WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class Unread(str):
    """What the file says where that is not a value of the wanted type."""


def former_settings(kinds: Mapping[str, type]) -> tuple[Path | None, dict[str, object]]:
    """Find the file of a former version and its values; None and nothing without one.

    Args:
        kinds: The types of the values that are wanted, by their key. A value that is none of its
            type is there as `Unread`.
    """
    path = _folder() / _NAME
    try:
        data, _ = read_regular_file(path, _MOST_BYTES)
    except OSError:
        return None, {}
    return path, read_ini(data.decode("utf-8", "surrogateescape"), kinds)


def put_away(path: Path) -> None:
    """Rename the file once its values are taken over, so that it is not read again."""
    with contextlib.suppress(OSError):  # it is only read again where there are no settings
        path.replace(path.with_name(f"{path.name}.old"))


def read_ini(text: str, kinds: Mapping[str, type]) -> dict[str, object]:
    """The values of these keys in an INI file as Qt writes it.

    Args:
        text: The file's text.
        kinds: The types of the values that are wanted, by their key.
    """
    found: dict[str, object] = {}
    section = ""
    for line in text.split("\n"):
        line = line.strip()
        if line.startswith("[") and line.endswith("]"):
            section = "" if line == "[General]" else f"{line[1:-1]}/"
            continue
        name, is_value, written = line.partition("=")
        key = (section + name.strip()).replace("\\", "/")
        if is_value and key in kinds and not line.startswith(";"):
            found[key] = _value(written.strip(), kinds[key])
    return found


def _value(written: str, kind: type) -> object:
    texts = _texts(written)
    if texts is None:
        return Unread(written)  # an object of Qt's or of Python's, or damaged
    if kind is list:
        return texts
    text = texts[0] if len(texts) == 1 else None
    if kind is str and text is not None:
        return text
    if kind is bool and text in ("true", "false"):
        return text == "true"
    if kind is int and text is not None and _WHOLE_NUMBER.fullmatch(text):
        return int(text)
    return Unread(written)


def _texts(written: str) -> list[str] | None:
    """The texts in a line, separated by commas; None where it is anything else."""
    if written.startswith("@") and not written.startswith("@@"):
        return [] if written == "@Invalid()" else None
    texts = []
    place = 0
    while place <= len(written):
        match = _PIECE.match(written, place)
        if match is None:
            return None
        piece = match[1]
        piece = piece[1:-1] if piece.startswith('"') else piece.rstrip()
        piece = _ESCAPE.sub(_unescaped, piece)
        texts.append(piece[1:] if piece.startswith("@@") else piece)
        if not match[2]:
            break
        place = match.end()
    return texts


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        code = int(match[1], 16)
        return chr(code) if code < 0x110000 else "\ufffd"
    return _CONTROLS.get(match[2], match[2])


def _folder() -> Path:
    """Where Qt kept INI files of this program."""
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA", "")) / "kelvin-studio"
    if sys.platform == "darwin":
        return Path.home() / ".config" / "kelvin-studio"
    return config_folder()
