import re
import tomllib
from pathlib import Path

import pytest
from bootstrapping.locks import LOCKS

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "packaging"


def pins(name: str) -> dict[str, str]:
    text = (FOLDER / f"{name}.lock").read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", text, re.MULTILINE))


def asked_for(lines: list[str]) -> set[str]:
    found = (re.match(r"[A-Za-z0-9][\w.-]*", line) for line in lines)
    return {re.sub(r"[-_.]+", "-", match[0]).lower() for match in found if match}


@pytest.mark.parametrize("name", [name for name, _ in LOCKS])
def test_a_lock_pins_everything_by_hash_and_names_no_place(name: str) -> None:
    text = (FOLDER / f"{name}.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash=sha256:", ""), re.MULTILINE)
    assert not re.search(r"(^|\s)/\w", text)  # a path of the machine that made it
    entries = re.split(r"^(?=\S)(?!#)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(pins(name)) > 0
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry.splitlines()[0]


@pytest.mark.parametrize("name", [name for name, _ in LOCKS])
def test_a_lock_holds_what_its_requirements_ask_for(name: str) -> None:
    lines = (FOLDER / f"{name}.in").read_text(encoding="utf-8").splitlines()
    assert asked_for(lines) <= set(pins(name))


def test_the_program_s_own_requirements_are_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    needed = project["project"]["dependencies"] + project["build-system"]["requires"]
    assert asked_for(needed) <= set(pins("requirements"))


def test_the_locks_agree_with_one_another() -> None:
    base = pins("requirements")
    for name, _ in LOCKS:
        for package, version in pins(name).items():
            assert base.get(package, version) == version, f"{package} in {name}.lock"
