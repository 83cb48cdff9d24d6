"""A path as text that any file may hold, whatever bytes it is of: percent-encoded."""

import os
from pathlib import Path


def percent_encoded(path: Path) -> str:
    r"""The path with all but ASCII's letters, digits and `_.-~/ :\` as `%` and two hex digits.

    Its bytes in the system's encoding are encoded, so that a path that is no text in it comes back
    too.
    """
    # Imported here: with its `ipaddress` it would be a hundredth of a start.
    from urllib.parse import quote

    return quote(os.fsencode(path), safe="/ :\\")


def percent_decoded(text: str) -> Path:
    """The path that was `percent_encoded`."""
    from urllib.parse import unquote_to_bytes

    return Path(os.fsdecode(unquote_to_bytes(text)))
