"""An argument parser that asks whether another option was meant."""

import argparse
import re
from typing import NoReturn

from studio.suggestion import did_you_mean
from studio.visible_text import visible_line

_LONGEST = 500
"""Characters of an error."""

_UNKNOWN = re.compile(r"unrecognized arguments: (--[^\s=]+)")
_CHOICE = re.compile(r"invalid choice: '([^']*)'")


class CommandParser(argparse.ArgumentParser):
    """argparse's parser, whose error names the option or action that was probably meant.

    It leaves out the usage, a screenful of options above the one line that is to be read.
    """

    def error(self, message: str) -> NoReturn:
        """Ends the program with status 2, the message and where to read on."""
        if unknown := _UNKNOWN.search(message):
            message += "." + did_you_mean(unknown[1], self._option_string_actions)
        elif choice := _CHOICE.search(message):
            known = (word for action in self._actions for word in action.choices or ())
            message += "." + did_you_mean(choice[1], map(str, known))
        # It repeats what was given, which may be the name of a stranger's file.
        said = visible_line(message, _LONGEST)
        self.exit(2, f"{self.prog}: {said}\nMore: {self.prog} --help\n")
