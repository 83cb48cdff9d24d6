"""A plan is read with all that it names, or refused with what is wrong, where, and what may be."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from studio.experiments.sweep.plan import PlanError, read_plan
from studio.presets import task_presets
from studio.resource_files import resource
from studio.sampling import SamplingParams
from tests.helpers.small_sweep import PLAN, find, swept, text

VARY = "[vary]\ntemperature = [1.0]\n"


def test_what_a_plan_says_and_what_it_leaves_open() -> None:
    sweep = swept()
    assert [(it.name, it.text, it.brief) for it in sweep.prompts] == [
        ("1", "The sea was", ""), ("rain", "Rain on a roof", ""),
    ]  # fmt: skip
    assert [value.number for value in sweep.values] == [0.5, 1.0, 2.0]
    assert [value.params.temperature for value in sweep.values] == [0.5, 1.0, 2.0]
    assert [value.name for value in sweep.values] == ["0.5", "1", "2"]
    assert sweep.texts == 12
    assert sweep.context.near == 0.8
    # The same draws at every value, others for every text.
    assert [sweep.seed_of(prompt, n) for prompt in (0, 1) for n in (0, 1)] == [7, 8, 9, 10]
    names = {measure.name for measure in sweep.measures}
    assert {"perplexity", "self_bleu", "near_duplicates"} <= names
    assert "parses" not in names, "nothing says in which language"


def test_any_number_of_the_table_of_parameters_varies() -> None:
    source = 'prompts = ["a"]\nsampling = {temperature = 0.7, top_p = 0.9}\n[vary]\ntop_k = [1, 40]'
    sweep = swept(source)
    assert sweep.parameter == "top_k"
    assert [value.params.top_k for value in sweep.values] == [1, 40]
    assert {(it.params.temperature, it.params.top_p) for it in sweep.values} == {(0.7, 0.9)}
    hot = swept('prompts = ["a"]\n[vary]\ntemperature = [0, inf]')
    assert hot.values[1].params.temperature == math.inf


def test_presets_bring_their_format_and_stops() -> None:
    source = 'prompts = ["a"]\nbrief = "Be kind."\n[vary]\npreset = ["Code", "Customer support"]'
    code, support = swept(source).values
    assert (code.format, support.format) == ("plain", "chat")
    assert code.number is None
    assert support.system.startswith("You are a courteous")
    sweep = swept(source)
    given = sweep.prompt_at(0, 1)
    assert (given.manuscript, given.brief, given.format) == ("a", "Be kind.", "chat")
    assert given.system == support.system


def test_a_preset_holds_where_a_parameter_varies() -> None:
    sweep = swept(f'prompts = ["a"]\npreset = "Code"\nsampling = {{top_k = 7}}\n{VARY}')
    (value,) = sweep.values
    assert (value.params.top_k, value.params.top_p, value.params.seed) == (7, 0.95, -1)


def test_no_sampler_of_a_preset_acts_on_a_whole_text() -> None:
    sweep = swept(f'prompts = ["a"]\npreset = "Customer support"\nwhole_text = {{}}\n{VARY}')
    (value,) = sweep.values
    assert value.params == SamplingParams(temperature=1.0)
    assert (value.format, value.stop) == ("chat", ())
    assert value.system.startswith("You are a courteous")


def test_files_are_looked_for_beside_the_plan(tmp_path: Path) -> None:
    (tmp_path / "story.txt").write_text("\ufeffIt rained.", encoding="utf-8")
    (tmp_path / "schema.json").write_text('{"type": "array"}')
    plan = tmp_path / "plan.toml"
    plan.write_text(
        f'prompts = [{{file = "story.txt"}}]\njson_schema = "schema.json"\n{VARY}',
        encoding="utf-8",
    )
    sweep = read_plan(plan, find)
    assert sweep.prompts[0].text == "It rained."
    check = sweep.context.checks["json_schema"]
    assert check(text(0, 0, 0, "[1]"))
    assert not check(text(0, 0, 0, "{}"))
    assert sweep.source == plan.read_bytes()


def test_code_is_looked_at_with_its_prompt_and_to_its_last_whole_line() -> None:
    source = f'prompts = ["def f(n):\\n"]\ncode = "python"\npattern = "n"\n{VARY}'
    checks = swept(source).context.checks
    whole = text(0, 0, 0, "    return n\n", reason="end_of_text")
    cut = text(0, 0, 0, "    return n\nprint(f(")
    broken = text(0, 0, 0, "    return n\nprint(f(", reason="end_of_text")
    fence = text(0, 0, 0, "    return n\n```\n\nThis function returns n.", reason="end_of_text")
    found = [checks["parses"](it) for it in (whole, cut, broken, fence)]
    assert found == [True, True, False, True]
    assert checks["pattern"](whole)
    chat = swept(f'format = "chat"\n{source}').context.checks["parses"]
    fenced = "Gladly:\n```python\nx = 1\n```\nThere."
    assert chat(text(0, 0, 0, fenced, reason="end_of_text"))
    assert not chat(text(0, 0, 0, "Gladly I do that.", reason="end_of_text"))


@pytest.mark.parametrize(
    ("source", "place", "said"),
    [
        ("prompts = [", "", "no TOML"),
        (VARY, "", "prompts"),
        ('prompts = ["a"]', "", "vary"),
        (f"prompts = []\n{VARY}", "prompts", "1"),
        (f'prompts = ["a"]\nsmaples = 3\n{VARY}', "", "Did you mean “samples”?"),
        (f'prompts = ["a"]\nsamples = 0\n{VARY}', "samples", "1"),
        (f'prompts = ["a"]\nsamples = "3"\n{VARY}', "samples", "int"),
        (f'prompts = [{{txt = "a"}}]\n{VARY}', "prompts[0]", "Did you mean “text”?"),
        (f'prompts = [{{name = "a"}}]\n{VARY}', "prompts[0]", "neither a text nor a brief"),
        (f'prompts = [{{text = "a", file = "b"}}]\n{VARY}', "prompts[0]", "one of them"),
        (f'prompts = [{{file = "b"}}]\n{VARY}', "prompts[0].file", "cannot be read"),
        (f'prompts = ["a", {{text = "b", name = "1"}}]\n{VARY}', "prompts[1].name", "another"),
        ('prompts = ["a"]\n[vary]\ntemprature = [1]', "vary", "Did you mean “temperature”?"),
        ('prompts = ["a"]\n[vary]\nseed = [1]', "vary", "There are"),
        ('prompts = ["a"]\n[vary]\ntemperature = [-1]', "vary", "temperature: found -1.0"),
        ('prompts = ["a"]\n[vary]\ntemperature = [1, 1.0]', "vary.temperature", "twice"),
        ('prompts = ["a"]\n[vary]\ntemperature = ["hot"]', "vary.temperature", "numbers"),
        ('prompts = ["a"]\n[vary]\ntop_k = [1.5]', "vary", "top_k: found 1.5"),
        ('prompts = ["a"]\n[vary]\npreset = [1]', "vary.preset", "names of presets"),
        ('prompts = ["a"]\n[vary]\npreset = ["Codde"]', "vary.preset", "Did you mean “Code”?"),
        (f'prompts = ["a"]\nsampling = {{topp = 1}}\n{VARY}', "sampling", "Did you mean “top_p”?"),
        (f'prompts = ["a"]\nsampling = {{top_p = 2}}\n{VARY}', "sampling", "top_p: found 2"),
        (f'prompts = ["a"]\nsampling = {{seed = 2}}\n{VARY}', "sampling", "no “seed”"),
        (
            f'prompts = ["a"]\nsampling = {{temperature = 2}}\n{VARY}',
            "sampling.temperature",
            "it is what varies",
        ),
        (f'prompts = ["a"]\nmeasures = ["distinct"]\n{VARY}', "measures", "distinct_"),
        (f'prompts = ["a"]\nmeasures = ["parses"]\n{VARY}', "measures", "“code”"),
        (f'prompts = ["a"]\npattern = "("\n{VARY}', "pattern", "no regular expression"),
        (f'prompts = ["a"]\njson_schema = {{type = "x"}}\n{VARY}', "json_schema", "no JSON schema"),
        (f'prompts = ["a"]\ncode = "cobol"\n{VARY}', "code", "cobol"),
        (f'prompts = ["a"]\nnear = 0.1\n{VARY}', "near", "0.5"),
        (f'prompts = ["a"]\ncriterion = {{}}\n{VARY}', "criterion", "“highest”"),
        (
            f'prompts = ["a"]\ncriterion = {{highest = "distict_2"}}\n{VARY}',
            "criterion.highest",
            "Did you mean “distinct_2”?",
        ),
        (
            f'prompts = ["a"]\ncriterion = {{lowest = "rep_4", at_least = {{ended = 95}}}}\n{VARY}',
            "criterion.at_least.ended",
            "a share from 0 to 1",
        ),
        (f'prompts = ["a"]\nwhole_text = {{drows = 3}}\n{VARY}', "whole_text", "“draws”?"),
        (f'prompts = ["a"]\nwhole_text = {{draws = 1}}\n{VARY}', "whole_text.draws", "2"),
        (
            f'prompts = ["a"]\nwhole_text = {{draws = 3, block = 2}}\n{VARY}',
            "whole_text",
            "another way",
        ),
        (
            'prompts = ["a"]\nwhole_text = {}\n[vary]\ntop_k = [1]',
            "vary",
            "with whole_text is temperature",
        ),
        (
            'prompts = ["a"]\nwhole_text = {}\n[vary]\ntemperature = [0]',
            "vary.temperature",
            "0.05 to 20",
        ),
        (
            f'prompts = ["a"]\nwhole_text = {{}}\nmax_tokens = 300\n{VARY}',
            "max_tokens",
            "drawn as a whole are 256",
        ),
        (
            f'prompts = ["a"]\nwhole_text = {{}}\nsampling = {{top_k = 3}}\n{VARY}',
            "sampling",
            "nothing acts beside",
        ),
        (f'prompts = ["a"]\nmeasures = ["evaluations"]\n{VARY}', "measures", "“whole_text”"),
        (f'prompts = ["a"]\nsystem = "Hm."\nformat = "plain"\n{VARY}', "system", "chat"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(source: str, place: str, said: str) -> None:
    with pytest.raises(PlanError) as caught:
        swept(source)
    message = str(caught.value)
    assert message.startswith(f"{place}: " if place else "")
    assert said in message


def test_more_than_can_be_written_is_refused() -> None:
    with pytest.raises(PlanError, match=r"samples: .* 200,000 texts"):
        swept(PLAN.replace("samples = 2", "samples = 2000").replace("[0.5, 1.0, 2]", str(
            [n / 100 for n in range(50)]
        )))  # fmt: skip


EXAMPLES = sorted(Path(str(resource("examples"))).glob("sweep-*.toml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_examples_are_plans(path: Path) -> None:
    sweep = read_plan(path, find)
    assert sweep.plan.criterion is not None
    assert sweep.texts * sweep.plan.max_tokens <= 8_000, "two minutes on the starter model"


def test_there_is_an_example_of_each_task() -> None:
    tasks = {f"sweep-{preset.task.replace('_', '-')}" for preset in task_presets()}
    assert {path.stem for path in EXAMPLES} == tasks
