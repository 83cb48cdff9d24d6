"""Every word a user reads passes the one function that translates."""

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from studio.resource_files import resource
from tests.helpers.bare_texts import bare_texts

STUDIO = Path(str(resource())).parent / "studio"

NAMES_AND_STYLES: Mapping[str, frozenset[str]] = {
    # Folders.
    "app/writing/dictionaries.py": frozenset(
        {
            r"C:\Program Files\LibreOffice\share\extensions",
            "Library",
            "Spelling",
        }
    ),
    "ui/about_dialog.py": frozenset(
        {
            "NumPy",
            "Jinja",
            "Apache-2.0, CNRI-Python",
            "Noto Serif",
            "Inter",
            "<h2>Kelvin Studio {}</h2>",
        }
    ),
    "ui/export/manuscript_export.py": frozenset({"Letter"}),
    "ui/export/pdf.py": frozenset({"Letter", "Bold", "SemiBold"}),
    "ui/main_window.py": frozenset({"[*] – Kelvin Studio"}),
    "ui/presets/actions.py": frozenset({"&SillyTavern", "Kobold&Cpp"}),
    "ui/tuning/augment_window.py": frozenset({"JSON lines", "Parquet"}),
    "ui/tuning/text_table.py": frozenset({"the context was full"}),
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
    # Kinds of error.
    "server_keys.py": frozenset({"KeyringLocked", "InitError"}),
    # Names of programs, which are the same in every language, and of their instructions.
    "presets/foreign/kobold.py": frozenset({"KoboldCpp"}),
    "presets/foreign/novel_ai.py": frozenset({"NovelAI"}),
    "presets/foreign/ollama.py": frozenset(
        {"SYSTEM {}\n", "PARAMETER {} ", "PARAMETER num_predict ", "PARAMETER stop ", "SYSTEM "}
    ),
    "presets/foreign/silly_tavern.py": frozenset({"SillyTavern"}),
    "engine/llama/log.py": frozenset(
        {
            r"^\w+: (error loading model: )?",
            r"layer +\d+ assigned to device ([^,]+),",
            "allocate|out of (device )?memory",
            r"Flash Attention was auto, set to (\w+)",
        }
    ),
    "engine/llama/machine_watch.py": frozenset({"machine watch", "machine beat"}),
    "engine/llama/prompt_cache.py": frozenset({"prompt cache"}),
    "engine/machine_query.py": frozenset({"machine query"}),
    "engine/model_files/gguf_header.py": frozenset({"-{}-of-{}.gguf"}),
    "engine/model_files/memory.py": frozenset({" GiB", " MiB"}),
    # HTTP, what servers are asked to continue, and what they are called.
    "engine/server/asking.py": frozenset(
        {
            *("http://", "Accept", "User-Agent", "application/json, text/event-stream"),
            *("Bearer ", "Location", "Retry-After"),
        }
    ),
    "engine/served_template.py": frozenset(
        ("Be kind and brief.", "Who was the old king of the sea?", "He was")
    ),
    "engine/server/capabilities.py": frozenset(
        {
            *("Once upon a time there was a", "In the beginning the old king of the"),
            *("KoboldCpp", "Ollama"),
            *("Count from one to ten in words.", "One, two, three, four,"),
        }
    ),
    "engine/server/requests.py": frozenset({"KoboldCpp"}),
    "engine/templates/chat_template.py": frozenset({"<|im_start|>assistant\n"}),
    "engine/templates/template_process.py": frozenset({"line {}: "}),
    # HTML and its style.
    "experiments/html_page.py": frozenset(
        {
            '<circle class="lane-{} dot" cx="{}" cy="{}" r="3"><title>{}</title></circle>',
            '<polyline class="lane-{}" points="{}"><title>{}</title></polyline>',
            '<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
            ' class="{}"',
            '<span{} title="{}">{}</span>',
            "end parting",
        }
    ),
    "experiments/augmentation/plan.py": frozenset({"presets and sampling"}),
    "experiments/augmentation/prompt_table.py": frozenset({'{"prompt": "The sea was"}'}),
    "experiments/augmentation/templates.py": frozenset({"{prompt}"}),
    "experiments/page_frame.py": frozenset(
        {
            "default-src 'none'; style-src 'unsafe-inline'",
            ".lane-{} { color: var(--lane-{}); } polyline.lane-{} { stroke: var(--lane-{}); } "
            "circle.lane-{} { fill: var(--lane-{}); }",
            "--lane-{}: {};",
        }
    ),
    "experiments/sweep/chart.py": frozenset({"translate(0 {})", "translate({} {})"}),
    "experiments/markdown.py": frozenset({"text"}),
    # Names that nobody is shown.
    "app/engine_line/process.py": frozenset({"not started", "broke the protocol", "given up"}),
    "app/model/state.py": frozenset(
        {
            "choose another model",
            "change the model's options",
            "reopen the model",
            "open the refused file all the same",
            "open it without a machine or graphics processor",
        }
    ),
    "app/stale_file_cleanup.py": frozenset({"stale files"}),
    "app/tokens/shape.py": frozenset({"Mirostat "}),
    "manuscript/journal.py": frozenset({"-journal"}),
    "sampling/analysis/token_temperature.py": frozenset({"0 to "}),
    "sampling/logits/kernels.py": frozenset({": found no compiled passes of version {}."}),
    "sampling/logits/logits_vector.py": frozenset(
        {
            "logits: found dtype {}; allowed are real numbers.",
            "logits: found shape {}; allowed is a vector of one or more.",
        }
    ),
    "sampling/sketches/sketch.py": frozenset({"0 to "}),
    "sampling/sketches/sketch_stack.py": frozenset({"ij,ij->i"}),
    "sampling/temperature.py": frozenset(
        {"scores: found dtype {}; allowed are floating dtypes.", "InverseTemperature({})"}
    ),
    "manuscript/passage.py": frozenset({"null character", "lone surrogate"}),
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


ENGLISH = (
    # What writes the log, which is for those who mend the program.
    *("app/log/", "app/engine_line/request_log.py", "engine/child.py", "error_trace.py"),
    # What a terminal shows before there is a language, and what nobody is shown.
    *("__main__.py", "standard_input.py", "resource_files.py", "stale_files.py"),
    *("own_command.py", "platform_places.py"),
    # A data set's card, which is read where data sets are shared.
    "experiments/augmentation/card.py",
)
"""Files whose words nobody translates."""
WITHOUT_MISTAKES = ("engine", "experiments", "manuscript", "sampling", ".")
"""Packages in which a `ValueError` is a mistake of the program's: users meet their own errors."""


PACKAGES = ["app", "ui", "engine", "experiments", "manuscript", "presets", "sampling", "."]
"""Those whose texts are looked at; the last is what stands beside them."""


@pytest.mark.parametrize("package", PACKAGES)
def test_no_text_is_bare(package: str) -> None:
    bare = []
    files = STUDIO.glob("*.py") if package == "." else (STUDIO / package).rglob("*.py")
    for path in sorted(files):
        file = path.relative_to(STUDIO).as_posix()
        if file.startswith(ENGLISH):
            continue
        for line, text in _bare_texts(file):
            if text not in NAMES_AND_STYLES.get(file, ()):
                bare.append(f"studio/{file}:{line}: {text!r} passes neither tr() nor mark()")
    assert bare == []


def test_exceptions_are_needed() -> None:
    for file, texts in NAMES_AND_STYLES.items():
        assert texts <= {text for _, text in _bare_texts(file)}, file


@cache
def _bare_texts(file: str) -> list[tuple[int, str]]:
    tree = ast.parse((STUDIO / file).read_text(encoding="utf-8"))
    package = file.partition("/")[0] if "/" in file else "."
    mistakes = ["ValueError"] if package in WITHOUT_MISTAKES else []
    return list(bare_texts(tree, mistakes))


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
