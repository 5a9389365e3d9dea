#!/usr/bin/env python3
"""make-choose-seeds.py FOLDER: writes the starting corpus of fuzz_choose into FOLDER: windows around call sites of the
shapes that libraries and compilers make, some of which may be patched and some not."""
import os
import struct
import sys

MOV_EAX = b"\xb8\x27\0\0\0"
SHAPES = {
    "libc": MOV_EAX + b"\x49\x89\xca",
    "freebsd": b"\x49\x89\xca" + MOV_EAX,
    "mov-rax": b"\x48\xc7\xc0\x27\0\0\0",
    "movabs": b"\x48\xb8" + b"\1" * 8,
    "go": b"\x48\x8b\x7c\x24\x08\x48\x8b\x74\x24\x10\x8b\x54\x24\x18\xb8\4\0\0\0",
    "go6": b"\x4c\x8b\x4c\x24\x38\x48\x8b\x44\x24\x08",
    "rip": b"\x8b\x05\0\1\0\0",
    "call": MOV_EAX + b"\xe8\0\1\0\0",
    "jump": MOV_EAX + b"\x74\x10",
    "lock": MOV_EAX + b"\xf0\x48\x0f\xb1\x0f",
    "rep": MOV_EAX + b"\xf3\xa4",
    "short": b"\x6a\x27\x58",
    "four": b"\x8b\x44\x24\x08",
    "three": b"\x49\x89\xf2\x48\x89\xfa\x48\x89\xce\x48\x89\xdf",
    "two": b"\x74\x10\x31\xc0",
}


def window(code, after, starts_a_mapping=0):
    filler = (b"\x55\x48\x89\xe5\x53\x48\x83\xec\x08\x31\xff\x31\xf6\x31\xd2" * 6)[: 80]
    before = code if starts_a_mapping else filler + code
    return struct.pack("<HHB", len(before), len(after), starts_a_mapping) + before + b"\x0f\x05" + after


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, code in SHAPES.items():
        for kind, data in (("plain", window(code, b"\x72\x01\xc3\xe9\0\1\0\0")),
                           ("first", window(code, b"\xc3", 1)),
                           ("jumped", window(code, b"\x74" + struct.pack("b", -6 - len(code)) + b"\xc3"))):
            with open(os.path.join(folder, f"{name}-{kind}"), "wb") as out:
                out.write(data)


if __name__ == "__main__":
    main()
