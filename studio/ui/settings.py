"""What the program remembers between sessions, each thing declared once.

Knows Qt's settings file and nothing of who reads it. A value that is damaged or of another type
counts as absent: remembered state must never keep the program from opening.
"""

from dataclasses import dataclass
from typing import Generic, TypeVar

from PySide6.QtCore import QByteArray, QSettings

Value = TypeVar("Value", str, int, bool, list[str], QByteArray)


@dataclass(frozen=True, slots=True)
class Setting(Generic[Value]):
    """One remembered thing."""

    key: str
    default: Value
    description: str


APPEARANCE = Setting("window/appearance", "system", "system, light or dark")
GEOMETRY = Setting("window/geometry", QByteArray(), "place and size of the window")
SPLITTER = Setting("window/splitter", QByteArray(), "widths of the two columns")
ZOOM = Setting("window/zoom", 0, "steps by which everything is larger than at 100 %")
FACE = Setting("window/face", "serif", "what prose is set in: serif or sans")
SIDE_SHOWN = Setting("window/side", True, "whether the column beside the page is shown")
DETAILS_OPEN = Setting("temperature/details", False, "whether the exact figures are shown")
BRIEF_OPEN = Setting("window/brief_open", True, "whether the brief's field is shown")
SAMPLING_OPEN = Setting("window/sampling_open", False, "whether the sampling fields are shown")
EXPLAIN_OPEN = Setting("explain/open", False, "whether Explain is shown")
EXPLAIN_PLACE = Setting("explain/place", "", "right, left, or afloat with edges and size")
EXPLAIN_WIDTH = Setting("explain/width", 0, "its width beside the writing; 0 is its own")
EXPLAIN_STEP = Setting("explain/step", "", "the step of Explain that was read last")
EDITOR_OPEN = Setting("parameters/open", False, "whether all parameters are shown")
EDITOR_PLACE = Setting("parameters/place", "", "right, left, or afloat with edges and size")
EDITOR_WIDTH = Setting("parameters/width", 0, "their width beside the writing; 0 is its own")
LANDSCAPE_SHOWN = Setting("landscape/shown", False, "whether the landscape is shown")
LANDSCAPE_HEIGHT = Setting("landscape/height", 0, "its height in pixels; 0 is its own")
LANDSCAPE_COUNT = Setting("landscape/count", 100, "how many tokens it shows")
HEAT = Setting("window/heat", "off", "what the manuscript is tinted by: off, surprise, …")
PAGE = Setting("window/page", "write", "the page that was shown: write or compare")
COMPARE_LENGTH = Setting("compare/max_tokens", 64, "tokens that each lane may write")
COMPARE_IN_STEP = Setting("compare/in_step", False, "whether the lanes' texts scroll together")
COMPARE_PARTING = Setting("compare/parting", False, "whether it is shown where lanes part")
COMPARE_BARS = Setting("compare/bars", False, "whether lanes show the bars of their last token")
COMPARE_SKETCHES = Setting("compare/sketches", True, "whether distributions are saved with lanes")
PROFILE = Setting("profile", "Creative writing", "the preset that was chosen last")
DEFAULT_PROFILE = Setting("presets/default", "", "the preset that models open with; empty: none")
MODEL_PROFILES = Setting("presets/of_models", "", "JSON: a model's key and its own preset's name")
FAVOURITES = Setting("presets/favourites", list[str](), "names of the presets with a star")
LIBRARY_GEOMETRY = Setting("presets/geometry", QByteArray(), "place and size of the library")
LIBRARY_SPLITTER = Setting("presets/splitter", QByteArray(), "widths of its two columns")
ONLY_DIFFERENCES = Setting("presets/only_differences", False, "what a comparison of two shows")
MODEL = Setting("model/path", "", "the model that was open last")
RECENT_MODELS = Setting("model/recent", list[str](), "models opened lately, the newest first")
GPU_LAYERS = Setting("model/gpu_layers", -1, "layers to offload; -1 is automatic")
CONTEXT_SIZE = Setting("model/context_size", 0, "tokens; 0 is automatic")
THREADS = Setting("model/threads", 0, "threads for evaluation; 0 is automatic")
MEMORY_MAP = Setting("model/memory_map", True, "whether the model's file is mapped")
RECENT_FILES = Setting("file/recent", list[str](), "manuscripts opened lately, the newest first")
LAST_FILE = Setting("file/last", "", "the document that was open last; empty: one without a file")
LAST_CARET = Setting("file/last_caret", 0, "where its caret stood, in characters")
FOLDER = Setting("file/folder", "", "where a file was opened or saved last")
PRESETS_FROM = Setting("presets/folder", "", "where presets were taken in from or written to last")
PRESETS_NEUTRAL = Setting(
    "presets/neutral", False, "whether what an imported file is silent on stays neutral"
)

_LONGEST_LIST = 8


class Settings:
    """The settings file, in the platform's configuration folder."""

    def __init__(self) -> None:
        self._file = QSettings(
            QSettings.Format.IniFormat,
            QSettings.Scope.UserScope,
            "kelvin-studio",
            "kelvin-studio",
        )

    def get(self, setting: Setting[Value]) -> Value:
        """The remembered value, or the default."""
        value = self._file.value(setting.key)
        default = setting.default
        # An INI file knows text alone, and writes a list of one as its element.
        if isinstance(default, bool):
            return {"true": True, "false": False}.get(str(value).lower(), default)
        if isinstance(default, int):
            try:
                return int(str(value))
            except ValueError:
                return default
        if isinstance(default, list):
            if isinstance(value, str):
                return [value] if value else default
            return [str(item) for item in value] if isinstance(value, list) else default
        return value if isinstance(value, type(default)) else default

    def set(self, setting: Setting[Value], value: Value) -> None:
        """Remember a value."""
        self._file.setValue(setting.key, value)

    def remember(self, setting: Setting[list[str]], item: str) -> None:
        """Put `item` at the front of a list of recent things."""
        others = [other for other in self.get(setting) if other != item]
        self.set(setting, [item, *others][:_LONGEST_LIST])

    def forget(self, setting: Setting[list[str]], item: str) -> None:
        """Take `item` out of a list of recent things."""
        self.set(setting, [other for other in self.get(setting) if other != item])

    def save(self) -> None:
        """Write the file now."""
        self._file.sync()
