"""The engine in process: each command's events, and what it says where it cannot do one."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from numpy.typing import NDArray

from studio.engine.control import Control
from studio.engine.engine import Engine
from studio.engine.interrupt import Interrupt
from studio.engine.llama.model import Model, check_memory
from studio.engine.messages import (
    AnyEvent,
    Distribution,
    EngineError,
    Evaluated,
    Evaluating,
    Failed,
    Finished,
    Generate,
    Load,
    Loaded,
    Loading,
    LoadOptions,
    PreviewNextToken,
    Prompt,
    RunFinished,
    SequenceStart,
    Superseded,
    Token,
)
from studio.engine.model_files.gguf_header import GgufHeader
from studio.engine.model_files.memory import AvailableMemory
from studio.engine.templates.chat_template import ChatSkeleton, compile_template
from studio.sampling import LogitSketch, SamplingParams
from tests.helpers.engine_bench import EngineBench
from tests.helpers.reference import Reference, softmax
from tests.helpers.tiny_model import write_byte_level_model, write_sentencepiece_model

GREEDY = SamplingParams(temperature=0.0)


class Bench(EngineBench):
    """With the commands of these tests."""

    def look(self, prompt: Prompt) -> tuple[Evaluated, Distribution]:
        evaluated, distribution = self.run(PreviewNextToken(request=2, prompt=prompt))[-2:]
        assert isinstance(evaluated, Evaluated)
        assert isinstance(distribution, Distribution)
        return evaluated, distribution

    def write(
        self, prompt: Prompt, max_tokens: int, params: SamplingParams = GREEDY
    ) -> list[AnyEvent]:
        command = Generate(
            request=3,
            prompt=prompt,
            sequences=(SequenceStart(params=params),),
            max_tokens=max_tokens,
            ignore_eos=True,
        )
        return self.run(command)


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    bench.engine.close()


def prompt_tokens(evaluated: Evaluated) -> list[int]:
    tokens: list[int] = np.frombuffer(evaluated.tokens, "<i4").tolist()
    return tokens


def one(events: list[AnyEvent], kind: type[Evaluated]) -> Evaluated:
    [found] = [event for event in events if isinstance(event, kind)]
    return found


def failure(events: list[AnyEvent]) -> Failed:
    assert isinstance(events[-1], Failed), events[-1]
    return events[-1]


def shown(distribution: Distribution) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
    ids, probabilities, _tail = LogitSketch.from_bytes(distribution.sketch).distribution(1.0)
    return ids, probabilities


# Loading


def test_a_load_says_what_was_loaded(bench: Bench, starter_model: Path) -> None:
    events = bench.run(
        Load(
            request=9,
            path=str(starter_model),
            options=LoadOptions(context_size=300, threads=2, memory_map=False),
        )
    )
    fractions = [event.fraction for event in events if isinstance(event, Loading)]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    loaded = events[-1]
    assert isinstance(loaded, Loaded)
    report = loaded.report
    assert (report.architecture, report.quantization) == ("llama", "Q4_1")
    assert (report.context_size, report.context_train, report.threads) == (300, 8192, 2)
    assert (report.layers, report.vocabulary_size) == (30, 49_152)
    assert report.has_chat_template
    assert not report.memory_mapped
    # Read and not mapped, the weights are memory that the process has gained.
    assert report.memory_bytes > 80 * 2**20
    if report.layers_offloaded == 0:
        assert report.backend == "CPU"


def test_news_of_a_load_come_no_oftener_than_they_are_shown(byte_level_path: Path) -> None:
    events: list[AnyEvent] = []
    interrupt = Interrupt()
    engine = Engine(lambda *given: events.extend(given), interrupt, frame_seconds=3600.0)
    options = LoadOptions(threads=1, gpu_layers=0)
    engine.run(Load(request=1, path=str(byte_level_path), options=options), Control(interrupt))
    engine.close()
    assert [type(event) for event in events] == [Loading, Loaded]


def test_an_automatic_context_is_the_models_own(bench: Bench, byte_level_path: Path) -> None:
    report = bench.load(byte_level_path).report
    assert (report.context_size, report.context_train) == (512, 512)
    assert report.memory_mapped
    assert report.name == "Tiny"


def test_nothing_can_be_asked_before_a_load(bench: Bench) -> None:
    for events in (
        bench.run(PreviewNextToken(request=1, prompt=Prompt(manuscript="x"))),
        bench.write(Prompt(manuscript="x"), 1),
    ):
        assert failure(events).kind == "no_model"
        assert len(events) == 1


def test_a_bad_file_is_named_and_the_next_load_works(
    bench: Bench, byte_level_path: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_bytes(b"<html>not found</html>")
    failed = failure(bench.run(Load(request=1, path=str(bad))))
    assert failed.kind == "model_file"
    assert "bad.gguf" in failed.message
    assert "a web page" in failed.message
    assert not failed.has_model
    bench.load(byte_level_path)
    assert failure(bench.run(Load(request=2, path=str(bad)))).has_model
    assert isinstance(bench.write(Prompt(manuscript="a"), 3)[-1], RunFinished)


def test_a_file_that_only_llama_cpp_refuses_is_said_with_its_reason(
    bench: Bench, tmp_path: Path
) -> None:
    path = write_byte_level_model(tmp_path / "odd.gguf")
    # The header stays sound; the architecture is one that llama.cpp has never heard of.
    path.write_bytes(path.read_bytes().replace(b"llama", b"lalma"))
    failed = failure(bench.run(Load(request=1, path=str(path))))
    assert failed.kind == "model_file"
    assert "odd.gguf" in failed.message
    assert "lalma" in failed.message


def test_a_context_beyond_the_memory_is_refused(bench: Bench, starter_model: Path) -> None:
    options = LoadOptions(context_size=16_000_000)
    failed = failure(bench.run(Load(request=1, path=str(starter_model), options=options)))
    assert failed.kind == "too_little_memory"
    assert "16,000,000" in failed.message
    assert not failed.has_model


def test_what_memory_refuses_leaves_the_open_model_open(
    bench: Bench, byte_level_path: Path, starter_model: Path
) -> None:
    bench.load(byte_level_path)
    huge = LoadOptions(context_size=16_000_000)
    failed = failure(bench.run(Load(request=2, path=str(starter_model), options=huge)))
    assert failed.kind == "too_little_memory"
    assert failed.has_model
    assert isinstance(bench.write(Prompt(manuscript="a"), 3)[-1], RunFinished)


def test_memory_that_the_open_model_gives_back_counts_as_free(
    byte_level_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = LoadOptions(context_size=512, memory_map=False)
    model = Model(byte_level_path, options, lambda _: True)
    try:
        assert 0 < model.gives_back < psutil.Process().memory_info().rss + 1
        full = AvailableMemory(available=0, total=1 << 40)
        monkeypatch.setattr("studio.engine.llama.model.available_memory", lambda: full)
        check_memory(model.header, options, model.gives_back)
        larger = LoadOptions(context_size=1024, memory_map=False)
        with pytest.raises(EngineError, match="1,024 tokens") as caught:
            check_memory(model.header, larger, model.gives_back)
        assert caught.value.kind == "too_little_memory"
    finally:
        model.close()


def test_a_stopped_load_leaves_no_model(bench: Bench, byte_level_path: Path) -> None:
    bench.on_event = lambda event, control: control.stop() if isinstance(event, Loading) else None
    events = bench.run(Load(request=1, path=str(byte_level_path)))
    assert isinstance(events[-1], Superseded)
    assert failure(bench.write(Prompt(manuscript="x"), 1)).kind == "no_model"
    bench.on_event = lambda _event, _control: None
    bench.load(byte_level_path)


def test_another_model_takes_the_place_of_the_first(
    bench: Bench, byte_level_path: Path, sentencepiece_path: Path
) -> None:
    bench.load(byte_level_path)
    bench.write(Prompt(manuscript="Hi the sea"), 5)
    bench.load(sentencepiece_path)
    evaluated, distribution = bench.look(Prompt(manuscript="Hi the sea"))
    assert evaluated.reused == 0
    # The new model's tokens are spelled anew.
    spelled = distribution.pieces.keys() | evaluated.pieces.keys()
    assert spelled >= set(shown(distribution)[0].tolist())


# Looking ahead


def test_a_look_ahead_is_the_models_next_token(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    evaluated, distribution = bench.look(Prompt(manuscript="The old fisherman", brief="A story."))
    with Reference(starter_model, 64) as reference:
        tokens = reference.tokenize("A story.\n\nThe old fisherman", special=False)
        expected = softmax(reference.logits(tokens)[0])
    assert prompt_tokens(evaluated) == tokens
    assert (evaluated.context_used, evaluated.context_size) == (len(tokens), 512)
    assert (evaluated.unseen_characters, evaluated.reused) == (0, 0)
    ids, probabilities = shown(distribution)
    np.testing.assert_allclose(probabilities, expected[ids], atol=2e-3)
    assert distribution.pieces.keys() | evaluated.pieces.keys() >= set(ids.tolist())


def test_an_empty_manuscript_can_be_looked_at(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    evaluated, _ = bench.look(Prompt(manuscript=""))
    assert prompt_tokens(evaluated) == [1]
    again, _ = bench.look(Prompt(manuscript=""))
    assert again.reused == 1


def test_typing_on_evaluates_only_what_is_new(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    bench.look(Prompt(manuscript="abcdefgh"))
    evaluated, _ = bench.look(Prompt(manuscript="abcdefghij"))
    assert evaluated.reused == 8


def test_a_look_at_the_middle_keeps_the_way_on_short(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    text = "abcdefghij" * 20
    bench.look(Prompt(manuscript=text))
    middle, first = bench.look(Prompt(manuscript=text[:50]))
    assert middle.reused == 49
    assert middle.context_used == 50
    end, _ = bench.look(Prompt(manuscript=text))
    assert end.reused == 199
    bench.load(byte_level_path)
    _, fresh = bench.look(Prompt(manuscript=text[:50]))
    order = np.argsort(shown(first)[0])
    fresh_order = np.argsort(shown(fresh)[0])
    assert np.mean(np.isin(shown(first)[0], shown(fresh)[0])) > 0.95
    np.testing.assert_allclose(
        np.sort(shown(first)[1][order]), np.sort(shown(fresh)[1][fresh_order]), atol=1e-3
    )


def test_a_generation_uses_what_was_looked_at(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    bench.look(Prompt(manuscript="abcdefgh"))
    assert one(bench.write(Prompt(manuscript="abcdefgh"), 3), Evaluated).reused == 8


# Writing


def test_the_same_writing_with_and_without_reuse(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    story = "The old fisherman looked out over the grey water and counted the boats"
    fresh = bench.write(Prompt(manuscript=story), 12)
    assert one(fresh, Evaluated).reused == 0
    bench.write(Prompt(manuscript=story[:40] + " something else entirely"), 12)
    reused = bench.write(Prompt(manuscript=story), 12)
    assert one(reused, Evaluated).reused > 5
    first = [event.record.id for event in fresh if isinstance(event, Token)]
    assert first == [event.record.id for event in reused if isinstance(event, Token)]


def test_stopped_while_it_reads_a_long_prompt(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    bench.on_event = lambda event, control: (
        control.stop() if isinstance(event, Evaluating) and event.done == 256 else None
    )
    events = bench.write(Prompt(manuscript="x" * 450), 10)
    steps = [(event.done, event.total) for event in events if isinstance(event, Evaluating)]
    assert steps == [(0, 450), (256, 450)]
    finished, run = events[-2:]
    assert isinstance(finished, Finished)
    assert isinstance(run, RunFinished)
    assert (finished.reason, finished.tokens, run.prompt_tokens) == ("stopped", 0, 450)
    assert not any(isinstance(event, Evaluated) for event in events)

    bench.on_event = lambda _event, _control: None
    again = one(bench.write(Prompt(manuscript="x" * 450), 1), Evaluated)
    assert again.reused == 256  # what was read before the stop


def test_a_look_ahead_that_is_stopped_gives_way(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    bench.on_event = lambda event, control: (
        control.stop() if isinstance(event, Evaluating) else None
    )
    events = bench.run(PreviewNextToken(request=2, prompt=Prompt(manuscript="x" * 450)))
    assert isinstance(events[-1], Superseded)


def test_chat_without_a_template_is_refused_with_advice(bench: Bench, tmp_path: Path) -> None:
    bench.load(write_sentencepiece_model(tmp_path / "no-template.gguf"))
    failed = failure(bench.write(Prompt(manuscript="x", format="chat"), 1))
    assert failed.kind == "chat_template"
    assert "plain prompt format" in failed.message
    assert isinstance(bench.write(Prompt(manuscript="Hi"), 1)[-1], RunFinished)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        ("{{ '%2000000000d'|format(1) }}", "512 MiB of memory"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
    ],
)
def test_a_template_is_rendered_once_even_if_it_fails(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, template: str, said: str
) -> None:
    rendered: list[bool] = []

    def counting(header: GgufHeader, *, has_system: bool, **rest: Any) -> ChatSkeleton:
        rendered.append(has_system)
        return compile_template(header, has_system=has_system, **rest)

    monkeypatch.setattr("studio.engine.templates.skeletons.compile_template", counting)
    path = write_byte_level_model(tmp_path / "bad-template.gguf", chat_template=template)
    bench.load(path)
    prompt = Prompt(manuscript="x", format="chat")
    first, *later = [failure(bench.write(prompt, 1)).message for _ in range(3)]
    assert rendered == [False]
    assert said in first
    assert "plain prompt format" in first
    assert later == [f"{first} It was not tried again; start the program again for that."] * 2
    assert isinstance(bench.write(Prompt(manuscript="Hi"), 1)[-1], RunFinished)

    # With a system message it is another conversation; the model that is opened again is the same.
    failure(bench.write(Prompt(manuscript="x", system="Be brief.", format="chat"), 1))
    assert rendered == [False, True]
    bench.load(path)
    assert failure(bench.write(prompt, 1)).message == later[0]
    assert rendered == [False, True]
    mended = template.replace("1 / 0", "2 / 0").replace("format(1)", "format(2)")
    bench.load(write_byte_level_model(tmp_path / "another.gguf", chat_template=mended))
    assert failure(bench.write(prompt, 1)).message == first
    assert rendered == [False, True, False]


@pytest.mark.process  # renders a template
def test_chat_with_the_real_template(bench: Bench, starter_model: Path) -> None:
    bench.load(starter_model, 512)
    prompt = Prompt(
        manuscript="Of course:", brief="Name a colour.", system="Be brief.", format="chat"
    )
    evaluated, _ = bench.look(prompt)
    with Reference(starter_model, 64) as reference:
        assert prompt_tokens(evaluated) == reference.tokenize(
            "<|im_start|>system\nBe brief.<|im_end|>\n<|im_start|>user\nName a colour.<|im_end|>\n"
            "<|im_start|>assistant\nOf course:",
            special=True,
        )


# Longer than the context


def test_a_long_manuscript_keeps_the_brief_and_its_newest_part(
    bench: Bench, byte_level_path: Path
) -> None:
    bench.load(byte_level_path, 256)
    brief = "Q" * 10
    text = "".join(chr(97 + place % 26) for place in range(300))
    evaluated, _ = bench.look(Prompt(manuscript=text, brief=brief))
    # 312 tokens, of which 224 may be used: two blocks of 64 go.
    assert len(prompt_tokens(evaluated)) == 312
    assert evaluated.unseen_characters == 128
    assert (evaluated.context_used, evaluated.context_size) == (312 - 128, 256)

    seen = f"{brief}\n\n{text[128:]}"
    other = Bench()
    other.load(byte_level_path, 512)
    _, expected = other.look(Prompt(manuscript=seen))
    other.engine.close()
    _, cut = bench.look(Prompt(manuscript=text, brief=brief))
    ids, probabilities = shown(expected)
    cut_ids, cut_probabilities = shown(cut)
    np.testing.assert_array_equal(ids[:5], cut_ids[:5])
    np.testing.assert_allclose(probabilities, cut_probabilities, atol=1e-3)


def test_typing_at_the_end_of_a_long_manuscript_reuses_it(
    bench: Bench, byte_level_path: Path
) -> None:
    bench.load(byte_level_path, 256)
    text = "abcdefghij" * 30
    first, _ = bench.look(Prompt(manuscript=text))
    fresh = 0
    for extra in range(1, 65):
        evaluated, _ = bench.look(Prompt(manuscript=text + "z" * extra))
        fresh += evaluated.reused == 0
        if evaluated.reused:
            assert evaluated.context_used - evaluated.reused == 1
    assert fresh == 1  # one cut in one block's worth of typing
    last, _ = bench.look(Prompt(manuscript=text + "z" * 64))
    assert last.unseen_characters == first.unseen_characters + 64


def test_unseen_characters_are_characters(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path, 256)
    text = "🐟" * 100  # 400 tokens of one byte each
    evaluated, _ = bench.look(Prompt(manuscript=text))
    assert evaluated.context_used == 400 - 192
    assert evaluated.unseen_characters == 48


@pytest.mark.parametrize("brief", ["", "Hi the sea"])
def test_unseen_characters_leave_out_the_space_that_the_tokenizer_adds(
    bench: Bench, sentencepiece_path: Path, brief: str
) -> None:
    bench.load(sentencepiece_path, 256)
    text = "the sea Hi " * 100
    evaluated, _ = bench.look(Prompt(manuscript=text, brief=brief))
    assert evaluated.unseen_characters > 0
    kept = evaluated.context_used - (len(brief) > 0) * 5 - 1
    # A cut is at a token's boundary, and every token but the last, a space, is a word.
    seen = text[evaluated.unseen_characters :]
    assert seen[:1] == " " or seen.startswith("the")
    words = len(seen.split())
    assert abs(words - kept) <= 1


def test_writing_goes_on_past_the_context(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path, 256)
    events = bench.write(Prompt(manuscript="x" * 300, brief="Q"), 400, SamplingParams(seed=1))
    finished, run = events[-2:]
    assert isinstance(finished, Finished)
    assert isinstance(run, RunFinished)
    assert (finished.reason, finished.tokens) == ("max_tokens", 400)
    assert run.prompt_tokens == 303


def test_a_brief_as_long_as_the_context_is_refused(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path, 256)
    failed = failure(bench.write(Prompt(manuscript="x" * 100, brief="Q" * 300), 1))
    assert failed.kind == "context_size"
    assert "302 of the context's 256 tokens" in failed.message


# A file that changes


@pytest.mark.parametrize("change", ["truncate", "overwrite"])
def test_a_model_file_that_was_changed_is_noticed_and_not_read(
    bench: Bench, byte_level_path: Path, tmp_path: Path, change: str
) -> None:
    path = tmp_path / "changing.gguf"
    shutil.copy(byte_level_path, path)
    bench.load(path)
    assert isinstance(bench.write(Prompt(manuscript="x"), 2)[-1], RunFinished)
    if change == "truncate":
        os.truncate(path, 1000)
    else:
        stamp = path.stat().st_mtime_ns + 1_000_000_000
        os.utime(path, ns=(stamp, stamp))
    for events in (
        bench.write(Prompt(manuscript="x"), 2),
        bench.run(PreviewNextToken(request=2, prompt=Prompt(manuscript="y"))),
    ):
        failed = failure(events)
        assert failed.kind == "model_file"
        assert "changing.gguf" in failed.message
        assert "Open it again" in failed.message
    bench.load(byte_level_path)


def test_a_deleted_model_file_can_be_used_on(
    bench: Bench, byte_level_path: Path, tmp_path: Path
) -> None:
    path = tmp_path / "deleted.gguf"
    shutil.copy(byte_level_path, path)
    bench.load(path)
    path.unlink()
    assert isinstance(bench.write(Prompt(manuscript="x"), 2)[-1], RunFinished)


# Our own bugs


def test_a_bug_is_an_answer_too_and_the_engine_goes_on(
    bench: Bench, byte_level_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    bench.load(byte_level_path)

    def fail(event: AnyEvent, _control: Control) -> None:
        if isinstance(event, Token):
            raise ZeroDivisionError("a bug")

    bench.on_event = fail
    failed = failure(bench.write(Prompt(manuscript="x"), 2))
    assert (failed.kind, failed.message) == ("bug", "a bug")
    assert "ZeroDivisionError" in capfd.readouterr().err
    bench.on_event = lambda _event, _control: None
    assert isinstance(bench.write(Prompt(manuscript="x"), 2)[-1], RunFinished)


def test_closing_twice_is_closing_once(bench: Bench, byte_level_path: Path) -> None:
    bench.load(byte_level_path)
    bench.engine.close()
    bench.engine.close()
    assert failure(bench.write(Prompt(manuscript="x"), 1)).kind == "no_model"


def test_huge_pages_are_asked_for_at_rest_until_all_are_had(
    bench: Bench, byte_level_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: list[bool] = []

    def ask(goes_on: Callable[[], bool]) -> int:
        whole.append(goes_on())
        return 0

    monkeypatch.setattr("studio.engine.engine.ask_for_huge_pages", ask)
    bench.engine.take_huge_pages()
    assert whole == [], "without a model there is nothing to hold"
    bench.run(Load(request=1, path=str(byte_level_path), options=LoadOptions(threads=1)))
    assert whole == [], "the model is ready first"
    bench.interrupt.set()
    bench.engine.take_huge_pages()
    bench.interrupt.clear()
    bench.engine.take_huge_pages()
    bench.engine.take_huge_pages()
    assert whole == [False, True]
