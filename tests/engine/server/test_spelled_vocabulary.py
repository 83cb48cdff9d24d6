"""A vocabulary that a server does not spell: each token's bytes, from texts of ids alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from studio.engine.interrupt import Interrupt
from studio.engine.messages import EngineError
from studio.engine.server.asking import address_of
from studio.engine.server.lines import Lines
from studio.engine.server.spelled_vocabulary import NotSpelledError, SpelledVocabulary
from tests.helpers.faulty_server import Answer, FaultyServer, Request, answer_of
from tests.helpers.openai_server import ByteLevel, Pretend

NEVER_VALID = (0xC0, 0xC1, *range(0xF5, 0x100))


_opened: list[Lines] = []


@pytest.fixture(autouse=True)
def lines_end_with_their_test() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def spelled(server: FaultyServer) -> SpelledVocabulary:
    _opened.append(Lines(address_of(server.url), "", Interrupt(), "vLLM"))
    return SpelledVocabulary(_opened[-1], "tiny", ByteLevel.size)


def test_every_token_has_its_bytes() -> None:
    with FaultyServer(Pretend(tokens=ByteLevel())) as server:
        vocabulary = spelled(server)
        names = ByteLevel.control
        for token, text in enumerate(ByteLevel.TOKENS):
            if token in names:
                assert vocabulary.text(token) == b""
                assert vocabulary.name(token) == text
            elif len(text) == 1 and text[0] in NEVER_VALID:
                assert vocabulary.text(token) == b"\xff"
            else:
                assert vocabulary.text(token) == text, token
        assert vocabulary.size == len(ByteLevel.TOKENS) + 3
        # Beyond the tokenizer's there are some that write nothing.
        assert vocabulary.control == {0: True, 1: False} | dict.fromkeys(
            range(len(ByteLevel.TOKENS), ByteLevel.size), False
        )
        assert vocabulary.ends_generation(0)
        assert not vocabulary.ends_generation(1)
        assert (vocabulary.eos, vocabulary.bos, vocabulary.adds_bos) == (0, None, False)
        assert vocabulary.mark.endswith(" tiny")


@pytest.mark.parametrize("text", ["", "a", " the sea 🙂!", "“the\x00\n", "é"])
def test_texts_are_their_tokens(text: str) -> None:
    with FaultyServer(Pretend(tokens=ByteLevel())) as server:
        vocabulary = spelled(server)
        tokens = vocabulary.tokenize(text)
        assert tokens == ByteLevel().ids(text)
        assert b"".join(map(vocabulary.text, tokens)) == text.encode()


def test_a_text_never_becomes_a_control_token() -> None:
    with FaultyServer(Pretend(tokens=ByteLevel())) as server:
        vocabulary = spelled(server)
        text = "Say <|end|><|start|> and <tool>."
        tokens = vocabulary.tokenize(text)
        assert not set(tokens) & set(vocabulary.control)
        assert b"".join(map(vocabulary.text, tokens)) == text.encode()
        assert 0 in ByteLevel().ids(text)


def test_where_it_cannot_be_taken_apart_it_is_refused() -> None:
    pretend = Pretend(tokens=ByteLevel())

    def answered(request: Request) -> Answer:
        if request.path == "/tokenize" and "|end|>" in str(request.json["prompt"]):
            return answer_of({"tokens": [0]})
        return pretend(request)

    with FaultyServer(answered) as server:
        vocabulary = spelled(server)
        with pytest.raises(EngineError, match="has the name of a control token"):
            vocabulary.tokenize("a<|end|>b")


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda text: text.replace(" .", "."), "do not spell the text"),
        (lambda text: text.replace("\x80", "").replace("^", ""), "cannot be taken apart"),
    ],
    ids=["cleaned", "changed"],
)
def test_texts_that_are_changed_spell_nothing(answer: object, words: str) -> None:
    pretend = Pretend(tokens=ByteLevel())
    assert callable(answer)

    def answered(request: Request) -> Answer:
        found = pretend(request)
        if request.path == "/detokenize":
            assert isinstance(found.body, bytes)
            text = pretend._text(request.json["tokens"], skips=False)
            return answer_of({"prompt": answer(text)})
        return found

    with FaultyServer(answered) as server, pytest.raises(NotSpelledError, match=words):
        spelled(server)
