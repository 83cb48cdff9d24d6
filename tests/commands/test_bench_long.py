"""Long texts of the bench, with a real engine; how fast it is, is no test's."""

import sys
from pathlib import Path

import pytest

from studio.commands import bench_long
from studio.commands.bench_long import LlamaBenchError, measure_long
from tests.helpers.tiny_model import write_byte_level_model


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny model, at which short texts count as long."""
    monkeypatch.setattr(bench_long, "LENGTHS", (100, 300))
    monkeypatch.setattr(bench_long, "_CONTEXT", 512)
    return write_byte_level_model(tmp_path / "tiny.gguf")


def test_each_length_has_its_figures(model: Path) -> None:
    figures = measure_long(model, 2, 4, None)
    rates = ("long_prompt_tps", "long_decode_tps", "long_prompt_ratio", "long_decode_ratio")
    assert set(figures) == set(rates)
    for found in figures.values():
        assert isinstance(found, dict)
        assert set(found) == {"100", "300"}
        assert all(figure > 0 for figure in found.values())


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="a script of a shell")
def test_a_program_that_is_not_llama_bench(model: Path, tmp_path: Path) -> None:
    program = tmp_path / "llama-bench"
    with pytest.raises(LlamaBenchError, match="No such file"):
        measure_long(model, 1, 2, program)
    program.write_text("#!/bin/sh\necho tokens\n", encoding="utf-8")
    program.chmod(0o700)
    with pytest.raises(LlamaBenchError, match="gave no figures"):
        measure_long(model, 1, 2, program)
