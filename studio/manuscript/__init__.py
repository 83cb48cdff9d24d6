"""The text a writer and a model make together: provenance, undo, takes, and the file it lives in.

This package does not know Qt, nor how text is generated.
"""

from studio.manuscript.edit import Edit
from studio.manuscript.files import (
    Encoding,
    ManuscriptFileError,
    Newline,
    TextFile,
    read_text_file,
    write_text_file,
)
from studio.manuscript.followed_text import FollowedText
from studio.manuscript.history import HistoryError
from studio.manuscript.joint import joined
from studio.manuscript.manuscript import Manuscript
from studio.manuscript.passage import Origin, Passage, runs_of
from studio.manuscript.take_writer import TakeWriter
from studio.manuscript.takes import GrowingTakeError, Take, TakeSet
from studio.manuscript.token_characters import RecordedToken
from studio.manuscript.token_groups import with_own_records
from studio.manuscript.token_spans import TokenSpan, TokenSpans

__all__ = [
    "Edit",
    "Encoding",
    "FollowedText",
    "GrowingTakeError",
    "HistoryError",
    "Manuscript",
    "ManuscriptFileError",
    "Newline",
    "Origin",
    "Passage",
    "RecordedToken",
    "Take",
    "TakeSet",
    "TakeWriter",
    "TextFile",
    "TokenSpan",
    "TokenSpans",
    "joined",
    "read_text_file",
    "runs_of",
    "with_own_records",
    "write_text_file",
]
