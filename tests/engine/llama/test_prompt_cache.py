"""What was read is kept on the disk, found again, and refused where it is not what was written."""

import os
from collections.abc import Callable
from pathlib import Path

import llama_cpp
import msgspec
import numpy as np
import pytest

from studio.engine.llama import prompt_cache
from studio.engine.llama.context import LlamaContext
from studio.engine.llama.model import Model
from studio.engine.llama.prompt_cache import PromptCache
from studio.engine.messages import DeviceReport
from tests.engine.conftest import NewContext

LIMIT = 2**30
NewCache = Callable[[Model], PromptCache]
Start = Callable[[], LlamaContext]


def tokens_of(length: int, start: int = 0) -> list[int]:
    """Distinct neighbours for a tiny model's context, all of them bytes."""
    return [3 + (start + place * 7) % 250 for place in range(length)]


LONG, OTHER = tokens_of(450), tokens_of(400, start=1)


@pytest.fixture
def new_cache(tmp_path: Path) -> NewCache:
    """Caches in one folder, as those of one process after the other."""

    def new(model: Model) -> PromptCache:
        return PromptCache(tmp_path / "prompts", LIMIT, model.header, model.report())

    return new


@pytest.fixture
def started(byte_level: Model, new_context: NewContext, new_cache: NewCache) -> Start:
    """Contexts as they are after a start: nothing evaluated, the folder as it was left."""

    def start() -> LlamaContext:
        context = new_context(byte_level)
        context.prompt_cache = new_cache(byte_level)
        return context

    return start


def keep(context: LlamaContext, tokens: list[int]) -> None:
    context.evaluate(tokens)
    context.keep_prompt()
    assert context.prompt_cache is not None
    context.prompt_cache.wait(None)


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "prompts").iterdir())


def test_what_was_read_is_there_after_a_restart_with_the_same_logits(
    started: Start, byte_level: Model, new_context: NewContext
) -> None:
    keep(started(), LONG)
    for tokens, known in ((LONG, 256), (LONG + OTHER[:50], 256), (LONG[:300], 256)):
        context = started()
        assert context.evaluate(tokens) == known
        fresh = new_context(byte_level)
        fresh.evaluate(tokens)
        np.testing.assert_array_equal(context.logits(), fresh.logits())
        for one in (context, fresh):
            one.append(9)
        # Cells lie in another order, and are summed in it.
        np.testing.assert_allclose(context.logits(), fresh.logits(), atol=1e-4, rtol=1e-4)


def test_a_short_or_other_text_is_read(started: Start, tmp_path: Path) -> None:
    keep(started(), LONG[: prompt_cache.WORTH - 1])
    assert not (tmp_path / "prompts").exists()
    keep(started(), LONG)
    assert started().evaluate(OTHER) == 0
    assert started().evaluate(LONG[:100] + OTHER[:300]) == 0
    assert started().evaluate(LONG[:200]) == 0, "read as quickly"


def test_a_text_is_kept_before_another_takes_its_place(started: Start, tmp_path: Path) -> None:
    context = started()
    context.evaluate(LONG)
    context.evaluate(OTHER)
    assert context.prompt_cache is not None
    context.prompt_cache.wait(None)
    assert len(files(tmp_path)) == 1
    assert context.evaluate(LONG) == 256
    context.prompt_cache.wait(None)
    assert len(files(tmp_path)) == 2, "the other, too"


def test_a_text_that_grows_replaces_its_older_state(started: Start, tmp_path: Path) -> None:
    context = started()
    keep(context, LONG[:300])
    [first] = files(tmp_path)
    keep(context, LONG[:310])
    assert files(tmp_path) == [first], "a few tokens are not worth it"
    keep(context, LONG)
    [second] = files(tmp_path)
    assert second != first
    assert second.stat().st_mode & 0o777 == 0o600
    assert second.parent.stat().st_mode & 0o777 == 0o700


def test_the_least_recently_used_goes_first(started: Start, tmp_path: Path) -> None:
    keep(started(), LONG)
    [long_file] = files(tmp_path)
    keep(started(), OTHER)
    [other_file] = set(files(tmp_path)) - {long_file}
    for age, path in ((200, other_file), (300, long_file)):
        os.utime(path, (path.stat().st_atime - age, path.stat().st_mtime - age))
    assert started().evaluate(LONG) == 256
    context = started()
    assert context.prompt_cache is not None
    context.prompt_cache.limit = long_file.stat().st_size
    context.prompt_cache.make_room()
    assert files(tmp_path) == [long_file]
    context.prompt_cache.limit = 0
    context.prompt_cache.make_room()
    assert files(tmp_path) == []


def damaged(data: bytes) -> dict[str, bytes]:
    """Forms of a file that must not reach llama.cpp."""
    facts_at = prompt_cache._START.size
    length = int.from_bytes(data[12:16], "little")
    facts, body = msgspec.json.decode(data[facts_at : facts_at + length]), data[facts_at + length :]

    def with_facts(**changed: object) -> bytes:
        text = msgspec.json.encode({**facts, **changed})
        return data[:12] + len(text).to_bytes(4, "little") + text + body

    return {
        "a byte of the state": data[:-100] + bytes([data[-100] ^ 1]) + data[-99:],
        "a token": data[: len(data) - len(body)] + b"\x09" + body[1:],
        "cut short": data[:-1],
        "longer": data + b"x",
        "empty": b"",
        "another magic": b"GGUF" + data[4:],
        "a newer form": data[:8] + b"\x02" + data[9:],
        "endless facts": data[:12] + b"\xff\xff\xff\xff" + data[16:],
        "no facts": data[:facts_at] + b"[" * length + body,
        "another model": with_facts(model="sha256:0", files=""),
        "another llama.cpp": with_facts(computed_by="0.0.1 CPU 0"),
        "absurd counts": with_facts(tokens=2**40, state=2**60),
        "negative counts": with_facts(tokens=-1),
    }


def test_a_state_that_other_devices_made_is_another_one(
    started: Start, byte_level: Model, tmp_path: Path
) -> None:
    keep(started(), LONG)
    report = byte_level.report()

    def known(*layers: int) -> bool:
        others = tuple(
            DeviceReport(kind="machine", name=f"10.0.0.{number}:1", layers=count)
            for number, count in enumerate(layers)
        )
        devices = (report.devices[0], *others)
        said = msgspec.structs.replace(report, devices=devices)
        cache = PromptCache(tmp_path / "prompts", LIMIT, byte_level.header, said)
        return cache.find(LONG, 0) is not None

    assert known()
    assert known(0), "one that has no layers has no part in it"
    assert not known(1)
    assert not known(1, 1)


def test_a_damaged_or_foreign_state_never_reaches_llama_cpp(
    started: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(started(), LONG)
    [path] = files(tmp_path)
    data = path.read_bytes()

    def refuse(*_given: object) -> int:
        pytest.fail("llama.cpp was given it")

    monkeypatch.setattr(llama_cpp, "llama_state_seq_set_data", refuse)
    for name, form in damaged(data).items():
        path.write_bytes(form)
        assert started().evaluate(LONG) == 0, name
    monkeypatch.undo()
    path.write_bytes(data)
    assert started().evaluate(LONG) == 256, "as it was written it is taken"


def test_a_state_that_llama_cpp_refuses_is_read_and_deleted(
    started: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(started(), LONG)
    monkeypatch.setattr(llama_cpp, "llama_state_seq_set_data", lambda *_given: 0)
    assert started().evaluate(LONG) == 0
    assert files(tmp_path) == []


def test_a_model_that_was_moved_is_known_by_its_weights(
    started: Start, byte_level: Model, tmp_path: Path
) -> None:
    keep(started(), LONG)
    context = started()
    assert context.prompt_cache is not None
    context.prompt_cache._files = "of another place"
    assert context.evaluate(LONG) == 256


def test_a_folder_that_cannot_be_written_keeps_nothing(started: Start, tmp_path: Path) -> None:
    (tmp_path / "prompts").write_text("a file where the folder would be")
    context = started()
    keep(context, LONG)
    assert context.evaluate([*LONG, 9]) == 450
