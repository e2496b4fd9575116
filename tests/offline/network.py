"""A network namespace's only way out: a wire to nobody, on which every attempt to call somebody is seen."""

import socket
import struct
import subprocess
import threading
from dataclasses import dataclass, field

WIRE, FAR_END = "out0", "out1"
NOBODY, OURS = "10.99.0.2", "10.99.0.1"
NOBODYS_ADDRESS = "02:00:00:00:00:02"
EVERY_PROTOCOL = 3  # ETH_P_ALL
COMMANDS = (
    "ip link set lo up",
    f"ip link add {WIRE} type veth peer name {FAR_END}",
    f"ip addr add {OURS}/24 dev {WIRE}",
    f"ip link set {WIRE} up",
    f"ip link set {FAR_END} up",
    f"ip neigh add {NOBODY} lladdr {NOBODYS_ADDRESS} dev {WIRE}",
    f"ip route add default via {NOBODY}",
)
# Where the kernel has IPv6, it leads to nobody, too.
COMMANDS_V6 = (
    f"ip -6 addr add fd99::1/64 dev {WIRE} nodad",
    f"ip -6 neigh add fd99::2 lladdr {NOBODYS_ADDRESS} dev {WIRE}",
    "ip -6 route add default via fd99::2",
)
IPV4, IPV6 = 0x0800, 0x86DD
TALKING = (socket.IPPROTO_TCP, socket.IPPROTO_UDP)


def lay_wire() -> None:
    """Give this namespace a default route that leads to nobody, so that no call fails before it is seen."""
    for command in COMMANDS:
        subprocess.run(command.split(), check=True)
    for command in COMMANDS_V6:
        subprocess.run(command.split(), check=False, stderr=subprocess.DEVNULL)


@dataclass
class Watch:
    """Listens at the wire's far end; `calls` are the places that somebody tried to reach."""

    calls: set[str] = field(default_factory=set)

    def start(self) -> None:
        listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERY_PROTOCOL))
        listener.bind((FAR_END, 0))
        threading.Thread(target=self._listen, args=(listener,), daemon=True, name="watch").start()

    def _listen(self, listener: socket.socket) -> None:
        while True:
            frame = listener.recv(2048)
            place = destination(frame)
            if place:
                self.calls.add(place)


def destination(frame: bytes) -> str:
    """Whom an Ethernet frame calls, as `address:port`; empty for what the kernel says by itself."""
    kind = struct.unpack("!H", frame[12:14])[0]
    if kind == IPV6 and frame[20] in TALKING:
        return f"[{socket.inet_ntop(socket.AF_INET6, frame[38:54])}]:{_port(frame, 54)}"
    if kind != IPV4:
        return ""
    address = socket.inet_ntoa(frame[30:34])
    body = 14 + (frame[14] & 0x0F) * 4
    return f"{address}:{_port(frame, body)}" if frame[23] in TALKING else address


def _port(frame: bytes, body: int) -> int:
    port: int = struct.unpack("!H", frame[body + 2 : body + 4])[0]
    return port
