"""`python -m studio fit`, as a writer's script calls it: a process, its output, its end."""

import json
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.reference import Reference, softmax

ROOT = Path(__file__).parents[2]
STORY = (
    "The old fisherman looked out over the sea and thought about the years. He had gone out each "
    "morning before the light, and come home each evening with what there was. Nobody had asked "
    "him whether he liked it. The boat was his father's, and the nets were his own.\n"
)


def fit(*arguments: str, text: str = "") -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        # One thread: see tests/engine/conftest.py.
        [sys.executable, "-m", "studio", "fit", "--threads", "1", *arguments],
        cwd=ROOT, capture_output=True, timeout=100, input=text, encoding="utf-8",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def figures(done: "subprocess.CompletedProcess[str]") -> dict[str, float]:
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


def parts_of(done: "subprocess.CompletedProcess[str]") -> dict[str, dict[str, float]]:
    assert done.returncode == 0, done.stderr
    return {part.pop("part"): part for part in json.loads(done.stdout)["parts"]}


def test_the_perplexities_are_those_of_llama_cpps_logits(
    tmp_path: Path, starter_model: Path
) -> None:
    story = tmp_path / "story.txt"
    story.write_text(STORY, encoding="utf-8")
    found = figures(fit(str(story), "--json", "--gpu-layers", "0"))
    assert set(found) == {
        "temperature", "low", "high", "perplexity_t1", "perplexity_fitted", "tokens"
    }  # fmt: skip
    with Reference(starter_model, 256) as llama_cpp:
        tokens = llama_cpp.tokenize(STORY, special=False)
        rows = llama_cpp.logits(tokens, 0)
    assert found["tokens"] == len(tokens) - 1
    # The text's last token stands for all that begin with its characters: see `OpenEnd`.
    before = [
        math.log(softmax(row / t)[token])
        for t in (1.0,)
        for row, token in zip(rows, tokens[1:-1], strict=False)
    ]
    whole = -math.log(found["perplexity_t1"]) * found["tokens"]
    assert sum(before) + math.log(1e-6) < whole < sum(before)
    at_best = sum(
        math.log(softmax(row / found["temperature"])[token])
        for row, token in zip(rows, tokens[1:-1], strict=False)
    )
    assert found["perplexity_fitted"] < found["perplexity_t1"]
    assert -math.log(found["perplexity_fitted"]) * found["tokens"] < at_best
    assert found["low"] < found["temperature"] < found["high"]


def test_a_text_longer_than_the_context_is_read_to_its_end() -> None:
    whole = figures(fit("-", "--json", "--context-size", "256", text=STORY * 4))
    once = figures(fit("-", "--json", "--context-size", "256", text=STORY))
    assert whole["tokens"] == pytest.approx(4 * once["tokens"], abs=12)
    # What is said again is no surprise.
    assert whole["perplexity_t1"] < once["perplexity_t1"]


def test_its_parts_are_fitted_too(tmp_path: Path) -> None:
    story = tmp_path / "story.md"
    story.write_text(f"# One\n\n{STORY}\n# Two\n\nAnna saw Peter Doyle.\n", encoding="utf-8")
    found = parts_of(fit(str(story), "--json", "--by", "chapter"))
    assert list(found) == ["1. One", "2. Two"]
    assert found["1. One"]["tokens"] > 3 * found["2. Two"]["tokens"]
    assert found["1. One"]["low"] < found["1. One"]["temperature"] < found["1. One"]["high"]
    printed = fit(str(story), "--by", "position").stdout.splitlines()[4:]
    names = [line.partition(":")[0] for line in printed]
    assert names == ["sentence starts", "inside sentences", "names"]
    assert all(" tokens" in line for line in printed)


def test_it_is_printed_in_words() -> None:
    done = fit("-", text=STORY)
    assert done.returncode == 0
    names = [line.split("  ")[0] for line in done.stdout.splitlines()]
    assert names == ["temperature", "perplexity at T 1", "perplexity there", "tokens"]
    assert done.stderr == "", "progress is for terminals"


def test_the_texts_temperature_is_found_again(tmp_path: Path) -> None:
    found = {}
    for temperature in ("0.5", "1.3"):
        written = subprocess.run(
            [sys.executable, "-m", "studio", "generate", "--threads", "1", "-p", STORY,
             "--temperature", temperature, "--seed", "4", "-n", "70", "--ignore-eos"],
            cwd=ROOT, capture_output=True, timeout=100, encoding="utf-8",
        )  # fmt: skip
        assert written.returncode == 0
        found[temperature] = figures(fit("-", "--json", text=STORY + written.stdout))
    assert found["0.5"]["high"] < found["1.3"]["low"]
    assert np.isfinite([*found["0.5"].values(), *found["1.3"].values()]).all()


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nowhere.txt",), 2, "“nowhere.txt” is not a file"),
        (("-", "--model", "nowhere.gguf"), 1, "nowhere.gguf"),
        ((), 2, "FILE"),
    ],
)
def test_a_wrong_call_is_one_line(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = fit(*arguments, text=STORY)
    assert done.returncode == status
    assert said in done.stderr
    assert not done.stdout


def test_a_text_of_one_token_has_no_temperature() -> None:
    done = fit("-", text="The")
    assert done.returncode == 1
    assert "no token" in done.stderr
