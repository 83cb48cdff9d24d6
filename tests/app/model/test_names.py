import pytest

from studio.app.model.names import (
    byte_size,
    describe_use,
    model_name,
    model_title,
    server_facts,
)
from studio.engine.messages import DeviceReport
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
    devices = (
        DeviceReport(kind="processor", name="a processor", layers=15),
        DeviceReport(kind="machine", name="10.0.0.1:50052", layers=16),
        DeviceReport(kind="machine", name="10.0.0.2:50052"),
    )
    gpu = model_report(backend="RPC", layers_offloaded=16, memory_mapped=False, devices=devices)
    assert describe_use(gpu).startswith("layers: 15 on a processor, 16 on 10.0.0.1:50052, 2 thr")
    assert "file read into memory" in describe_use(gpu)


def test_a_server_that_draws_says_what_it_can_do() -> None:
    report = model_report(
        "http://cellar:8000",
        name="tiny",
        backend="Ollama",
        device="0.14.0",
        draws_there=True,
        can=(
            ("Program", "Ollama 0.14.0"),
            ("Model", "tiny"),
            ("Round trip", "4 ms"),
            ("Context", "no: it does not say"),
            ("Seeds", "yes"),
            ("Token ids", "no: tokens come by their texts alone"),
        ),
    )
    facts = server_facts(report)
    assert facts["Draws"].startswith("the server’s own")
    assert facts["Token ids"] == "no: tokens come by their texts alone"
    assert facts["Context"] == "no: it does not say"  # and not a number that is taken for it
    assert "Vocabulary" not in facts
    assert describe_use(report).endswith(". The server draws.")
    assert model_title(report) == "tiny at cellar:8000"
