"""What a job runs on: device, open networks and data sets, result store. Lives in the compute thread."""

from __future__ import annotations

import ctypes
import gc
import importlib
import importlib.util
import os
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backend.store import Store

if TYPE_CHECKING:
    from backend.analysis.datasets import ImageDataset
    from backend.analysis.networks import Network

AWAITED = (
    "backend.analysis.activation_maximization",
    "backend.analysis.networks",
    "backend.analysis.images.stimuli",
)
"""Modules that the first jobs need; by name, for import statements that bind nothing get tidied away."""

MOST_OPEN = 4
"""Networks and data sets kept open; the one unused for longest goes first."""

FEW_PIXELS = 8 * 32 * 32
"""Pixels in a batch below which one CPU thread is faster than two (measured: 2.3 times at one 32-px image)."""


@dataclass(frozen=True)
class EngineStatus:
    """What the compute thread works with.

    Attributes
    ----------
    device : str
        "cpu", "cuda", "cuda:1", "mps".
    devices : tuple of str
        All that this machine has.
    threads : int
        CPU threads torch uses.
    torch_version : str
    """

    device: str
    devices: tuple[str, ...]
    threads: int
    torch_version: str


class Engine:
    """Device, open networks and data sets, result store."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or Store()
        self.device = ""
        self.threads = 1
        self._cores = 1
        self._networks: dict[tuple[object, ...], Network] = {}
        self._datasets: dict[tuple[object, ...], ImageDataset] = {}

    def wake(self, device: str = "") -> EngineStatus:
        """Import torch without holding the window still, and choose the device."""
        _load_torch_libraries()
        collecting = gc.isenabled()
        gc.disable()  # a collection in the middle of the imports would hold every thread still
        try:
            import torch

            # What the first job needs, frozen with torch: imported by that job, it would be collected over and over.
            for name in AWAITED:
                importlib.import_module(name)
        finally:
            # What was imported never dies: no later collection needs to look at it.
            gc.freeze()
            if collecting:
                gc.enable()
        self.threads = self._cores = torch.get_num_threads()
        devices = _devices()
        self.device = device if device in devices else devices[0]
        return self.status()

    def sleep(self) -> None:
        """Let go of what `wake` froze: among what was imported stands the window, and a closed one is to be let go."""
        gc.unfreeze()

    def share_work(self, pixels: int) -> None:
        """Choose the CPU threads for batches of `pixels`: at small ones they lose more by waiting than they win.

        Holds for the job that asks, until it asks again: the schedule restores it whenever the job goes on.
        """
        self.use_threads(1 if pixels < FEW_PIXELS else self._cores)

    def use_threads(self, threads: int) -> None:
        """Let torch use so many CPU threads from now on."""
        if threads != self.threads:
            import torch

            torch.set_num_threads(threads)
            self.threads = threads

    def status(self) -> EngineStatus:
        import torch

        return EngineStatus(self.device, _devices(), self._cores, torch.__version__)

    def switch_device(self, device: str) -> EngineStatus:
        """Open networks anew on `device` when they are next asked for."""
        self.device = device
        self._networks.clear()
        return self.status()

    def network(self, source: str, architecture: str | None = None) -> Network:
        """Give the network of `source`, opened once for each device, and again where its files have changed."""
        from backend.analysis.networks import load_network

        key = (source, architecture, _stamps(source), self.device)
        if key not in self._networks:
            self._networks[key] = load_network(source, self.device, architecture=architecture)
        network = self._networks[key] = self._networks.pop(key)
        _drop_oldest(self._networks)
        return network

    def dataset(self, source: str, network: Network) -> Generator[object, Any, ImageDataset]:
        """Open a data set once for each network's input; yields its progress."""
        from backend.analysis.datasets import opening

        card = network.card
        key = (source, card.input_size, card.mean, card.std)
        if key not in self._datasets:
            self._datasets[key] = yield from opening(source, size=card.input_size, mean=card.mean, std=card.std)
        dataset = self._datasets[key] = self._datasets.pop(key)
        _drop_oldest(self._datasets)
        return dataset


def _stamps(source: str) -> tuple[tuple[int, int], ...]:
    """Give length and time of change of a network's card and weights; nothing for one that is known by name."""
    path = Path(source)
    beside = [path.with_suffix(suffix) for suffix in (".json", ".safetensors", ".pt", ".pth", ".ckpt")]
    stats = [place.stat() for place in beside if place.is_file()] if path.suffix else []
    return tuple((stat.st_size, stat.st_mtime_ns) for stat in stats)


def _drop_oldest(kept: dict[Any, Any]) -> None:
    while len(kept) > MOST_OPEN:
        kept.pop(next(iter(kept)))


def _devices() -> tuple[str, ...]:
    import torch

    found = []
    if torch.cuda.is_available():
        found += [f"cuda:{index}" for index in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        found.append("mps")
    return (*found, "cpu")


def _load_torch_libraries() -> None:
    """Load torch's libraries before `import torch` does, which would hold the interpreter lock for half a second.

    `ctypes.CDLL(path)` holds the lock as well; calling the C library's own `dlopen` through ctypes does not.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or not spec.origin or os.name == "nt":
        return
    folder = Path(spec.origin).parent / "lib"
    suffix = "dylib" if (folder / "libtorch_cpu.dylib").exists() else "so"
    dlopen = ctypes.CDLL(None).dlopen
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    for name in ("c10", "torch_cpu", "c10_cuda", "torch_cuda", "torch", "torch_python"):
        path = folder / f"lib{name}.{suffix}"
        if path.exists():
            # One that needs another library first gives a null handle; the import itself will load both.
            dlopen(os.fsencode(path), os.RTLD_NOW)
