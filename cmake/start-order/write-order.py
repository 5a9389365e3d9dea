#!/usr/bin/env python3
"""Lays the engine's image out by what a guest's start touches.

usage: write-order.py LINKER_MAP TOUCHED... > start-order.ld

LINKER_MAP is what the linker wrote of the image (-Map), each TOUCHED what touched.c
printed of a run of it. First comes what is touched after a run's last exec, the start
of a guest that follows another; then the rest. A pattern that fits nothing, as another
compiler or libc has other names, costs nothing but the order of that piece.
"""

import bisect
import re
import sys
from pathlib import Path

# Larger pieces are left where they are: little of them is touched.
MOST = {".text": 40000, ".rodata": 16000, ".data": 8192, ".bss": 8192}

HEAD = """\
/*
 * Written by `./dev order`: pieces of the image in the order in which guests' starts touch them, so that a start waits for
 * few pages (HACKING.md, "The image's layout"). Added to the linker's own script.
 */
"""


class Piece:
    """An input section as the linker placed it."""

    def __init__(self, start, size, section, source, output):
        self.start, self.size, self.section, self.source, self.output = start, size, section, source, output

    def pattern(self):
        """How the linker script names it, without what compilers number."""
        library = re.search(r"(lib\w+\.a)\((.*)\)$", self.source)
        if library:
            return f"*{library[1]}:{library[2]}({self.section})"
        if self.section in MOST:
            return f"*{Path(self.source).name}({self.section})"
        name = re.sub(r"(\.(part|isra|constprop|cold))?\.\d+(\..*)?$", "", self.section)
        return f"*({name})" if name == self.section else f"*({name} {name}.*)"

    def strings(self):
        """The pattern of the strings that its code uses; None: it has none of its own."""
        library = re.search(r"(lib\w+\.a)\((.*)\)$", self.source)
        if library:
            return f"*{library[1]}:{library[2]}(.rodata.str*)"
        function = re.match(r"\.text\.(\w+)", self.section)
        return f"*(.rodata.{function[1]}.str*)" if function else None


def read_map(path):
    """The pieces of a linker map, by address."""
    pieces = []
    output = name = None
    text = Path(path).read_text(encoding="utf-8", errors="replace").split("Linker script and memory map")[1]
    for line in text.splitlines():
        if re.match(r"[._]\w", line):
            output = line.split()[0].removesuffix(".start")
            name = None
            continue
        match = re.match(r" ?(?P<name>[.\w]\S*)?\s+0x(?P<at>[0-9a-f]+)\s+0x(?P<size>[0-9a-f]+) (?P<source>\S.*)$", line)
        if match and (match["name"] or name) and int(match["size"], 16):
            pieces.append(Piece(int(match["at"], 16), int(match["size"], 16), match["name"] or name, match["source"], output))
        alone = re.match(r" ([.\w]\S*)$", line)
        name = alone[1] if alone else None
    return sorted(pieces, key=lambda p: p.start)


def read_touched(path):
    """The addresses of a run, one list for each of its images."""
    images = [[]]
    for line in Path(path).read_text(encoding="ascii").splitlines():
        if line == "exec":
            images.append([])
        elif re.match(r"[xd] [0-9a-f]+$", line):
            images[-1].append(int(line[2:], 16))
    if not images[-1]:
        sys.exit(f"{path}: nothing of the image was touched (did the run fail?)")
    return images


def order(pieces, images):
    """The pieces that `images` touch, in that order, by output section."""
    starts = [p.start for p in pieces]
    touched = {section: {} for section in MOST}
    for image in images:
        for address in image:
            piece = pieces[bisect.bisect_right(starts, address) - 1]
            fits = piece.start <= address < piece.start + piece.size
            if fits and piece.size <= MOST.get(piece.output, 0) and not re.search(r"\.(str|cst)\d|\.fork$|unlikely", piece.section):
                touched[piece.output].setdefault(piece)
    return touched


def write_section(name, where, patterns):
    """One output section beside the linker's own of the same kind."""
    print(f"SECTIONS\n{{\n  {name}.start :\n  {{")
    for pattern in dict.fromkeys(patterns):
        print(f"    {pattern}")
    print(f"  }}\n}} INSERT {where} {name};")


def main():
    pieces = read_map(sys.argv[1])
    runs = [read_touched(path) for path in sys.argv[2:]]
    starts = [run[-1] for run in runs if len(run) > 2]  # before the first exec, and after it
    everything = order(pieces, starts + [image for run in runs for image in run])
    strings = [p.strings() for p in order(pieces, starts)[".text"]]
    print(HEAD, end="")
    write_section(".text", "BEFORE", [p.pattern() for p in everything[".text"]])
    constants = ["*(.rodata.cst*)"] + [p.pattern() for p in everything[".rodata"]]
    write_section(".rodata", "AFTER", constants + [s for s in strings if s])
    write_section(".data", "AFTER", [p.pattern() for p in everything[".data"]])
    # The large ones, of which some are aligned to a page, last.
    write_section(".bss", "BEFORE", [p.pattern() for p in sorted(everything[".bss"], key=lambda p: p.size >= 4096)])
    for section, found in everything.items():
        print(f"{section}: {len(found)} pieces, {sum(p.size for p in found)} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
