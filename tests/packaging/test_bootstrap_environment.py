import json
import os
import sys
import venv
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from bootstrapping.environment import (
    ENVIRONMENT,
    MODEL,
    PROGRAM,
    REQUIREMENTS,
    TO_RUN,
    TO_TEST,
    TOOLS,
    Environment,
    Record,
)
from bootstrapping.running import Console, Runner, SetUpError


class Shop(Runner):
    """Runs nothing but the making of .venv, and remembers what it was asked for."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Console(), folder / "log")
        self.commands: list[str] = []
        self.envs: list[Mapping[str, str]] = []
        self.breaks_on = ""

    def run(
        self, what: str, command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None
    ) -> None:
        said = " ".join(command)
        self.commands.append(said)
        self.envs.append(env)
        if self.breaks_on and self.breaks_on in said:
            raise SetUpError(f"{what} failed", "")
        if "-m venv" in said:
            venv.create(command[-1], symlinks=sys.platform != "win32")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout as far as the set-up reads it."""
    for step in TO_TEST:
        for name in step.inputs:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{name}\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def shop(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    return Shop(tmp_path_factory.mktemp("shop"))


def set_up(
    root: Path, shop: Shop, steps: Sequence[object] = TO_RUN, env: Mapping[str, str] | None = None
) -> Environment:
    environment = Environment(root, env or {})
    for step in environment.pending([step for step in TO_TEST if step in steps]):
        environment.perform(step, shop)
    return environment


def test_a_fresh_checkout_has_everything_to_do(root: Path) -> None:
    assert Environment(root, {}).pending(TO_TEST) == list(TO_TEST)


def test_nothing_is_left_to_do_after_a_set_up(root: Path, shop: Shop) -> None:
    set_up(root, shop)
    assert Environment(root, {}).pending(TO_RUN) == []
    assert Environment(root, {}).pending(TO_TEST) == [TOOLS]
    set_up(root, shop, TO_TEST)
    assert Environment(root, {}).pending(TO_TEST) == []


def test_what_is_fetched_is_held_to_its_hash_and_the_program_is_installed_offline(
    root: Path, shop: Shop
) -> None:
    set_up(root, shop, TO_TEST)
    fetching = [said for said in shop.commands if ".lock" in said]
    assert len(fetching) == 4
    assert all("--require-hashes" in said for said in fetching)
    assert "--no-deps" in next(said for said in fetching if "model" in said)
    (program,) = (said for said in shop.commands if "--editable" in said)
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(program.split())


def test_no_python_of_the_set_up_takes_modules_from_the_callers_folder(
    root: Path, shop: Shop
) -> None:
    set_up(root, shop, TO_TEST)
    assert len(shop.commands) == len(set(shop.commands)) > 3
    assert all(said.split()[1] == "-P" for said in shop.commands)


@pytest.mark.parametrize("step", [REQUIREMENTS, MODEL, PROGRAM, TOOLS])
def test_only_the_step_whose_files_changed_is_done_again(
    root: Path, shop: Shop, step: object
) -> None:
    set_up(root, shop, TO_TEST)
    (changed,) = (known for known in TO_TEST if known is step)
    (root / changed.inputs[0]).write_text("another version\n", encoding="utf-8")
    assert Environment(root, {}).pending(TO_TEST) == [changed]


def test_another_pip_a_moved_folder_or_a_lost_python_make_everything_anew(
    root: Path, shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    set_up(root, shop)
    lock = root / ENVIRONMENT.inputs[0]
    before = lock.read_bytes()
    lock.write_bytes(b"another pip\n")
    assert Environment(root, {}).pending(TO_RUN) == list(TO_RUN)
    lock.write_bytes(before)
    assert Environment(root, {}).pending(TO_RUN) == []

    elsewhere = tmp_path_factory.mktemp("elsewhere") / "checkout"
    root.rename(elsewhere)
    assert Environment(elsewhere, {}).pending(TO_RUN) == list(TO_RUN)
    elsewhere.rename(root)
    assert Environment(root, {}).pending(TO_RUN) == []

    Environment(root, {}).python.unlink()
    assert Environment(root, {}).pending(TO_RUN) == list(TO_RUN)


def test_another_python_makes_everything_anew(
    root: Path, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_up(root, shop)
    monkeypatch.setattr(sys.implementation, "cache_tag", "cpython-399")
    assert Environment(root, {}).pending(TO_RUN) == list(TO_RUN)


def test_a_step_that_failed_is_repeated_and_the_finished_ones_are_kept(
    root: Path, shop: Shop
) -> None:
    shop.breaks_on = "requirements-model"
    with pytest.raises(SetUpError):
        set_up(root, shop)
    assert Environment(root, {}).pending(TO_RUN) == [MODEL, PROGRAM]
    shop.breaks_on = ""
    set_up(root, shop)
    assert Environment(root, {}).pending(TO_RUN) == []


def test_a_step_that_was_cut_short_makes_everything_anew(root: Path, shop: Shop) -> None:
    class Power(BaseException):
        """Not one that a program handles."""

    class Cut(Shop):
        def run(
            self, what: str, command: Sequence[str], env: Mapping[str, str], cwd: Path | None = None
        ) -> None:
            raise Power

    environment = set_up(root, shop)
    leftover = environment.folder / "half a package"
    leftover.touch()
    (root / MODEL.inputs[0]).write_text("another model\n", encoding="utf-8")
    with pytest.raises(Power):
        Environment(root, {}).perform(MODEL, Cut(shop.log.parent))
    assert Environment(root, {}).pending(TO_RUN) == list(TO_RUN)
    set_up(root, shop)
    assert Environment(root, {}).pending(TO_RUN) == []
    assert not leftover.exists()


@pytest.mark.parametrize("text", ["", "{", '{"finished": 3, "colour": "red"}', "[]", "\0"])
def test_an_unreadable_record_makes_everything_anew(root: Path, shop: Shop, text: str) -> None:
    environment = set_up(root, shop)
    (environment.folder / "bootstrap.json").write_text(text, encoding="utf-8")
    assert Environment(root, {}).pending(TO_RUN) == list(TO_RUN)
    set_up(root, shop)
    assert Environment(root, {}).pending(TO_RUN) == []


def test_an_environment_made_by_hand_is_kept(root: Path, shop: Shop) -> None:
    venv.create(root / ".venv", with_pip=True, symlinks=sys.platform != "win32")
    mine = root / ".venv" / "mine"
    mine.touch()
    set_up(root, shop)
    assert mine.exists()
    assert not any("-m venv" in said for said in shop.commands)
    assert Environment(root, {}).pending(TO_RUN) == []


def test_an_environment_without_pip_is_replaced(root: Path, shop: Shop) -> None:
    venv.create(root / ".venv", with_pip=False, symlinks=sys.platform != "win32")
    mine = root / ".venv" / "mine"
    mine.touch()
    set_up(root, shop)
    assert not mine.exists()


def test_a_folder_that_is_no_environment_is_not_removed(root: Path, shop: Shop) -> None:
    novel = root / ".venv" / "novel.txt"
    novel.parent.mkdir()
    novel.write_text("It was a dark and stormy night.", encoding="utf-8")
    with pytest.raises(SetUpError, match="in the way"):
        set_up(root, shop)
    assert novel.exists()


def test_forgetting_makes_everything_anew(root: Path, shop: Shop) -> None:
    environment = set_up(root, shop)
    leftover = environment.folder / "leftover"
    leftover.touch()
    environment.forget()
    environment.perform(ENVIRONMENT, shop)
    assert not leftover.exists()


def test_the_options_of_llama_cpp_and_its_backend_are_remembered(root: Path, shop: Shop) -> None:
    lock = root / REQUIREMENTS.inputs[0]
    lock.write_text("llama-cpp-python==1.0 \\\n    --hash=sha256:ab\nother==2\n", encoding="utf-8")

    def options(env: Mapping[str, str]) -> str:
        set_up(root, shop, env=env)
        given = [
            env["CMAKE_ARGS"]
            for said, env in zip(shop.commands, shop.envs, strict=True)
            if f"{os.sep}llama-cpp-python.lock" in said
        ]
        return given[-1]

    default = options({})
    assert "GGML_RPC=ON" in default
    written = (root / ".venv" / "llama-cpp-python.lock").read_text(encoding="utf-8")
    assert written == "llama-cpp-python==1.0 \\\n    --hash=sha256:ab\n"

    more = {"CMAKE_ARGS": "-DGGML_BLAS=on"}
    assert Environment(root, more).pending(TO_RUN) == [REQUIREMENTS], "not all anew"
    assert options(more) == f"{default} -DGGML_BLAS=on"
    vulkan = {"KELVIN_BACKEND": "vulkan"}
    assert options(vulkan) == f"{default} -DGGML_VULKAN=ON -DGGML_BLAS=on"
    assert Environment(root, {}).pending(TO_RUN) == []
    lock.write_text("llama-cpp-python==2.0\n", encoding="utf-8")
    assert options({}) == f"{default} -DGGML_VULKAN=ON -DGGML_BLAS=on"
    assert options({"KELVIN_BACKEND": "cpu", "CMAKE_ARGS": ""}) == default


def test_the_settings_of_pip_reach_it_and_a_foreign_library_does_not(
    root: Path, shop: Shop
) -> None:
    set_up(root, shop, env={"PIP_CERT": "/c.pem", "PYTHONHOME": "/other", "PYTHONPATH": "/other"})
    for env in shop.envs:
        assert env["PIP_CERT"] == "/c.pem"
        assert not {"PYTHONHOME", "PYTHONPATH"} & set(env)


def test_a_missing_lock_is_reported_by_its_name(root: Path, shop: Shop) -> None:
    set_up(root, shop)
    (root / MODEL.inputs[0]).unlink()
    with pytest.raises(FileNotFoundError) as caught:
        Environment(root, {}).pending(TO_RUN)
    assert os.fspath(caught.value.filename).endswith("requirements-model.lock")


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "record.json"
    record = Record({"model": "ab12"}, unfinished="program", cmake_args="-DX=on")
    record.save(path)
    assert Record.load(path) == record
    assert json.loads(path.read_text(encoding="utf-8"))["unfinished"] == "program"
    assert Record.load(tmp_path / "none.json") is None
