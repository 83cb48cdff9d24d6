"""Collects every text of the window for translators, and compiles what they have translated.

    .venv/bin/python packaging/make_translations.py       # build/studio.ts: all untranslated
    .venv/bin/python packaging/make_translations.py de    # resources/translations/studio_de.ts, .qm

A file that is there keeps its translations: new texts are added, changed ones marked. It is edited
with `pyside6-linguist`, and compiled when this is run again. Texts are found by Qt's `lupdate`;
that it has found them all, and that translations have the braces of their texts, is checked.
"""

from __future__ import annotations

import ast
import json
import string
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import PySide6

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "resources" / "translations"
TEMPLATE = ROOT / "build" / "studio.ts"


@dataclass(frozen=True)
class Message:
    """A text to translate.

    Attributes:
        text: As it is in English, for any number but 1.
        comment: What distinguishes it from another one with the same words.
        is_counted: Whether it has forms for counts.
    """

    text: str
    comment: str = ""
    is_counted: bool = False


def main(arguments: list[str]) -> int:
    """Make what the arguments name; the exit status, 1 where something is wrong."""
    if len(arguments) > 1 or any(it.startswith("-") for it in arguments):
        print(__doc__)
        return 2
    file = FOLDER / f"studio_{arguments[0]}.ts" if arguments else TEMPLATE
    try:
        wrong = collect(file, arguments[0] if arguments else None)
        if arguments:
            release(file)
    except subprocess.CalledProcessError as error:
        print(error.stderr or error)
        return 1
    for line in wrong:
        print(line)
    print(f"{file}: {len(messages_in(file))} texts")
    return 1 if wrong else 0


def collect(file: Path, language: str | None = None) -> list[str]:
    """Write or bring up to date a .ts file; what is wrong, a line each."""
    file.parent.mkdir(parents=True, exist_ok=True)
    presets = _preset_texts()
    _run(
        "lupdate",
        *("-tr-function-alias", "QT_TR_NOOP+=mark", "-locations", "relative"),
        *("-extensions", "py", "-source-language", "en", "-no-obsolete"),
        *(("-target-language", language) if language else ()),
        *(str(ROOT / "studio"), str(presets), "-ts", str(file)),
    )
    wrong = []
    found = messages_in(file)
    for path in (presets, *sorted((ROOT / "studio").rglob("*.py"))):
        for line, message in messages_of(ast.parse(path.read_text(encoding="utf-8"))):
            if message not in found:
                wrong.append(f"{path.relative_to(ROOT)}:{line}: not found by lupdate: {message}")
    return wrong + sorted(_wrong_braces(file))


def _preset_texts() -> Path:
    """A module of what is shown of the built-in presets, which `lupdate` reads with the others."""
    file = ROOT / "build" / "preset_texts.py"
    file.parent.mkdir(exist_ok=True)
    lines = []
    for path in sorted((ROOT / "resources" / "presets").glob("*.json")):
        values = json.loads(path.read_text(encoding="utf-8"))
        texts = (values[key] for key in ("name", "description", "notes"))
        lines += [f"mark({json.dumps(text, ensure_ascii=False)})\n" for text in texts if text]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def release(file: Path) -> Path:
    """Compile a .ts file to the .qm file beside it that the program reads."""
    compiled = file.with_suffix(".qm")
    _run("lrelease", "-silent", str(file), "-qm", str(compiled))
    return compiled


def messages_of(tree: ast.AST) -> Iterator[tuple[int, Message]]:
    """The line and message of each call of `tr` and `mark` with a literal text."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args):
            continue
        text, *more = node.args
        if node.func.id not in ("tr", "mark") or not isinstance(text, ast.Constant):
            continue
        comment = more[0].value if more and isinstance(more[0], ast.Constant) else ""
        yield node.lineno, Message(str(text.value), str(comment), len(more) > 1)


def messages_in(file: Path) -> set[Message]:
    """The messages of a .ts file."""
    return {
        Message(it.findtext("source", ""), it.findtext("comment", ""), it.get("numerus") == "yes")
        for it in ElementTree.parse(file).iter("message")
    }


def _wrong_braces(file: Path) -> Iterator[str]:
    for message in ElementTree.parse(file).iter("message"):
        source, translation = message.findtext("source", ""), message.find("translation")
        if translation is None or translation.get("type") == "unfinished":
            continue
        forms = [it.text or "" for it in translation.iter("numerusform")]
        for form in forms or [translation.text or ""]:
            wrong = _braces(form) ^ _braces(source)
            if wrong:
                yield f"{file.name}: “{source}”: in the translation, or not there: {wrong}"


def _braces(text: str) -> set[str]:
    try:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
    except ValueError as error:
        return {str(error)}


def _run(tool: str, *arguments: str) -> None:
    program = Path(PySide6.__file__).parent / (tool + (".exe" if sys.platform == "win32" else ""))
    subprocess.run([str(program), *arguments], check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
