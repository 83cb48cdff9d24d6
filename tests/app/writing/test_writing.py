from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from studio.app.generation import sequence
from studio.app.generation.sequence import SequencePhase
from studio.app.tokens.place import place_of
from studio.app.writing.writing import NOTHING_TO_ADD
from studio.engine.messages import ChangeSequence, Failed, Generate, Stop, Superseded
from studio.engine.model_files.model_hash import model_hash
from studio.manuscript import Origin
from studio.sampling import MAX_SEED, SamplingParams
from tests.helpers.fake_engine import Desk, evaluated, finished, token
from tests.helpers.waiting import LONG

OPENING = "Once"


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    desk = Desk(SamplingParams(temperature=0.8))
    desk.load()
    desk.type(OPENING)
    return desk


def begin(desk: Desk) -> int:
    desk.writing.continue_writing()
    return desk.client.last(Generate).request


def write(desk: Desk, *texts: bytes) -> int:
    request = begin(desk)
    desk.client.answer(
        evaluated(request, 1, 2, 3),
        *(token(request, index, text) for index, text in enumerate(texts)),
        *finished(request, len(texts)),
    )
    return request


def test_continue_asks_for_what_is_set(desk: Desk) -> None:
    desk.sampling.set_max_tokens(99)
    desk.draft.set_brief("Short sentences.")
    desk.writing.continue_writing()
    command = desk.client.last(Generate)
    assert command.prompt.manuscript == OPENING
    assert command.prompt.brief == "Short sentences."
    (start,) = command.sequences
    params = start.params
    # The seed is chosen here, so that the bars know the draws while it writes.
    assert 0 <= params.seed <= MAX_SEED
    assert params == SamplingParams(temperature=0.8, seed=params.seed)
    assert command.max_tokens == 99
    assert not command.ignore_eos
    desk.client.answer(*finished(command.request, 0))
    desk.writing.continue_writing()
    assert desk.client.last(Generate).sequences[0].params.seed != params.seed, "a new one each time"
    desk.client.answer(*finished(desk.client.last(Generate).request, 0))
    desk.sampling.change(seed=5)
    desk.writing.continue_writing()
    assert desk.client.last(Generate).sequences[0].params.seed == 5


def test_the_model_continues_at_the_caret(desk: Desk) -> None:
    desk.draft.set_caret(2)
    write(desk, b"!")
    assert desk.client.last(Generate).prompt.manuscript == "On"
    assert desk.draft.manuscript.text == "On! ce", "no word is glued to what follows"
    assert desk.draft.manuscript.origins() == bytes(
        [Origin.TYPED] * 2 + [Origin.GENERATED] * 2 + [Origin.TYPED] * 2
    )
    desk.draft.manuscript.undo()
    assert desk.draft.manuscript.text == "Once", "in one step"


def test_the_phases(desk: Desk) -> None:
    phases = [desk.writing.phase]
    desk.writing.changed.connect(lambda: phases.append(desk.writing.phase))
    request = begin(desk)
    desk.client.answer(evaluated(request, 1), token(request, 0, b" a"))
    desk.writing.stop()
    desk.client.answer(*finished(request, 1, reason="stopped"))
    assert list(dict.fromkeys(phases)) == [
        SequencePhase.NEW,
        SequencePhase.READING,
        SequencePhase.RUNNING,
        SequencePhase.STOPPING,
        SequencePhase.ENDED,
    ]
    assert desk.writing.is_idle


def test_a_token_knows_what_was_before_it_its_seed_and_what_samplers_had_learnt(
    desk: Desk,
) -> None:
    request = begin(desk)
    first, second, third = (token(request, n, b" a", token_id=8 + n) for n in range(3))
    learnt = msgspec.structs.replace(second.record, mu=4.5)
    second = msgspec.structs.replace(second, record=learnt)
    desk.client.answer(evaluated(request, 1, 2), first, second)
    # The context is cut, and the prompt reported once more.
    desk.client.answer(evaluated(request, 1, 2, 8, 9), third, *finished(request, 3))
    takes = desk.writing.take_set()
    assert takes is not None
    places = [place_of(record) for record in takes.takes[0].records]
    assert [list(place.history) for place in places if place] == [[1, 2], [1, 2, 8], [1, 2, 8, 9]]
    seed = desk.client.last(Generate).sequences[0].params.seed
    assert [(place.seed, place.is_whole) for place in places if place] == [(seed, True)] * 3
    assert [(place.is_first, place.mu) for place in places if place] == [
        (True, None),
        (False, 4.5),
        (False, None),
    ]


def test_rate_seed_and_records_are_kept(desk: Desk) -> None:
    write(desk, b" upon", b" a", b" time")
    assert desk.writing.rate == 1.0, "three tokens took two evaluations, in two seconds"
    takes = desk.writing.take_set()
    assert takes is not None
    assert takes.takes[0].seed == desk.client.last(Generate).sequences[0].params.seed
    records = takes.takes[0].records
    assert [record.text for record in records] == [b" upon", b" a", b" time"]


def test_the_rate_is_known_while_it_writes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(sequence, "time", SimpleNamespace(perf_counter=lambda: now))
    request = begin(desk)
    desk.client.answer(evaluated(request, 1))
    index = iter(range(100))

    def frame(tokens: int) -> float | None:
        desk.client.answer(*(token(request, next(index), b" a") for _ in range(tokens)))
        desk.next_frame()
        return desk.writing.rate

    # Tokens come in bundles; how long the first took to come is not known.
    assert frame(9) is None
    now = 100.5
    assert frame(10) == 20.0
    now = 101.0
    assert frame(40) == 50.0
    desk.client.answer(*finished(request, 59, seconds=0.58))
    assert desk.writing.rate == pytest.approx(100.0), "the engine's own figure is the last word"
    begin(desk)
    assert desk.writing.rate is None


@pytest.mark.parametrize("text", ["naïve – “ok” 🐟!", "🧑‍🚀🇩🇪"])
def test_a_character_split_over_tokens_is_never_shown_in_part(
    desk: Desk, qtbot: QtBot, text: str
) -> None:
    shown: list[str] = []
    desk.draft.manuscript.state_changed.connect(lambda: shown.append(desk.draft.manuscript.text))
    request = begin(desk)
    desk.client.answer(evaluated(request, 1))
    for index, byte in enumerate(text.encode()):
        desk.client.answer(token(request, index, bytes([byte])))
        desk.next_frame()
    desk.client.answer(*finished(request, len(text.encode())))
    assert desk.draft.manuscript.text == OPENING + text
    assert not any("\ufffd" in seen for seen in shown)
    assert len(set(shown)) > len(text) // 2, "it grew character by character"


def test_the_bars_know_what_was_written_before_each_token(desk: Desk) -> None:
    shown = []
    request = begin(desk)
    desk.client.answer(evaluated(request, 1, 2))
    for index, token_id in enumerate((11, 12, 13)):
        desk.client.answer(token(request, index, b" a", token_id=token_id))
        desk.next_frame()
        bars = desk.next_token
        shown.append((list(bars.history), [row.token for row in bars.rows(9) if row.chosen]))
    desk.client.answer(*finished(request, 3))
    assert shown == [([1, 2], [11]), ([1, 2, 11], [12]), ([1, 2, 11, 12], [13])]


def test_after_a_cut_no_token_is_counted_twice(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(evaluated(request, 1, 2, 3), token(request, 0, b"a", token_id=8))
    # The context is full: what was written is evaluated again with a block of the text cut off.
    desk.client.answer(evaluated(request, 1, 2, 3, 8, unseen=12))
    desk.client.answer(token(request, 1, b"b", token_id=9))
    desk.next_frame()
    assert list(desk.next_token.history) == [1, 2, 3, 8]
    desk.client.answer(*finished(request, 2))
    assert desk.draft.manuscript.text == OPENING + "ab"


def test_half_a_character_at_the_end_is_no_text(desk: Desk) -> None:
    write(desk, b" a", "🐟".encode()[:2])
    assert desk.draft.manuscript.text == OPENING + " a"
    write(desk, b" b")
    assert desk.draft.manuscript.text == OPENING + " a b", "nothing is left for the next one"


def test_another_temperature_is_reported_while_it_writes_only(desk: Desk) -> None:
    desk.sampling.change(temperature=0.5)
    assert desk.client.all_sent(ChangeSequence) == []
    request = begin(desk)
    desk.sampling.change(temperature=0.1)
    assert desk.client.last(ChangeSequence) == ChangeSequence(
        request=request, sequence=0, params=SamplingParams(temperature=0.1)
    )
    desk.client.answer(*finished(request, 0, reason="stopped"))
    desk.sampling.change(temperature=0.2)
    assert len(desk.client.all_sent(ChangeSequence)) == 1


def test_stop_is_asked_once_and_ends_a_long_reading(desk: Desk) -> None:
    request = begin(desk)
    desk.writing.stop()
    desk.writing.stop()
    assert desk.client.all_sent(Stop) == [Stop(request=request)]
    assert desk.writing.phase is SequencePhase.STOPPING
    desk.client.answer(*finished(request, 0, reason="stopped", seed=0))
    assert desk.writing.is_idle
    assert desk.draft.manuscript.text == OPENING
    assert desk.writing.take_set() is None, "a take without text leaves no trace"
    desk.writing.stop()
    assert len(desk.client.all_sent(Stop)) == 1


def test_a_failure_is_reported_and_the_text_kept(desk: Desk, qtbot: QtBot) -> None:
    request = begin(desk)
    desk.client.answer(evaluated(request, 1), token(request, 0, b" upon"))
    with qtbot.waitSignal(desk.writing.failed) as failure:
        desk.client.answer(Failed(request=request, kind="llama_cpp", message="It broke."))
    assert failure.args == ["It broke.", "llama_cpp"]
    assert desk.writing.is_idle
    assert desk.draft.manuscript.text == "Once upon"
    assert desk.draft.manuscript.can_undo
    desk.draft.set_caret(len("Once upon"))
    write(desk, b" a")
    assert desk.draft.manuscript.text == "Once upon a"


def test_a_model_that_ends_at_once_is_reported(desk: Desk, qtbot: QtBot) -> None:
    request = begin(desk)
    with qtbot.waitSignal(desk.writing.failed) as reported:
        desk.client.answer(evaluated(request, 1), *finished(request, 0, reason="end_of_text"))
    assert reported.args == [NOTHING_TO_ADD, "prompt"]
    with qtbot.assertNotEmitted(desk.writing.failed):
        request = begin(desk)
        desk.client.answer(
            evaluated(request, 1),
            token(request, 0, b"."),
            *finished(request, 1, reason="end_of_text"),
        )


def test_a_generation_that_gave_way_leaves_no_trace(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(Superseded(request=request))
    assert desk.writing.is_idle
    assert desk.draft.manuscript.text == OPENING


def test_answers_to_others_are_none_of_its_business(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(token(request + 1, 0, b" stray"), *finished(request - 1, 5))
    assert desk.writing.phase is SequencePhase.READING
    desk.client.answer(*finished(request, 0))
    desk.client.answer(token(request, 0, b" late"))
    assert desk.draft.manuscript.text == OPENING


def test_the_engine_dies_while_it_writes(desk: Desk) -> None:
    request = begin(desk)
    desk.client.answer(evaluated(request, 1), token(request, 0, b" upon"))
    desk.client.die()
    assert desk.writing.is_idle
    assert desk.draft.manuscript.text == "Once upon"
    assert not desk.writing.can_start
    assert desk.next_token.reason == "No model is open.", "its bars are of no model any more"
    desk.writing.continue_writing()
    assert len(desk.client.all_sent(Generate)) == 1


def test_what_waits_for_the_end_sees_the_whole_text(desk: Desk) -> None:
    seen: list[tuple[str, bool]] = []

    def look() -> None:
        seen.append((desk.draft.manuscript.text, desk.draft.manuscript.growing is None))

    request = begin(desk)
    desk.writing.call_when_ended(look)
    desk.client.answer(evaluated(request, 1), token(request, 0, b" upon"))
    assert seen == []
    desk.client.answer(*finished(request, 1))
    assert seen == [("Once upon", True)]
    write(desk, b" a")
    assert len(seen) == 1


def test_retake_and_the_steps_between_takes(desk: Desk) -> None:
    takes, manuscript = desk.writing, desk.draft.manuscript
    assert not takes.can_retake
    takes.retake()
    assert desk.client.all_sent(Generate) == []
    write(desk, b" upon")
    desk.writing.retake()
    command = desk.client.last(Generate)
    assert command.prompt.manuscript == OPENING, "from the same place, without the first take"
    assert not takes.can_step(-1), "not while one is being written"
    desk.client.answer(
        evaluated(command.request, 1),
        token(command.request, 0, b" more"),
        *finished(command.request, 1),
    )
    assert manuscript.text == "Once more"
    assert takes.can_step(-1)
    assert not takes.can_step(+1)
    assert takes.step(+1) is None
    assert takes.step(-1) == len("Once upon")
    assert manuscript.text == "Once upon"
    assert takes.step(+1) == len("Once more")
    assert manuscript.text == "Once more"


def test_a_retake_that_fails_brings_the_old_take_back(desk: Desk) -> None:
    write(desk, b" upon")
    desk.writing.retake()
    assert desk.draft.manuscript.text == OPENING
    desk.client.answer(
        Failed(request=desk.client.last(Generate).request, kind="bug", message="No.")
    )
    assert desk.draft.manuscript.text == "Once upon"


def test_nothing_is_asked_without_a_model(qtbot: QtBot) -> None:
    desk = Desk()
    desk.type(OPENING)
    desk.writing.continue_writing()
    assert desk.client.sent == []
    desk.model.open("slow.gguf")
    desk.writing.continue_writing()
    assert desk.client.all_sent(Generate) == []


def test_a_take_says_which_model_wrote_it_and_its_fingerprint_once_that_is_known(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"weights")
    desk.load(str(path))
    write(desk, b" upon")
    manuscript = desk.draft.manuscript
    [takes] = manuscript.take_sets
    model = takes.takes[0].model
    assert model is not None
    assert (model.file, model.hash) == ("model.gguf", "")
    of_another_time = manuscript.begin_take(0)
    of_another_time.model = msgspec.structs.replace(model)  # as one from a file, and not known
    of_another_time.append("Oh. ")
    manuscript.end_take()
    changes = manuscript.take_changes
    with qtbot.waitSignal(desk.fingerprint.changed, timeout=LONG):
        desk.fingerprint.ask()
    named = takes.takes[0].model
    assert named is not None
    assert named.hash == model_hash(path)
    assert of_another_time.model.hash == ""
    assert manuscript.take_changes == changes, "what was saved just now counts as saved"
    write(desk, b" a time")
    assert manuscript.take_sets[-1].takes[0].model is named
