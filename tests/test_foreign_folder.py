"""A folder of files that are called like modules, and a story among them: none of them is run.

Each decoy leaves a mark when it is run. There is one for every module of the standard library and
of all that is installed; the window says what it has imported, so that the test knows whether that
was all.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from studio.own_command import own_command, own_folder

ROOT = Path(__file__).parents[1]
PATIENCE = 60

DECOY = """
from _io import open
with open({marks!r}, "a") as marks:
    marks.write(__name__ + "\\n")
raise SystemExit("the decoy " + __name__ + " was run")
"""

INSTALLED_SCRIPT = """
import sys
from studio.__main__ import main
sys.exit(main())
"""

# The same, with a hand that writes in the window. What it sets is there for the window's children.
DRIVEN = """
import json
import os
import sys

from studio.__main__ import main
from PySide6.QtCore import QTimer

decoys = os.getcwd()
os.environ |= {
    "PYTHONPATH": decoys,
    "PYTHONHOME": decoys,
    "PYTHONSTARTUP": os.path.join(decoys, "json.py"),
    "PYTHONWARNINGS": "error::foreign.Warning",
}

from studio.engine.messages import LoadOptions
from studio.ui import application as program

show = program.show


def show_and_write(window):
    show(window)
    session = window.session
    # On one thread: see tests/engine/conftest.py.
    session.model.options = LoadOptions(threads=1, context_size=2048)
    session.model.changed.connect(lambda: write(window) if session.model.is_ready else None)
    session.model.failed.connect(lambda why: sys.exit(why))
    session.writing.ended.connect(lambda: QTimer.singleShot(0, lambda: end(window)))


def write(window):
    window.session.sampling.set_max_tokens(8)
    # With it the model's chat template is needed, and the process that renders it.
    window.session.draft.set_brief("Short sentences.")
    window.actions_.continue_.trigger()


def end(window):
    import psutil

    (engine,) = psutil.Process().children()
    print(json.dumps({
        "text": window.session.draft.manuscript.text,
        "modules": sorted({name.partition(".")[0] for name in sys.modules}),
        "engine": {"cwd": engine.cwd(), "arguments": engine.cmdline()},
    }), flush=True)
    window.actions_.save.trigger()
    window.files.saving.finish()
    window.close()


program.show = show_and_write
sys.exit(main())
"""


INSIDE = {"cython_runtime", "shiboken6", "shibokensupport", "signature_bootstrap"}
"""What libraries carry within themselves, so that it is in no list of what is installed."""


@pytest.fixture(scope="module")
def names() -> set[str]:
    """Of the decoys."""
    installed = importlib.metadata.packages_distributions()
    names = {*sys.stdlib_module_names, *installed, *INSIDE, "studio", "sitecustomize"}
    return {name for name in names if name.isidentifier()}


class Folder:
    """The writer's folder: decoys, and a story that somebody has sent."""

    def __init__(self, path: Path, names: set[str]) -> None:
        self.path = path
        self._marks = path.parent / "marks"
        path.mkdir()
        code = DECOY.format(marks=str(self._marks))
        for name in names:
            (path / f"{name}.py").write_text(code)
        self.story = path / "story.txt"
        self.story.write_text("The old fisherman looked out over the")

    def run(
        self, *command: str, input: str | None = None, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program in it, as one does who has unpacked an archive there."""
        return subprocess.run(
            command,
            cwd=self.path,
            env={
                **{name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
                "QT_QPA_PLATFORM": "offscreen",
                **environment,
            },
            input=input,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    @property
    def marks(self) -> list[str]:
        """The decoys that were run."""
        return self._marks.read_text().split() if self._marks.exists() else []


@pytest.fixture
def folder(tmp_path: Path, names: set[str]) -> Folder:
    return Folder(tmp_path / "unpacked", names)


@pytest.fixture
def script(tmp_path: Path) -> list[str]:
    """The command `kelvin-studio`, as installers write it, of this checkout."""
    return installed(tmp_path, INSTALLED_SCRIPT)


def installed(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "bin" / "kelvin-studio"
    path.parent.mkdir(exist_ok=True)
    # An installed package needs no line of this kind.
    path.write_text(f"import sys\nsys.path.insert(1, {str(ROOT)!r})\n{text}")
    return [sys.executable, str(path)]


def test_the_decoys_would_be_run(folder: Folder) -> None:
    done = folder.run(sys.executable, "-c", "import msgspec")
    assert done.returncode == 1
    # Python 3.13 itself takes another one first, to show what -c says.
    assert folder.marks in (["msgspec"], ["linecache"])


def test_the_window_and_its_processes(
    folder: Folder, tmp_path: Path, starter_model: Path, names: set[str]
) -> None:
    done = folder.run(*installed(tmp_path, DRIVEN), "story.txt")
    assert folder.marks == []
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said["text"].startswith("The old fisherman looked out over the")
    assert len(said["text"]) > len("The old fisherman looked out over the")
    assert folder.story.read_text() == said["text"]
    assert said["engine"]["cwd"] == str(own_folder())
    assert "-I" in said["engine"]["arguments"]
    assert {name for name in said["modules"] if name[0] != "_"} <= names, "a decoy of each"
    said_more = [line for line in done.stderr.splitlines() if "propagateSizeHints" not in line]
    assert said_more == []


@pytest.mark.parametrize(
    "arguments",
    [
        ["--version"],
        ["generate", "-f", "story.txt", "-n", "4", "-t", "1"],
        ["compare", "-f", "story.txt", "--temperatures", "0,1", "-n", "4", "-t", "1"],
        ["presets", "list"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_the_commands(folder: Folder, script: list[str], arguments: list[str]) -> None:
    done = folder.run(*script, *arguments)
    assert folder.marks == []
    assert done.returncode == 0, done.stderr
    assert done.stdout


@pytest.mark.parametrize("environment", [{}, {"PYTHONPATH": f"{os.pathsep}{ROOT}"}], ids=str)
def test_python_m_takes_none_but_what_python_itself_takes(
    folder: Folder, environment: dict[str, str], tmp_path: Path
) -> None:
    """Before a line of ours runs, `python -m` has looked there for its own modules and for ours."""
    (tmp_path / "bare.py").write_text("import sys; print(*sys.modules)")
    itself = subprocess.run(
        [sys.executable, "-m", "bare"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    for name in (*itself.stdout.split(), "studio", "sitecustomize", "usercustomize"):
        (folder.path / f"{name}.py").unlink(missing_ok=True)
    done = folder.run(
        sys.executable, "-m", "studio", "presets", "list", **{"PYTHONPATH": str(ROOT)} | environment
    )
    assert folder.marks == []
    assert done.returncode == 0, done.stderr


def test_a_process_of_ours_has_no_other_path_than_this_one(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "path", ["", "relative", *sys.path])
    *command, program, _ = own_command("--version")
    seen = program.partition("from studio")[0] + "import json; print(json.dumps(sys.path))"
    done = folder.run(*command, seen, PYTHONPATH=str(folder.path))
    assert folder.marks == []
    assert json.loads(done.stdout) == [entry for entry in sys.path[2:] if Path(entry).is_absolute()]
