"""A sweep by the real engine, that gives way to writing and outlives the engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from studio.app.session import Session
from studio.app.tuning.sweep_form import AIMS, WAYS, FormError, SweepForm
from studio.app.tuning.sweep_run import SweepRun
from studio.engine.messages import LoadOptions, Prompt
from studio.experiments.sweep.plan import Sweep
from studio.sampling import SamplingParams
from tests.helpers.small_sweep import swept
from tests.helpers.tiny_model import write_byte_level_model
from tests.helpers.waiting import LONG

pytestmark = pytest.mark.process

PLAN = """
prompts = ["abc", "The sea"]
samples = 8
max_tokens = 8
ignore_eos = true
criterion = {lowest = "rep_4"}
[vary]
temperature = [0.5, 1.5]
"""


@pytest.fixture
def session(qtbot: QtBot, own_settings: Path, tmp_path: Path) -> Iterator[Session]:
    session = Session("Code")
    model = write_byte_level_model(tmp_path / "tiny.gguf")
    session.model.open(str(model), LoadOptions(threads=1, context_size=256))
    qtbot.waitUntil(lambda: session.model.is_ready)
    yield session
    session.close()


def run_of(session: Session) -> SweepRun:
    run = SweepRun(
        session.client,
        session.model,
        session.fingerprint,
        lambda: not session.writing.is_idle,
        session,
    )
    session.writing.changed.connect(run.writing.look)
    return run


def until_measured(run: SweepRun, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not run.is_running and run.is_measured, timeout=LONG)


def seeds_of(run: SweepRun) -> dict[tuple[int, int, int], int]:
    """By prompt, value and number. The texts themselves may part at near-ties."""
    return {(one.prompt, one.value, one.number): one.seed for one in run.texts}


def test_all_is_written_and_measured(session: Session, qtbot: QtBot) -> None:
    run = run_of(session)
    sweep = swept(PLAN)
    run.begin(sweep)
    assert run.is_running
    until_measured(run, qtbot)
    assert len(seeds_of(run)) == len(run.texts) == 32
    assert run.message == ""
    assert run.result is not None
    assert run.result.chosen is not None
    assert run.result.model.file == "tiny.gguf"
    assert not session.client.is_owing


@pytest.mark.parametrize("how", ["", "whole_text = {draws = 8}\n"])
def test_writing_goes_first_and_changes_nothing(session: Session, qtbot: QtBot, how: str) -> None:
    sweep: Sweep = swept(how + PLAN.replace("max_tokens = 8", "max_tokens = 48"))
    alone = run_of(session)
    alone.begin(sweep)
    until_measured(alone, qtbot)
    run = run_of(session)
    run.begin(sweep)
    qtbot.waitUntil(lambda: len(run.texts) > 2, timeout=LONG)
    session.draft.manuscript.edit(0, 0, "The old man")
    session.draft.set_caret(11)
    session.sampling.set_max_tokens(4)
    session.writing.continue_writing()
    qtbot.waitUntil(lambda: session.writing.is_idle, timeout=LONG)
    assert run.is_running, "it waited"
    assert len(session.draft.manuscript.text) > 11
    until_measured(run, qtbot)
    assert seeds_of(run) == seeds_of(alone)
    assert len(run.texts) == sweep.texts, "none twice"


def test_stopped_it_keeps_what_was_written(session: Session, qtbot: QtBot) -> None:
    run = run_of(session)
    run.begin(swept(PLAN.replace("samples = 8", "samples = 2000")))
    qtbot.waitUntil(lambda: len(run.texts) > 2, timeout=LONG)
    run.stop()
    assert run.message == "It was stopped."
    until_measured(run, qtbot)
    qtbot.waitUntil(lambda: not session.client.is_owing, timeout=LONG)
    assert run.result is not None
    assert 2 < len(run.result.figures.texts) < 8_000


FORM = SweepForm(
    Prompt(manuscript="The sea", brief="Be brief."),
    SamplingParams(temperature=0.3, top_p=0.9, seed=4),
    ("\n\n",),
    "0.5, 1; ∞",
    4,
    16,
    AIMS[0],
)


def test_a_form_is_a_plan() -> None:
    sweep = swept(FORM.plan().decode())
    assert [value.name for value in sweep.values] == ["0.5", "1", "inf"]
    assert {(value.params.top_p, value.params.seed) for value in sweep.values} == {(0.9, -1)}
    assert (sweep.prompts[0].text, sweep.prompts[0].brief) == ("The sea", "Be brief.")
    assert (sweep.plan.samples, sweep.plan.max_tokens) == (4, 16)
    assert sweep.values[0].stop == ("\n\n",)
    for aim in AIMS:
        criterion = swept(FORM._replace(aim=aim).plan().decode()).plan.criterion
        assert (criterion is None) == (aim.criterion is None)
    for way in WAYS[1:]:
        changed = FORM._replace(way=way, temperatures="0.5, 2")
        whole = swept(changed.plan().decode())
        assert [value.params.top_p for value in whole.values] == [1.0, 1.0]
        assert whole.measures[-1].name == "evaluations"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"prompt": Prompt(manuscript="")}, "no text before the caret"),
        ({"temperatures": "0.5, hot"}, "“hot” is no temperature"),
        ({"temperatures": " "}, "Type temperatures"),
    ],
)
def test_a_form_that_cannot_be_swept_says_why(changed: dict[str, object], said: str) -> None:
    with pytest.raises(FormError, match=said):
        FORM._replace(**changed).plan()  # type: ignore[arg-type]  # by name
