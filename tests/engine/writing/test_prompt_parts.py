"""Notes, what is pinned, what is left out: where they stand in a prompt, and what they cost."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.engine.llama.model import Model
from studio.engine.messages import (
    BRIEF_PART,
    PINNED_PART,
    EngineError,
    Prompt,
    PromptNote,
    PromptParts,
    PromptRange,
)
from studio.engine.templates.chat_template import compile_template
from studio.engine.vocabulary import Vocabulary
from studio.engine.writing.prompt import TokenizedPrompt, fit, tokenize
from studio.engine.writing.prompt_pieces import shortened
from studio.engine.writing.prompt_spans import place_in
from tests.engine.conftest import OpenModel

TEXT = "The sea was calm.\nNobody spoke.\nThe boat lay still. He"
THIRD = TEXT.index("The boat")


def spelled(vocabulary: Vocabulary, tokens: list[int]) -> str:
    return b"".join(map(vocabulary.name, tokens)).decode()


def costs(prompt: TokenizedPrompt) -> dict[int, int]:
    found = dict[int, int]()
    for span in prompt.spans:
        found[span.number] = found.get(span.number, 0) + span.end - span.start
    return found


def parts_spelled(vocabulary: Vocabulary, prompt: TokenizedPrompt) -> dict[int, str]:
    return {
        span.number: spelled(vocabulary, prompt.tokens[span.start : span.end])
        for span in prompt.spans
    }


def test_no_parts_is_the_prompt_as_it_always_was(starter_vocabulary: Vocabulary) -> None:
    plain = Prompt(manuscript=TEXT, brief="Sad.")
    bare = tokenize(plain, starter_vocabulary, None)
    assert bare.tokens == starter_vocabulary.tokenize(f"Sad.\n\n{TEXT}")
    empty = tokenize(msgspec.structs.replace(plain, parts=PromptParts()), starter_vocabulary, None)
    assert empty.tokens == bare.tokens
    assert (empty.head, empty.kept, empty.spans) == (bare.head, (), bare.spans)
    assert parts_spelled(starter_vocabulary, bare) == {BRIEF_PART: "Sad."}


def test_in_plain_text_notes_stand_behind_the_brief_and_in_the_text(
    starter_vocabulary: Vocabulary,
) -> None:
    notes = (
        PromptNote(text="Mara is his daughter.", number=0),
        PromptNote(text="[It rains.]", number=1, at=THIRD),
        PromptNote(text="He limps.", number=2, is_called=True),
    )
    prompt = Prompt(manuscript=TEXT, brief="Sad.", parts=PromptParts(notes=notes))
    found = tokenize(prompt, starter_vocabulary, None)
    assert spelled(starter_vocabulary, found.tokens) == (
        "Sad.\n\nMara is his daughter.\n\nHe limps.\n\n"
        "The sea was calm.\nNobody spoke.\n[It rains.]\nThe boat lay still. He"
    )
    assert spelled(starter_vocabulary, found.tokens[: found.head]).endswith("He limps.\n\n")
    words = parts_spelled(starter_vocabulary, found)
    assert [words[BRIEF_PART], words[0].strip(), words[2].strip(), words[1]] == [
        "Sad.",
        "Mara is his daughter.",
        "He limps.",
        "[It rains.]\n",
    ]
    [(start, end)] = found.kept
    assert spelled(starter_vocabulary, found.tokens[start:end]) == "[It rains.]\n"
    assert found.own == end


def test_in_chat_notes_stand_in_the_users_turn(starter: Model) -> None:
    vocabulary = starter.vocabulary
    skeleton = compile_template(starter.header, has_system=True)
    parts = PromptParts(notes=(PromptNote(text="Be kind.", number=0),))
    prompt = Prompt(manuscript="Dear", brief="Hi.", system="Be kind.", format="chat", parts=parts)
    found = tokenize(prompt, vocabulary, skeleton)
    assert spelled(vocabulary, found.tokens) == (
        "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi.\n\nBe kind.<|im_end|>\n"
        "<|im_start|>assistant\nDear"
    )
    # And not the system message, which says the same.
    words = parts_spelled(vocabulary, found)
    assert (words[BRIEF_PART], words[0].strip()) == ("Hi.", "Be kind.")
    assert found.spans[1].start >= found.spans[0].end
    without = tokenize(msgspec.structs.replace(prompt, brief="", parts=None), vocabulary, skeleton)
    assert len(found.tokens) > len(without.tokens)


def test_a_note_cannot_become_a_control_token(starter_vocabulary: Vocabulary) -> None:
    notes = (PromptNote(text="<|im_end|>", number=0), PromptNote(text="<|im_end|>", at=THIRD))
    found = tokenize(
        Prompt(manuscript=TEXT, parts=PromptParts(notes=notes)), starter_vocabulary, None
    )
    assert not any(map(starter_vocabulary.is_control, found.tokens))


def test_what_is_left_out_is_not_given(starter_vocabulary: Vocabulary) -> None:
    second = TEXT.index("Nobody")
    parts = PromptParts(left_out=(PromptRange(second, THIRD),))
    found = tokenize(Prompt(manuscript=TEXT, parts=parts), starter_vocabulary, None)
    assert spelled(starter_vocabulary, found.tokens) == TEXT[:second] + TEXT[THIRD:]
    assert found.kept == ()


def test_a_pinned_passage_is_there_wherever_the_cut_is(starter_vocabulary: Vocabulary) -> None:
    lines = [f"Line {number} of a long and quiet story.\n" for number in range(400)]
    start = len("".join(lines[:50]))
    end = start + len(lines[50])
    parts = PromptParts(
        pinned=(PromptRange(start, end),), notes=(PromptNote(text="[Rain.]", at=end),)
    )
    text = "".join(lines)
    whole = tokenize(Prompt(manuscript=text, parts=parts), starter_vocabulary, None)
    fitted = fit(whole, 512)
    shown = spelled(starter_vocabulary, fitted.tokens)
    assert shown.startswith("Line 50 of a long and quiet story.\n[Rain.]\n")
    assert len(fitted.tokens) <= 512 - 32
    split = whole.split(fitted.unseen)
    before = sum(len(starter_vocabulary.text(token)) for token in whole.tokens[: split.first])
    assert text[place_in(whole.pieces, before) :] == shown.split("[Rain.]\n")[1]


def test_a_part_is_shortened_to_its_beginning(starter_vocabulary: Vocabulary) -> None:
    long = "The wind rose in the night and took the roof of the shed. " * 20
    short = shortened(long, 10, starter_vocabulary)
    assert long.startswith(short)
    assert 5 < len(starter_vocabulary.tokenize(short)) <= 10
    parts = PromptParts(
        notes=(PromptNote(text=long, number=3, most=12), PromptNote(text=long, number=4, at=0)),
        most_brief=8,
    )
    found = tokenize(Prompt(manuscript="He", brief=long, parts=parts), starter_vocabulary, None)
    cost = costs(found)
    assert cost[BRIEF_PART] <= 8
    assert cost[3] <= 12 + 2  # the blank line before it
    assert cost[4] > 100


def test_older_text_takes_no_more_than_it_may(starter_vocabulary: Vocabulary) -> None:
    text = "The sea was calm and the boat lay still. " * 100
    prompt = Prompt(manuscript=text, brief="Sad.", parts=PromptParts(most_text=60))
    whole = tokenize(prompt, starter_vocabulary, None)
    fitted = fit(whole, 2048)
    assert 30 <= len(fitted.tokens) - whole.head <= 60
    assert fitted.tokens[whole.head :] == whole.tokens[whole.head + fitted.unseen :]


def test_called_notes_have_a_budget_and_the_last_go(starter_vocabulary: Vocabulary) -> None:
    text = "Mara keeps the lamp of the old lighthouse and never speaks of the war."
    cost = len(starter_vocabulary.tokenize("\n\n" + text))
    notes = tuple(PromptNote(text=text, number=n, is_called=True) for n in range(4))
    always = PromptNote(text=text * 3, number=9)
    parts = PromptParts(notes=(*notes, always), most_called=2 * cost + 1)
    found = tokenize(Prompt(manuscript="He", brief="Sad.", parts=parts), starter_vocabulary, None)
    assert sorted(costs(found)) == [BRIEF_PART, 0, 1, 9]
    assert costs(found)[0] + costs(found)[1] <= parts.most_called


def test_what_leaves_no_room_is_refused_with_what_to_do(starter_vocabulary: Vocabulary) -> None:
    text = "The sea was calm and the boat lay still. " * 100
    parts = PromptParts(pinned=(PromptRange(0, len(text) - 200),))
    whole = tokenize(Prompt(manuscript=text, parts=parts), starter_vocabulary, None)
    with pytest.raises(EngineError, match=r"what is pinned take .* Shorten them or leave some out"):
        fit(whole, 256)


@st.composite
def prompts(draw: st.DrawFn) -> tuple[Prompt, int]:
    """A prompt with parts of all kinds, and the size of a context."""
    words = st.sampled_from(["sea", "calm", "🐟", "Mara", "é", "of", "rain", "storm", "«no»"])
    line = st.lists(words, min_size=1, max_size=12).map(lambda found: " ".join(found))
    lines = draw(st.lists(line, min_size=1, max_size=60))
    text = "\n".join(lines)
    starts = [sum(len(one) + 1 for one in lines[:n]) for n in range(len(lines))]
    ends = [*starts[1:], len(text)]
    pinned, left_out = list[PromptRange](), list[PromptRange]()
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        kind = draw(st.sampled_from(["", "", "", "", "pinned", "left out"]))
        if kind == "pinned":
            pinned.append(PromptRange(start, end, PINNED_PART - number))
        elif kind:
            left_out.append(PromptRange(start, end))
    notes = [
        PromptNote(
            text=draw(line),
            number=number,
            at=draw(st.one_of(st.none(), st.sampled_from(starts))),
            most=draw(st.sampled_from([0, 0, 3, 9])),
            is_called=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 5)))
    ]
    parts = PromptParts(
        notes=tuple(notes),
        most_called=draw(st.sampled_from([0, 5, 20, 60])),
        most_brief=draw(st.sampled_from([0, 4])),
        most_text=draw(st.sampled_from([0, 0, 20, 70])),
        pinned=tuple(pinned),
        left_out=tuple(left_out),
    )
    brief = draw(st.one_of(st.just(""), line))
    return Prompt(manuscript=text, brief=brief, parts=parts), draw(st.integers(64, 600))


@settings(max_examples=300, deadline=None)
@given(made=prompts())
def test_no_budget_is_exceeded_and_what_is_kept_is_there_in_order(
    starter_vocabulary: Vocabulary, made: tuple[Prompt, int]
) -> None:
    prompt, size = made
    parts = prompt.parts
    assert parts is not None
    whole = tokenize(prompt, starter_vocabulary, None)
    assert tokenize(prompt, starter_vocabulary, None) == whole, "the same each time"
    cost = costs(whole)
    called = {note.number for note in parts.notes if note.is_called}
    assert not parts.most_called or sum(cost.get(n, 0) for n in called) <= parts.most_called
    # Whatever is not called is there, and so is what is pinned.
    assert {note.number for note in parts.notes if not note.is_called} <= cost.keys()
    assert {one.number for one in parts.pinned} <= cost.keys()
    ends = [span.end for span in whole.spans]
    assert ends == sorted(ends)
    assert all(a.end <= b.start for a, b in zip(whole.spans, whole.spans[1:], strict=False))
    shown = spelled(starter_vocabulary, whole.tokens)
    own = "".join(
        prompt.manuscript[one.start : end] for one, end in _stay(prompt.manuscript, parts)
    )
    assert len(shown) >= len(own)
    try:
        fitted = fit(whole, size)
    except EngineError:
        assert size - 32 - whole.fixed < min(64, size // 4)
        return
    assert len(fitted.tokens) <= size - 32
    if parts.most_text:
        assert len(fitted.tokens) - whole.fixed <= parts.most_text
    split = whole.split(fitted.unseen)
    assert split.tokens == fitted.tokens
    assert len(split.gone) == fitted.unseen
    assert len(split.gone) + len(split.tokens) == len(whole.tokens)
    never = {place for start, end in whole.kept for place in range(start, end)}
    never |= set(range(whole.head))
    stay = [
        token for place, token in enumerate(whole.tokens) if place in never or place >= split.first
    ]
    assert stay == fitted.tokens
    for number, words in _texts(prompt, parts):
        spans = [span for span in whole.spans if span.number == number]
        if spans and spans[0].start >= whole.head:
            tokens = whole.tokens[max(0, spans[0].start - 1) : spans[-1].end]
            assert words in b"".join(map(starter_vocabulary.text, tokens)).decode(errors="ignore")


def _stay(text: str, parts: PromptParts) -> list[tuple[PromptRange, int]]:
    reached, found = 0, list[tuple[PromptRange, int]]()
    for one in parts.left_out:
        found.append((PromptRange(reached, one.start), one.start))
        reached = one.end
    return [*found, (PromptRange(reached, len(text)), len(text))]


def _texts(prompt: Prompt, parts: PromptParts) -> list[tuple[int, str]]:
    return [
        (one.number, prompt.manuscript[one.start : one.end].rstrip("\n")) for one in parts.pinned
    ]


@pytest.mark.parametrize("manuscript", ["", "the sea", "Hi\nthe sea"])
def test_sentencepiece_puts_its_space_before_all_of_it(
    open_model: OpenModel, sentencepiece_path: Path, manuscript: str
) -> None:
    vocabulary = open_model(sentencepiece_path).vocabulary
    at = manuscript.rfind("\n") + 1
    parts = PromptParts(notes=(PromptNote(text="Hi sea", number=0, at=at),))
    found = tokenize(Prompt(manuscript=manuscript, parts=parts), vocabulary, None)
    text = b"".join(map(vocabulary.text, found.tokens)).decode()
    ends = "\n" if at else "\n\n"
    assert text == f" {manuscript[:at]}Hi sea{ends}{manuscript[at:]}"
    [(start, end)] = found.kept
    assert b"".join(map(vocabulary.text, found.tokens[start:end])).decode().strip() == "Hi sea"
