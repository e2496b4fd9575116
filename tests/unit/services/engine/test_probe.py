import pytest

from services.engine import probe
from services.engine.probe import Gpu

GOOD = Gpu("NVIDIA L4", free_mib=22_000, driver=580, capability=8.9)


def found(*gpus: Gpu) -> probe.Probe:
    return lambda: list(gpus)


def never() -> list[Gpu]:
    raise AssertionError("the machine was probed without need")


def test_cpu_is_taken_without_a_look_when_asked_for() -> None:
    assert probe.choose_device("cpu", never) == probe.Choice("cpu", "asked for")


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_usable_gpu_is_chosen_and_named(asked: probe.Asked) -> None:
    assert probe.choose_device(asked, found(GOOD)) == probe.Choice("cuda", "NVIDIA L4, 22000 MiB free")


def test_the_usable_one_of_two_is_chosen() -> None:
    old = Gpu("Tesla P4", free_mib=8000, driver=580, capability=6.1)
    assert probe.choose_device("auto", found(old, GOOD)).device == "cuda"


def test_without_a_gpu_auto_takes_the_cpu() -> None:
    assert probe.choose_device("auto", found()) == probe.Choice("cpu", "no NVIDIA GPU answers")


@pytest.mark.parametrize(
    ("gpu", "reason"),
    [
        (Gpu("Tesla P4", 8000, 580, 6.1), "compute capability 6.1"),
        (Gpu("NVIDIA L4", 22_000, 535, 8.9), "driver 535"),
        (Gpu("NVIDIA L4", 900, 580, 8.9), "900 MiB free"),
    ],
)
def test_an_unfit_gpu_is_left_with_its_reason(gpu: Gpu, reason: str) -> None:
    choice = probe.choose_device("auto", found(gpu))
    assert choice.device == "cpu"
    assert reason in choice.reason
    with pytest.raises(probe.NoUsableDevice, match=reason):
        probe.choose_device("cuda", found(gpu))


def test_reads_what_nvidia_smi_prints() -> None:
    listing = "NVIDIA L4, 22000, 580.65.06, 8.9\nNVIDIA H200 NVL, 142000, 590.1, 9.0\n"
    assert probe.read_gpus(listing) == [GOOD, Gpu("NVIDIA H200 NVL", 142_000, 590, 9.0)]


@pytest.mark.parametrize("listing", ["", "No devices were found\n", "NVIDIA L4, [N/A], 580.1, 8.9\n"])
def test_rows_without_figures_are_no_gpus(listing: str) -> None:
    assert probe.read_gpus(listing) == []


def test_a_machine_without_nvidia_smi_has_no_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert probe.probe_gpus() == []
