r"""Text from strangers' files made safe to show: what would steer a terminal becomes visible.

Control characters move a terminal's cursor, retitle its window or answer for its user;
bidirectional overrides show a line in another order than it is read (Unicode Technical Report 36).
Both are written as Python writes them in a literal, such as ``\x1b`` and ``\u202e``. This module
does not know where the text is shown.
"""

import re
from collections.abc import Sequence

from studio.translation import tr

LONGEST_LINE = 200
"""Characters of a stranger's word, wherever it is shown."""
LONGEST_NAME = 100
"""Characters of a name in a title, a question or a button."""
LONGEST_ENTRY = 80
"""Characters of a name in a menu, which is as wide as its longest entry."""
LONGEST_MESSAGE = 2_000
"""Characters of a message that has a stranger's words in it."""
_MOST_LINES = 40

_STEERING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069"
    "\ufeff\ufdd0-\ufdef"
    + "".join(
        f"{chr(plane | 0xFFFE)}{chr(plane | 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
    )
)
"""As a class of a regular expression: C0 and C1 controls but for tab and newline, line and
paragraph separators, the characters that set or override a direction; U+FEFF, which Qt drops from a
text's beginning, and the noncharacters, of which U+FFFE there turns all bytes of the text."""

_IN_LINES = re.compile(f"[{_STEERING}\ud800-\udfff]")
_IN_ONE_LINE = re.compile(f"[{_STEERING}\ud800-\udfff\t\n]")
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible_lines(text: str) -> str:
    """The text with its tabs and line ends, and every other steering character written out."""
    return _IN_LINES.sub(_written_out, text)


def visible_line(text: str, longest: int = LONGEST_LINE) -> str:
    """The text as one line of at most `longest` characters, steering characters written out.

    Args:
        text: Any text, however long.
        longest: Characters; what is cut off is marked by an ellipsis, which counts.
    """
    # What is beyond is not looked at: the text may have millions of characters.
    line = _IN_ONE_LINE.sub(_written_out, text[: longest + 1])
    return line if len(line) <= longest else f"{line[: longest - 1]}…"


def visible_name(text: object, longest: int = LONGEST_NAME) -> str:
    """The same of a name or a path, where the end says as much as the beginning: cut in between.

    Args:
        text: A text or a path, however long.
        longest: Characters; the ellipsis counts.
    """
    name = str(text)
    if len(name) > 2 * longest:
        name = name[:longest] + name[-longest:]
    line = _IN_ONE_LINE.sub(_written_out, name)
    if len(line) <= longest:
        return line
    behind = (longest - 1) // 2
    return f"{line[: longest - 1 - behind]}…{line[len(line) - behind :]}"


def visible_path(path: object) -> str:
    """The same of a path, which may be as long as a line."""
    return visible_name(path, LONGEST_LINE)


def visible_names(names: Sequence[str], most: int = 6) -> str:
    """The first of some names in quotation marks, and how many more there are.

    Args:
        names: The names.
        most: How many are shown.
    """
    reported = ", ".join(f"“{visible_name(name)}”" for name in names[:most])
    more = len(names) - most
    return tr("{names} and {more:,} more", names=reported, more=more) if more > 0 else reported


def name_or_number(names: Sequence[str]) -> str:
    """The name of a file in quotation marks where it is the only one, else how many there are."""
    return f"“{visible_name(names[0])}”" if len(names) == 1 else tr("%n files", "", len(names))


def visible_message(text: str, longest: int = LONGEST_MESSAGE) -> str:
    """A message of several lines that can be read at a glance: neither too long nor too many.

    Args:
        text: The message.
        longest: How many characters are shown.
    """
    lines = visible_lines(text[: longest + 1]).split("\n")
    reported = "\n".join(lines[:_MOST_LINES])
    is_whole = len(lines) <= _MOST_LINES and len(reported) <= longest
    return reported if is_whole else f"{reported[: longest - 1].rstrip()}…"


def printable(text: str) -> str:
    """The text, or where it has a character that cannot be printed, Python's literal of it."""
    return text if text.isprintable() else repr(text)


def _written_out(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code > 0xFFFF:
        return f"\\U{code:08x}"
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
