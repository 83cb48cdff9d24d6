"""`python -m studio turning-point`, as a script calls it: a process, its output, its end."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def turning_point(*arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(
        # One thread: see tests/engine/conftest.py.
        [sys.executable, "-m", "studio", "turning-point", "--threads", "1", *arguments],
        cwd=ROOT, capture_output=True, timeout=100, encoding="utf-8",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_both_curves_meet_where_the_texts_are_the_same(tiny: str) -> None:
    base = (
        "--model", tiny, "--prompt", "abc", "--temperatures", "0.2,0.4,0.6,0.8,0.95,1.4",
        "--samples", "3", "-n", "8", "--seed", "2",
    )  # fmt: skip
    done = turning_point(*base, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["temperatures"] == [0.2, 0.4, 0.6, 0.8, 0.95, 1.4]
    assert found["retempered_from"] == 0.95
    assert found["generated"][4] == pytest.approx(found["retempered"][4], rel=1e-3)
    assert found["generated"][5] != pytest.approx(found["retempered"][5], rel=1e-6)
    # In one context entropy only rises with T.
    assert found["retempered"] == sorted(found["retempered"])
    for name in ("turning_point_generated", "turning_point_retempered", "difference"):
        assert set(found[name]) == {"temperature", "low", "high", "share"}
    plain = turning_point(*base)
    assert "generated  re-tempered  difference" in plain.stdout
    assert plain.stderr == "studio turning-point: seed 2\n"


def test_several_prompts_have_one_turning_point(tiny: str, tmp_path: Path) -> None:
    file = tmp_path / "prompts.csv"
    file.write_text('name,prompt\na,abc\nb,"The sea"\n')
    options = (
        "--model", tiny, "--temperatures", "0.2,0.4,0.6,0.8,1,1.4", "--samples", "2", "-n", "6",
        "--seed", "2", "--json",
    )  # fmt: skip
    done = turning_point("--prompts", str(file), *options)
    assert done.returncode == 0, done.stderr
    both = json.loads(done.stdout)
    assert both["prompts"] == 2
    # The first prompt's texts are as they are alone; the curve is of all tokens of both.
    alone = json.loads(turning_point("--prompt", "abc", *options).stdout)
    other = turning_point("--prompt", "The sea", *options[:-2], "4", "--json")
    assert other.returncode == 0, other.stderr
    means = zip(alone["generated"], json.loads(other.stdout)["generated"], strict=True)
    assert both["generated"] == pytest.approx([(a + b) / 2 for a, b in means], rel=1e-2)
    file.write_text("name\na\n")
    done = turning_point("--prompts", str(file), *options)
    assert done.returncode == 2
    assert "“prompt”" in done.stderr


def test_too_few_temperatures_are_a_wrong_call(tiny: str) -> None:
    done = turning_point("--model", tiny, "--prompt", "a", "--temperatures", "0.5,1")
    assert done.returncode == 2
    assert "6 numbers or more" in done.stderr
