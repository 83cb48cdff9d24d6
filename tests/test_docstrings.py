"""Public functions with two or more arguments say what each of them is."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

STUDIO = Path(__file__).parents[1] / "studio"
QT_NAMES = {"paint", "data"}  # of others that Qt calls the names have capitals in them


def documented(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, list[str], str]]:
    """Public functions and classes below a node: name, arguments, docstring."""
    for inner in ast.iter_child_nodes(node):
        if not isinstance(inner, ast.ClassDef | ast.FunctionDef):
            continue
        name, docstring = prefix + inner.name, ast.get_docstring(inner) or ""
        if isinstance(inner, ast.ClassDef) and not inner.name.startswith("_"):
            for method in inner.body:
                if isinstance(method, ast.FunctionDef) and method.name == "__init__":
                    yield name, arguments(method)[1:], docstring
            yield from documented(inner, f"{name}.")
        elif isinstance(inner, ast.FunctionDef) and not is_passed_over(inner, docstring):
            is_bound = bool(prefix) and "staticmethod" not in marks(inner)
            yield name, arguments(inner)[is_bound:], docstring


def is_passed_over(function: ast.FunctionDef, docstring: str) -> bool:
    """Private, Qt's own, one of several signatures, or said elsewhere to do what it does."""
    return (
        function.name.startswith("_")
        or function.name in QT_NAMES
        or re.search("[a-z][A-Z]", function.name) is not None
        or "overload" in marks(function)
        or docstring.startswith("See `")
    )


def marks(function: ast.FunctionDef) -> set[str]:
    return {ast.unparse(mark) for mark in function.decorator_list}


def arguments(function: ast.FunctionDef) -> list[str]:
    found = function.args
    return [entry.arg for entry in (*found.posonlyargs, *found.args, *found.kwonlyargs)]


def test_each_of_several_arguments_is_described() -> None:
    missing = []
    for path in sorted(STUDIO.rglob("*.py")):
        for name, names, docstring in documented(ast.parse(path.read_text(encoding="utf-8"))):
            section = docstring.partition("Args:\n")[2]
            missing += [
                f"{path.relative_to(STUDIO)}: {name}: {argument}"
                for argument in (names if len(names) > 1 else [])
                if not re.search(rf"^ {{4}}{re.escape(argument)}: ", section, re.MULTILINE)
            ]
    assert missing == []
