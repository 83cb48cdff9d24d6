"""Which devices compute a model's layers, and how many each: graphics processors, other machines.

Decided before anything is loaded, from what the devices say of their memory (`layer_shares`).
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple, TypeVar

from studio.engine.llama import backend
from studio.engine.llama.machine_watch import MachineWatch
from studio.engine.machine_query import Machine, MachineError, ask_machines
from studio.engine.messages import DeviceKind, DeviceReport, EngineError, LoadOptions
from studio.engine.model_files.layer_shares import LayerSizes, layer_counts
from studio.translation import tr
from studio.visible_text import visible_line

Loaded = TypeVar("Loaded")

_FEWER = (0.75, 0.5, 0.25, 0.0)
"""Where a load fails, these shares of the layers are tried, the processor alone last."""


class Slot(NamedTuple):
    """A device that may compute layers beside the processor."""

    kind: DeviceKind
    name: str
    free: int
    total: int
    endpoint: str = ""
    """Of another machine: where it answered."""
    number: int = 0
    """Which of its devices."""
    handle: int = 0
    """ggml's pointer to it; 0 for another machine's, which is not connected to yet."""


class Placement(NamedTuple):
    """How many layers each slot gets; the processor has the others."""

    slots: tuple[Slot, ...]
    counts: tuple[int, ...]

    @property
    def layers(self) -> int:
        """All that are not the processor's."""
        return sum(self.counts)

    @property
    def used(self) -> list[tuple[Slot, int]]:
        """The slots that have layers, and how many."""
        return [(slot, count) for slot, count in zip(self.slots, self.counts, strict=True) if count]

    def reports(self, counts: Sequence[int] = ()) -> tuple[DeviceReport, ...]:
        """All slots, for the writer.

        Args:
            counts: How many layers each really has; none for those that were placed.
        """
        return tuple(
            DeviceReport(
                kind=slot.kind, name=slot.name, free=slot.free, total=slot.total, layers=count
            )
            for slot, count in zip(self.slots, counts or self.counts, strict=True)
        )


ALONE = Placement((), ())
"""The processor has all layers."""


class NoRoomError(EngineError):
    """A load failed as devices had no room for their layers.

    Args:
        placement: What was tried.
        why: What llama.cpp said.
    """

    def __init__(self, placement: Placement, why: str) -> None:
        words = tr(
            "There was no room for %n layers on {devices} ({why}).",
            "",
            placement.layers,
            one="There was no room for %n layer on {devices} ({why}).",
            devices=device_names(placement),
            why=why.rstrip("."),
        )
        super().__init__("too_little_memory", words)


class DeviceFailedError(EngineError):
    """A load with devices failed, and not for want of room: by one of them, or by the file.

    Args:
        placement: What was tried.
        why: What llama.cpp said.
    """

    def __init__(self, placement: Placement, why: str) -> None:
        self.placement = placement
        words = tr(
            "{devices} failed ({why}).",
            devices=device_names(placement),
            why=why.rstrip(".") or tr("llama.cpp gave no reason"),
        )
        super().__init__("llama_cpp", words)


def device_names(placement: Placement, *kinds: DeviceKind) -> str:
    """The names of the devices that have layers, in one line.

    Args:
        placement: Of which model.
        kinds: Of these alone; none for all.
    """
    used = (slot for slot, _ in placement.used if not kinds or slot.kind in kinds)
    return ", ".join(map(visible_line, dict.fromkeys(slot.name for slot in used)))


def reached_machines(options: LoadOptions, known: Sequence[Machine] = ()) -> list[Machine]:
    """The other machines that a model is to be loaded with, each having said what it has.

    Args:
        options: How the model is to be loaded.
        known: Those that this engine computes with: they serve one at a time and would not answer.

    Raises:
        EngineError: One cannot be used; nothing of the model has reached any.
    """
    if not options.machines or options.gpu_layers == 0:
        return []
    if not backend.supports_rpc():
        raise EngineError("machine", no_rpc_words())
    held = {machine.address: machine for machine in known}
    new = [address for address in options.machines if address not in held]
    for found in ask_machines(new, options.public_machines):
        if isinstance(found, MachineError):
            raise EngineError("machine", str(found), found.address) from found
        held[found.address] = found
    return [held[address] for address in options.machines]


def no_rpc_words() -> str:
    """What is said where llama.cpp was built without other machines."""
    return tr(
        "This llama.cpp was built without RPC, so it cannot have other machines compute. Set the "
        "program up anew: python3 packaging/bootstrap.py setup --fresh"
    )


def slots(
    options: LoadOptions, machines: Sequence[Machine], *, emptied: bool = False
) -> tuple[Slot, ...]:
    """The devices that may be used, in llama.cpp's order: machines before graphics processors.

    Args:
        options: How a model is to be loaded.
        machines: Those of its machines, in their order.
        emptied: Whether to count what is on graphics processors as gone: it may be the model that
            is to give way.
    """
    found = [
        Slot("machine", machine.address, device.free, device.total, machine.endpoint, number)
        for machine in machines
        for number, device in enumerate(machine.devices)
    ]
    for gpu in backend.gpus():
        # One that is not to be used is left alone, for it may be one that failed.
        free, total = backend.memory(gpu.handle) if options.gpu_layers else (0, 0)
        room = total if emptied else free
        found.append(Slot("gpu", gpu.name, room, total, handle=gpu.handle))
    return tuple(found)


def placements(
    options: LoadOptions, sizes: LayerSizes, given: tuple[Slot, ...]
) -> Iterator[Placement]:
    """How the layers are shared out, and then what to try where that fails: fewer and fewer.

    Args:
        options: How a model is to be loaded.
        sizes: What its layers take.
        given: The devices that may be used.
    """
    free = [slot.free for slot in given]
    split = _split_of_slots(options.tensor_split, given)
    first = Placement(given, tuple(layer_counts(sizes, free, options.gpu_layers, split)))
    yield first
    last = first.layers
    for share in _FEWER:
        layers = int(first.layers * share)
        if layers < last:
            last = layers
            counts = layer_counts(sizes, free, layers, first.counts)
            yield Placement(given, tuple(counts))


def _split_of_slots(split: Sequence[float], given: Sequence[Slot]) -> list[float]:
    """The proportions by device: those of a machine that has several are shared out by memory."""
    if not split:
        return []
    groups: dict[str, list[Slot]] = {}
    for number, slot in enumerate(given):
        groups.setdefault(slot.endpoint or str(number), []).append(slot)
    shares: list[float] = []
    for number, group in enumerate(groups.values()):
        share = split[number] if number < len(split) else 0.0
        whole = sum(slot.free for slot in group)
        shares += [share * (slot.free / whole if whole else 1 / len(group)) for slot in group]
    return shares


def with_room(
    plan: Sequence[Placement],
    load: Callable[[Placement, MachineWatch | None], Loaded],
    lost: Callable[[str], None],
) -> tuple[Loaded, str]:
    """Load a model with the first placement for which there is room.

    Args:
        plan: What to try, in this order.
        load: Loads it.
        lost: Is given the address of a machine that no longer answers: see `MachineWatch`.

    Returns:
        What was loaded, and why it is not the first one; empty where it is.

    Raises:
        EngineError: There is no room with any, or it failed for another reason.
    """
    why: NoRoomError | DeviceFailedError | None = None
    for placement in plan:
        if isinstance(why, DeviceFailedError) and placement.layers:
            continue
        uses_machines = any(slot.kind == "machine" for slot, _ in placement.used)
        with ExitStack() as undo:
            watch = MachineWatch(lost) if uses_machines else None
            if watch:
                undo.callback(watch.close)
            try:
                loaded = load(placement, watch)
            except NoRoomError as error:
                why = why or error
                continue
            except DeviceFailedError as error:
                why = error
                continue
            except EngineError as error:
                if isinstance(why, NoRoomError):  # why it was tried with fewer
                    raise EngineError(error.kind, f"{why} {error}") from error
                raise  # without devices it fails as well
            undo.pop_all()
            if isinstance(why, DeviceFailedError):
                for slot, _ in why.placement.used:
                    backend.give_up(slot.handle)
            return loaded, _fewer_words(str(why), placement.layers) if why else ""
    raise ValueError("nothing was planned")


def _fewer_words(why: str, layers: int) -> str:
    if not layers:
        return tr("{why} So this machine's processor computes all of it.", why=why)
    return tr(
        "{why} So %n layers are there, and the processor has the others.",
        "",
        layers,
        one="{why} So %n layer is there, and the processor has the others.",
        why=why,
    )
