"""`python -m studio generate`, as a writer's script calls it: its output, its end.

In this process where that shows the same: another takes half a second to start.
"""

import argparse
import json
import math
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from studio.commands.arguments import add_sampling_arguments, sampling_overrides
from studio.sampling import CASINGS, SamplingParams, WordBias
from tests.helpers.commands_here import run_here
from tests.helpers.reference import Reference, softmax
from tests.helpers.tiny_model import CONTROL, byte_level_tokens, write_byte_level_model

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]

ROOT = Path(__file__).parents[2]
OPENING = "The old fisherman looked out over the"


def command(*arguments: str | bytes) -> list[str | bytes]:
    # One thread: see tests/engine/conftest.py.
    return [sys.executable, "-m", "studio", "generate", "--threads", "1", *arguments]


def generate(*arguments: str | bytes) -> "subprocess.CompletedProcess[bytes]":
    return run_here("generate", "--threads", "1", *arguments)


def generate_apart(*arguments: str | bytes) -> "subprocess.CompletedProcess[bytes]":
    """The same in a process of its own."""
    done = subprocess.run(command(*arguments), cwd=ROOT, capture_output=True, timeout=100)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def lines(done: "subprocess.CompletedProcess[bytes]") -> list[dict[str, Any]]:
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def llama_cpp(starter_model: Path) -> Iterator[Reference]:
    with Reference(starter_model, 256) as reference:
        yield reference


# The printed probabilities


def test_at_a_temperature_they_are_the_softmax_of_llama_cpps_logits(llama_cpp: Reference) -> None:
    done = generate(
        "--prompt", OPENING, "--temperature", "0.7", "--seed", "3", "--max-tokens", "48",
        "--ignore-eos", "--json", "--gpu-layers", "0",
    )  # fmt: skip
    *written, finished = lines(done)
    assert len(written) == 48
    prompt = llama_cpp.tokenize(OPENING, special=False)
    assert finished["prompt_tokens"] == len(prompt)
    ids = [token["id"] for token in written]
    rows = llama_cpp.logits([*prompt, *ids[:-1]], len(prompt) - 1)
    # The first one's are conditioned on the text's end (tests/engine/writing/test_healing.py).
    for token, logits in zip(written[1:], rows[1:], strict=True):
        expected = softmax(logits, 0.7)
        assert token["probability"] == pytest.approx(expected[token["id"]], abs=1e-4)
        for identity, probability in token["top"]:
            assert probability == pytest.approx(expected[identity], abs=1e-4)
        entropy = -np.sum(expected * np.log2(np.maximum(expected, 1e-300)))
        assert token["entropy_bits"] == pytest.approx(entropy, abs=0.01)
    assert len(set(ids)) > 20  # not one token all over


@pytest.mark.parametrize(
    ("prompt", "token", "added"),
    [
        ("It had the colour of ", " the", "the"),
        ("Every morning the old fisher", " fisherman", "man"),
    ],
)
def test_the_token_is_the_models_and_the_text_is_what_is_added(
    llama_cpp: Reference, prompt: str, token: str, added: str
) -> None:
    done = generate(
        "--prompt", prompt, "--temperature", "0", "--max-tokens", "1", "--json",
        "--gpu-layers", "0",
    )  # fmt: skip
    first, finished = lines(done)
    assert llama_cpp.piece(first["id"]).decode() == token
    assert first["text"] == added
    assert first["top"][0][0] == first["id"]
    assert finished["prompt_tokens"] == len(llama_cpp.tokenize(prompt, special=False))


def test_greedy_they_are_those_of_the_limit_all_on_the_largest_logit(llama_cpp: Reference) -> None:
    done = generate(
        "--prompt", OPENING, "--temperature", "0", "--max-tokens", "48", "--ignore-eos", "--json",
        "--gpu-layers", "0",
    )  # fmt: skip
    *written, finished = lines(done)
    assert len(written) == 48
    prompt = llama_cpp.tokenize(OPENING, special=False)
    ids = [token["id"] for token in written]
    rows = llama_cpp.logits([*prompt, *ids[:-1]], len(prompt) - 1)
    for token, logits in zip(written, rows, strict=True):
        assert (token["probability"], token["rank"], token["entropy_bits"]) == (1.0, 0, 0.0)
        assert token["top"] == [[token["id"], 1.0]]
        # exp(z/T) over its sum, at a T so small that it is the limit: all on one token, but for a
        # tie that is nearer than floating-point sums in another order are.
        gap = logits.max() - logits[token["id"]]
        assert gap < 0.02
        if np.partition(logits, -2)[-2] < logits.max() - 0.02:
            assert softmax(logits, 1e-3)[token["id"]] == pytest.approx(1.0, abs=1e-4)
    assert (finished["temperature"], finished["beta"]) == (0.0, None)


# What is printed


def test_the_lines_of_json(tiny: str) -> None:
    done = generate(
        "--model", tiny, "--prompt", "abc", "--temperature", "0.5", "--seed", "5",
        "--max-tokens", "12", "--ignore-eos", "--json",
    )  # fmt: skip
    *written, finished = lines(done)
    assert len(written) == 12
    for index, token in enumerate(written):
        assert list(token) == [
            "type", "index", "id", "text", "probability", "rank", "entropy_bits", "top",
            "near_tie",
        ]  # fmt: skip
        assert isinstance(token["near_tie"], bool)
        assert (token["type"], token["index"]) == ("token", index)
        assert isinstance(token["id"], int)
        assert isinstance(token["text"], str)
        assert isinstance(token["rank"], int)
        assert 0 < token["probability"] <= 1
        assert 0 <= token["entropy_bits"] <= math.log2(261)
        assert len(token["top"]) == 10
        assert all(isinstance(identity, int) and 0 <= p <= 1 for identity, p in token["top"])
        if token["rank"] < 10:
            assert token["top"][token["rank"]] == [token["id"], token["probability"]]
    assert list(finished) == [
        "type", "reason", "tokens", "tokens_per_second", "prompt_tokens", "seed", "temperature",
        "beta",
    ]  # fmt: skip
    assert finished | {"tokens_per_second": 0} == {
        "type": "finished",
        "reason": "max_tokens",
        "tokens": 12,
        "tokens_per_second": 0,
        "prompt_tokens": 3,
        "seed": 5,
        "temperature": 0.5,
        "beta": 2.0,
    }
    assert finished["tokens_per_second"] > 0
    assert done.stderr == b""


@pytest.mark.parametrize(
    ("given", "temperature", "beta"), [("0", 0.0, None), ("inf", None, 0.0), ("1", 1.0, 1.0)]
)
def test_an_infinite_number_is_null(
    tiny: str, given: str, temperature: float | None, beta: float | None
) -> None:
    done = generate(
        "--model", tiny, "--prompt", "a", "--temperature", given, "--max-tokens", "2",
        "--ignore-eos", "--json",
    )  # fmt: skip
    finished = lines(done)[-1]
    assert (finished["temperature"], finished["beta"]) == (temperature, beta)
    assert b"Infinity" not in done.stdout


def test_the_same_text_with_and_without_json(starter_model: Path) -> None:
    # Hot, so that tokens come that are parts of characters.
    arguments = (
        "--model", str(starter_model), "--prompt", "Fish 🐟🐠 und Übermut: 你",
        "--temperature", "1.6", "--seed", "11", "--max-tokens", "40", "--ignore-eos",
    )  # fmt: skip
    plain = generate(*arguments)
    written = lines(generate(*arguments, "--json"))[:-1]
    assert plain.returncode == 0
    assert plain.stdout.decode() == "".join(token["text"] for token in written) + "\n"


def test_split_characters_are_put_together_and_broken_ones_left_out(tiny: str) -> None:
    """The tiny model's tokens are bytes, mostly no characters."""
    arguments = (
        "--model", tiny, "--prompt", "a", "--seed", "2", "--max-tokens", "200", "--ignore-eos",
    )  # fmt: skip
    plain = generate(*arguments).stdout
    written = lines(generate(*arguments, "--json"))[:-1]
    text = "".join(token["text"] for token in written)
    assert plain.decode() == text + "\n"
    assert text
    assert "\ufffd" not in text
    assert any(token["text"] == "" for token in written)  # part of a character, or of none


def test_the_same_seed_gives_the_same_text_and_no_seed_another(tiny: str) -> None:
    arguments = ("--model", tiny, "--prompt", "a", "--max-tokens", "30", "--ignore-eos", "--json")
    first = lines(generate(*arguments))
    seed = first[-1]["seed"]
    again = lines(generate(*arguments, "--seed", str(seed)))
    other = lines(generate(*arguments))
    assert again[:-1] == first[:-1]
    assert other[-1]["seed"] != seed
    assert other[:-1] != first[:-1]


# Parameters


def test_without_a_preset_everything_is_neutral(tiny: str) -> None:
    written = lines(
        generate("--model", tiny, "--prompt", "abc", "--max-tokens", "8", "--ignore-eos",
                 "--json", "--seed", "1")
    )  # fmt: skip
    finished = written.pop()
    assert (finished["temperature"], finished["beta"]) == (1.0, 1.0)
    with Reference(Path(tiny), 64) as reference:
        tokens = reference.tokenize("abc", special=False)
        rows = reference.logits([*tokens, *(token["id"] for token in written[:-1])], 2)
    for token, logits in zip(written, rows, strict=True):
        # No filter, no penalty: over the whole vocabulary.
        assert token["probability"] == pytest.approx(softmax(logits)[token["id"]], abs=1e-4)


def test_a_presets_values_and_those_that_override_them(tiny: str) -> None:
    base = ("--model", tiny, "--prompt", "abc", "--ignore-eos", "--json", "--seed", "1")
    *written, finished = lines(generate(*base, "--preset", "dATA AugmentaTION"))
    assert (finished["temperature"], finished["tokens"]) == (1.3, 128)
    *written, finished = lines(
        generate(
            *base, "--preset", "Code", "--temperature", "2", "--top-k", "3", "--max-tokens", "9"
        )
    )
    assert (finished["temperature"], finished["tokens"]) == (2.0, 9)
    assert max(token["rank"] for token in written) <= 2
    assert all(len(token["top"]) <= 3 for token in written)


def test_filters_and_penalties_are_applied(tiny: str) -> None:
    base = (
        "--model", tiny, "--prompt", "abc", "--ignore-eos", "--json", "--seed", "1",
        "--max-tokens", "10",
    )  # fmt: skip
    plain = lines(generate(*base))[:-1]
    for option, value in (("--top-p", "0.2"), ("--min-p", "0.6"), ("--top-k", "1")):
        filtered = lines(generate(*base, option, value))[:-1]
        assert filtered[0]["entropy_bits"] < plain[0]["entropy_bits"]
    penalised = lines(generate(*base, "--temperature", "0", "--repeat-penalty", "100"))[:-1]
    assert len({token["id"] for token in penalised}) == 10


def test_every_parameter_has_an_option(tiny: str) -> None:
    base = (
        "--model", tiny, "--prompt", "abab: abab", "--ignore-eos", "--json", "--seed", "1",
        "--max-tokens", "6",
    )  # fmt: skip
    plain = lines(generate(*base))[:-1]
    for option in (
        ["--dynatemp-range", "0.9", "--dynatemp-exponent", "3"],
        ["--typical-p", "0.3"],
        ["--typical-p", "0.3", "--min-keep", "100"],
        ["--top-n-sigma", "0.5"],
        ["--xtc-probability", "1", "--xtc-threshold", "0.0001"],
        ["--frequency-penalty", "2", "--presence-penalty", "2", "--repeat-last-n", "-1"],
        ["--dry-multiplier", "50", "--dry-base", "2", "--dry-allowed-length", "1",
         "--dry-penalty-last-n", "-1", "--dry-sequence-breaker", "none"],
        ["--mirostat", "2", "--mirostat-tau", "2", "--mirostat-eta", "0.3"],
        ["--logit-bias", "50=4.5", "--logit-bias", "51=-inf"],
        ["--min-p", "0.9", "--temperature", "50", "--samplers", "temperature;min_p"],
    ):  # fmt: skip
        written = lines(generate(*base, *option))[:-1]
        assert written[0]["entropy_bits"] != plain[0]["entropy_bits"], option


def test_the_options_of_each_field_and_no_other() -> None:
    parser = argparse.ArgumentParser()
    add_sampling_arguments(parser)
    fields = {field.name for field in msgspec.structs.fields(SamplingParams)}
    # For which vocabulary numbers are given, the model says.
    assert set(vars(parser.parse_args([]))) == fields - {"logit_bias_vocabulary"}
    assert sampling_overrides(parser.parse_args([])) == {}
    given = parser.parse_args(
        ["--logit-bias", "3=-inf", "--logit-bias", "1=2", "--samplers", "top_k; typ_p",
         "--dry-sequence-breaker", r"\n", "--dry-sequence-breaker", "ä", "--mirostat", "1",
         "--word-bias", "a=b=-1.5", "--word-bias-any-case", "the=-inf", "--word-bias", "7=2"]
    )  # fmt: skip
    params = SamplingParams(**sampling_overrides(given))  # type: ignore[arg-type]  # by name
    assert params == SamplingParams(
        logit_bias=((1, 2.0), (3, -math.inf)),
        logit_bias_vocabulary="",
        word_biases=(
            WordBias("a=b", -1.5),
            WordBias("the", -math.inf, CASINGS),
            WordBias("7", 2.0),
        ),
        samplers=("top_k", "typical_p"),
        dry_sequence_breakers=("\n", "ä"),
        mirostat=1,
    )
    for wrong in (["--word-bias", "the"], ["--word-bias", "=1"], ["--word-bias", "the=much"]):
        with pytest.raises(SystemExit):
            parser.parse_args(wrong)
    none = parser.parse_args(["--dry-sequence-breaker", "none"])
    assert sampling_overrides(none) == {"dry_sequence_breakers": ()}


def test_a_banned_word_is_not_written(starter_model: Path) -> None:
    base = ("--model", str(starter_model), "--prompt", "The old fisherman looked out over",
            "--max-tokens", "12", "--temperature", "0")  # fmt: skip
    plain = generate(*base).stdout.decode()
    assert " the " in plain
    banned = generate(*base, "--word-bias", "the=-inf").stdout.decode()
    assert " the " not in banned
    assert banned.strip()


def test_a_bias_for_a_token_that_the_model_lacks_is_said(tiny: str) -> None:
    done = generate("--model", tiny, "--prompt", "a", "--logit-bias", "9999=1", "--json")
    assert done.returncode == 1
    assert b"logit_bias: found token 9,999; this model has the tokens 0 to 260" in done.stderr


@pytest.mark.process  # renders a template
def test_a_chat_presets_prompt_is_the_models_template(starter_model: Path) -> None:
    *_, finished = lines(
        generate("--model", str(starter_model), "--preset", "customer support", "--prompt", "Dear",
                 "--brief", "My parcel is broken.", "--max-tokens", "1", "--json")
    )  # fmt: skip
    with Reference(starter_model, 64) as reference:
        shortest = len(reference.tokenize("My parcel is broken.Dear", special=False))
    assert finished["prompt_tokens"] > shortest + 10


def test_a_brief_stands_before_the_text(starter_model: Path) -> None:
    *_, finished = lines(
        generate("--model", str(starter_model), "--prompt", "The sea", "--brief", "A story.",
                 "--max-tokens", "1", "--json")
    )  # fmt: skip
    with Reference(starter_model, 64) as reference:
        tokens = reference.tokenize("A story.\n\nThe sea", special=False)
    assert finished["prompt_tokens"] == len(tokens)


def test_without_a_model_it_is_the_starter_model(starter_model: Path) -> None:
    arguments = ("--prompt", OPENING, "--temperature", "0", "--max-tokens", "4")
    assert generate(*arguments).stdout == generate(*arguments, "--model", str(starter_model)).stdout


# Prompts


@pytest.mark.parametrize("prompt", ["", "🐟", "<|im_end|>", "\n", "a" * 5000])
def test_odd_prompts(tiny: str, prompt: str) -> None:
    done = generate("--model", tiny, "--prompt", prompt, "--max-tokens", "2", "--json",
                    "--ignore-eos")  # fmt: skip
    assert lines(done)[-1]["tokens"] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="arguments are text there")
def test_a_prompt_that_is_no_utf_8(tiny: str) -> None:
    done = generate_apart("--model", tiny, "--prompt", b"a\xff\xfeb", "--max-tokens", "2", "--json",
                    "--ignore-eos")  # fmt: skip
    assert lines(done)[-1]["prompt_tokens"] == 4


def test_a_prompt_file(tiny: str, tmp_path: Path) -> None:
    text = "Über\r\n🐟"
    path = tmp_path / "prompt.txt"
    arguments = ("--model", tiny, "--max-tokens", "3", "--ignore-eos", "--json", "--seed", "1")
    path.write_bytes(text.encode())
    from_file = lines(generate(*arguments, "--prompt-file", str(path)))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())  # as Windows' editors save it
    with_mark = lines(generate(*arguments, "--prompt-file", str(path)))
    assert from_file[-1]["prompt_tokens"] == len(text.encode())
    assert with_mark[:-1] == from_file[:-1]


def wrong(*arguments: str, run: Run = generate) -> str:
    """What a wrong call says; it ends with status 2 and prints nothing else."""
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, b"")
    return done.stderr.decode()


def test_a_prompt_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "latin-1.txt"
    path.write_bytes("Übermut".encode("latin-1"))
    said = wrong("--prompt-file", str(path))
    assert "--prompt-file" in said
    assert "latin-1.txt" in said
    assert "not UTF-8 (byte 0)" in said


def test_a_prompt_file_that_is_none(tmp_path: Path) -> None:
    assert "is not a file" in wrong("--prompt-file", str(tmp_path / "none.txt"))
    assert "is not a file" in wrong("--prompt-file", str(tmp_path))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--temperature", "-1"], "temperature: found -1.0; allowed is"),
        (["--temperature", "nan"], "temperature: found nan; allowed is"),
        (["--stop", ""], "stop: found an empty text; allowed are texts of a character or more"),
        (["--temperature", "warm"], "argument --temperature: invalid"),
        (["--top-p", "0"], "top_p: found 0.0"),
        (["--top-p", "1.5"], "top_p: found 1.5"),
        (["--top-k", "-1"], "top_k: found -1"),
        (["--top-k", "2.5"], "argument --top-k: invalid"),
        (["--min-p", "-0.1"], "min_p: found -0.1"),
        (["--repeat-penalty", "0"], "repeat_penalty: found 0.0"),
        (["--seed", "4294967296"], "seed: found 4294967296"),
        (["--mirostat", "3"], "mirostat: found 3; allowed is a whole number from 0 to 2"),
        (["--typical-p", "0"], "typical_p: found 0.0"),
        (["--logit-bias", "7"], "argument --logit-bias: found '7'; allowed is a token id"),
        (["--logit-bias", "7=nan"], "logit_bias: found [(7, nan)]"),
        (["--samplers", "heat"], "there is no sampler 'heat'. There are: penalties"),
        (["--dry-sequence-breaker", "x" * 41], "dry_sequence_breakers: found"),
        (["--max-tokens", "0"], "argument -n/--max-tokens: found '0'; allowed is"),
        (["--max-tokens", "many"], "argument -n/--max-tokens: found 'many'; allowed is"),
        (["--context-size", "-5"], "context_size is -5"),
        (["--gpu-layers", "-7"], "gpu_layers is -7"),
        (["--preset", "Poetry"], "no preset called “Poetry”. There are: “Code”"),
        (["--preset", ""], "no preset called “”"),
        (["--prompt-file", "x.txt"], "not allowed with argument -p/--prompt"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # In process: nothing is loaded before the arguments are checked.
    from studio.commands.generate import main

    with pytest.raises(SystemExit) as caught:
        main(["--prompt", "a", *arguments])
    assert caught.value.code == 2
    output = capsys.readouterr()
    assert named in output.err
    assert output.out == ""


def test_a_wrong_call_of_the_process() -> None:
    said = wrong("--prompt", "a", "--temperature", "-1", run=generate_apart)
    assert "temperature: found -1.0" in said
    assert "one of the arguments -p/--prompt -f/--prompt-file is required" in wrong()


def test_help_names_every_option() -> None:
    said = generate("--help").stdout.decode()
    for option in (
        "--model", "--prompt", "--prompt-file", "--brief", "--preset", "--temperature", "--top-k",
        "--top-p", "--min-p", "--repeat-penalty", "--seed", "--max-tokens", "--ignore-eos",
        "--json",
    ):  # fmt: skip
        assert option in said


# Failures and interruptions


def test_a_missing_model(tmp_path: Path) -> None:
    path = str(tmp_path / "none.gguf")
    done = generate("--model", path, "--prompt", "a")
    assert (done.returncode, done.stdout) == (1, b"")
    assert "none.gguf" in done.stderr.decode()
    done = generate("--model", path, "--prompt", "a", "--json")
    assert done.returncode == 1
    [failed] = [json.loads(line) for line in done.stdout.splitlines()]
    assert (failed["type"], failed["kind"]) == ("failed", "model_file")
    assert failed["message"] in done.stderr.decode()


def test_no_model_at_all_says_how_to_get_one(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from studio.commands import arguments, generate

    monkeypatch.setattr(arguments, "find_starter_model", lambda: None)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit, match=r"--model FILE.*bootstrap\.py run"):
            generate.main(["--prompt", "a"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert capfd.readouterr().out == ""


@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
@pytest.mark.parametrize("json_form", [False, True])
def test_a_reader_that_has_had_enough(tiny: str, json_form: bool) -> None:
    arguments = ["--model", tiny, "--prompt", "a", "--max-tokens", "1000000", "--ignore-eos"]
    # Unbuffered, Python would have nothing left to complain about at its exit.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(
        command(*arguments, *["--json"] * json_form),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert len(process.stdout.read(20)) == 20
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_in_order(tiny: str, number: signal.Signals) -> None:
    arguments = ["--model", tiny, "--prompt", "a", "--max-tokens", "1000000", "--ignore-eos"]
    with subprocess.Popen(
        command(*arguments, "--json"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        written = [process.stdout.readline() for _ in range(5)]
        process.send_signal(number)
        written += process.stdout.readlines()
        assert process.stderr.read() == b""
        assert process.wait(60) == 128 + number
    *tokens, finished = map(json.loads, written)
    assert finished["reason"] == "stopped"
    assert finished["tokens"] == len(tokens) >= 5


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_signal_that_is_ignored_stays_so(tiny: str) -> None:
    """As `nohup` has it."""
    arguments = ["--model", tiny, "--prompt", "a", "--max-tokens", "200", "--ignore-eos"]
    with subprocess.Popen(
        command(*arguments, "--json"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),
    ) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        written = [first, *process.stdout.readlines()]
        assert process.wait(60) == 0
    assert json.loads(written[-1])["tokens"] == 200


INTERRUPTED_LOAD = """
import os, signal, sys
from studio.engine.llama import model
from studio.__main__ import main

checked = model.checked_header

def interrupted(path):
    os.kill(os.getpid(), signal.SIGINT)
    return checked(path)

model.checked_header = interrupted
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_an_interrupt_while_it_loads(tiny: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED_LOAD, "generate", "--model", tiny, "--prompt", "a"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (130, "")
    assert done.stderr == "studio generate: stopped before it could begin to write\n"


IMPORTS = """
import os, sys
assert "numpy" not in sys.modules
from studio.__main__ import main
assert "numpy" not in sys.modules
assert os.environ["OPENBLAS_NUM_THREADS"] == "1"  # read by BLAS when numpy is imported
status = main(sys.argv[1:])
assert "numpy" in sys.modules
loaded = sorted(
    name
    for name in sys.modules
    if name.split(".")[0] in ("PySide6", "shiboken6", "pyqtgraph") or name.startswith("studio.ui")
)
print(loaded, file=sys.stderr)
sys.exit(status)
"""


def test_it_imports_no_qt(tiny: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, "generate", "--model", tiny, "--prompt", "a",
         "--max-tokens", "2", "--threads", "1", "--preset", "Customer support", "--seed", "7"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stderr == "studio generate: seed 7\n[]\n"


# The user's presets, and stop strings


def test_a_preset_of_the_users_with_its_stop_strings(tiny: str, tmp_path: Path) -> None:
    base = ("--model", tiny, "--prompt", "a", "--json", "--temperature", "0", "--max-tokens", "12")
    *tokens, _ = lines(generate(*base))
    whole = "".join(token["text"] for token in tokens)
    stop = next(sign for sign in whole[4:] if sign.isascii() and sign.isalpha())
    preset = json.dumps({"name": "Mine", "stop": [stop]})
    (tmp_path / "mine.json").write_text(preset)
    with_preset = (*base, "--folder", str(tmp_path), "--preset", "MINE")
    *tokens, finished = lines(generate(*with_preset))
    assert "".join(token["text"] for token in tokens) == whole[: whole.index(stop)]
    assert finished["reason"] == "stop_string"
    *_, finished = lines(generate(*with_preset, "--stop", "never said"))
    assert finished["reason"] == "max_tokens"


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_a_text_never_ends_in_half_a_character(starter_model: Path, length: int) -> None:
    """The starter model spells each fish with three tokens."""
    arguments = ("--prompt", "🐟🐠🐟🐠🐟🐠🐟🐠🐟", "--temperature", "0", "--ignore-eos",
                 "--max-tokens", str(length))  # fmt: skip
    text = generate(*arguments).stdout.decode()
    assert len(text.removesuffix("\n")) == length // 3
    assert "\ufffd" not in text
    *written, finished = lines(generate(*arguments, "--json"))
    assert "".join(token["text"] for token in written) + "\n" == text
    assert finished["tokens"] == len(written) == length


# Before a text that follows

BEFORE, AFTER = "The old fisherman looked out over the", " Then he rowed home, and slept."


def test_before_a_suffix_the_candidate_that_it_follows_best_is_printed(
    starter_model: Path,
) -> None:
    given = ("--prompt", BEFORE, "--suffix", AFTER, "--seed", "3", "--max-tokens", "6")
    candidates = lines(generate(*given, "--candidates", "3", "--json"))
    assert [line["type"] for line in candidates] == ["candidate"] * 3
    assert [line["rank"] for line in candidates] == [1, 2, 3]
    bits = [line["following_bits"] for line in candidates]
    assert bits == sorted(bits)
    assert sorted(line["seed"] for line in candidates) == [3, 4, 5]
    assert all(not line["text"][-1].isspace() for line in candidates), "a space follows"
    done = generate(*given, "--candidates", "3")
    assert done.stdout.decode() == candidates[0]["text"] + "\n"
    said = done.stderr.decode()
    assert "best of 3 by how the text after it follows" in said
    assert f"seed {candidates[0]['seed']}\n" in said


def test_one_candidate_is_what_is_written_without_a_suffix(starter_model: Path) -> None:
    given = ("--prompt", BEFORE, "--seed", "3", "--max-tokens", "6")
    alone = generate(*given).stdout.decode()
    before = generate(*given, "--suffix", AFTER, "--candidates", "1").stdout.decode()
    assert before.rstrip() == alone.rstrip()


def test_a_suffix_from_a_file_or_the_input(tiny: str, tmp_path: Path) -> None:
    file = tmp_path / "after.txt"
    file.write_text(AFTER, encoding="utf-8")
    given = ("--model", tiny, "--prompt", BEFORE, "--seed", "3", "--max-tokens", "12",
             "--candidates", "2", "--ignore-eos")  # fmt: skip
    expected = generate(*given, "--suffix", AFTER).stdout
    assert expected.strip()
    assert generate(*given, "--suffix-file", str(file)).stdout == expected
    piped = subprocess.run(
        command(*given, "--suffix-file", "-"),
        cwd=ROOT,
        input=AFTER.encode(),
        capture_output=True,
        timeout=100,
    )
    assert piped.stdout == expected


def test_a_model_that_fills_in_writes_one_between_both_sides(tmp_path: Path) -> None:
    model = write_byte_level_model(tmp_path / "fills-in.gguf", fills_in=True)
    letter = len(CONTROL) + byte_level_tokens().index("e")
    given = (
        *("--model", str(model), "--prompt", BEFORE, "--suffix", AFTER, "--max-tokens", "3"),
        *("--temperature", "0", "--logit-bias", f"{letter}=1000"),
    )
    (line,) = lines(generate(*given, "--json"))
    assert (line["text"], line["following_bits"]) == ("eee", None)
    done = generate(*given)
    assert done.stdout == b"eee\n"
    assert b"filled in between both sides" in done.stderr
    assert b"filled in" not in generate(*given, "--candidates", "1").stderr


def test_the_input_is_only_one_of_the_two_and_candidates_have_a_limit(tiny: str) -> None:
    both = generate_apart("--model", tiny, "--prompt-file", "-", "--suffix-file", "-")
    assert both.returncode == 2
    assert b"the input is the prompt's already" in both.stderr
    many = generate("--model", tiny, "--prompt", "a", "--suffix", "b", "--candidates", "9")
    assert many.returncode == 2
    assert b"allowed is a whole number from 1 to 8" in many.stderr


# A text drawn as a whole


def test_a_whole_texts_temperature(tiny: str) -> None:
    base = (
        "--model", tiny, "--prompt", "abc", "--text-temperature", "0.5", "-n", "6", "--seed", "4",
        "--ignore-eos",
    )  # fmt: skip
    (found,) = lines(generate(*base, "--block", "3", "--steps", "2", "--json"))
    assert (found["type"], found["tokens"], found["seed"]) == ("whole_text", 6, 4)
    assert 0 <= found["accepted"] <= found["proposed"] == 4
    assert 6 < found["evaluations"] <= 6 + 2 * 3 + 2 * 6
    plain = generate(*base, "--block", "3", "--steps", "2")
    assert plain.stdout.decode() == found["text"] + "\n"
    said = f"{found['evaluations']} evaluations of the model, {found['accepted']} of 4 proposals"
    assert said in plain.stderr.decode()
    (other,) = lines(generate(*base, "--draws", "10", "--json"))
    assert other["evaluations"] == 60
    assert 1.0 <= other["effective_draws"] <= 10.0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--steps", "3"), "--steps: only with --text-temperature"),
        (("--text-temperature", "0"), "allowed is a number from 0.05 to 20"),
        (("--text-temperature", "0.5", "--top-k", "3"), "--top-k: not with --text-temperature"),
        (("--text-temperature", "0.5", "--suffix", "a"), "--suffix: not with --text-temperature"),
        (
            ("--text-temperature", "0.5", "--draws", "3", "--steps", "3"),
            "--draws: not with --block",
        ),
    ],
)
def test_a_whole_text_has_no_other_options(
    tiny: str, arguments: tuple[str, ...], said: str
) -> None:
    done = generate("--model", tiny, "--prompt", "a", *arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
