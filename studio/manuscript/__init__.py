"""The text a writer and a model make together: provenance, undo, takes, and its file."""

from studio.manuscript.briefs import BriefError, BriefFolder, document_key
from studio.manuscript.brush import Brush, Brushes, OwnSampling
from studio.manuscript.buffer import Words
from studio.manuscript.document import SUFFIX, Document, KeptRun, is_document_name, with_run
from studio.manuscript.edit import Edit, replacement
from studio.manuscript.file_state import FileState, Outside
from studio.manuscript.files import (
    Encoding,
    ManuscriptFileError,
    Newline,
    TextFile,
    open_text_file,
    read_text_file,
    read_text_stream,
    write_text_file,
)
from studio.manuscript.followed_text import FollowedText
from studio.manuscript.growth import Waiting
from studio.manuscript.history import HistoryError
from studio.manuscript.joint import begun, joined, word_end
from studio.manuscript.journal import Glance, Journal, Leftover, leftovers, leftovers_size
from studio.manuscript.manuscript import Manuscript
from studio.manuscript.manuscript_content import ManuscriptContent
from studio.manuscript.passage import Origin, Passage, runs_of
from studio.manuscript.prompt_plan import NO_PLAN, Note, PromptPassage, PromptPlan
from studio.manuscript.provenance import (
    Provenance,
    letters_in,
    percents,
    provenance_of,
    takes_of,
)
from studio.manuscript.recovery import RecoveryError, RecoveryRecord
from studio.manuscript.take_writer import TakeWriter
from studio.manuscript.takes import GrowingTakeError, Take, TakeSet
from studio.manuscript.text_shape import TextShape, fitting_parts, shape_of
from studio.manuscript.token_groups import with_own_records
from studio.manuscript.token_spans import TokenSpan, TokenSpans

__all__ = [
    "NO_PLAN",
    "SUFFIX",
    "BriefError",
    "BriefFolder",
    "Brush",
    "Brushes",
    "Document",
    "Edit",
    "Encoding",
    "FileState",
    "FollowedText",
    "Glance",
    "GrowingTakeError",
    "HistoryError",
    "Journal",
    "KeptRun",
    "Leftover",
    "Manuscript",
    "ManuscriptContent",
    "ManuscriptFileError",
    "Newline",
    "Note",
    "Origin",
    "Outside",
    "OwnSampling",
    "Passage",
    "PromptPassage",
    "PromptPlan",
    "Provenance",
    "RecoveryError",
    "RecoveryRecord",
    "Take",
    "TakeSet",
    "TakeWriter",
    "TextFile",
    "TextShape",
    "TokenSpan",
    "TokenSpans",
    "Waiting",
    "Words",
    "begun",
    "document_key",
    "fitting_parts",
    "is_document_name",
    "joined",
    "leftovers",
    "leftovers_size",
    "letters_in",
    "open_text_file",
    "percents",
    "provenance_of",
    "read_text_file",
    "read_text_stream",
    "replacement",
    "runs_of",
    "shape_of",
    "takes_of",
    "with_own_records",
    "with_run",
    "word_end",
    "write_text_file",
]
