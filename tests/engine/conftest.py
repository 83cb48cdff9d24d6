"""Models for the engine's tests: the real starter model, and tiny ones with random weights.

All contexts here are evaluated on one thread: llama.cpp's threads wait for one another by spinning,
which takes a hundred times as long where another test uses the cores.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from studio.engine.interrupt import Interrupt
from studio.engine.llama import log
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.messages import LoadOptions
from studio.engine.model_files.gguf_header import GgufHeader, read_header
from studio.engine.vocabulary import Vocabulary
from tests.helpers.tiny_model import write_byte_level_model, write_sentencepiece_model

OpenModel = Callable[..., Model]
NewContext = Callable[[Model], LlamaContext]


@pytest.fixture(scope="session")
def starter_header(starter_model: Path) -> GgufHeader:
    return read_header(starter_model)


@pytest.fixture(scope="session")
def byte_level_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose tokens are bytes; its context is 512 tokens."""
    return write_byte_level_model(tmp_path_factory.mktemp("models") / "byte-level.gguf")


@pytest.fixture(scope="session")
def sentencepiece_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model whose tokenizer adds a beginning marker and a space."""
    return write_sentencepiece_model(tmp_path_factory.mktemp("models") / "sentencepiece.gguf")


@pytest.fixture(scope="module")
def open_model() -> Iterator[OpenModel]:
    """Loads models, each once a module, and closes them after it."""
    log.install()
    opened: dict[tuple[Path, int], Model] = {}

    def load(path: Path, context_size: int = 0) -> Model:
        key = (path, context_size)
        if key not in opened:
            options = LoadOptions(gpu_layers=0, threads=1, context_size=context_size)
            opened[key] = Model(path, options, lambda _fraction: True)
        return opened[key]

    yield load
    for model in opened.values():
        model.close()


@pytest.fixture
def interrupt() -> Interrupt:
    return Interrupt()


@pytest.fixture
def new_context(interrupt: Interrupt) -> Iterator[NewContext]:
    """Makes contexts, which `interrupt` stops, and closes them after the test."""
    with ExitStack() as stack:

        def make(model: Model) -> LlamaContext:
            context = LlamaContext(model, interrupt)
            stack.callback(context.close)
            return context

        yield make


@pytest.fixture(scope="module")
def starter(open_model: OpenModel, starter_model: Path) -> Model:
    """The starter model, with a context of 1,024 tokens."""
    return open_model(starter_model, 1024)


@pytest.fixture(scope="module")
def byte_level(open_model: OpenModel, byte_level_path: Path) -> Model:
    return open_model(byte_level_path)


@pytest.fixture(scope="module")
def starter_vocabulary(starter: Model) -> Vocabulary:
    return starter.vocabulary
