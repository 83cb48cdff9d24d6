"""Makes pictures of every view from the real window, writing with the starter model.

    .venv/bin/python packaging/screenshots.py

Each view is shown light and dark, as large as at first (these are the README's), on a small
laptop's screen, and on a screen of 2560 by 1440 at scale 2. Without a screen it uses Qt's offscreen
platform. The seed is fixed, so the pictures change only when the window or the sampling does.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"
if sys.platform == "linux" and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
FOLDER = ROOT / "packaging" / "screenshots"
BRIEF = "A quiet story set on a northern coast. Short sentences."
OPENING = (
    "The old fisherman had never learned to swim. Every morning he rowed past the breakwater and "
    "let the boat find its own way. On the last day of October the fog came in early, and"
)
STORY = """# The Breakwater

The old fisherman had never learned to swim. Every morning he rowed past the breakwater and let the
boat find its own way. His father had built the breakwater, stone upon stone, in the years before
the war, and Mara said that the sea was only lending it. Nobody in Kirkwall believed her. On the
last day of October the fog came in early, and the gulls went inland without a sound.

He heard the bell at Rora Head, then nothing. “You might have stayed in bed,” he said to the oars.
The oars said what they always said. He thought of Anna, who had gone to Leith with a man who sold
clocks, and of the clock that she had sent him, which was slow.

# The Clock

It was slow by eleven minutes in the year. Peter Doyle wanted to mend it and was not let. A man who
has eleven minutes to spare in a year, said the fisherman, may as well keep them where he can see
them. So the clock hung beside the window, and the tide came and went under it, and in the winter of
the great frost the harbour froze from the steps to the lamp. Mara walked out on it in her red coat.
She came back with a gull that had a ring on its leg and the word HULL on the ring.

“Is it far?” she asked. It was as far as anybody had been. They fed the gull on herring until it was
fat, and in March it went, over the breakwater and the lamp, and did not look back once.
"""
MANUAL = """# Before first use

Remove the packaging and check that all parts are present. If a part is missing or damaged, do not
use the device and contact the dealer. Place the device on a flat, dry and stable surface. Make sure
that the cable does not hang over the edge of the table. Never use the device without water.

# Cleaning

Switch off the device and let it cool down before you clean it. Wipe the housing with a soft, damp
cloth. Do not use any abrasive cleaners or solvents. Rinse the filter under running water and let it
dry before you put it back in place. Never immerse the device in water or any other liquid.
"""
CHAPTERS = "\n".join(
    (
        "# The breakwater",
        OPENING.partition(". On the last day")[0] + ".",
        "# Fog",
        "On the last day of October it came in *early*, and the bell was not rung.",
        "He rowed by ear. Somewhere to the left a gull walked on a roof.",
        "## The bell",
        "It hung where his father had hung it, over the third step.",
        "# Mara",
        "“You are late,” she said.",
        "",
    )
)
SEED = 417203
SIZES = {(1320, 860, 1): (1920, 1080), (1366, 768, 1): (1366, 768), (1280, 720, 2): (2560, 1440)}
"""Width and height of the window, and the screen's scale, a process each; the screen's pixels."""


def main() -> int:
    """Write all pictures in all sizes; the exit status."""
    if len(sys.argv) == 4:
        return make(*map(int, sys.argv[1:]))
    for size, pixels in SIZES.items():
        with tempfile.TemporaryDirectory() as home:
            # Settings of its own: nobody's zoom, preset or text gets into a picture.
            own = {"HOME": home, "XDG_CONFIG_HOME": home, "XDG_STATE_HOME": home}
            environment = {**os.environ, **own, "QT_SCALE_FACTOR": str(size[2])}
            if environment.get("QT_QPA_PLATFORM") == "offscreen":
                # Its screen is 800 by 800 otherwise, and windows keep to their screen.
                screen = dict(zip(("width", "height"), pixels, strict=True))
                file = Path(home, "screens.json")
                file.write_text(json.dumps({"screens": [screen]}))
                environment["QT_QPA_PLATFORM"] = f"offscreen:configfile={file}"
            command = [sys.executable, __file__, *map(str, size)]
            if status := subprocess.run(command, env=environment, check=False).returncode:
                return status
    return 0


def make(width: int, height: int, scale: int) -> int:
    """Write all pictures in one size, each in both appearances; the exit status."""
    from PySide6.QtWidgets import QApplication, QWidget

    from studio.app.heat.measure import HeatMeasure
    from studio.app.writing.rewrite_request import RewriteKind
    from studio.engine.machine_address import DEFAULT_PORT
    from studio.engine.machine_query import Machine, ask_machines
    from studio.engine.messages import LoadOptions
    from studio.engine.model_files.starter_model import find_starter_model
    from studio.manuscript import NO_PLAN, Note, Origin, PromptPlan
    from studio.ui.application import make_application, make_window
    from studio.ui.measurement import run_until
    from studio.ui.model.options_dialog import ModelOptionsDialog
    from studio.ui.model.prompt_window import PromptWindow
    from studio.ui.no_traces import no_traces
    from studio.ui.tuning.augment_window import AugmentWindow
    from studio.ui.tuning.fit_window import FitWindow
    from studio.ui.tuning.sweep_window import SweepWindow
    from studio.ui.writing.take_window import TakeWindow

    model = find_starter_model()
    if model is None:
        print("the starter model is missing; run packaging/bootstrap.py", file=sys.stderr)
        return 1
    application = make_application()
    with no_traces():
        window = make_window(application)
        window.resize(width, height)
        window.show()
        session = window.session
        session.model.open(str(model))
        run_until(lambda: window.is_started and session.model.is_ready)
        window.brief.edit.setPlainText(BRIEF)
        session.draft.manuscript.load(OPENING)
        window.editor.move_caret(len(OPENING))
        session.sampling.set_max_tokens(40)
        session.sampling.change(seed=SEED)
        session.writing.continue_writing()
        run_until(lambda: session.writing.is_idle)
        # At rest: the bars show what would come next.
        run_until(
            lambda: session.next_token_preview.is_settled and window.session.word_count.is_settled
        )
        FOLDER.mkdir(exist_ok=True)

        def take(name: str, shown: QWidget = window) -> None:
            for appearance in ("light", "dark"):
                window.theme.set_appearance(appearance)
                for _ in range(3):  # what is laid out anew is painted in the next turn
                    QApplication.processEvents()
                size = (
                    ""
                    if (width, height, scale) == next(iter(SIZES))
                    else f"-{_pixels(width, height, scale)}"
                )
                path = FOLDER / f"{name}-{appearance}{size}.png"
                shown.grab().save(str(path))
                print(path.relative_to(ROOT))

        take("window")
        window.temperature.set_detailed(True)
        window.status.labels[1].hide()  # the speed, another one each time
        take("details")
        window.temperature.set_detailed(False)
        # What the model did not write is scored, so that all of it can be tinted.
        session.records.score()
        run_until(lambda: not session.records.is_scoring)
        session.heat.set_measure(HeatMeasure.SURPRISE)
        window.editor.move_caret(OPENING.index("breakwater"))
        window.word.toggle_at_caret()
        run_until(lambda: session.next_token_preview.is_settled and window.status.is_settled)
        take("heat")
        window.word.toggle_at_caret()
        session.heat.set_measure(HeatMeasure.OFF)
        end = OPENING.index(". On the last day") + 1
        window.editor.select_range(OPENING.index("Every morning"), end)
        session.rewriting.begin(RewriteKind.AGAIN)
        run_until(lambda: not session.rewriting.is_running and window.status.is_settled)
        take("rewrite")
        session.rewriting.close()
        window.editor.move_caret(len(session.draft.manuscript.text))
        session.draft.prompt_changed.emit()
        run_until(lambda: session.next_token_preview.is_settled)
        window.landscape.action.trigger()
        run_until(lambda: window.landscape.state.is_settled)
        take("landscape")
        window.landscape.action.trigger()
        window.explain.open_at("temperature")
        take("explain")
        if window.explain.dock is not None:
            window.explain.dock.close()
        window.parameters.open_at("samplers")
        take("parameters")
        window.parameters.toggle()
        for name in ("Creative writing", "Code"):
            window.library.favourites.set(name, True)
        window.library.open.trigger()
        assert window.library.view is not None, "it was just opened"
        take("presets", window.library.view)
        window.library.view.close()
        window.actions_.prompt.trigger()
        prompt = window.findChild(PromptWindow)
        assert prompt is not None, "it was just opened"
        run_until(lambda: prompt.text.toPlainText().endswith(session.draft.manuscript.text[-12:]))
        take("prompt", prompt)
        prompt.close()
        near = "[Dusk. The tone is calm, and nothing is explained.]"
        notes = (
            Note(name="Tone", text=near, sent="near", paragraphs=1),
            Note(name="The fisherman", text="He is sixty, a widower, and talks to gulls."),
            Note(
                name="The breakwater",
                text="The breakwater was built by his father.",
                sent="called",
                keys="breakwater, pier",
            ),
            Note(name="Mara", text="Mara is his niece.", sent="called", keys="Mara, niece"),
        )
        session.draft.set_plan(PromptPlan(notes=notes))
        window.notes.toggle()
        run_until(lambda: session.next_token_preview.is_settled)
        take("notes")
        window.notes.toggle()
        session.draft.set_plan(NO_PLAN)
        run_until(lambda: session.next_token_preview.is_settled)
        window.compare.show(True)
        session.compare.set_max_tokens(60)
        session.compare.set_seed(SEED)
        session.compare.run()
        run_until(lambda: not session.compare.is_running)
        take("compare")
        window.compare.show(False)
        for seed in (SEED + 1, SEED + 2):
            session.sampling.change(seed=seed)
            session.writing.retake()
            run_until(lambda: session.writing.is_idle)
        window.actions_.takes.trigger()
        takes = window.findChild(TakeWindow)
        assert takes is not None, "it was just opened"
        run_until(lambda: takes.is_settled)
        take("takes", takes)
        places = takes.tree.topLevelItem(0)
        for number in (0, 1):
            item = places.child(number) if places is not None else None
            assert item is not None, "there are three takes"
            item.setSelected(True)
        items = takes.tree.selectedItems()
        items[-1].setSelected(len(items) == 2)
        take("takes-compared", takes)
        takes.close()
        manuscript = session.draft.manuscript
        written = manuscript.take_sets[0].place
        manuscript.edit(manuscript.text.index(" ", written.start + 8), 0, " grey")
        manuscript.edit(len(manuscript), 0, "\n\n")
        manuscript.edit(len(manuscript), 0, "Fog: water in drops too small to fall.", Origin.PASTED)
        window.actions_.who_wrote.setChecked(True)
        run_until(lambda: bool(session.who_wrote.letters))
        take("who-wrote-what")
        window.actions_.who_wrote.setChecked(False)
        session.draft.manuscript.load(STORY)
        window.actions_.fit.trigger()
        fit = window.findChild(FitWindow)
        assert fit is not None, "it was just opened"
        fit.other.begin("In the manner of a manual", MANUAL)
        run_until(lambda: not (fit.own.is_busy or fit.other.is_busy))
        take("fit", fit)
        fit.close()
        session.draft.manuscript.load(OPENING)
        window.editor.move_caret(len(OPENING))
        window.actions_.sweep.trigger()
        sweep = window.findChild(SweepWindow)
        assert sweep is not None, "it was just opened"
        sweep.tokens.setValue(40)
        sweep.begin.click()
        run_until(lambda: not sweep.run.is_running and sweep.run.is_measured)
        sweep.table.setCurrentCell(3, sweep.table.currentColumn())
        take("sweep", sweep)
        sweep.close()
        window.actions_.augment.trigger()
        augment = window.findChild(AugmentWindow)
        assert augment is not None, "it was just opened"
        with tempfile.TemporaryDirectory() as rows:
            augment.run.begin(Path(rows) / "rows.jsonl", augment.form())
            run_until(lambda: not augment.run.is_busy)
            augment.run.choose(augment.run.entries[2:3], is_row=False)
            augment.table.go_to(4)
            augment.shown.setFocus()
            run_until(lambda: augment.diversity.is_settled)
            take("augment", augment)
            augment.run.close()
        augment.close()
        # Neither of the two is asked about: as loaded, nothing is to be saved.
        session.draft.new()
        session.draft.manuscript.load(OPENING)
        window.actions_.new.trigger()
        session.draft.manuscript.load(CHAPTERS)
        window.actions_.writing_view.markdown.setChecked(True)
        window.editor.move_caret(CHAPTERS.index("He rowed"))
        window.outline.open()
        run_until(lambda: session.next_token_preview.is_settled and session.word_count.is_settled)
        window.editor.setFocus()
        take("outline")
        with subprocess.Popen(
            [sys.executable, "-P", "-m", "studio", "rpc-server"],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        ) as server:
            machine = f"127.0.0.1:{DEFAULT_PORT}"
            while not isinstance(ask_machines([machine])[0], Machine):
                time.sleep(0.1)  # no event says when
            options = LoadOptions(machines=(machine,), gpu_layers=20)
            session.model.open(str(model), options)
            run_until(lambda: session.model.is_ready)
            dialog = ModelOptionsDialog(
                options, session.model.report, window.theme, window, str(model)
            )
            dialog.show()
            run_until(lambda: dialog.devices.is_settled)
            take("devices", dialog)
            dialog.close()
            window.close()
            server.kill()
    return 0


def _pixels(width: int, height: int, scale: int) -> str:
    return f"{width * scale}x{height * scale}"


if __name__ == "__main__":
    sys.exit(main())
