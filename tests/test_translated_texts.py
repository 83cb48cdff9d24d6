"""Every word a user reads passes the one function that translates."""

import ast
from collections.abc import Mapping
from pathlib import Path

import pytest

from studio.resource_files import resource
from tests.helpers.bare_texts import bare_texts

STUDIO = Path(str(resource())).parent / "studio"

NAMES_AND_STYLES: Mapping[str, frozenset[str]] = {
    "ui/about_dialog.py": frozenset(
        {"NumPy", "Jinja", "Apache-2.0", "Noto Serif", "Inter", "<h2>Kelvin Studio {}</h2>"}
    ),
    "ui/export/manuscript_export.py": frozenset({"Letter"}),
    "ui/export/pdf.py": frozenset({"Letter", "Bold", "SemiBold"}),
    "ui/main_window.py": frozenset({"[*] – Kelvin Studio"}),
    "ui/presets/actions.py": frozenset({"&SillyTavern", "Kobold&Cpp"}),
    "ui/theme/faces.py": frozenset({"Noto Serif", "Inter"}),
    # Style sheets.
    "ui/presets/library_details.py": frozenset(
        {
            "color:{}; white-space:nowrap; padding:0px 18px 3px 0px;",
            '<p style="color:{}; margin-top:{}px; margin-bottom:4px;">{}</p>',
        }
    ),
    "ui/theme/style.py": frozenset({"px", '[type="{}"]'}),
    "ui/theme/type_scale.py": frozenset({"font-size: {}px; font-weight: {};"}),
    # Names that nobody is shown.
    "app/engine_line/process.py": frozenset({"not started", "broke the protocol", "given up"}),
    "app/model/state.py": frozenset(
        {
            "choose another model",
            "change the model's options",
            "reopen the model",
            "open the refused file all the same",
        }
    ),
    "app/settings_file.py": frozenset({".damaged{}.json"}),
    "app/stale_file_cleanup.py": frozenset({"stale files"}),
    "app/tokens/shape.py": frozenset({"Mirostat "}),
    # Mistakes of the program's own code, and errors that are reported in other words.
    "app/explain/state.py": frozenset({"step: found {}; choose one of "}),
    "app/landscape/state.py": frozenset({"count: found {}; allowed is one of "}),
    "app/parameters/sampling_number.py": frozenset({"not a number: ", "not a whole number: "}),
    "app/parameters/temperature_scale.py": frozenset(
        {"temperature: found {}; allowed is 0 to infinity", "place: found nan; allowed is 0 to 1"}
    ),
    "ui/theme/theme.py": frozenset({"appearance: found {}; choose one of "}),
    # What the measured window continues.
    "ui/measurement.py": frozenset(
        {"The old fisherman looked out over the sea and thought about the years."}
    ),
}
"""Words that are the same in every language, and what is none, by the file that has them."""


LOG = ("app/log/", "app/engine_line/request_log.py")
"""What writes the log, which is for those who mend the program."""


@pytest.mark.parametrize("package", ["app", "ui"])
def test_no_text_is_bare(package: str) -> None:
    bare = []
    for path in sorted((STUDIO / package).rglob("*.py")):
        file = path.relative_to(STUDIO).as_posix()
        if file.startswith(LOG):
            continue
        for line, text in bare_texts(ast.parse(path.read_text(encoding="utf-8"))):
            if text not in NAMES_AND_STYLES.get(file, ()):
                bare.append(f"studio/{file}:{line}: {text!r} passes neither tr() nor mark()")
    assert bare == []


def test_exceptions_are_needed() -> None:
    for file, texts in NAMES_AND_STYLES.items():
        tree = ast.parse((STUDIO / file).read_text(encoding="utf-8"))
        assert texts <= {text for _, text in bare_texts(tree)}, file


@pytest.mark.parametrize(
    "code",
    [
        'label.setText("seed")',
        'QLabel("Seed", parent)',
        'f(tip="Show or hide it")',
        'x = f"{count} tokens"',
        'label.setText("on" if is_on else tr("off"))',
        'return f"{first} and {second}"',
        '_TIP = "<p>How open each word was</p>"',
        'def f(title="Next word"): ...',
        'tr("{what} is gone", what="the file")',
        'tr(f"{name} is gone")',
        'raise ValueError("No such file")',
    ],
)
def test_bare_texts_are_found(code: str) -> None:
    assert list(bare_texts(ast.parse(code)))


@pytest.mark.parametrize(
    "code",
    [
        'label.setText(tr("Seed"))',
        '_TIP = mark("Show or hide it")',
        'tr("%n tokens", "", count, one="%n token")',
        'label.setText(f"{a} · {b}")',
        'label.setObjectName("Open model")',
        '_log.info("engine: %s is gone", name)',
        'assert token is not None, "only asked of a token"',
        'def f() -> "Model state":\n    """Gives the state."""',
        'if kind == "Some kind": ...',
        'shortcut = "Ctrl+Shift+S"',
        "html = f'<p style=\"margin-top:0px;\">{words}</p>'",
    ],
)
def test_what_is_no_text_is_not(code: str) -> None:
    assert list(bare_texts(ast.parse(code))) == []
