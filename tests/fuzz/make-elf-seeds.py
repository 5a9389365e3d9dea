#!/usr/bin/env python3
"""make-elf-seeds.py FOLDER: writes the starting corpus of fuzz_elf into FOLDER.

Each file is a small, nearly right program, so that the fuzzer begins behind the first checks: static and
dynamic, both word sizes, notes of every system, and the faults that once needed thought.
"""
import os
import struct
import sys

PT_LOAD, PT_INTERP, PT_NOTE, PT_PHDR, PT_TLS, PT_GNU_STACK = 1, 3, 4, 6, 7, 0x6474E551
R, W, X = 4, 2, 1
EXEC, DYN = 2, 3


def note(name, kind, desc):
    def padded(data):
        return data + b"\0" * (-len(data) % 4)

    return struct.pack("<III", len(name) + 1, len(desc), kind) + padded(name + b"\0") + padded(desc)


def elf64(kind, osabi, segments, size=0x1400, machine=62, parts=()):
    head = b"\x7fELF\x02\x01\x01" + bytes([osabi]) + b"\0" * 8
    head += struct.pack("<HHIQQQIHHHHHH", kind, machine, 1, 0x400400, 64, 0, 0, 64, 56, len(segments), 64, 0, 0)
    for ptype, flags, offset, vaddr, filesz, memsz, align in segments:
        head += struct.pack("<IIQQQQQQ", ptype, flags, offset, vaddr, vaddr, filesz, memsz, align)
    return place(head, size, parts)


def elf32(kind, osabi, segments, size=0x1400, parts=(), machine=3):
    head = b"\x7fELF\x01\x01\x01" + bytes([osabi]) + b"\0" * 8
    head += struct.pack("<HHIIIIIHHHHHH", kind, machine, 1, 0x8048400, 52, 0, 0, 52, 32, len(segments), 40, 0, 0)
    for ptype, flags, offset, vaddr, filesz, memsz, align in segments:
        head += struct.pack("<IIIIIIII", ptype, offset, vaddr, vaddr, filesz, memsz, flags, align)
    return place(head, size, parts)


def place(head, size, parts):
    data = bytearray(head.ljust(size, b"\x90"))
    for offset, content in parts:
        data[offset:offset + len(content)] = content
    return bytes(data)


def seeds():
    text = (PT_LOAD, R | X, 0, 0x400000, 0x1000, 0x1000, 4096)
    data = (PT_LOAD, R | W, 0x1000, 0x402000, 0x300, 0x3000, 4096)
    stack = (PT_GNU_STACK, R | W, 0, 0, 0, 0x20000, 8)
    osrel = struct.pack("<I", 1402000)
    freebsd = note(b"FreeBSD", 1, osrel) + note(b"FreeBSD", 4, b"\0\0\0\0")
    gnu = note(b"GNU", 1, struct.pack("<IIII", 0, 3, 2, 0))
    interp = b"/libexec/ld-elf.so.1\0"

    def noted(content):
        return (PT_NOTE, R, 0x800, 0x400800, len(content), len(content), 4)

    dyn = [(t, f, o, v - 0x400000 if v else 0, fs, ms, a) for t, f, o, v, fs, ms, a in (text, data)]
    yield "static", elf64(EXEC, 9, [text, data, stack])
    linux = b"/lib/ld-linux.so.2\0"
    pie = dyn + [(PT_INTERP, R, 0x700, 0x700, len(linux), len(linux), 1)]
    over = (PT_LOAD, R, 0x1000, 0x401000, 0x400, 0x2000, 3)
    yield "x32", elf32(DYN, 0, pie, parts=[(0x700, linux)], machine=62)
    yield "i386-pie", elf32(DYN, 0, pie, parts=[(0x700, linux)])
    yield "overlapping", elf32(EXEC, 3, [text, data, over])
    yield "overlapping64", elf64(EXEC, 3, [data, over, text])
    far = bytearray(elf32(EXEC, 0, [text, data], size=0x2400))
    far[0x2000:0x2040] = far[52:116]
    far[28:32] = struct.pack("<I", 0x2000)
    yield "far-headers", bytes(far)
    yield "short-header", elf32(EXEC, 0, [text], size=45)[:45]
    yield "go", elf64(EXEC, 9, [(PT_PHDR, R, 64, 0x400040, 0x150, 0x150, 8), noted(note(b"Go", 4, b"id")), text, data],
                      parts=[(0x800, note(b"Go", 4, b"id"))])
    yield "noted", elf64(EXEC, 9, [text, data, noted(freebsd)], parts=[(0x800, freebsd)])
    yield "dynamic", elf64(DYN, 9, [(PT_INTERP, R, 0x700, 0x700, len(interp), len(interp), 1)] + dyn + [
        noted(freebsd), (PT_TLS, R, 0x1000, 0x2000, 16, 32, 16)], parts=[(0x700, interp), (0x800, freebsd)])
    for name in (b"NetBSD", b"OpenBSD", b"DragonFly"):
        content = note(name, 1, osrel)
        yield name.decode().lower(), elf64(EXEC, 0, [text, noted(content)], parts=[(0x800, content)])
    yield "linux", elf64(EXEC, 0, [text, data, noted(gnu)], parts=[(0x800, gnu)])
    yield "i386", elf32(EXEC, 9, [(PT_LOAD, R | X, 0, 0x8048000, 0x1000, 0x1000, 4096), noted(freebsd)],
                        parts=[(0x800, freebsd)])
    yield "engine", elf64(EXEC, 9, [(PT_LOAD, R | X, 0, 0x7C000000, 0x1000, 0x1000, 4096)])
    yield "overlap", elf64(EXEC, 9, [text, (PT_LOAD, R | W, 0x1000, 0x400000, 0x300, 0x300, 4096)])
    yield "one-page", elf64(EXEC, 9, [(PT_LOAD, R | W, 0x100, 0x400100, 0x10, 0x20, 4096)])
    yield "bss-only", elf64(EXEC, 9, [text, (PT_LOAD, R | W, 0, 0x500000, 0, 0x100000, 4096)])
    yield "huge", elf64(DYN, 9, [dyn[0], (PT_LOAD, R | W, 0, 0x100000, 0, 0x7FF000000000, 1 << 40)])
    yield "many", elf64(EXEC, 9, [(PT_LOAD, R, 0, 0x400000 + i * 0x1000, 0x80, 0x80, 4096) for i in range(72)][:71])
    yield "aarch64", elf64(EXEC, 9, [text], machine=183)
    yield "script", b"#! /bin/sh -eu \necho\n"
    yield "cut", elf64(EXEC, 9, [text, data])[:0x90]


def main():
    folder = sys.argv[1]
    os.makedirs(folder, exist_ok=True)
    for name, content in seeds():
        with open(os.path.join(folder, name), "wb") as out:
            out.write(content)


if __name__ == "__main__":
    main()
