"""What is refused is refused in the user's language, by packages that know no window too."""

import json
import os
from collections.abc import Callable, Iterator
from errno import EEXIST, ENOENT, ENOTDIR
from pathlib import Path
from typing import NamedTuple

import pytest

from studio.engine.model_files.gguf_header import read_header
from studio.experiments.comparison_file import from_json, load_comparison
from studio.manuscript.briefs import BriefFolder
from studio.manuscript.files import TextFile, read_text_file, write_text_file
from studio.manuscript.journal import leftovers
from studio.manuscript.recovery import RecoveryRecord
from studio.presets import Preset, PresetFolder, built_in_presets, preset_words
from studio.presets.foreign import Imported, export, import_bytes
from studio.sampling import SamplingParams
from tests.helpers.in_brackets import in_brackets, untranslated


@pytest.fixture(autouse=True)
def brackets() -> Iterator[None]:
    with in_brackets():
        yield


def take(**values: object) -> Imported:
    (imported,) = import_bytes(json.dumps(values).encode(), "stem")
    return imported


class Case(NamedTuple):
    """What is refused, and the names and the system's words that its message may have."""

    refused: Callable[[Path], object]
    names: tuple[str, ...] = ()


def model(folder: Path, data: bytes) -> object:
    path = folder / "model.gguf"
    path.write_bytes(data)
    return read_header(path)


def text(folder: Path, data: bytes) -> TextFile:
    path = folder / "text.txt"
    path.write_bytes(data)
    return read_text_file(path)


def brief(folder: Path, data: bytes) -> str:
    kept, document = BriefFolder(folder / "briefs"), folder / "text.txt"
    kept.save(document, "Be kind.")
    (file,) = (folder / "briefs").iterdir()
    file.write_bytes(data)
    return kept.load(document)


NO_FILE, NO_FOLDER = os.strerror(ENOENT), os.strerror(ENOTDIR)
CASES = {
    "a preset's name that is taken": Case(lambda at: PresetFolder(at).add(Preset(name="Code"))),
    "a preset that is not there": Case(lambda at: PresetFolder(at).find("12")),
    "a built-in preset": Case(lambda at: PresetFolder(at).delete("Greedy")),
    "a preset's folder": Case(
        lambda at: PresetFolder(at / "text.txt").add(Preset(name="Mine")),
        (NO_FOLDER, os.strerror(EEXIST)),
    ),
    "no JSON": Case(lambda _at: import_bytes(b'{"temp": }', "stem"), ("Expecting value",)),
    "no number": Case(lambda _at: take(temp="warm", rep_pen=1)),
    "a sampling parameter": Case(lambda _at: take(name="Mine", sampling={"top_p": "x"})),
    "another program's template": Case(lambda _at: take(input_sequence="", output_sequence="")),
    "nothing that is carried": Case(lambda _at: take(tfs=0.9, top_a=0.2, rep_pen_slope=0.5)),
    "no preset at all": Case(lambda _at: take(latitude=1, longitude=2)),
    "a preset by chance": Case(lambda _at: take(temperature=20, pressure=1, humidity=3)),
    "YAML": Case(lambda _at: import_bytes(b"temperature: [1\ntop_k: }", "stem")),
    "a Modelfile": Case(lambda _at: import_bytes(b'PARAMETER stop "', "stem")),
    "a file that is no text": Case(
        lambda at: text(at, b"ab\xff\xfe"), ("text.txt", "invalid start byte")
    ),
    "a file that is gone": Case(lambda at: read_text_file(at / "gone"), ("gone", NO_FILE)),
    "a file that cannot be": Case(
        lambda at: write_text_file(at / "text.txt" / "x", TextFile("")), ("text.txt", NO_FOLDER)
    ),
    "a damaged brief": Case(lambda at: brief(at, b"{}"), ("Object missing required field",)),
    "no recovery record": Case(lambda _at: RecoveryRecord.of_bytes(b"no record")),
    "no comparison": Case(
        lambda at: from_json(b'{"format": "another"}', at / "a.json"), ("a.json",)
    ),
    "a comparison that is gone": Case(lambda at: load_comparison(at / "gone"), ("gone", NO_FILE)),
    "a web page for a model": Case(lambda at: model(at, b"<html></html>")),
    "a model without an end": Case(lambda at: model(at, b"GGUF\x03\0\0\0")),
    "a model of nothing": Case(lambda at: model(at, b"GGUF\x03\0\0\0" + bytes(60))),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_refusal_is_translated(case: Case, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a text", encoding="utf-8")
    with pytest.raises(Exception, match="⟦") as caught:
        case.refused(tmp_path)
    assert untranslated(str(caught.value), *case.names, str(tmp_path)) == []


def test_what_becomes_of_keys_is_said_in_it_too() -> None:
    """And what is decided by a reason does not depend on how it is worded."""
    imported = take(
        temp=1.2, top_p=7, tfs=0.9, aura=1, api_key="s", top_k=-3, rep_pen=1.1, rep_pen_range=0,
        samplers=["temperature", "mystery"], temperature_last=False, dynatemp=True,
    )  # fmt: skip
    reasons = {entry.key: entry.why for entry in imported.not_carried}
    reasons |= {entry.key: entry.why for entry in imported.carried}
    for key, why in reasons.items():
        assert untranslated(why, "top_k", "repeat_last_n", "min_temp", "max_temp") == [], key
    assert reasons["top_p"].startswith("⟦Left out: allowed is")
    assert {entry.key for entry in imported.not_carried if entry.is_unknown} == {"aura"}
    assert not next(entry for entry in imported.carried if entry.key == "top_k").is_of_note


def test_what_is_lost_on_the_way_out_is_said_in_it_too() -> None:
    preset = Preset(
        name="Mine",
        sampling=SamplingParams(temperature=float("inf"), repeat_last_n=0, mirostat=2, p_less=1),
    )
    for name in ("sillytavern", "koboldcpp", "lmstudio", "textgen", "ollama", "openai"):
        for entry in export(preset, name).not_carried:
            assert untranslated(entry.why, "repetition_penalty_range") == [], (name, entry)


def test_a_recovered_text_that_cannot_be_offered(tmp_path: Path) -> None:
    folder = tmp_path / "some"
    folder.mkdir()
    (folder / "record").write_bytes(b"kelvin-studio-recovery 1 0\nand no more")
    found, problems = leftovers(tmp_path)
    assert found == []
    (problem,) = problems
    assert problem.startswith("⟦A text that was not saved could not be recovered")
    assert untranslated(problem, str(folder)) == []


def test_built_in_presets_are_shown_in_it_and_stored_as_they_are() -> None:
    for preset in built_in_presets():
        assert preset_words(preset.name) == f"⟦{preset.name}⟧"
        assert preset_words(preset.description) == f"⟦{preset.description}⟧"
        assert preset_words(preset.notes) == f"⟦{preset.notes}⟧"
    assert [preset.name for preset in built_in_presets()][:1] == ["Code"]
    assert preset_words("My own") == "My own"
