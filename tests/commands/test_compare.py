"""`python -m studio compare`, as a writer's script calls it: its output, its end.

In this process where that shows the same: another takes half a second to start.
"""

import json
import math
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.commands import compare as compare_command
from studio.experiments import comparison_file
from studio.experiments.comparison_file import ComparisonFileError, load_comparison, to_json
from tests.experiments.strategies import SKETCHES
from tests.experiments.test_bounded_reading import long
from tests.helpers.commands_here import run_here
from tests.helpers.reference import Reference, softmax

ROOT = Path(__file__).parents[2]
OPENING = "The old fisherman looked out over the"


ALONE = ("--threads", "1", "--gpu-layers", "0")
"""One thread: see tests/engine/conftest.py."""


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "studio", "compare", *ALONE, *arguments]


def run(name: str, *arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return run_here(name, *ALONE, *arguments)


def compare(*arguments: str) -> "subprocess.CompletedProcess[bytes]":
    return run("compare", *arguments)


def summary(*arguments: str) -> dict[str, Any]:
    done = compare(*arguments, "--json")
    assert done.returncode == 0, done.stderr.decode()
    (line,) = done.stdout.splitlines()
    found: dict[str, Any] = json.loads(line)
    return found


# --json


def test_the_object_of_json(tiny: str) -> None:
    found = summary(
        "--model", tiny, "--prompt", "abc", "--temperatures", "0,0.5, 1,inf", "--seed", "5",
        "--max-tokens", "12", "--ignore-eos",
    )  # fmt: skip
    assert list(found) == [
        "lanes", "prompt_tokens", "seconds_prompt", "seconds_generation", "tokens_per_second",
    ]  # fmt: skip
    assert found["prompt_tokens"] == 3
    assert found["seconds_prompt"] > 0
    assert found["tokens_per_second"] == pytest.approx(4 * 11 / found["seconds_generation"])
    assert [lane["temperature"] for lane in found["lanes"]] == [0.0, 0.5, 1.0, None]
    for lane in found["lanes"]:
        assert list(lane) == ["temperature", "seed", "text", "tokens", "probabilities", "reason"]
        assert (lane["seed"], lane["reason"]) == (5, "max_tokens")
        assert len(lane["tokens"]) == len(lane["probabilities"]) == 12
    assert found["lanes"][0]["probabilities"] == [1.0] * 12
    assert found["lanes"][3]["probabilities"] == pytest.approx([1 / 261] * 12)


def test_lanes_of_the_starter_model_are_what_llama_cpp_and_generate_give(
    starter_model: Path,
) -> None:
    arguments = ("--prompt", OPENING, "--max-tokens", "24", "--ignore-eos", "--seed", "3")
    found = summary(*arguments, "--temperatures", "0,0.7,1.3")
    with Reference(starter_model, 256) as reference:
        prompt = reference.tokenize(OPENING, special=False)
        for lane in found["lanes"]:
            if not lane["temperature"]:
                continue
            rows = reference.logits([*prompt, *lane["tokens"][:-1]], len(prompt) - 1)
            for token, share, logits in zip(
                lane["tokens"], lane["probabilities"], rows, strict=True
            ):
                assert share == pytest.approx(softmax(logits, lane["temperature"])[token], abs=5e-3)
    alone = run("generate", *arguments, "--temperature", "0.7")
    written = alone.stdout.decode().removesuffix("\n")
    # Arithmetic may part them late; a wrong state would at once.
    assert written[:20] == found["lanes"][1]["text"][:20]


def test_the_same_draws_or_each_its_own(tiny: str) -> None:
    arguments = (
        "--model", tiny, "--prompt", "abc", "--temperatures", "1,1,1", "--seed", "5",
        "--max-tokens", "12", "--ignore-eos",
    )  # fmt: skip
    same = summary(*arguments)["lanes"]
    assert len({lane["text"] for lane in same}) == 1
    own = summary(*arguments, "--independent")["lanes"]
    assert [lane["seed"] for lane in own] == [5, 6, 7]
    assert len({lane["text"] for lane in own}) == 3
    assert own[0]["text"] == same[0]["text"]
    seeds = {summary(*arguments[:-5], "--max-tokens", "1")["lanes"][0]["seed"] for _ in range(2)}
    assert len(seeds) <= 2


def test_presets_are_lanes_too_and_sampling_options_count_for_temperatures(tiny: str) -> None:
    found = summary(
        "--model", tiny, "--prompt", "abc", "--temperatures", "inf", "--presets",
        "code, Data augmentation", "--top-k", "2", "--seed", "5", "--max-tokens", "8",
        "--ignore-eos",
    )  # fmt: skip
    hot, code, data = found["lanes"]
    assert hot["probabilities"] == pytest.approx([0.5] * 8)
    assert code["temperature"] < 0.5 < data["temperature"]


def test_a_preset_with_a_comma_in_its_name_is_a_lane(tiny: str, tmp_path: Path) -> None:
    for name, temperature in (("Cold, wet", 0.25), ("Hot", 1.5)):
        preset = {"name": name, "sampling": {"temperature": temperature}}
        (tmp_path / f"{name}.json").write_text(json.dumps(preset))
    base = ("--model", tiny, "--prompt", "abc", "--folder", str(tmp_path), "--max-tokens", "1")
    found = summary(*base, "--preset", "cold, wet", "--presets", "Hot,Code", "--preset=Greedy")
    assert [lane["temperature"] for lane in found["lanes"]] == [0.25, 1.5, 0.1, 0.0]
    refused = compare(*base, "--presets", "Cold, wet")
    assert refused.returncode == 2
    assert "no preset called “Cold”" in refused.stderr.decode()


def test_lanes_end_at_stop_strings_and_say_so(tiny: str, tmp_path: Path) -> None:
    base = ("--model", tiny, "--prompt", "abc", "--seed", "5", "--max-tokens", "40", "--ignore-eos",
            "--folder", str(tmp_path))  # fmt: skip
    (whole,) = summary(*base, "--temperatures", "1")["lanes"]
    stop = next(sign for sign in whole["text"][4:] if sign.isascii() and sign.isalpha())
    before = whole["text"][: whole["text"].index(stop)]
    mine = {"name": "Mine", "stop": [stop], "sampling": {"temperature": 1.0}}
    (tmp_path / "mine.json").write_text(json.dumps(mine))
    found = summary(*base, "--temperatures", "1", "--presets", "Mine")["lanes"]
    assert [lane["reason"] for lane in found] == ["max_tokens", "stop_string"]
    assert found[0]["tokens"] == whole["tokens"]
    assert found[1]["text"] == before
    assert found[1]["tokens"] == whole["tokens"][: len(found[1]["tokens"])]
    # Given on the command line they count for all lanes, in place of a preset's.
    both = (*base, "--temperatures", "1", "--presets", "Mine", "--stop")
    assert [lane["reason"] for lane in summary(*both, stop)["lanes"]] == ["stop_string"] * 2
    assert [lane["reason"] for lane in summary(*both, "no")["lanes"]] == ["max_tokens"] * 2
    page = compare(*base, "--temperatures", "1", "--presets", "Mine", "--markdown").stdout.decode()
    assert "Ended: it met a stop string." in page
    assert "a stop string, which ends the text" in page


# Pages and files


def test_what_is_printed_without_a_form(tiny: str) -> None:
    done = subprocess.run(
        command("--model", tiny, "--prompt", "abc", "--temperatures", "0,1", "--seed", "5",
                "--max-tokens", "6", "--ignore-eos"),
        cwd=ROOT,
        capture_output=True,
        timeout=100,
    )  # fmt: skip
    assert done.returncode == 0
    text = done.stdout.decode()
    assert text.startswith("[1] T 0, seed 5\n")
    assert "\n\n[2] T 1, seed 5\n" in text
    progress = done.stderr.decode()
    assert "studio compare: prompt: 3 tokens, evaluated once" in progress
    assert "studio compare: lane 2: 6 tokens, max_tokens" in progress


def test_pages_and_a_file_that_opens_without_the_model(tiny: str, tmp_path: Path) -> None:
    base = ("--model", tiny, "--prompt", "abc", "--temperatures", "0,1", "--seed", "5",
            "--max-tokens", "6", "--ignore-eos")  # fmt: skip
    kept, page = tmp_path / "kept.json", tmp_path / "page.html"
    done = compare(*base, "--html", str(page), "--save", str(kept))
    assert (done.returncode, done.stdout) == (0, b"")
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    comparison = load_comparison(kept)
    assert comparison.model.hash.startswith("sha256:")
    assert [lane.params.temperature for lane in comparison.lanes] == [0.0, 1.0]
    assert all(token.sketch for lane in comparison.lanes for token in lane.tokens)
    assert comparison.prompt_ids == tuple(3 + byte for byte in b"abc")
    small = tmp_path / "small.json"
    compare(*base, "--save", str(small), "--without-sketches")
    assert small.stat().st_size < kept.stat().st_size / 2
    without = load_comparison(small)
    assert [lane.text for lane in without.lanes] == [lane.text for lane in comparison.lanes]
    assert not any(token.sketch for lane in without.lanes for token in lane.tokens)
    markdown = compare(*base, "--markdown").stdout.decode()
    assert "| Lane 2 | T 1 | none | 5 | 6 |" in markdown


def test_what_a_file_has_no_room_for_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    comparison = long(2, 40, sketch=SKETCHES[3])
    whole = len(to_json(comparison))
    monkeypatch.setattr(comparison_file.fitting, "__defaults__", (whole * 3 // 4,))
    path = tmp_path / "kept.json"
    compare_command._save(comparison, path, without=False)
    said = capsys.readouterr().err
    assert "--save: a file of more than 33,554,432 bytes is not opened; it has the" in said
    kept = [bool(token.sketch) for token in load_comparison(path).lanes[0].tokens]
    assert f"distributions of each lane’s first {sum(kept)} tokens alone" in said
    assert 20 < sum(kept) < 40
    assert kept == sorted(kept, reverse=True)
    compare_command._save(comparison, path, without=True)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(compare_command, "MOST_BYTES", 100)
    with pytest.raises(ComparisonFileError, match="even without distributions; allowed are 100"):
        compare_command._save(comparison, path, without=True)


# What goes wrong


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "found 0 lanes; allowed are 1 to 8, such as --temperatures 0,0.5,1,1.5"),
        (("--temperatures", "1,hot"), "--temperatures: found 'hot'; allowed are numbers from 0"),
        (("--temperatures", "1,-1"), "temperature: found -1.0"),
        (("--temperatures", "1,1,1,1,1,1,1,1,1"), "found 9 lanes; allowed are 1 to 8"),
        (("--temperatures", "nan"), "temperature: found nan"),
        (("--presets", "Poet"), "no preset called “Poet”"),
        (("--preset", "Po, et"), "no preset called “Po, et”"),
        (("--temperatures", "1", "--seed", "-7"), "seed: found -7; allowed is 0 to 4294967295"),
        (("--temperatures", "1", "--max-tokens", "0"), "found '0'; allowed is a whole number"),
        (("--temperatures", "1", "--top-p", "3"), "top_p: found 3.0"),
        (("--temperatures", "1", "--stop", ""), "stop: found an empty text; allowed are texts"),
        (("--temperatures", "1", "--json", "--markdown"), "not allowed with argument"),
    ],
)
def test_a_wrong_call(tiny: str, arguments: tuple[str, ...], said: str) -> None:
    done = compare("--model", tiny, "--prompt", "a", *arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    assert said in " ".join(done.stderr.decode().split())


def test_failures_are_said_and_have_a_status(tiny: str, tmp_path: Path) -> None:
    base = ("--prompt", "a", "--temperatures", "0,1", "--max-tokens", "3", "--ignore-eos")
    done = compare("--model", str(tmp_path / "none.gguf"), *base, "--json")
    assert done.returncode == 1
    assert b"none.gguf" in done.stderr
    failure = json.loads(done.stdout)
    assert (failure["type"], failure["kind"]) == ("failed", "model_file")
    done = compare("--model", tiny, *base[:-3], "--max-tokens", "300", "--ignore-eos")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"2 lanes of 300 tokens do not fit: the context of 512" in done.stderr
    for option in ("--html", "--save"):
        done = compare("--model", tiny, *base, option, str(tmp_path / "no folder" / "x"))
        assert (done.returncode, done.stdout) == (1, b"")
        assert b"could not be" in done.stderr
        assert b"No such file" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="no signal for one process there")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_in_order_with_what_was_written(
    starter_model: Path, tmp_path: Path, number: signal.Signals
) -> None:
    saved = tmp_path / "sea.json"
    process = subprocess.Popen(
        command("--prompt", OPENING, "--temperatures", "0.5,1", "--max-tokens", "400",
                "--ignore-eos", "--json", "--save", str(saved)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr
    while b"evaluated once" not in process.stderr.readline():
        pass
    process.send_signal(number)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert [path.name for path in tmp_path.iterdir()] == ["sea.json"]
    assert len(load_comparison(saved).lanes) == 2
    lanes = json.loads(output)["lanes"]
    assert {lane["reason"] for lane in lanes} == {"stopped"}
    assert math.prod(len(lane["tokens"]) < 400 for lane in lanes)
