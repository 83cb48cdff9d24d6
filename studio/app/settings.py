"""What the program remembers between sessions, each thing declared once with what it may be.

A value that is damaged, of another type or out of range counts as absent and is reported:
remembered state must never keep the program from opening.
"""

import json
import logging
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Generic, TypeVar, cast

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.settings_file import SettingsFile, SettingsFileError, is_json
from studio.app.timers import single_shot
from studio.app.user_folders import config_folder
from studio.path_checks import exists
from studio.translation import tr
from studio.visible_text import visible_line

_log = logging.getLogger(__name__)

Value = TypeVar("Value", str, int, bool, list[str])

_DELAY_MS = 1000
"""From a change until it is written, together with those made meanwhile."""

SMALLEST_ZOOM, LARGEST_ZOOM = -5, 12
"""How many steps the zoom may go below and above 100 %."""

CANDIDATE_COUNTS = (1, 2, 4, 8)
"""How many takes can be written at once; an engine writes eight sequences at most."""

MOST_WORDS = 1_000_000
"""Of a goal."""

_LONGEST_TEXT = 4096
_LONGEST_LIST = 8
_MOST_REPORTED = 3


class Setting(msgspec.Struct, Generic[Value], frozen=True):
    """One remembered thing.

    Attributes:
        key: What it is called in the file.
        default: What holds where nothing is remembered; its type is the setting's.
        description: What it is, for readers of the code.
        allowed: The numbers or words it may be, or a check of its text; None for any.
        longest: Most characters of a text, or of each text in a list.
        most: Most texts in a list.
        is_path: Whether a text is the name of a file or folder, which need not be Unicode.
    """

    key: str
    default: Value
    description: str
    allowed: range | tuple[int, ...] | tuple[str, ...] | Callable[[str], bool] | None = None
    longest: int = _LONGEST_TEXT
    most: int = _LONGEST_LIST
    is_path: bool = False

    def allows(self, value: object) -> bool:
        """Whether it may have this value."""
        if type(value) is not type(self.default):
            return False
        match value:
            case str():
                return self._allows_text(value)
            case list():
                return len(value) <= self.most and all(
                    isinstance(text, str) and self._allows_text(text) for text in value
                )
            case bool():
                return True
            case _:
                return not isinstance(self.allowed, range | tuple) or value in self.allowed

    @property
    def limits(self) -> str:
        """What it may be, in words."""
        match self.default, self.allowed:
            case bool(), _:
                return tr("true or false")
            case int(), range() as numbers:
                return tr("{least:,} to {most:,}", least=numbers.start, most=numbers.stop - 1)
            case _, tuple() as words:
                return tr(" or ").join(str(word) or tr("nothing") for word in words)
            case list(), _:
                return tr("a list of at most {most} texts", most=self.most)
            case str(), None:
                return tr("a text of at most {longest:,} characters", longest=self.longest)
            case _:
                return self.description

    def _allows_text(self, text: str) -> bool:
        if len(text) > self.longest or "\0" in text:
            return False
        try:
            # In a name a half character can stand for a byte that is no UTF-8.
            text.encode(errors="surrogateescape" if self.is_path else "strict")
        except UnicodeEncodeError:
            return False
        match self.allowed:
            case None:
                return True
            case range() | tuple():
                return text in self.allowed
            case _:
                return self.allowed(text)


_WIDTHS = range(0, 20_001)


def _is_panel(text: str) -> bool:
    where, *numbers = text.split(" ")
    return text in ("", "right", "left") or (where == "afloat" and _are_numbers(numbers, 2, 2))


def _is_window(text: str) -> bool:
    *numbers, state = text.split(" ")
    if state not in ("maximized", "full-screen"):
        numbers.append(state)
    return text == "" or _are_numbers(numbers, 2, 2)


def _is_columns(text: str) -> bool:
    return text == "" or _are_numbers(text.split(" "), 0, 2)


def _are_numbers(words: list[str], edges: int, lengths: int) -> bool:
    """Whether these are so many numbers that a screen could have; only edges may be negative."""
    digits = [word.removeprefix("-") for word in words[:edges]] + words[edges:]
    return len(words) == edges + lengths and all(
        len(word) < 7 and word.isascii() and word.isdecimal() for word in digits
    )


APPEARANCE = Setting(
    "window/appearance", "system", "system, light or dark", ("system", "light", "dark")
)
PLACE = Setting(
    "window/place", "", "left and upper edge, width and height; how it stood", _is_window
)
COLUMNS = Setting("window/columns", "", "widths of the two columns", _is_columns)
ZOOM = Setting(
    "window/zoom",
    0,
    "steps by which everything is larger than at 100 %",
    range(SMALLEST_ZOOM, LARGEST_ZOOM + 1),
)
FACE = Setting("window/face", "serif", "what prose is set in: serif or sans", ("serif", "sans"))
SIDE_SHOWN = Setting("window/side", True, "whether the column beside the page is shown")
DETAILS_OPEN = Setting("temperature/details", False, "whether the exact figures are shown")
SCRUB = Setting(
    "temperature/scrub", False, "whether turning a parameter rewrites the take at the caret"
)
BRIEF_OPEN = Setting("window/brief_open", True, "whether the brief's field is shown")
SAMPLING_OPEN = Setting("window/sampling_open", False, "whether the sampling fields are shown")
OUTLINE_OPEN = Setting("outline/open", False, "whether the outline is shown")
OUTLINE_PLACE = Setting(
    "outline/place", "left", "right, left, or afloat with edges and size", _is_panel
)
OUTLINE_WIDTH = Setting("outline/width", 0, "its width beside the writing; 0 is its own", _WIDTHS)
GOAL = Setting("writing/goal", 0, "words to write; 0 is no goal", range(0, MOST_WORDS + 1))
GOAL_OF_DOCUMENT = Setting(
    "writing/goal_of_document", False, "whether the goal is the document's, and not the session's"
)
FOCUS = Setting("writing/focus", "off", "what is not faded", ("off", "paragraph", "sentence"))
TYPEWRITER = Setting(
    "writing/typewriter", False, "whether the line that is written in stays at one height"
)
MARKDOWN = Setting("writing/markdown", False, "whether Markdown is shown as what it means")
SMART_QUOTES = Setting(
    "writing/smart_quotes",
    "off",
    "what straight quotation marks become as they are typed",
    ("off", "english", "german", "french", "polish", "swedish", "danish", "spanish"),
)
SPELLING = Setting("writing/spelling", False, "whether words are checked for their spelling")
SPELLING_LANGUAGE = Setting(
    "writing/spelling_language", "", "whose dictionary; empty: the system's", longest=100
)
EXPLAIN_OPEN = Setting("explain/open", False, "whether Explain is shown")
EXPLAIN_PLACE = Setting(
    "explain/place", "", "right, left, or afloat with edges and size", _is_panel
)
EXPLAIN_WIDTH = Setting("explain/width", 0, "its width beside the writing; 0 is its own", _WIDTHS)
EXPLAIN_STEP = Setting("explain/step", "", "the step of Explain that was read last", longest=100)
EDITOR_OPEN = Setting("parameters/open", False, "whether all parameters are shown")
EDITOR_PLACE = Setting(
    "parameters/place", "", "right, left, or afloat with edges and size", _is_panel
)
EDITOR_WIDTH = Setting(
    "parameters/width", 0, "their width beside the writing; 0 is its own", _WIDTHS
)
NOTES_OPEN = Setting("notes/open", False, "whether the notes are shown")
NOTES_PLACE = Setting("notes/place", "", "right, left, or afloat with edges and size", _is_panel)
NOTES_WIDTH = Setting("notes/width", 0, "their width beside the writing; 0 is its own", _WIDTHS)
LANDSCAPE_SHOWN = Setting("landscape/shown", False, "whether the landscape is shown")
LANDSCAPE_HEIGHT = Setting("landscape/height", 0, "its height in pixels; 0 is its own", _WIDTHS)
LANDSCAPE_COUNT = Setting("landscape/count", 100, "how many tokens it shows", (100, 300, 1000))
HEAT = Setting(
    "window/heat",
    "off",
    "what the manuscript is tinted by",
    ("off", "surprise", "entropy", "rank", "blame"),
)
WHO_WROTE = Setting("window/who_wrote", False, "whether it is shown who wrote what")
PAGE = Setting("window/page", "write", "the page that was shown", ("write", "compare"))
CANDIDATES = Setting(
    "writing/candidates",
    4,
    "how many takes are written at once where text follows",
    CANDIDATE_COUNTS,
)
COMPARE_LENGTH = Setting(
    "compare/max_tokens", 64, "tokens that each lane may write", range(1, 1_000_001)
)
COMPARE_IN_STEP = Setting("compare/in_step", False, "whether the lanes' texts scroll together")
COMPARE_PARTING = Setting("compare/parting", False, "whether it is shown where lanes part")
COMPARE_BARS = Setting("compare/bars", False, "whether lanes show the bars of their last token")
COMPARE_SKETCHES = Setting("compare/sketches", True, "whether distributions are saved with lanes")
CHOSEN_PRESET = Setting("profile", "Creative writing", "the preset that was chosen last")
DEFAULT_PRESET = Setting("presets/default", "", "the preset that models open with; empty: none")
MODEL_PRESETS = Setting(
    "presets/of_models",
    "",
    "JSON: a model's key and its own preset's name",
    longest=200_000,
)
FAVOURITES = Setting(
    "presets/favourites", list[str](), "names of the presets with a star", most=1000
)
LIBRARY_PLACE = Setting(
    "presets/place", "", "left and upper edge, width and height of the library", _is_window
)
LIBRARY_COLUMNS = Setting("presets/columns", "", "widths of its two columns", _is_columns)
ONLY_DIFFERENCES = Setting("presets/only_differences", False, "what a comparison of two shows")
MODEL = Setting("model/path", "", "the model that was open last", is_path=True)
RECENT_MODELS = Setting(
    "model/recent", list[str](), "models opened lately, the newest first", is_path=True
)
RECENT_SERVERS = Setting(
    "model/servers",
    list[str](),
    "addresses of servers that models were opened at, the newest first",
)
GPU_LAYERS = Setting(
    "model/gpu_layers", -1, "layers to offload; -1 is automatic", range(-1, 10_001)
)
MACHINES = Setting("model/machines", list[str](), "other machines that compute layers: HOST:PORT")
PUBLIC_MACHINES = Setting(
    "model/public_machines",
    list[str](),
    "those of them that were confirmed although they are not in one's own network",
)
TENSOR_SPLIT = Setting(
    "model/tensor_split",
    "",
    "how layers are shared out: numbers for machines, then graphics processors; empty: by memory",
    longest=300,
)
CONTEXT_SIZE = Setting("model/context_size", 0, "tokens; 0 is automatic", range(0, 16_777_217))
THREADS = Setting("model/threads", 0, "threads for evaluation; 0 is automatic", range(0, 1025))
MEMORY_MAP = Setting("model/memory_map", True, "whether the model's file is mapped")
PROMPT_CACHE = Setting(
    "model/prompt_cache", 2048, "MiB of disk for evaluated prompts", range(0, 1_048_577)
)
FLASH_ATTENTION = Setting(
    "model/flash_attention",
    "auto",
    "whether attention is computed so; auto is what was quicker",
    ("auto", "on", "off"),
)
RECENT_FILES = Setting(
    "file/recent", list[str](), "manuscripts opened lately, the newest first", is_path=True
)
LAST_FILE = Setting(
    "file/last", "", "the document that was open last; empty: one without a file", is_path=True
)
OPEN_FILES = Setting(
    "file/open",
    "",
    "JSON: the documents that are open, in order, and where the caret of each stands",
    longest=1_000_000,
)
LAST_CARET = Setting("file/last_caret", 0, "where its caret stood, in characters", range(0, 2**31))
FOLDER = Setting("file/folder", "", "where a file was opened or saved last", is_path=True)
EXPORT_FORMAT = Setting(
    "export/format",
    "docx",
    "what a manuscript was exported as last",
    ("docx", "odt", "pdf", "epub", "html", "markdown"),
)
EXPORT_AUTHOR = Setting("export/author", "", "who wrote what is exported", longest=300)
EXPORT_TITLES = Setting(
    "export/titles",
    list[str](),
    "of documents exported lately: a path, a new line, and the title",
    is_path=True,
    most=20,
)
EXPORT_MARKS = Setting("export/marks", False, "whether an export shows what the model wrote")
EXPORT_STATEMENT = Setting(
    "export/statement", False, "whether an export ends with who wrote how much"
)
EXPORT_MODELS = Setting(
    "export/models", False, "whether an export ends with the models, their presets and T"
)
PRESETS_FROM = Setting(
    "presets/folder", "", "where presets were imported from or exported to last", is_path=True
)
PRESETS_NEUTRAL = Setting(
    "presets/neutral", False, "whether what an imported file is silent on stays neutral"
)

AnySetting = Setting[str] | Setting[int] | Setting[bool] | Setting[list[str]]

DECLARED: Mapping[str, AnySetting] = {
    value.key: value for value in list(globals().values()) if isinstance(value, Setting)
}
"""All of them by key."""


def settings_path() -> Path:
    """The file of settings, in the platform's configuration folder; it need not be there."""
    return config_folder() / "settings.json"


class Settings(QObject):
    """What is remembered. Read once, and written a moment after a change; at rest nothing runs.

    They are encoded and written in another thread. Of two windows the one that writes last keeps
    what only the other has set, and the recent things of both.

    Args:
        path: The file, where it is not that of `settings_path`.
        parent: The Qt parent, if any.

    Attributes:
        problem: What of the file could not be used, for the writer; empty where all could.
    """

    failed = Signal(str)
    """They cannot be saved, or the file could not be used; emitted once until it works again."""

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._file = SettingsFile(path or settings_path())
        self._values: dict[str, object] = {}
        self._base: dict[str, object] = {}
        """Their values in the file when it was read or written last."""
        self._foreign: dict[str, object] = {}
        """Values that this version does not know: those of a later one, perhaps."""
        self._changed: set[str] = set()
        self._former: Path | None = None
        self._disk = Background("settings", self)
        self._reported = ""
        self._delay = single_shot(self, self._write_soon, _DELAY_MS)
        self.problem = self._read()

    def get(self, setting: Setting[Value]) -> Value:
        """The remembered value, or the default."""
        value = cast(Value, self._values.get(setting.key, setting.default))
        return list(value) if isinstance(value, list) else value

    def set(self, setting: Setting[Value], value: Value) -> None:
        """Remember a value, unless it is one that could not be read again.

        Args:
            setting: What is set.
            value: What it is from now on.
        """
        if not setting.allows(value) or self.get(setting) == value:
            return
        self._values[setting.key] = list(value) if isinstance(value, list) else value
        self._changed.add(setting.key)
        if not self._delay.isActive():
            self._delay.start()

    def remember(self, setting: Setting[list[str]], item: str) -> None:
        """Put `item` at the front of a list of recent things.

        Args:
            setting: The list.
            item: What was used just now; it stands in the list once.
        """
        others = [other for other in self.get(setting) if other != item]
        self.set(setting, [item, *others][: setting.most])

    def forget(self, setting: Setting[list[str]], item: str) -> None:
        """Remove `item` from a list of recent things.

        Args:
            setting: The list.
            item: What is no longer to be offered; it need not be in the list.
        """
        self.set(setting, [other for other in self.get(setting) if other != item])

    def save(self) -> str:
        """Write now what has changed; empty, or why that could not be done."""
        self._delay.stop()
        if not self._disk.finish():
            return tr(
                "“{path}” is on a drive that does not answer.",
                path=visible_line(str(self._file.path)),
            )
        if not self._changed:
            return ""
        written = self._write(*self._taken())
        self._settle(written)
        return written.problem

    def _read(self) -> str:
        """Read the file, or that of a former version; returns what could not be used, in words."""
        tree, problem = self._file.read()
        if problem:
            _log.warning("settings: %s", problem)
            return problem
        if not tree and not exists(self._file.path):
            from studio.app.former_settings import former_settings  # at the first start alone

            kinds = {key: type(setting.default) for key, setting in DECLARED.items()}
            self._former, tree = former_settings(kinds)
        refused = []
        for key, value in tree.items():
            setting = DECLARED.get(key)
            if setting is None and is_json(value):
                self._foreign[key] = value
            elif setting is not None and setting.allows(value):
                self._values[key] = value
            else:
                refused.append(key)
        if self._former is None:
            self._base = dict(self._values)
        else:
            self._changed = set(self._values)
        if refused:
            # Their values are the user's, and of strangers' keys nobody knows what they are.
            known = ", ".join(key for key in refused if key in DECLARED)
            _log.warning("settings: %d cannot be used (%s)", len(refused), known or "none known")
        # Written without what was refused, so that it is reported once.
        self._changed.update(refused)
        if self._changed:
            self._delay.start()
        return self._words_of(refused, tree) if refused else ""

    def _words_of(self, refused: list[str], tree: Mapping[str, object]) -> str:
        reported = []
        for key in refused[:_MOST_REPORTED]:
            setting = DECLARED.get(key)
            allowed = tr("; allowed is {limits}", limits=setting.limits) if setting else ""
            reported.append(f"{visible_line(key, 40)} ({_shown(tree[key])}{allowed})")
        if len(refused) > _MOST_REPORTED:
            reported.append(tr("and {count} more", count=len(refused) - _MOST_REPORTED))
        path = self._former or self._file.path
        copy = "" if self._former else self._file.keep_copy()
        kept = " " + tr("The file as it was is kept as “{copy}”.", copy=copy) if copy else ""
        return tr(
            "%n settings in “{path}” cannot be used and have their defaults: {settings}.{kept}",
            "",
            len(refused),
            one="A setting in “{path}” cannot be used and has its default: {settings}.{kept}",
            path=visible_line(str(path)),
            settings=", ".join(reported),
            kept=kept,
        )

    def _taken(self) -> tuple[dict[str, object], frozenset[str]]:
        """What there is to write: all values as they are now, and which of them have changed."""
        changed, self._changed = frozenset(self._changed), set()
        return dict(self._values), changed

    def _write_soon(self) -> None:
        if self._disk.is_busy:
            self._delay.start()
            return
        values, changed = self._taken()
        self._disk.start(
            lambda _at: self._write(values, changed), partial(self._on_written, changed)
        )

    def _write(self, values: dict[str, object], changed: frozenset[str]) -> "_Written":
        """Write, in either thread; uses nothing that the other one changes meanwhile."""
        merged: dict[str, object] = {}

        def change(found: dict[str, object]) -> dict[str, object]:
            # Nothing is there on the first day, or where somebody has tidied up.
            tree = dict(found) if found else self._foreign | values
            for key in changed:
                if key in values:
                    theirs = tree.get(key)
                    tree[key] = merged[key] = _merged(
                        self._base.get(key), values[key], theirs, DECLARED.get(key)
                    )
                else:
                    tree.pop(key, None)
            return tree

        try:
            problem = self._file.update(change)
        except SettingsFileError as error:
            return _Written(changed, {}, str(error), is_written=False)
        return _Written(changed, merged, problem, is_written=True)

    def _settle(self, written: "_Written") -> None:
        if not written.is_written:
            self._changed |= written.changed  # with the next change, or at the end
            return
        self._base |= written.merged
        for key, value in written.merged.items():
            if key not in self._changed:
                self._values[key] = value
        if self._former is not None:
            from studio.app.former_settings import put_away

            put_away(self._former)
            self._former = None

    def _on_written(self, changed: frozenset[str], written: "_Written | None") -> None:
        written = written or _Written(changed, {}, "", is_written=False)
        self._settle(written)
        if written.problem and written.problem not in (self._reported, self.problem):
            _log.warning("settings: %s", written.problem)
            self.failed.emit(written.problem)
        self._reported = written.problem


class _Written(msgspec.Struct, frozen=True):
    """What became of a write."""

    changed: frozenset[str]
    merged: dict[str, object]
    problem: str
    is_written: bool


def _shown(value: object) -> str:
    """A value that was found, in a few words."""
    match value:
        case list():
            return tr("a list of {count:,}", count=len(value))
        case dict():
            return tr("an object")
        case None | bool():
            return json.dumps(value)
        case _:
            return visible_line(repr(value), 40)


def _merged(base: object, ours: object, theirs: object, setting: AnySetting | None) -> object:
    """Merge a value with what another window has written: a list keeps what either has added."""
    if setting is None or theirs == base or not setting.allows(theirs):
        return ours
    if not (isinstance(ours, list) and isinstance(theirs, list)):
        return ours
    known = base if isinstance(base, list) else []
    news = [item for item in theirs if item not in known and item not in ours]
    kept = [item for item in ours if item not in known or item in theirs]
    return [*kept[:1], *news, *kept[1:]][: setting.most]
