"""Which device the engine runs on: what was asked for, what the machine has, and why it was chosen.

Standard library only: it decides which environment is built.
"""

import csv
import io
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Device = Literal["cpu", "cuda"]
Asked = Literal["auto", "cpu", "cuda"]

LEAST_CAPABILITY = 8.0  # 4-bit Marlin kernels
LEAST_DRIVER = 580  # CUDA 13, which the pinned vLLM is built for
LEAST_FREE_MIB = 4096
QUERY = ("name", "memory.free", "driver_version", "compute_cap")
PROBE_TIMEOUT_S = 20


class NoUsableDevice(Exception):
    """The device that was asked for cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Gpu:
    name: str
    free_mib: int
    driver: int
    capability: float

    def problem(self) -> str | None:
        """Why vLLM cannot use it, None where it can."""
        if self.capability < LEAST_CAPABILITY:
            return f"{self.name} has compute capability {self.capability}, {LEAST_CAPABILITY} is needed"
        if self.driver < LEAST_DRIVER:
            return f"{self.name} has driver {self.driver}, {LEAST_DRIVER} or newer is needed"
        if self.free_mib < LEAST_FREE_MIB:
            return f"{self.name} has {self.free_mib} MiB free, {LEAST_FREE_MIB} are needed"
        return None


@dataclass(frozen=True, slots=True)
class Choice:
    device: Device
    reason: str


Probe = Callable[[], list[Gpu]]


def choose_device(asked: Asked, probe: Probe) -> Choice:
    """The device to use and why; NoUsableDevice where `cuda` was asked for in vain."""
    if asked == "cpu":
        return Choice("cpu", "asked for")
    gpus = probe()
    usable = next((gpu for gpu in gpus if gpu.problem() is None), None)
    if usable:
        return Choice("cuda", f"{usable.name}, {usable.free_mib} MiB free")
    reason = next((problem for gpu in gpus if (problem := gpu.problem())), "no NVIDIA GPU answers")
    if asked == "cuda":
        raise NoUsableDevice(f"--device cuda: {reason}")
    return Choice("cpu", reason)


def probe_gpus() -> list[Gpu]:
    """The GPUs that nvidia-smi reports; none where it is missing, fails or hangs."""
    command = ["nvidia-smi", f"--query-gpu={','.join(QUERY)}", "--format=csv,noheader,nounits"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return read_gpus(done.stdout)


def read_gpus(listing: str) -> list[Gpu]:
    """GPUs from nvidia-smi's rows; a row it cannot fill in (`[N/A]`) is no usable GPU."""
    found = []
    for row in csv.reader(io.StringIO(listing), skipinitialspace=True):
        try:
            name, free, driver, capability = row
            found.append(Gpu(name, int(free), int(driver.partition(".")[0]), float(capability)))
        except ValueError:
            continue
    return found
