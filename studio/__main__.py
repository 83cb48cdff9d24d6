"""The program's entry: which part of it is asked for. Every heavy import is lazy."""

# All three are built in or there already: no file of theirs is looked for before the path is ours.
import gc
import os
import sys


def _leave_the_current_folder_out() -> None:
    """Take no module from the folder one stands in, where a stranger's story may lie.

    `python -m` puts that folder first, and an empty or relative part of PYTHONPATH means it too.
    Both stand before the standard library; what comes after is the interpreter's own. A checkout
    that one stands in stays: it is the program's folder.
    """
    if getattr(sys, "frozen", False):
        return
    # Not pathlib, which is a file itself.
    own = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))  # noqa: PTH100, PTH120
    try:
        here = os.getcwd()  # noqa: PTH109
        end = sys.path.index(os.path.dirname(os.__file__))  # noqa: PTH120
    except (OSError, ValueError):  # the folder is deleted; the library is elsewhere, in a zip
        return
    if here != own:
        sys.path[:end] = [entry for entry in sys.path[:end] if entry not in ("", here)]


_leave_the_current_folder_out()

# llama.cpp's threads keep all cores busy. numpy's BLAS would wake threads of its own for sums over
# a vocabulary, and the two sets spin against each other: measured, a tenth of the speed is left.
# Read by BLAS when numpy is imported, which is later than this.
os.environ["OPENBLAS_NUM_THREADS"] = "1"

_COMMANDS = (
    "generate",
    "compare",
    "presets",
    "export",
    "fit",
    "sweep",
    "turning-point",
    "augment",
    "server",
    "rpc-server",
    "devices",
    "bench",
)

_HELP = """usage: kelvin-studio [FILE]
       kelvin-studio COMMAND ...

Opens the window, with FILE (a text, a document, a model, a comparison or a preset) where one is
given; - is a text from the input.

commands:
  generate    continue a text on the command line
  compare     continue one text in several lanes, at several temperatures
  presets     list, show, import and export presets
  export      write a text as a document: Word, OpenDocument, e-book, web page
  fit         find the temperature under which a model finds a text most likely
  sweep       write many texts at several temperatures, and measure them
  turning-point
              find the temperature from which a model's texts begin to fall apart
  augment     write many texts of many prompts, as a data set
  server      ask a server of language models what it can do
  rpc-server  compute for another machine
  devices     list what could compute a model: processor, graphics processors, machines
  bench       measure speed against a bare llama.cpp loop

kelvin-studio COMMAND --help tells more. A file that is called like a command: ./generate
"""


def main(arguments: list[str] | None = None) -> int:
    """Run what `arguments` (default: the process's) ask for; the exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    match given:
        case [command, *rest] if command in _COMMANDS:
            from studio.commands import entry
            from studio.engine.llama import python_api

            python_api.leave_out()
            return entry.run(command, rest)
        case ["engine", *texts]:  # the window's child process
            gc.disable()  # as for a window; the child has it begin
            from studio.engine import child

            return child.main(*texts)
        case ["render-template"]:  # the engine's child process, with hard limits
            from studio.engine.templates import template_process

            return template_process.main()
        case ["measure-window", *rest]:  # bench's child process
            _begin_window()
            from studio.ui import measurement

            return measurement.main(rest)
        case ["-h" | "--help", *_]:
            print(_HELP, end="")
            return 0
        case ["-V" | "--version", *_]:
            from studio import __version__

            print(f"Kelvin Studio {__version__}")
            return 0
        case [option, *_] if option.startswith("-") and option != "-":
            said = f"there is no option {_shown(option)}"
            print(f"studio: {said}\n\n{_HELP}", end="", file=sys.stderr)
            return 2
        case [word, *rest] if meant := _meant_command(word):
            said = f"there is no command {_shown(word)}, and no such file.{meant}"
            print(f"studio: {said}", file=sys.stderr)
            return 2
        case [_, extra, *_]:
            said = f"one file at a time; “{_shown(extra)}” is one too many"
            print(f"studio: {said}", file=sys.stderr)
            return 2
    _begin_window()
    from studio.ui import application

    return application.main(given[0] if given else None)


def _shown(word: str) -> str:
    """A word for a terminal: a pattern of the shell may have given a stranger's file's name."""
    from studio.visible_text import visible_line

    return visible_line(word)


def _meant_command(word: str) -> str:
    """The question after the command that `word` is nearly, where it is no path; or nothing."""
    # Not pathlib, which takes 10 ms of a start.
    if os.path.sep in word or "." in word or os.path.exists(word):  # noqa: PTH110
        return ""
    from studio.suggestion import did_you_mean

    return did_you_mean(word, _COMMANDS)


def _begin_window() -> None:
    """Do what makes the window's start a fifth shorter."""
    # Next to nothing is garbage until the window stands, which has Python look for it again.
    gc.disable()
    # What knows no Qt comes first: Qt for Python reads the source of each module that comes after.
    import studio.engine.messages
    import studio.experiments.comparison_file
    import studio.presets
    import studio.sampling  # noqa: F401
    from studio.ui.qt_features import switch_off

    switch_off()


if __name__ == "__main__":
    sys.exit(main())
