"""Finds literal texts in the program's code that no translation reaches."""

import ast
import re
from collections.abc import Collection, Iterator

_READS_AS_WORDS = re.compile(r"[a-z]{2}.*[ …]|[ “”(,;:–][a-z]{2}|^[A-Z][a-z]{2}", re.DOTALL)
"""Two letters and a space somewhere, or a capital at the beginning: no key, name or sign."""
_HAS_LETTERS = re.compile("[a-z]{2}", re.IGNORECASE)

_KEY = re.compile(
    r"(?:(?:Ctrl|Shift|Alt|Meta)\+)*(?:Esc|Del|Return|Enter|Tab|PgUp|PgDown|Left|Right|Down|F\d+|.)"
)
"""A shortcut as Qt spells it."""

_FILE = re.compile(
    r"[\w. -]*\.[a-z]{2,5}|Kelvin Studio| ?\(\*\.[a-z]+\)|studio: |kelvin-studio [a-z-]*"
)
"""A file's name or its end; the program's own name; what our files begin with."""
_SQL = re.compile(r"\s*(?:PRAGMA|CREATE|SELECT|INSERT INTO|DELETE FROM|BEGIN;)")
_PATH = re.compile(r"[\w$@-]*(?:[.\[\]_:]+[\w\[\]-]*)+")
"""A place in a file, or a part of one: keys with dots, brackets or low lines between."""
_MARKUP = re.compile(r"<[^<>]*>|</?\w[^<>]*$|^[^<>]*\"[^<>]*>|&\w+;")
"""Tags of HTML, whole or begun in one part of an f-string and ended in another, and signs."""

SHOWING = frozenset(
    {
        *("setText", "setToolTip", "setStatusTip", "setWhatsThis", "setTitle", "setWindowTitle"),
        *("setPlaceholderText", "setAccessibleName", "setAccessibleDescription", "setTabText"),
        *("setPrefix", "setSuffix", "setSpecialValueText", "setLabelText", "setInformativeText"),
        *("setHtml", "setPlainText", "setHeaderLabels", "addTab", "addItem", "addItems"),
        *(
            "make_action",
            "act",
            "quiet_link",
            "set_forms",
            "horizontalAdvance",
            "addRow",
            "addMenu",
            "addSection",
            "showText",
            "drawText",
            "set_tip",
            "report",
            "report_anew",
            "say",
        ),
        *("setTabToolTip", "setItemText", "insertItem", "setDetailedText", "plain_tip"),
        *("QAction", "QLabel", "QPushButton", "QToolButton", "QCheckBox", "QRadioButton"),
        *("QGroupBox", "QMenu", "QDockWidget", "PlainLabel", "ElidedLabel"),
        *("question", "warning", "critical", "information", "about"),
    }
)
"""Functions of Qt and of ours that show what they are given: there any word is a text."""

_UNSHOWN_CALLS = frozenset(
    {
        *("setObjectName", "setProperty", "property", "QKeySequence", "TypeVar", "NewType", "cast"),
        *("getattr", "setattr", "hasattr", "compile", "encode", "resource", "getLogger"),
        *("debug", "info", "exception", "setStyleSheet", "setDesktopFileName", "Template"),
        *("toString", "Signal", "import_module", "namedtuple", "QFont", "Setting", "setStyle"),
    }
)
"""Functions whose words are names, keys, patterns, or for the log."""
_LOGGERS = frozenset({"log", "_log", "logger", "_logger", "_LOG"})
_OUR_MISTAKES = frozenset(
    {"AssertionError", "RuntimeError", "TypeError", "NotImplementedError", "KeyError"}
    | {"HistoryError", "GrowingTakeError", "FramingError"}
)
"""Errors that no user meets while the program is right."""


def bare_texts(tree: ast.Module, mistakes: Collection[str] = ()) -> Iterator[tuple[int, str]]:
    """The line and words of each literal that reads as a text and passes neither `tr` nor `mark`.

    Left out are docstrings, annotations, style sheets, what is logged, what an `assert` or an error
    of ours says, keys of subscripts and comparisons.

    Args:
        tree: The code.
        mistakes: Further errors that no user meets while the program is right.
    """
    for node in ast.walk(tree):
        match node:
            case ast.Raise(exc=ast.Call(func=ast.Name(id=kind))) if kind in mistakes:
                node.exc = None
    for node in tree.body:
        yield from _in(node, is_shown=False)


def _in(node: ast.AST, *, is_shown: bool) -> Iterator[tuple[int, str]]:
    match node:
        case ast.Name() | ast.expr_context():  # most there are, and with nothing in them
            return
        case ast.Constant(value=str(text)):
            if _reads_as_text(text, is_shown=is_shown):
                yield node.lineno, text
        case ast.JoinedStr():
            texts = [str(it.value) for it in node.values if isinstance(it, ast.Constant)]
            whole = "{}".join(texts)
            is_text = any(_reads_as_text(text, is_shown=True) for text in texts)
            if is_text and not _SQL.match(whole):
                yield node.lineno, whole
            for part in node.values:
                if isinstance(part, ast.FormattedValue):
                    yield from _in(part.value, is_shown=is_shown)
        case ast.Call():
            yield from _in_call(node)
        case ast.Raise(exc=ast.Call(func=ast.Name(id=kind))) if kind in _OUR_MISTAKES:
            return
        case ast.Assign(targets=[ast.Name(id="__all__" | "_STYLE")]):
            return
        case ast.Assert():
            yield from _in(node.test, is_shown=False)
        case ast.Compare() | ast.MatchValue() | ast.Expr(value=ast.Constant()):
            return
        case ast.Subscript():
            yield from _in(node.value, is_shown=is_shown)
        case ast.IfExp():
            yield from _in(node.test, is_shown=False)
            yield from _in(node.body, is_shown=is_shown)
            yield from _in(node.orelse, is_shown=is_shown)
        case ast.AnnAssign():
            if node.value is not None:
                yield from _in(node.value, is_shown=False)
        case ast.arg():
            return
        case ast.FunctionDef():
            for child in (node.args, *node.body, *node.decorator_list):
                yield from _in(child, is_shown=False)
        case ast.BinOp() | ast.BoolOp() | ast.Tuple() | ast.List() | ast.Starred():
            for child in ast.iter_child_nodes(node):
                yield from _in(child, is_shown=is_shown)
        case _:
            for child in ast.iter_child_nodes(node):
                yield from _in(child, is_shown=False)


def _in_call(node: ast.Call) -> Iterator[tuple[int, str]]:
    name, of = _called(node.func)
    if name in ("tr", "mark"):
        if node.args and isinstance(node.args[0], ast.JoinedStr | ast.BinOp):
            yield node.lineno, f"{name} of what is no literal"
        for value in (*node.args[2:], *(it.value for it in node.keywords if it.arg != "one")):
            yield from _in(value, is_shown=True)
    elif name not in _UNSHOWN_CALLS and of not in _LOGGERS:
        yield from _in(node.func, is_shown=False)
        for value in (*node.args, *(it.value for it in node.keywords)):
            yield from _in(value, is_shown=name in SHOWING)


def _reads_as_text(text: str, *, is_shown: bool) -> bool:
    bare = _MARKUP.sub("", text).replace("&", "")
    if _KEY.fullmatch(text) or _FILE.fullmatch(bare) or _PATH.fullmatch(text) or _SQL.match(text):
        return False
    return bool((_HAS_LETTERS if is_shown else _READS_AS_WORDS).search(bare))


def _called(function: ast.expr) -> tuple[str, str]:
    """A function's name, and that of what it is called on."""
    match function:
        case ast.Name(id=name):
            return name, ""
        case ast.Attribute(attr=name, value=ast.Name(id=of) | ast.Attribute(attr=of)):
            return name, of
        case ast.Attribute(attr=name):
            return name, ""
    return "", ""
