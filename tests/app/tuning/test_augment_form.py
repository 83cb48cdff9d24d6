"""What the form says, as a plan."""

from pathlib import Path

import pytest

from studio.app.tuning.augment_form import AugmentForm
from studio.engine.messages import Prompt
from studio.experiments.augmentation.errors import AugmentationError
from studio.experiments.augmentation.plan import Prompts
from studio.presets import Preset
from studio.sampling import SamplingParams


def form(file: Path | None = None, seed: int = -1, temperatures: str = "0.5") -> AugmentForm:
    return AugmentForm(
        prompt=Prompt(manuscript="The {sea} was", brief="Use {braces}."),
        file=file,
        template="About {prompt}:",
        preset=Preset(name="N", sampling=SamplingParams(seed=seed), max_tokens=9),
        temperatures=temperatures,
        samples=5,
        duplicates="mark",
    )


def test_a_text_is_continued_as_it_stands() -> None:
    one = form()
    plan, table = one.plan(7), one.table()
    sample = plan.sample(Prompts(table, plan), 0, 3)
    assert (sample.prompt.manuscript, sample.prompt.brief) == ("The {sea} was", "Use {braces}.")
    assert (sample.params.temperature, sample.max_tokens) == (0.5, 9)
    assert table.fingerprint == form().table().fingerprint
    assert plan.screen.duplicates == "mark"


def test_a_files_prompts_stand_in_the_template(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_text("the sea\na boat\n")
    one = form(path)
    plan = one.plan(7)
    prompts = Prompts(one.table(), plan)
    assert [prompts.text(row) for row in range(2)] == ["About the sea:", "About a boat:"]
    assert prompts.brief(1) == "Use {braces}."


def test_the_seed_is_that_of_before_or_the_one_in_force() -> None:
    assert form(seed=3).plan(7).seed == 7
    assert form(seed=3).plan(None).seed == 3
    assert form().plan(None).seed >= 0
    with pytest.raises(AugmentationError, match="warm"):
        form(temperatures="warm").plan(None)
