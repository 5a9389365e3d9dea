#!/usr/bin/env python3
"""make-check-seeds.py FOLDER: writes the starting corpus of fuzz_check into FOLDER: one small program that has
Go's build information, a dynamic section and system calls, and the same with the older form of the first."""
import importlib.util
import os
import struct
import sys

spec = importlib.util.spec_from_file_location(
    "elf_seeds", os.path.join(os.path.dirname(os.path.abspath(__file__)), "make-elf-seeds.py"))
elf = importlib.util.module_from_spec(spec)
spec.loader.exec_module(elf)

PT_DYNAMIC = 2


def program(go, code):
    strings = b"\0libc.so.7\0$ORIGIN/../lib:/usr/local/lib\0"
    tags = [(5, 0x401300), (10, len(strings)), (1, 1), (29, 11), (15, 11), (0, 0)]
    dynamic = b"".join(struct.pack("<QQ", tag, value) for tag, value in tags)
    return elf.elf64(elf.EXEC, 9, [
        (elf.PT_LOAD, elf.R | elf.X, 0, 0x400000, 0x800, 0x800, 4096),
        (elf.PT_LOAD, elf.R | elf.W, 0x800, 0x401800 - 0x800 + 0x800, 0, 0x800, 4096),
        (elf.PT_LOAD, elf.R | elf.W, 0x800, 0x402800, 0x600, 0x2000, 4096),
        (PT_DYNAMIC, elf.R, 0xC00, 0x402C00, len(dynamic), len(dynamic), 8),
    ], size=0xE00, parts=[(0x300, code), (0x900, go), (0xB00, strings), (0xC00, dynamic.replace(
        struct.pack("<Q", 0x401300), struct.pack("<Q", 0x402B00)))])


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    code = b"\x90" * 96 + b"\xb8\x04\0\0\0\x0f\x05\xc3" + b"\x48\x8b\x44\x24\x08\x0f\x05\xc3" + b"\xe8\xf3\xff\xff\xff"
    new = b"\xff Go buildinf:\x08\x02" + b"\0" * 16 + b"\x06go1.22" + bytes([40]) + b"m" * 16 + b"path\thello\n".ljust(
        24, b"m")
    old = b"\xff Go buildinf:\x08\x00" + struct.pack("<QQ", 0x402920, 0x402930) + struct.pack(
        "<QQQQ", 0x402B01, 6, 0x402900, 64)
    for name, go in (("new", new), ("old", old)):
        with open(os.path.join(folder, name), "wb") as out:
            out.write(program(go, code))


if __name__ == "__main__":
    main()
