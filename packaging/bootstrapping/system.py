"""What the operating system must bring, found before it is needed and named when it is missing.

Each `Part` knows how it is looked for and which package holds it. This module only looks and
renders commands; it installs nothing, and does not know what .venv holds.

The libraries are those that Qt's own libraries and its X11 plugin ask for (the NEEDED entries of
QtCore, QtGui, QtDBus, XcbQpa and the GLX integration), less those of every Linux.
"""

from __future__ import annotations

import ctypes
import importlib.util
import operator
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path


class For(Enum):
    """What a part is needed for."""

    ENVIRONMENT = "making .venv"
    COMPILING = "compiling llama.cpp"
    VULKAN = "compiling it for Vulkan"
    CUDA = "compiling it for CUDA"
    ROCM = "compiling it for ROCm"
    QT = "Qt"
    SCREEN = "a window on a screen (X11)"
    TEST_SCREEN = "the tests' own screen"


_HEADER_FOLDERS = ("/usr/include", "/usr/local/include")


class Probe:
    """Looks for things on this machine. Tests give one that looks elsewhere.

    Args:
        platform: as `sys.platform`.
        env: the environment in which compilers are named and programs are looked for.
    """

    def __init__(self, platform: str = sys.platform, env: Mapping[str, str] | None = None) -> None:
        self.platform = platform
        self.env = os.environ if env is None else env

    def program(self, name: str) -> bool:
        """Whether a program can be started by this name or path."""
        return shutil.which(name, path=self.env.get("PATH")) is not None

    def library(self, soname: str) -> bool:
        """Whether the dynamic loader finds a library, in our word size and with all it needs."""
        try:
            ctypes.CDLL(soname)
        except OSError:
            return False
        return True

    def header(self, name: str) -> bool:
        """Whether a C header is where compilers look first."""
        return any((Path(folder) / name).exists() for folder in _HEADER_FOLDERS)

    def module(self, name: str) -> bool:
        """Whether this Python has a module of the standard library (some systems split it)."""
        return importlib.util.find_spec(name) is not None

    def font(self) -> bool:
        """Whether there is any outline font where fontconfig looks."""
        home = Path(self.env.get("HOME", "/"))
        folders = (
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            Path("/run/current-system/sw/share/X11/fonts"),
            home / ".local/share/fonts",
            home / ".fonts",
        )
        return any(
            name.lower().endswith((".ttf", ".otf", ".ttc"))
            for folder in folders
            for _, _, names in os.walk(folder)
            for name in names
        )

    def succeeds(self, *command: str) -> bool:
        """Whether a command ends with status 0 and says something."""
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except OSError:
            return False
        return done.returncode == 0 and bool(done.stdout.strip())


@dataclass(frozen=True)
class Part:
    """One thing that the system must bring.

    Attributes:
        name: what it is called.
        purpose: what it is needed for.
        present: looks for it.
        packages: the package that holds it, by package manager.
    """

    name: str
    purpose: For
    present: Callable[[Probe], bool]
    packages: Mapping[str, str] = field(default_factory=dict)


def _compiler(variable: str, *names: str) -> Callable[[Probe], bool]:
    """Returns a look for a compiler: the one that a variable names, else one of these."""

    def present(probe: Probe) -> bool:
        if probe.platform == "darwin":  # the compilers in /usr/bin are only a hint to install them
            return probe.succeeds("xcode-select", "-p")
        if probe.platform == "win32":
            return probe.program("cl") or probe.succeeds(*_vswhere(probe))
        named = shlex.split(probe.env.get(variable, ""))[:1]
        return any(probe.program(name) for name in named or names)

    return present


def _vswhere(probe: Probe) -> tuple[str, ...]:
    """Returns the command that prints where Visual Studio's C++ tools are (Microsoft's vswhere)."""
    programs = probe.env.get("ProgramFiles(x86)", r"C:\Program Files (x86)")
    tools = "Microsoft.VisualStudio.Component.VC.Tools.x86.x64"
    return (
        programs + r"\Microsoft Visual Studio\Installer\vswhere.exe",
        *("-latest", "-products", "*", "-requires", tools, "-property", "installationPath"),
    )


def _on_linux(look: Callable[[Probe], bool]) -> Callable[[Probe], bool]:
    return lambda probe: not probe.platform.startswith("linux") or look(probe)


# Each library, and the package that holds it; "=" is the same name as in the column before.
_LIBRARIES = """\
library                  dnf                  pacman     apt-get              zypper
libEGL.so.1              libglvnd-egl         libglvnd   libegl1              libglvnd
libGL.so.1               libglvnd-glx         libglvnd   libgl1               libglvnd
libX11.so.6              libX11               libx11     libx11-6             libX11-6
libxkbcommon.so.0        libxkbcommon         =          libxkbcommon0        =
libfontconfig.so.1       fontconfig           =          libfontconfig1       =
libfreetype.so.6         freetype             freetype2  libfreetype6         =
libglib-2.0.so.0         glib2                =          libglib2.0-0         libglib-2_0-0
libgthread-2.0.so.0      glib2                =          libglib2.0-0         libgthread-2_0-0
libdbus-1.so.3           dbus-libs            dbus       libdbus-1-3          =
"""
_SCREEN_LIBRARIES = """\
library                  dnf                  pacman     apt-get              zypper
libX11-xcb.so.1          libX11-xcb           libx11     libx11-xcb1          libX11-xcb1
libxkbcommon-x11.so.0    libxkbcommon-x11     =          libxkbcommon-x11-0   =
libxcb.so.1              libxcb               =          libxcb1              =
libxcb-cursor.so.0       xcb-util-cursor      =          libxcb-cursor0       =
libxcb-glx.so.0          libxcb               =          libxcb-glx0          =
libxcb-icccm.so.4        xcb-util-wm          =          libxcb-icccm4        =
libxcb-image.so.0        xcb-util-image       =          libxcb-image0        =
libxcb-keysyms.so.1      xcb-util-keysyms     =          libxcb-keysyms1      =
libxcb-randr.so.0        libxcb               =          libxcb-randr0        =
libxcb-render-util.so.0  xcb-util-renderutil  =          libxcb-render-util0  =
libxcb-render.so.0       libxcb               =          libxcb-render0       =
libxcb-shape.so.0        libxcb               =          libxcb-shape0        =
libxcb-shm.so.0          libxcb               =          libxcb-shm0          =
libxcb-sync.so.1         libxcb               =          libxcb-sync1         =
libxcb-util.so.1         xcb-util             =          libxcb-util1         =
libxcb-xfixes.so.0       libxcb               =          libxcb-xfixes0       =
libxcb-xkb.so.1          libxcb               =          libxcb-xkb1          =
"""


def _libraries(purpose: For, table: str) -> Iterator[Part]:
    """Reads a table of libraries."""
    header, *rows = (line.split() for line in table.splitlines())
    for soname, *names in rows:
        for column, name in enumerate(names):
            names[column] = names[column - 1] if name == "=" else name
        look = operator.methodcaller("library", soname)
        yield Part(soname, purpose, _on_linux(look), dict(zip(header[1:], names, strict=True)))


def _program(name: str, packages: Mapping[str, str]) -> Part:
    look = operator.methodcaller("program", name)
    return Part(name, For.TEST_SCREEN, _on_linux(look), packages)


def _needed_to_compile(
    name: str, purpose: For, look: Callable[[Probe], bool], packages: str
) -> Part:
    """Returns what a backend needs to be compiled; its packages in the order of the managers."""
    managers = ("apt-get", "dnf", "pacman", "zypper")
    return Part(name, purpose, _on_linux(look), dict(zip(managers, packages.split(), strict=True)))


_PYTHON = "python{}.{}".format(*sys.version_info[:2])

PARTS: tuple[Part, ...] = (
    Part(
        "Python's venv module",
        For.ENVIRONMENT,
        lambda probe: probe.module("venv") and probe.module("ensurepip"),
        {
            "apt-get": f"{_PYTHON}-venv",
            "dnf": "python3",
            "pacman": "python",
            "zypper": "python3-venv",
        },
    ),
    Part(
        "a C compiler",
        For.COMPILING,
        _compiler("CC", "cc", "gcc", "clang"),
        {"apt-get": "gcc", "dnf": "gcc", "pacman": "gcc", "zypper": "gcc"},
    ),
    Part(
        "a C++ compiler",
        For.COMPILING,
        _compiler("CXX", "c++", "g++", "clang++"),
        {"apt-get": "g++", "dnf": "gcc-c++", "pacman": "gcc", "zypper": "gcc-c++"},
    ),
    _needed_to_compile(
        "Vulkan's headers",
        For.VULKAN,
        lambda probe: probe.header("vulkan/vulkan.h"),
        "libvulkan-dev vulkan-loader-devel vulkan-headers vulkan-devel",
    ),
    _needed_to_compile(
        "glslc, the compiler of shaders",
        For.VULKAN,
        lambda probe: probe.program("glslc"),
        "glslc glslc shaderc shaderc",
    ),
    _needed_to_compile(
        "SPIR-V's headers",
        For.VULKAN,
        lambda probe: probe.header("spirv/unified1/spirv.hpp"),
        "spirv-headers spirv-headers-devel spirv-headers spirv-headers",
    ),
    _needed_to_compile(
        "CUDA's compiler, nvcc",
        For.CUDA,
        lambda probe: probe.program("nvcc"),
        "nvidia-cuda-toolkit cuda-toolkit cuda cuda-toolkit",
    ),
    _needed_to_compile(
        "ROCm's compiler, hipcc",
        For.ROCM,
        lambda probe: probe.program("hipcc"),
        "hipcc rocm-hip-devel rocm-hip-sdk hipcc",
    ),
    *_libraries(For.QT, _LIBRARIES),
    *_libraries(For.SCREEN, _SCREEN_LIBRARIES),
    Part(
        "a font",
        For.QT,
        _on_linux(lambda probe: probe.font()),
        {
            "apt-get": "fonts-dejavu-core",
            "dnf": "dejavu-sans-fonts",
            "pacman": "ttf-dejavu",
            "zypper": "dejavu-fonts",
        },
    ),
    _program(
        "Xvfb",
        {
            "apt-get": "xvfb",
            "dnf": "xorg-x11-server-Xvfb",
            "pacman": "xorg-server-xvfb",
            "zypper": "xorg-x11-server-Xvfb",
        },
    ),
    _program("xdotool", dict.fromkeys(("apt-get", "dnf", "pacman", "zypper"), "xdotool")),
)

# How each package manager is asked to install, in the order in which they are looked for.
MANAGERS: Mapping[str, str] = {
    "apt-get": "apt-get install -y",
    "dnf": "dnf install -y",
    "pacman": "pacman -S --needed",
    "zypper": "zypper install -y",
}
# Where the compiler comes from its maker and the rest is part of the system.
WHOLE_COMMANDS: Mapping[str, str] = {
    "darwin": "xcode-select --install",
    "win32": "winget install Microsoft.VisualStudio.2022.BuildTools --override "
    '"--wait --passive --add Microsoft.VisualStudio.Workload.VCTools --includeRecommended"',
}


def missing(purposes: Iterable[For], probe: Probe) -> list[Part]:
    """Returns the parts that these purposes need and that are not there."""
    wanted = set(purposes)
    return [part for part in PARTS if part.purpose in wanted and not part.present(probe)]


def manager(probe: Probe) -> str | None:
    """Returns the first package manager found, or None where a whole command serves, or none is."""
    if probe.platform in WHOLE_COMMANDS:
        return None
    return next((name for name in MANAGERS if probe.program(name)), None)


def packages(parts: Sequence[Part], manager: str) -> list[str]:
    """Returns the packages that hold these parts, each once, in the order of the parts."""
    return list(dict.fromkeys(part.packages[manager] for part in parts if part.packages))


def install_command(parts: Sequence[Part], probe: Probe, as_root: bool) -> str | None:
    """Returns the one command that installs these parts, or None where we know none."""
    if probe.platform in WHOLE_COMMANDS:
        return WHOLE_COMMANDS[probe.platform]
    name = manager(probe)
    if name is None:
        return None
    prefix = "" if as_root else "sudo "
    return f"{prefix}{MANAGERS[name]} {' '.join(packages(parts, name))}"


def is_root() -> bool:
    """Whether we may install packages without asking."""
    return sys.platform != "win32" and os.geteuid() == 0
