"""`python -m studio devices`, in this process."""

import json
from pathlib import Path

import pytest

from studio.engine.llama import backend
from tests.helpers.commands_here import run_here

GIB = 2**30


@pytest.fixture
def card(monkeypatch: pytest.MonkeyPatch) -> None:
    """A graphics processor with room for some of the starter model's layers."""
    gpu = backend.Device("Vulkan", "A card", is_gpu=True, handle=7, key="Vulkan0")
    memory = backend.memory
    monkeypatch.setattr(backend, "gpus", lambda: [gpu])
    monkeypatch.setattr(
        backend, "memory", lambda at: (GIB // 5, GIB) if at == gpu.handle else memory(at)
    )


@pytest.mark.usefixtures("card")
def test_each_is_listed_with_its_memory_and_its_layers(starter_model: Path) -> None:
    done = run_here("devices", "--json", "-m", str(starter_model))
    assert done.returncode == 0, done.stderr
    processor, gpu = json.loads(done.stdout)
    assert processor["kind"] == "processor"
    assert (gpu["kind"], gpu["name"], gpu["total"]) == ("gpu", "A card", GIB)
    assert 0 < gpu["layers"] < 31
    assert processor["layers"] + gpu["layers"] == 31
    assert 0 < gpu["needed"] < gpu["free"]

    last = run_here("devices").stdout.decode().splitlines()[-1]
    assert last.startswith("A card  ")
    assert "0.2 of 1.1 GB free" in last
    assert f"{gpu['layers']} of 31 layers, about " in last


@pytest.mark.usefixtures("card")
def test_one_that_is_not_to_be_used_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "memory", lambda at: pytest.fail("asked"))
    done = run_here("devices", "--json", "-ngl", "0")
    _, gpu = json.loads(done.stdout)
    assert (gpu["layers"], gpu["total"]) == (0, 0)


def test_what_cannot_be_used_is_said(tmp_path: Path) -> None:
    path = tmp_path / "no.gguf"
    path.write_bytes(b"GGUF")
    done = run_here("devices", "-m", str(path))
    assert done.returncode == 1
    assert done.stderr.startswith(b"studio devices: ")
    refused = run_here("devices", "--server", "http://127.0.0.1:1")
    assert refused.returncode == 2
