"""The field's words stand where private ones stood before: in names, docstrings and comments."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]

RETIRED = {
    "announce": "emit",
    "announcer": "event emitter",
    "blame": "flip temperature",
    "blames": "flip temperatures",
    "dice": "random draw",
    "obey": "handle",
    "obeys": "handles",
    "profile": "preset",
    "profiles": "presets",
    "reweighed": "with penalties applied",
    "tell": "report, emit",
    "tells": "reports, emits",
    "told": "reported, emitted",
    "untold": "pending",
}
"""What a part of a name was, and what it is."""

CLASSES = {
    "Falls",
    "Figures",
    "Formerly",
    "InForce",
    "LeftOver",
    "PieceLedger",
    "Subject",
    "Survey",
}

OTHERS = {
    "BLAME": "the window's own word for its measure of heat",
    "get_profile": "Hypothesis",
    "load_profile": "Hypothesis",
    "register_profile": "Hypothesis",
    "setprofile": "Python",
    "tell": "a file's own method",
}
"""Names that stay, and whose word they are."""

ANY_OF_THEM = re.compile(
    "|".join(
        [
            *(rf"(?<![a-z]){word}(?![a-z])" for word in RETIRED),
            *(rf"{word.capitalize()}(?![a-z])" for word in RETIRED),
            *(rf"(?<![A-Z]){word.upper()}(?![A-Z])" for word in RETIRED),
            *CLASSES,
        ]
    )
)
"""What a file has not cannot be a part of a name in it, and is quicker looked for."""

IN_TEXTS = re.compile(r"\b(dice|obeys?|profiles?|reweighed|tells?|told|untold)\b", re.IGNORECASE)
THE_MODEL_IS_TOLD = re.compile(r"[Ww]hat the model is told")


def sources() -> Iterator[Path]:
    for folder in ("studio", "packaging", "tests"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def texts_with(pattern: re.Pattern[str]) -> Iterator[tuple[Path, str]]:
    """The sources, but this one, that have a match anywhere."""
    words = [word.lower() for word in (*RETIRED, *CLASSES)]
    for path in sources():
        source = path.read_text(encoding="utf-8")
        lower = source.lower()
        # Words are found ten times as quickly as patterns.
        if path != Path(__file__) and any(it in lower for it in words) and pattern.search(source):
            yield path, source


def tokens(source: str) -> Iterator[tokenize.TokenInfo]:
    return tokenize.generate_tokens(io.StringIO(source).readline)


def parts(name: str) -> list[str]:
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().strip("_").split("_")


def docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Texts that are statements of their own, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            value = node.value.value
            if isinstance(value, str):
                yield node.lineno, value


def test_no_name_has_a_retired_word() -> None:
    found = []
    for path, source in texts_with(ANY_OF_THEM):
        for token in tokens(source):
            name = token.string
            if token.type != tokenize.NAME or name in OTHERS:
                continue
            retired = RETIRED.keys() - ({"blame"} if name.startswith("test_") else set())
            if retired & set(parts(name)) or name in CLASSES:
                found.append(f"{path.relative_to(ROOT)}:{token.start[0]}: {name}")
    assert found == []


def test_no_docstring_or_comment_has_a_retired_word() -> None:
    found = []
    for path, source in texts_with(IN_TEXTS):
        texts = list(docstrings(ast.parse(source)))
        texts += [
            (token.start[0], token.string)
            for token in tokens(source)
            if token.type == tokenize.COMMENT
        ]
        for line, text in texts:
            word = IN_TEXTS.search(THE_MODEL_IS_TOLD.sub("", text))
            if word:
                found.append(f"{path.relative_to(ROOT)}:{line}: {word[0]}")
    assert found == []


def test_no_module_has_a_retired_name() -> None:
    retired = RETIRED.keys() | {"instrument", "lookahead", "travel"}
    found = [path.name for path in sources() if retired & set(parts(path.stem))]
    assert found == ["test_instrument.py"], "the window as an instrument, which the product is"
