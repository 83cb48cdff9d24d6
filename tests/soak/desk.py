"""What lies on the writer's desk: a home of its own, and files of every kind to open."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random
from tempfile import mkdtemp

from studio.engine.model_files.starter_model import find_starter_model
from studio.interchange.docx import to_docx
from studio.interchange.odt import to_odt
from tests.helpers.tiny_model import write_byte_level_model
from tests.interchange.samples import story

ROOT = Path(__file__).parents[2]

EXPORTS = "exports"
"""The folder among the documents for what is no manuscript."""

_TEXT = (
    "the old fisherman looked out over a grey sea and thought of years that had gone by while "
    "gulls cried above nets mended twice under lamps whose light fell yellow on rope salt and "
    "wood where children once ran laughing down to boats called after saints"
)
WORDS = _TEXT.split(" ")


def sentence(chances: Random, words: int) -> str:
    """Some words with a full stop."""
    return " ".join(chances.choices(WORDS, k=words)).capitalize() + ". "


def prose(chances: Random, characters: int) -> str:
    """Paragraphs of about that many characters."""
    text = ""
    while len(text) < characters:
        sentences = [sentence(chances, chances.randrange(4, 24)) for _ in range(6)]
        text += "".join(sentences).rstrip() + "\n\n"
    return text


class Desk:
    """The folder.

    Args:
        folder: Empty; what the program keeps and all that it opens is in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "home"
        self.documents = folder / "documents"
        # In memory, as a desktop has it.
        memory = Path("/dev/shm")
        self.session = Path(mkdtemp(prefix="soak-", dir=memory if memory.is_dir() else None))
        self.log = folder / "log"
        """What is reported of each text that a window has: see `text_log`."""

    def lay_out(self, chances: Random) -> None:
        """Put everything there."""
        for made in (self.home, self.documents, self.documents / EXPORTS, self.log):
            made.mkdir(parents=True)
        write = {
            "The Fisherman.txt": prose(chances, 600).encode(),
            "Long.txt": prose(chances, 120_000).encode(),
            "Windows.txt": prose(chances, 900).replace("\n", "\r\n").encode("utf-8-sig"),
            "Sixteen.md": prose(chances, 500).encode("utf-16"),
            "Empty.txt": b"",
            "Signs.txt": "Za\u0308hne, 🙂 und \u202egnikcab\u202c.\nع ب\n".encode(),
            "Noise.txt": bytes(chances.randrange(256) for _ in range(3000)),
            "Warm.json": json.dumps({"temp": 1.4, "top_a": 0.1}).encode(),
            "Cold.json": json.dumps({"temperature": 0.2, "top_k": 5}).encode(),
            "Broken.json": b'{"temp": "hot"',
            "Modelfile": b"FROM x\nPARAMETER temperature 0.7\n",
            "Nothing.gguf": b"",
            "Noise.gguf": bytes(chances.randrange(256) for _ in range(5000)),
            "Story.docx": to_docx(story()),
            "Story.odt": to_odt(story()),
            "Noise.docx": bytes(chances.randrange(256) for _ in range(3000)),
        }
        for name, data in write.items():
            (self.documents / name).write_bytes(data)
        tiny = write_byte_level_model(self.documents / "Tiny.gguf")
        cut = self.documents / "Cut.gguf"
        cut.write_bytes(tiny.read_bytes()[:-1000])
        starter = find_starter_model()
        if starter is not None:
            (self.documents / "Starter.gguf").symlink_to(starter)

    def clear(self) -> None:
        """Take it away."""
        for folder in (self.folder, self.session):
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def environment(self) -> dict[str, str]:
        """That of the program."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        return own | {
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.session),
            "QT_QPA_PLATFORM": own.get("QT_QPA_PLATFORM", "offscreen"),
            "PYTHONPATH": str(ROOT),
        }

    @property
    def settings(self) -> Path:
        """The folder of settings."""
        return self.home / ".config" / "kelvin-studio"

    @property
    def recovery(self) -> Path:
        """The folder of journals."""
        return self.home / ".local" / "state" / "kelvin-studio" / "recovery"

    def texts(self) -> Iterator[Path]:
        """The manuscripts that are there now."""
        for path in sorted(self.documents.iterdir()):
            if path.suffix in (".txt", ".md", ".kelvin") and path.is_file():
                yield path
