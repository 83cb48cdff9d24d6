"""What is written for whoever wants to change the program is true."""

import re
import tomllib
from pathlib import Path
from typing import Any

import bootstrap
import pytest
import yaml
from bootstrapping.checks import CHECKS

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))


def load(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_guide_s_links_and_paths_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)[^)]*\)", GUIDE)
    top = "|".join(("studio", "tests", "packaging", "resources", r"\.ci", r"\.github"))
    paths = re.findall(rf"(?:`|\s)((?:{top})/[\w./-]*\w)", GUIDE)
    assert len(links) > 3
    assert len(paths) > 20
    assert [path for path in (*links, *paths) if not (ROOT / path).exists()] == []


def test_the_guide_names_commands_that_there_are() -> None:
    commands = set(re.findall(r"bootstrap\.py ([a-z]+)", GUIDE))
    assert {"setup", "run", "test", "check", "lock"} == commands
    assert all(f"bootstrap.py {command}" in bootstrap.HELP for command in commands)
    for module in re.findall(r"python -m ((?:studio|tests)[.\w]*)", GUIDE):
        path = ROOT / module.replace(".", "/")
        assert (path / "__main__.py").is_file() or path.with_suffix(".py").is_file()


def test_what_mutants_are_made_of_is_there() -> None:
    config = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
    assert config["only_mutate"]
    assert [pattern for pattern in config["only_mutate"] if not [*ROOT.glob(pattern)]] == []


def test_the_hooks_of_git_are_the_checks_and_fetch_nothing() -> None:
    (repository,) = load(ROOT / ".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    hooks = {hook["id"]: hook for hook in repository["hooks"]}
    assert list(hooks) == list(CHECKS)
    for name, hook in hooks.items():
        assert hook["entry"] == f"python3 packaging/bootstrap.py check {name}"
        assert (hook["language"], hook["pass_filenames"]) == ("system", False)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_forms_of_issues_have_what_the_site_asks_for(path: Path) -> None:
    form = load(path)
    if path.name == "config.yml":
        assert set(form) <= {"blank_issues_enabled", "contact_links"}
        return
    assert form["name"]
    assert form["description"]
    assert set(form) <= {"name", "description", "title", "labels", "body"}
    fields = [field for field in form["body"] if field["type"] != "markdown"]
    assert fields
    assert len({field["id"] for field in fields}) == len(fields)
    for field in fields:
        assert field["type"] in ("input", "textarea")
        assert set(field) <= {"type", "id", "attributes", "validations"}
        assert field["attributes"]["label"]
        allowed = {"label", "description", "placeholder", "value"}
        if field["type"] == "textarea":
            allowed.add("render")
        assert set(field["attributes"]) <= allowed
