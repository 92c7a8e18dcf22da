"""A sandbox for the decoder, made of what Linux has: Landlock (its clip is the only file that it can open, and no port)
and a seccomp filter (no sockets, no other programs, no look into other processes).

Both are for good, for this process and what it starts, and need no privileges. A system or container that lacks one is
left as it is: `confine` says which of them took hold.
"""

import ctypes
import os
import platform
import struct
import sys
from pathlib import Path

LANDLOCK, SECCOMP = "landlock", "seccomp"

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # system calls of Landlock, the same on every processor
_VERSION_FLAG, _PATH_BENEATH = 1, 1
_READ_FILE = 1 << 2
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}  # how many rights on files each version of Landlock knows
_NETWORK_RIGHTS, _SCOPES = 0b11, 0b11  # binding and connecting (from version 4); sockets and signals (from version 6)

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _MODE_FILTER = 38, 22, 2
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | 1  # the latter: "operation not permitted"
_LOAD, _EQUALS, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of the Berkeley packet filter
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # first system call of x86-64's other convention
_REFUSED = {  # name: number on x86_64, on aarch64
    "socket": (41, 198),
    "connect": (42, 203),
    "socketpair": (53, 199),
    "bind": (49, 200),
    "sendto": (44, 206),
    "execve": (59, 221),
    "execveat": (322, 281),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "mount": (165, 40),
    "unshare": (272, 97),
    "setns": (308, 268),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "open_by_handle_at": (304, 265),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}


def confine(clip: Path) -> tuple[str, ...]:
    """Take away everything but reading this file from this process and its future threads and children.

    Returns:
        Which of LANDLOCK and SECCOMP took hold.
    """
    if sys.platform != "linux":
        return ()
    library = ctypes.CDLL(None, use_errno=True)
    if library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return ()
    landlocked = _landlock(library, clip)  # before the filter, which may refuse what comes later
    filtered = _seccomp(library)
    return (LANDLOCK,) * landlocked + (SECCOMP,) * filtered


def _landlock(library: ctypes.CDLL, clip: Path) -> bool:
    version = library.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _VERSION_FLAG)
    if version < 1:
        return False
    rights = (1 << _FILE_RIGHTS[max(old for old in _FILE_RIGHTS if old <= version)]) - 1
    handled = struct.pack("<QQQ", rights, _NETWORK_RIGHTS, _SCOPES)[: 8 if version < 4 else 16 if version < 6 else 24]
    ruleset = library.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    file = os.open(clip, os.O_PATH | os.O_CLOEXEC)
    try:
        rule = struct.pack("<Qi", _READ_FILE, file)
        added = library.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0)
        return bool(added == 0 and library.syscall(_RESTRICT_SELF, ruleset, 0) == 0)
    finally:
        os.close(file)
        os.close(ruleset)


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))


def _seccomp(library: ctypes.CDLL) -> bool:
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        return False
    instructions = _filter(machine)
    buffer = ctypes.create_string_buffer(instructions, len(instructions))
    program = _Program(len(instructions) // 8, ctypes.cast(buffer, ctypes.c_void_p))
    return bool(library.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(machine: str) -> bytes:
    """The filter's program: another architecture's calls and those of _REFUSED fail, all others pass."""
    column = list(_ARCHITECTURES).index(machine)
    numbers = [pair[column] for pair in _REFUSED.values()]
    checks = len(numbers) + (machine == "x86_64")
    steps = [(_LOAD, 0, 0, 4), (_EQUALS, 0, checks + 2, _ARCHITECTURES[machine]), (_LOAD, 0, 0, 0)]
    if machine == "x86_64":
        steps.append((_AT_LEAST, len(numbers) + 1, 0, _X32))
    steps += [(_EQUALS, len(numbers) - place, 0, number) for place, number in enumerate(numbers)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
