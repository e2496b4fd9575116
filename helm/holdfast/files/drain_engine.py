"""Wait until vLLM has no request left, at most the seconds given: run before the engine's container is ended.

Standard library only: the engine image's own interpreter runs it.
"""

import sys
import time
import urllib.request

METRICS = "http://127.0.0.1:8001/metrics"
OPEN = ("vllm:num_requests_running", "vllm:num_requests_waiting")
LOOK_EVERY_S = 1.0


def open_requests(address: str) -> float:
    """Requests that vLLM is working on or has waiting."""
    with urllib.request.urlopen(address, timeout=5) as reply:
        lines = reply.read().decode().splitlines()
    counted = [line for line in lines if line.startswith(OPEN) and not line.startswith("#")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


def drain(address: str, wait_s: float) -> bool:
    """Whether all had ended in time; twice in a row none, because a request may just be between two states."""
    ends_at, quiet = time.monotonic() + wait_s, 0
    while time.monotonic() < ends_at:
        quiet = quiet + 1 if open_requests(address) == 0 else 0
        if quiet == 2:
            return True
        time.sleep(LOOK_EVERY_S)
    return False


if __name__ == "__main__":
    try:
        drain(METRICS, float(sys.argv[1]))
    except OSError as problem:  # it no longer answers, so nothing is left to wait for
        print(f"not waited: {problem}", file=sys.stderr)
