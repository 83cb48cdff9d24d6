"""Another machine whose cable is pulled.

    unshare -rn python -m tests.helpers.pulled_cable MODEL.gguf asked|asking

In a network of its own, whose loopback is the cable. The machine is halted first, as one is that
computes for long: its system answers for it, until the cable is pulled: before or after it has been
asked to compute. Prints what the engine says then, as one JSON object.
"""

import fcntl
import json
import socket
import struct
import sys
import time
from pathlib import Path

from studio.engine.messages import LoadOptions, MachineLost, PreviewNextToken, Prompt
from tests.helpers.engine_child import PATIENCE, EngineChild
from tests.helpers.rpc_machine import rpc_machine
from tests.helpers.waiting import until

_SET_FLAGS, _IS_UP = 0x8914, 0x1  # SIOCSIFFLAGS and IFF_UP of Linux


def _set_cable(*, is_plugged: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        request = struct.pack("16sh14x", b"lo", _IS_UP if is_plugged else 0)
        fcntl.ioctl(asked, _SET_FLAGS, request)


def _is_all_taken() -> bool:
    """Whether nothing is on its way any more, and something lies with the machine's system."""
    queues = [
        tuple(int(part, 16) for part in line.split()[4].split(":"))
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]
    ]
    return not any(sent for sent, _ in queues) and any(got for _, got in queues)


def _keeps_alive(address: str) -> bool:
    """Whether a connection to the machine has a timer of keep-alive packets."""
    port = f"{int(address.rpartition(':')[2]):04X}"
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(line[2].endswith(f":{port}") and line[5].startswith("02:") for line in lines)


def main(model: Path, moment: str) -> None:
    """Load a model onto the machine, ask for something, pull the cable, and wait.

    Args:
        model: Its file.
        moment: "asked" where the question lies with the machine by then, "asking" where it may not.
    """
    _set_cable(is_plugged=True)
    with EngineChild() as child, rpc_machine() as machine:
        options = LoadOptions(threads=1, context_size=512, machines=(machine.address,))
        child.load(model, options)
        until(lambda: _keeps_alive(machine.address), "a connection that is kept alive")
        machine.halt()
        child.send(PreviewNextToken(request=1, prompt=Prompt(manuscript="The old fisherman")))
        if moment == "asked":
            until(_is_all_taken, "the question, at the machine")
        began = time.monotonic()
        _set_cable(is_plugged=False)
        lost = child.until(lambda event: isinstance(event, MachineLost))[-1]
        seconds = time.monotonic() - began
        assert isinstance(lost, MachineLost)
        child.process.wait(PATIENCE)
        _set_cable(is_plugged=True)
        found = {"lost": lost.address == machine.address, "seconds": seconds}
        print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
