#!/usr/bin/env python3
"""no-userns.py COMMAND...: runs it where no user namespace can be made: a filter refuses unshare and clone with EPERM."""

import ctypes
import os
import struct
import sys

LD, JEQ, JSET, RET = 0x20, 0x15, 0x45, 0x06
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026
CLONE, UNSHARE, CLONE3, NEWUSER = 56, 272, 435, 0x10000000

# Numbers of x86-64; flags are the first argument. clone3 has them in memory: it is not there, and clone is asked.
program = [
    (LD, 0, 0, 0),
    (JEQ, 0, 1, CLONE3), (RET, 0, 0, ENOSYS),
    (JEQ, 1, 0, UNSHARE),
    (JEQ, 0, 3, CLONE),
    (LD, 0, 0, 16),
    (JSET, 0, 1, NEWUSER),
    (RET, 0, 0, EPERM),
    (RET, 0, 0, ALLOW),
]
code = b"".join(struct.pack("<HBBI", *line) for line in program)
buffer = ctypes.create_string_buffer(code)
fprog = struct.pack("<HxxxxxxQ", len(program), ctypes.addressof(buffer))
libc = ctypes.CDLL(None, use_errno=True)
if os.geteuid() != 0:
    libc.prctl(38, 1, 0, 0, 0)  # no_new_privs: else a filter is root's to set
if libc.prctl(22, 2, ctypes.c_char_p(fprog), 0, 0) != 0:
    sys.exit("no filter can be set")
os.execvp(sys.argv[1], sys.argv[1:])
