import sys
from collections.abc import Collection

import pytest
from bootstrapping.system import PARTS, For, Part, Probe, install_command, missing, packages

EVERYTHING = tuple(For)


class Machine(Probe):
    """A machine that has everything but what is named."""

    def __init__(
        self,
        lacks: Collection[str] = (),
        *,
        platform: str = "linux",
        manager: str = "apt-get",
        env: dict[str, str] | None = None,
    ) -> None:
        super().__init__(platform, env or {})
        self._lacks = set(lacks)
        self._lacks |= {"apt-get", "dnf", "pacman", "zypper"} - {manager}

    def program(self, name: str) -> bool:
        return name not in self._lacks

    def library(self, soname: str) -> bool:
        return soname not in self._lacks

    def module(self, name: str) -> bool:
        return name not in self._lacks

    def header(self, name: str) -> bool:
        return name not in self._lacks

    def font(self) -> bool:
        return "fonts" not in self._lacks

    def succeeds(self, *command: str) -> bool:
        return command[0].rsplit("\\", 1)[-1] not in self._lacks


def names(parts: list[Part]) -> list[str]:
    return [part.name for part in parts]


def test_a_complete_machine_lacks_nothing() -> None:
    assert missing(EVERYTHING, Machine()) == []


@pytest.mark.parametrize(
    ("lacks", "purpose", "name", "package"),
    [
        ({"ensurepip"}, For.ENVIRONMENT, "Python's venv module", "python{}.{}-venv"),
        ({"c++", "g++", "clang++"}, For.COMPILING, "a C++ compiler", "g++"),
        ({"cc", "gcc", "clang"}, For.COMPILING, "a C compiler", "gcc"),
        ({"glslc"}, For.VULKAN, "glslc, the compiler of shaders", "glslc"),
        ({"vulkan/vulkan.h"}, For.VULKAN, "Vulkan's headers", "libvulkan-dev"),
        ({"nvcc"}, For.CUDA, "CUDA's compiler, nvcc", "nvidia-cuda-toolkit"),
        ({"hipcc"}, For.ROCM, "ROCm's compiler, hipcc", "hipcc"),
        ({"libEGL.so.1"}, For.QT, "libEGL.so.1", "libegl1"),
        ({"libxcb-cursor.so.0"}, For.SCREEN, "libxcb-cursor.so.0", "libxcb-cursor0"),
        ({"fonts"}, For.QT, "a font", "fonts-dejavu-core"),
        ({"Xvfb"}, For.TEST_SCREEN, "Xvfb", "xvfb"),
    ],
)
def test_a_missing_part_is_named_with_its_package(
    lacks: set[str], purpose: For, name: str, package: str
) -> None:
    machine = Machine(lacks)
    assert names(missing(EVERYTHING, machine)) == [name]
    assert names(missing([purpose], machine)) == [name]
    assert missing(set(EVERYTHING) - {purpose}, machine) == []
    command = f"sudo apt-get install -y {package.format(*sys.version_info[:2])}"
    assert install_command(missing([purpose], machine), machine, as_root=False) == command


def test_one_compiler_of_several_is_enough() -> None:
    assert missing([For.COMPILING], Machine({"c++", "g++", "cc", "gcc"})) == []


def test_the_compiler_that_a_variable_names_must_be_there() -> None:
    machine = Machine({"g++-14"}, env={"CXX": "g++-14 -m64"})
    assert names(missing([For.COMPILING], machine)) == ["a C++ compiler"]


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", "apt-get install -y g++ libegl1 libgl1 libglib2.0-0 libxcb-randr0"),
        ("dnf", "dnf install -y gcc-c++ libglvnd-egl libglvnd-glx glib2 libxcb"),
        ("pacman", "pacman -S --needed gcc libglvnd glib2 libxcb"),
        (
            "zypper",
            "zypper install -y gcc-c++ libglvnd libglib-2_0-0 libgthread-2_0-0 libxcb-randr0",
        ),
    ],
)
def test_the_command_names_each_package_once(manager: str, command: str) -> None:
    libraries = ("libEGL.so.1", "libGL.so.1", "libglib-2.0.so.0", "libgthread-2.0.so.0")
    lacks = {"c++", "g++", "clang++", *libraries, "libxcb-randr.so.0"}
    machine = Machine(lacks, manager=manager)
    parts = missing(EVERYTHING, machine)
    assert install_command(parts, machine, as_root=True) == command
    assert install_command(parts, machine, as_root=False) == f"sudo {command}"


def test_no_known_package_manager_gives_no_command() -> None:
    machine = Machine({"libEGL.so.1"}, manager="none of them")
    assert install_command(missing(EVERYTHING, machine), machine, as_root=True) is None


def test_macos_needs_only_the_command_line_tools() -> None:
    machine = Machine({"xcode-select", "Xvfb", "libEGL.so.1", "fonts"}, platform="darwin")
    parts = missing(EVERYTHING, machine)
    assert names(parts) == ["a C compiler", "a C++ compiler"]
    assert install_command(parts, machine, as_root=False) == "xcode-select --install"


def test_windows_needs_only_the_build_tools() -> None:
    machine = Machine({"cl", "vswhere.exe", "Xvfb", "libEGL.so.1", "fonts"}, platform="win32")
    parts = missing(EVERYTHING, machine)
    assert names(parts) == ["a C compiler", "a C++ compiler"]
    command = install_command(parts, machine, as_root=False)
    assert command is not None
    assert command.startswith("winget install Microsoft.VisualStudio")
    assert missing(EVERYTHING, Machine({"cl"}, platform="win32")) == []


@pytest.mark.parametrize("manager", ["apt-get", "dnf", "pacman", "zypper"])
def test_every_part_has_a_package_for_every_manager(manager: str) -> None:
    for part in PARTS:
        assert part.packages[manager].strip("="), part.name
    assert len(packages(PARTS, manager)) == len(set(packages(PARTS, manager)))


def test_the_real_probe_finds_what_every_python_has() -> None:
    probe = Probe()
    assert probe.module("json")
    assert not probe.module("no_such_module")
    assert probe.program(sys.executable)
    assert not probe.program("no-such-program")
    assert not probe.library("libno-such-library.so.9")
    assert probe.succeeds(sys.executable, "-c", "print(1)")
    assert not probe.succeeds(sys.executable, "-c", "raise SystemExit(3)")
    assert not probe.succeeds("no-such-program")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="names of Linux libraries")
def test_the_real_probe_finds_the_c_library() -> None:
    assert Probe().library("libc.so.6")
