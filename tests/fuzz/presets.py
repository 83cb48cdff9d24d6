"""Target: files of presets, of every program that is known, through the recognition itself."""

from __future__ import annotations

import contextlib
import re
from pathlib import Path

from studio.presets import PresetDocument, PresetError
from studio.presets.foreign import FORMAT_WORDS, export, import_bytes
from studio.presets.foreign.formats import KEY_TABLES
from tests.fuzz.target import Target
from tests.presets.foreign.files import FILES

_EXAMPLES = Path(__file__).parents[1] / "presets" / "foreign" / "examples"
_FOREIGN = re.compile(r"“.*?”|'.*?'|\"[^\"]*\"|\S*[\d.]\S*", re.DOTALL)
"""What of a message is a number or the file's: inputs that differ in it alone count as alike."""
_WORDS = (
    b'{"', b'":', b"{", b"}", b"[", b"]", b"[[", b",", b":", b"- ", b": ", b"|-\n", b"&a ", b"*a",
    b"!!python/object/apply:os.system", b"<<: *a", b"FROM x\n", b"PARAMETER ", b'"""', b"--", b"=",
    b"[section]\n", b"version = 1\n", b"options", b"parameters", b"operation", b"savedsettings",
    b"fields", b"config", b"base", b"name", b"format_version", b"sampling",
)  # fmt: skip


def target(_folder: Path) -> Target:
    """What every format's files hold at least, and the examples of the tests."""
    seeds = [make({}).encode() for make in FILES.values()]
    seeds += [path.read_bytes() for path in sorted(_EXAMPLES.iterdir())]
    keys = {key.encode() for table in KEY_TABLES.values() for key in table}
    return Target(seeds, check, (*_WORDS, *sorted(keys)), ("studio.presets",))


def check(data: bytes) -> str:
    """Take a file in, save what it has, read that again, write it for every other program."""
    try:
        found = import_bytes(data, "stem")
    except PresetError as error:
        said = str(error)
        assert 0 < len(said) < 2000, "a message that fills the window"
        said.encode()
        return _FOREIGN.sub("#", said)[:40]
    for imported in found:
        document = imported.document
        assert PresetDocument.read(document.to_bytes()).preset == document.preset
        for lost in imported.not_carried:
            assert lost.why
            lost.key.encode()
    for name in FORMAT_WORDS:
        with contextlib.suppress(PresetError):
            assert len(import_bytes(export(found[0].preset, name).text.encode(), "stem")) == 1
    return f"{found[0].program}: {len(found)}"
