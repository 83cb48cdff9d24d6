import pytest

from studio.app.model.names import byte_size, describe_use, model_name, model_title
from tests.helpers.fake_engine import model_report


@pytest.mark.parametrize(
    ("path", "quantization", "name"),
    [
        ("/models/SmolLM2-135M-Instruct.Q4_1.gguf", "Q4_1", "SmolLM2-135M-Instruct"),
        ("/models/SmolLM2-135M-Instruct-q4_1.gguf", "Q4_1", "SmolLM2-135M-Instruct"),
        ("/models/SmolLM2-135M-Instruct.Q4_1.gguf", "", "SmolLM2-135M-Instruct.Q4_1"),
        ("/models/Q4_1.gguf", "Q4_1", "/models/Q4_1.gguf"),
        ("/models/model.v1.2.gguf", "F16", "model.v1.2"),
    ],
)
def test_a_name_is_the_files_without_its_quantization(
    path: str, quantization: str, name: str
) -> None:
    assert model_name(path, quantization) == name


def test_a_title_says_the_quantization_once() -> None:
    assert model_title(model_report("/m/Tiny.Q4_1.gguf")) == "Tiny  Q4_1"
    assert model_title(model_report("/m/Tiny.gguf", quantization="")) == "Tiny"


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 MB"), (98_460_000, "98 MB"), (999_400_000, "999 MB"), (1_000_000_000, "1.0 GB")],
)
def test_sizes(count: int, words: str) -> None:
    assert byte_size(count) == words


def test_what_is_really_used() -> None:
    words = describe_use(model_report())
    assert words.startswith("all 30 layers on CPU (a processor), 2 threads; 165 MB of memory, ")
    assert "file mapped into memory" in words
    assert "context 2,048 of 8,192" in words
    gpu = model_report(backend="CUDA", device="a card", layers_offloaded=12, memory_mapped=False)
    assert describe_use(gpu).startswith("12 of 30 layers on CUDA (a card), ")
    assert "file read into memory" in describe_use(gpu)
