"""Whether all that is on the disk is whole, at the moment of a kill, and what was lost by it."""

from pathlib import Path

import msgspec

from studio.experiments.comparison_file import ComparisonFileError, load_comparison
from studio.manuscript import (
    ManuscriptFileError,
    RecoveryRecord,
    is_document_name,
    read_text_file,
)
from studio.manuscript.document_file import open_document
from studio.manuscript.recovery import RecoveryError
from tests.soak.desk import Desk
from tests.soak.text_log import Moment, mark_of

MOST_LOST = 5.0
"""Seconds of writing that a kill may take. The journal waits one; the rest is a busy machine's."""
_BINARY = (".gguf", ".lock")


def text_in(path: Path) -> str:
    """The text of a document or a plain text.

    Raises:
        ManuscriptFileError: It cannot be read.
    """
    return open_document(path)[0].text if is_document_name(path) else read_text_file(path).text


def torn_files(desk: Desk, known: set[str]) -> list[str]:
    """What is not whole.

    Args:
        desk: Where.
        known: Marks of all texts that a window had, or that somebody wrote from without.
    """
    found = []
    for path in desk.texts():
        if path.name == "Noise.txt":
            continue
        try:
            mark = mark_of(text_in(path))
        except ManuscriptFileError as error:
            found.append(f"a document cannot be read: {error}")
            continue
        if mark not in known:
            found.append(f"“{path.name}” holds {mark}, which no window ever had")
    for path in sorted(desk.recovery.glob("*/record")):
        try:
            RecoveryRecord.of_bytes(path.read_bytes())
        except RecoveryError as error:
            found.append(f"a recovery record is torn: {error}")
        except OSError:
            continue  # its window has just saved
    for path in sorted(desk.home.rglob("*.json")):
        why = _why_torn(path)
        if why:
            found.append(f"“{path.relative_to(desk.home)}” is torn: {why}")
    return found


def _why_torn(path: Path) -> str:
    try:
        if path.parent.name == "comparisons":
            load_comparison(path)
        else:
            msgspec.json.decode(path.read_bytes())
    except (ComparisonFileError, msgspec.MsgspecError) as error:
        return str(error)
    except OSError:
        pass  # deleted meanwhile by a window that lives
    return ""


def seconds_lost(moments: list[Moment], killed_at: float, records: set[str]) -> float:
    """How long before a kill the text was last as it is kept now; 0 for nothing that is lost.

    Args:
        moments: Of the window.
        killed_at: When.
        records: Marks of what the journals hold.
    """
    until = killed_at
    for moment in reversed(moments):
        if not moment.is_modified or moment.mark in records or moment.mark.endswith("-0"):
            return killed_at - until
        until = moment.since
    return killed_at - until
