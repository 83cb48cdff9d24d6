"""Who imports whom: the rules of the architecture, checked by import-linter and by looking."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
LINT = [
    sys.executable,
    "-c",
    "import sys; from importlinter.cli import lint_imports_command; "
    "sys.argv[0] = 'lint-imports'; lint_imports_command()",
    "--no-cache",
]

HEAVY = ("PySide6", "pyqtgraph", "llama_cpp", "numpy", "msgspec", "jinja2", "psutil")


def lint(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(LINT, cwd=folder, capture_output=True, text=True)


def contracts() -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return {entry["name"]: entry for entry in settings["tool"]["importlinter"]["contracts"]}


def loaded_by(program: str) -> set[str]:
    """Which heavy packages a fresh process has loaded after running `program`."""
    report = f"{program}\nimport sys\nprint(*sorted({{n.split('.')[0] for n in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", report], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split()) & set(HEAVY)


def test_the_rules_hold() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    for name in contracts():
        assert f"{name} KEPT" in done.stdout


def test_the_rules_are_the_architectures() -> None:
    rules = contracts()
    assert rules["From top to ground"]["layers"] == [
        "studio.ui | studio.commands",
        "studio.app",
        "studio.experiments | studio.interchange",
        "studio.engine | studio.manuscript | studio.presets",
        "studio.model_record | studio.token_record",
        "studio.sampling",
    ]
    for name, forbidden in (
        ("Only the engine knows llama.cpp", {"llama_cpp"}),
        ("Only the window knows Qt", {"PySide6", "pyqtgraph"}),
        ("Commands need no window", {"studio.app"}),
    ):
        assert set(rules[name]["forbidden_modules"]) == forbidden
    for name, package in (
        (SAMPLING, "sampling"),
        (ENGINE, "engine"),
        (APP, "app"),
        (UI, "ui"),
    ):
        assert rules[name]["containers"] == [f"studio.{package}"]
        assert rules[name]["exhaustive"]


ENGINE = "The engine, from its process down to its messages"
SAMPLING = "Sampling, from questions down to logits"
APP = "What a window is about, from a session down to what all use"
UI = "Widgets, from the program down to letters and colours"

BREACHES = {
    "sampling/tails/breach.py": ("import studio.engine.messages", "From top to ground"),
    "presets/breach.py": ("import studio.manuscript", "From top to ground"),
    "interchange/breach.py": ("import studio.experiments", "From top to ground"),
    "sampling/sketches/breach.py": ("import studio.token_record", "From top to ground"),
    "engine/templates/breach.py": ("import PySide6.QtCore", "Only the window knows Qt"),
    "manuscript/breach.py": ("from pyqtgraph import mkPen", "Only the window knows Qt"),
    "commands/breach.py": ("import llama_cpp", "Only the engine knows llama.cpp"),
    "ui/compare/breach.py": ("from llama_cpp import Llama", "Only the engine knows llama.cpp"),
    "breach.py": ("import llama_cpp", "Only the engine knows llama.cpp"),
    "engine/writing/breach.py": ("import llama_cpp", "Only the engine knows llama.cpp"),
    "engine/llama/breach.py": ("import studio.engine.writing", ENGINE),
    "sampling/samplers/breach.py": ("import studio.sampling.sketches", SAMPLING),
    "sampling/logits/breach.py": ("import studio.sampling.tails", SAMPLING),
    "app/tokens/breach.py": ("import studio.app.writing", APP),
    "app/presets/breach.py": ("import studio.app.writing", APP),
    "app/model/breach.py": ("import studio.ui.theme", "From top to ground"),
    "ui/theme/breach.py": ("import studio.ui.widgets", UI),
    "commands/other_breach.py": ("import studio.app", "Commands need no window"),
    "app/a_new_one.py": ("pass", APP),
    "sampling/a_new_one.py": ("pass", SAMPLING),
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the packages' skeleton with the real rules, where they can be broken."""
    folder = tmp_path_factory.mktemp("copy")
    (folder / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for package in sorted((ROOT / "studio").rglob("__init__.py")):
        target = folder / package.relative_to(ROOT)
        target.parent.mkdir()
        target.touch()
    for part in (".", "engine", "sampling", "app", "ui"):
        for module in (ROOT / "studio" / part).glob("*.py"):
            (folder / module.relative_to(ROOT)).touch()
    # Those who may.
    (folder / "studio" / "engine" / "llama" / "context.py").write_text("import llama_cpp\n")
    (folder / "studio" / "app" / "model" / "timer.py").write_text("import PySide6.QtCore\n")
    (folder / "studio" / "ui" / "theme" / "plot.py").write_text(
        "import PySide6.QtCore\nimport pyqtgraph\n"
    )
    return folder


def test_the_copy_breaks_no_rule(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr


EACH = """
import json
import sys
from pathlib import Path
from importlinter.cli import lint_imports

for path, (statement, _) in json.loads(sys.argv[1]).items():
    breach = Path("studio", path)
    breach.write_text(f"def later():\\n    {statement}\\n")
    print("==", path)
    print("status", lint_imports(no_cache=True))
    breach.unlink()
"""
"""To start import-linter takes longer than to have it look."""


@pytest.fixture(scope="module")
def found(copy: Path) -> dict[str, str]:
    """What import-linter says of each breach, by its path."""
    done = subprocess.run(
        [sys.executable, "-c", EACH, json.dumps(BREACHES)],
        cwd=copy,
        capture_output=True,
        text=True,
        check=True,
    )
    _, *said = done.stdout.split("== ")
    return dict(each.split("\n", 1) for each in said)


@pytest.mark.parametrize("path", BREACHES)
def test_a_breach_is_found(found: dict[str, str], path: str) -> None:
    _, rule = BREACHES[path]
    assert found[path].rstrip().endswith("status 1")
    assert f"{rule} BROKEN" in found[path]
    assert found[path].count("BROKEN") == 1


@pytest.mark.parametrize(
    ("program", "allowed"),
    [
        ("import studio, studio.__main__, studio.resource_files", set()),
        ("from studio.__main__ import main; main(['--version'])", set()),
        ("import studio.sampling", {"numpy", "msgspec"}),
        ("import studio.engine.messages, studio.engine.framing", {"numpy", "msgspec"}),
        ("import studio.presets; studio.presets.built_in_presets()", {"numpy", "msgspec"}),
        ("import studio.engine.templates.template_process", {"jinja2"}),
        ("import studio.commands.arguments", {"numpy", "msgspec"}),
        ("import studio.manuscript", {"numpy", "msgspec"}),
        ("import studio.interchange", set()),
        ("import studio.interchange.formats, studio.interchange.documents", {"numpy", "msgspec"}),
    ],
)
def test_what_a_part_needs_and_no_more(program: str, allowed: set[str]) -> None:
    assert loaded_by(program) <= allowed


@pytest.mark.parametrize("module", ["studio.app.session", "studio.ui.application"])
def test_the_windows_process_never_loads_llama_cpp(module: str) -> None:
    loaded = loaded_by(f"import {module}")
    assert "PySide6" in loaded
    assert "llama_cpp" not in loaded


def test_the_start_loads_nothing_of_export_and_import() -> None:
    program = (
        "import sys, studio.ui.application; "
        "print(*(it for it in sys.modules if it.startswith('studio.interchange.')))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "\n")


def test_every_module_of_the_window_imports_without_llama_cpp() -> None:
    names = sorted(path.stem for path in (ROOT / "studio" / "ui").glob("*.py"))
    program = "\n".join(f"import studio.ui.{name}" for name in names if name != "__init__")
    assert "llama_cpp" not in loaded_by(program)


def test_the_engine_loads_no_qt() -> None:
    program = "import studio.engine.engine, studio.engine.child, studio.commands.generate"
    loaded = loaded_by(program)
    assert "llama_cpp" in loaded
    assert not loaded & {"PySide6", "pyqtgraph"}
