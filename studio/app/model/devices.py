"""What computes a model's layers, as it is chosen: this machine, and others that are asked.

Others are asked in another thread, which takes seconds at most; the window waits for none.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from studio.app.background import Background
from studio.app.model.names import byte_size
from studio.engine.machine_address import MOST_MACHINES, parse_address
from studio.engine.machine_query import Machine, MachineError, ask_machines
from studio.engine.messages import DeviceKind, DeviceReport, LoadOptions, ModelReport
from studio.engine.model_files.layer_shares import LayerSizes, layer_counts, layer_sizes
from studio.translation import mark, tr

AUTOMATIC = -1
"""As many layers as have room, or one's share by memory."""
_LARGEST_AUTOMATIC_CONTEXT = 4096


class DeviceRow(NamedTuple):
    """A device as it is shown."""

    kind: DeviceKind
    name: str
    memory: str
    """How much it has, or why it cannot be used; empty while it is asked."""
    layers: int
    """How many it gets, about; -1 where that is not known."""
    chosen: int
    """How many were chosen, or `AUTOMATIC`."""
    needed: int = 0
    """Bytes that its layers take, about; 0 where that is not known, or it gets none."""
    trouble: str = ""
    """Why it cannot be used, for the writer."""
    is_public: bool = False
    """Whether it may be used once that is confirmed: it is not in one's own network."""


class DeviceChoice(QObject):
    """The devices of one `LoadOptions`, while they are chosen.

    Args:
        options: What is in force.
        report: What the open model says of itself; None where none is.
        path: The model's file; empty for none.
        parent: The Qt parent, if any.
    """

    changed = Signal()

    def __init__(
        self,
        options: LoadOptions,
        report: ModelReport | None,
        path: str,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._options = options
        self._confirmed = set(options.public_machines)
        self._found: dict[str, Machine | MachineError] = {}
        """What came of asking each machine."""
        self._used: dict[str, DeviceReport] = {}
        """Those that compute now: they serve one at a time, and would not answer."""
        self._processor: DeviceReport | None = None
        self._gpus: list[DeviceReport] = []
        for device in report.devices if report else ():
            match device.kind:
                case "processor":
                    self._processor = device
                case "gpu":
                    self._gpus.append(device)
                case "machine" if device.layers:
                    self._used[device.name] = _together(self._used.get(device.name), device)
        if report is None:
            # Until a model was loaded nobody knows what llama.cpp was built for.
            self._gpus = [DeviceReport(kind="gpu", name=tr("Graphics processor"))]
        self.machines: list[str] = list(options.machines)
        self._chosen: dict[str, int] = _chosen(options, [*self.machines, *self._gpu_keys])
        self._sizes: LayerSizes | None = None
        self._background = Background("devices", self)
        if path:
            self._background.start(lambda _at: _sizes(path, options.context_size), self._on_sizes)
        self._ask(self.machines)

    @property
    def rows(self) -> list[DeviceRow]:
        """The processor, the other machines, the graphics processors."""
        counts = self._counts()
        others = [
            self._machine_row(address, count)
            for address, count in zip(self.machines, counts, strict=False)
        ]
        others += [
            DeviceRow("gpu", gpu.name, _memory(gpu.free, gpu.total), count, self._chosen[key])
            for key, gpu, count in zip(
                self._gpu_keys, self._gpus, counts[len(self.machines) :], strict=True
            )
        ]
        from studio.engine.model_files.memory import available_memory

        here = self._processor
        memory = available_memory()
        name = here.name if here else tr("This processor")
        left = AUTOMATIC
        if self._sizes and all(count >= 0 for count in counts):
            left = max(0, self._sizes.layers - sum(counts))
        words = _memory(memory.available, memory.total)
        rows = [DeviceRow("processor", name, words, left, AUTOMATIC), *others]
        if self._sizes is None:
            return rows
        return [row._replace(needed=self._sizes.bytes_of(row.layers)) for row in rows]

    @property
    def is_settled(self) -> bool:
        """Whether nobody is asked any more."""
        return not self._background.is_busy

    @property
    def layer_count(self) -> int:
        """How many layers the model has; 0 where that is not known."""
        return self._sizes.layers if self._sizes else 0

    @property
    def unconfirmed(self) -> list[str]:
        """The machines that are not in one's own network, and were not confirmed."""
        return [row.name for row in self.rows if row.is_public]

    def add(self, text: str) -> None:
        """Add a machine, and ask it.

        Args:
            text: Its address.

        Raises:
            ValueError: It is none, is there already, or is one too many.
        """
        address = str(parse_address(text))
        if address in self.machines:
            raise ValueError(tr("{address} is there already.", address=address))
        if len(self.machines) == MOST_MACHINES:
            raise ValueError(tr("No more than {most} machines.", most=MOST_MACHINES))
        self.machines.append(address)
        self._chosen[address] = AUTOMATIC
        self._ask([address])

    def remove(self, address: str) -> None:
        """Take a machine off the list."""
        self.machines.remove(address)
        self._confirmed.discard(address)
        self.changed.emit()

    def confirm(self, address: str) -> None:
        """Allow a machine that is not in one's own network, and ask it."""
        self._confirmed.add(address)
        self._ask([address])

    def choose(self, index: int, layers: int) -> None:
        """Give a device a number of layers.

        Args:
            index: Its row's.
            layers: How many, or `AUTOMATIC`.
        """
        keys = [*self.machines, *self._gpu_keys]
        self._chosen[keys[index - 1]] = layers
        self.changed.emit()

    def applied(self, options: LoadOptions) -> LoadOptions:
        """Options with these devices in them."""
        keys = [*self.machines, *self._gpu_keys]
        chosen = [self._chosen[key] for key in keys]
        gpu_layers, split = AUTOMATIC, tuple[float, ...]()
        if not keys:
            gpu_layers = self._options.gpu_layers
        elif any(one != AUTOMATIC for one in chosen):
            counts = [max(0, one) for one in self._counts()]
            gpu_layers = sum(counts)
            # One number needs no proportion; without any there is none.
            split = tuple(map(float, counts)) if len(counts) > 1 and gpu_layers else ()
        return msgspec.structs.replace(
            options,
            gpu_layers=gpu_layers,
            machines=tuple(self.machines),
            public_machines=tuple(one for one in self.machines if one in self._confirmed),
            tensor_split=split,
        )

    @property
    def _gpu_keys(self) -> list[str]:
        return [str(number) for number in range(len(self._gpus))]

    def _counts(self) -> list[int]:
        """How many layers each machine and graphics processor gets; -1 where nobody knows."""
        keys = [*self.machines, *self._gpu_keys]
        chosen = [self._chosen[key] for key in keys]
        free = [self._free(key) for key in keys]
        if self._sizes is None:
            return chosen
        left = self._sizes.layers - sum(max(0, one) for one in chosen)
        open_ones = [number for number, one in enumerate(chosen) if one == AUTOMATIC]
        sizes = self._sizes._replace(layers=max(0, left))
        known = [number for number in open_ones if free[number] is not None]
        shared = layer_counts(sizes, [free[number] or 0 for number in known])
        for number, count in zip(known, shared, strict=True):
            chosen[number] = count
        return chosen

    def _free(self, key: str) -> int | None:
        """Bytes free on a device; 0 where it does not say, None where it did not answer."""
        if key in self._used:
            return self._used[key].free
        found = self._found.get(key)
        if isinstance(found, Machine):
            return found.free
        if key in self.machines:
            return None
        gpu = self._gpus[self._gpu_keys.index(key)]
        # What is free now is so beside the open model, which gives way.
        return gpu.free

    def _machine_row(self, address: str, count: int) -> DeviceRow:
        found, used = self._found.get(address), self._used.get(address)
        chosen = self._chosen[address]
        if used:
            memory = tr("{memory}, in use now", memory=_memory(used.free, used.total))
            return DeviceRow("machine", address, memory, count, chosen)
        if isinstance(found, MachineError):
            return DeviceRow(
                "machine",
                address,
                tr(_TROUBLES[found.trouble]),
                count,
                chosen,
                trouble=str(found),
                is_public=found.trouble == "public" and address not in self._confirmed,
            )
        memory = ""
        if found:
            memory = _memory(found.free, sum(device.total for device in found.devices))
        return DeviceRow("machine", address, memory, count, chosen)

    def _ask(self, addresses: Sequence[str]) -> None:
        new = [address for address in addresses if address not in self._used]
        for address in new:
            self._found.pop(address, None)
        self.changed.emit()
        if new:
            confirmed = tuple(self._confirmed)
            self._background.start(lambda _at: ask_machines(new, confirmed), self._on_answers)

    def _on_answers(self, answers: list[Machine | MachineError] | None) -> None:
        for answer in answers or ():
            self._found[answer.address] = answer
        self.changed.emit()

    def _on_sizes(self, sizes: LayerSizes | None) -> None:
        self._sizes = sizes
        self.changed.emit()


_TROUBLES = {
    "public": mark("not in your network"),
    "unreachable": mark("does not answer"),
    "silent": mark("busy or halted"),
    "foreign": mark("no rpc-server"),
}


def _sizes(path: str, context_size: int) -> LayerSizes | None:
    # Not needed before the dialog is.
    from studio.engine.model_files.gguf_header import ModelFileError, read_header
    from studio.engine.model_files.memory import estimate

    try:
        header = read_header(Path(path))
    except (ModelFileError, OSError):
        return None
    context_size = context_size or min(_LARGEST_AUTOMATIC_CONTEXT, header.context_length)
    return layer_sizes(header, estimate(header, context_size))


def _chosen(options: LoadOptions, keys: Sequence[str]) -> dict[str, int]:
    """How many layers each device was given by hand."""
    if options.gpu_layers < 0 and not options.tensor_split:
        return dict.fromkeys(keys, AUTOMATIC)
    if options.gpu_layers == 0 or not keys:
        return dict.fromkeys(keys, 0)
    if not options.tensor_split:
        # All together were chosen: of one device that is its own number.
        return dict.fromkeys(keys, options.gpu_layers if len(keys) == 1 else AUTOMATIC)
    split = [*options.tensor_split, *[0.0] * len(keys)][: len(keys)]
    whole = sum(split) or 1.0
    return {
        key: AUTOMATIC if options.gpu_layers < 0 else round(options.gpu_layers * share / whole)
        for key, share in zip(keys, split, strict=True)
    }


def _together(one: DeviceReport | None, other: DeviceReport) -> DeviceReport:
    """Several devices of one machine as one."""
    if one is None:
        return other
    return msgspec.structs.replace(
        one,
        free=one.free + other.free,
        total=one.total + other.total,
        layers=one.layers + other.layers,
    )


def _memory(free: int, total: int) -> str:
    if not total:
        return tr("memory unknown")
    if free == total:
        return byte_size(total)
    return tr("{free} of {total} free", free=byte_size(free), total=byte_size(total))
