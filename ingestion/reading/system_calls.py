"""The kernel's filter for the child: which system calls reading a document may not make.

Classic BPF by hand, because no dependency is worth forty instructions. Calls that would open a socket,
start a program or reach another process answer EPERM; threads may start, processes may not.
"""

import ctypes
import errno
import platform
import struct

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 38, 22, 2
LOAD, JUMP_IF_EQUAL, JUMP_IF_ABOVE, JUMP_IF_SET, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
CALL_NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
CLONE_THREAD = 0x00010000
X32_CALLS = 0x40000000

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
CLONE = {"x86_64": 56, "aarch64": 220}
CLONE3 = 435

# socket connect bind listen accept accept4 · execve execveat · ptrace process_vm_readv process_vm_writev
# kill · add_key request_key keyctl · mount unshare setns · bpf perf_event_open userfaultfd
# open_by_handle_at
REFUSED = {
    "x86_64": (
        41,
        42,
        49,
        50,
        43,
        288,
        59,
        322,
        101,
        310,
        311,
        62,
        248,
        249,
        250,
        165,
        272,
        308,
        321,
        298,
        323,
        304,
    ),
    "aarch64": (
        198,
        203,
        200,
        201,
        202,
        242,
        221,
        281,
        117,
        270,
        271,
        129,
        217,
        218,
        219,
        40,
        97,
        268,
        280,
        241,
        282,
        265,
    ),
}
STARTS = {"x86_64": (59, 322), "aarch64": (221, 281)}
FORKS = {"x86_64": (57, 58), "aarch64": ()}
# pidfd_send_signal io_uring_setup io_uring_enter io_uring_register pidfd_open pidfd_getfd
REFUSED_EVERYWHERE = (424, 425, 426, 427, 434, 438)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def refuse_system_calls(libc: ctypes.CDLL, *, may_start: bool = False) -> bool:
    """Whether the filter now holds for this process for good; `may_start` lets it become another program."""
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        return False
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    code = filter_program(machine, may_start=may_start)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = _Program(len(code) // 8, ctypes.addressof(buffer))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def filter_program(machine: str, *, may_start: bool = False) -> bytes:
    allowed = STARTS[machine] if may_start else ()
    steps = [
        _step(LOAD, ARCHITECTURE),
        _step(JUMP_IF_EQUAL, ARCHITECTURES[machine], 1, 0),
        _step(RETURN, KILL),
    ]
    steps.append(_step(LOAD, CALL_NUMBER))
    if machine == "x86_64":
        steps += [_step(JUMP_IF_ABOVE, X32_CALLS, 0, 1), _refuse(errno.EPERM)]
    for number in (*REFUSED[machine], *FORKS[machine], *REFUSED_EVERYWHERE):
        if number in allowed:
            continue
        steps += [_step(JUMP_IF_EQUAL, number, 0, 1), _refuse(errno.EPERM)]
    # clone3 hides its flags in memory: "no such call" makes the C library fall back to clone.
    steps += [_step(JUMP_IF_EQUAL, CLONE3, 0, 1), _refuse(errno.ENOSYS)]
    steps += [_step(JUMP_IF_EQUAL, CLONE[machine], 0, 3), _step(LOAD, FIRST_ARGUMENT)]
    steps += [_step(JUMP_IF_SET, CLONE_THREAD, 1, 0), _refuse(errno.EPERM)]
    return b"".join([*steps, _step(RETURN, ALLOW)])


def _step(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("HBBI", code, if_true, if_false, value)


def _refuse(number: int) -> bytes:
    return _step(RETURN, REFUSE | number)
