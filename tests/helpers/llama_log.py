"""What llama.cpp says of its buffers while it loads a model, read from its log."""

import re

from studio.engine.llama import backend


def logged_buffers(said: str) -> dict[str, float]:
    """The sizes in MiB of the buffers for weights, by kind: "CPU", "CPU_Mapped", "AMX", ...

    The log gives two digits.
    """
    found = re.findall(r"(\S+) model buffer size = +([\d.]+) MiB", said)
    assert found
    return {kind: float(size) for kind, size in found}


def repacks_for(said: str) -> frozenset[str]:
    """What llama.cpp repacks weights for here. The system may refuse it the use of AMX."""
    refused = {"AMX_INT8"} if "AMX is not ready" in said else set()
    return backend.processor_features() - refused
