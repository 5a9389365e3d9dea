#!/usr/bin/env python3
"""Generates C and documentation from a system-call table.

usage: generate.py TABLE OUTDIR

TABLE is compat-db/syscalls/<personality>.tbl; into OUTDIR go

(with _ for the hyphens of the personality in C)

  <personality>_syscalls.h     prototypes of the handlers, the table's declaration
  <personality>_syscalls.c     hot half: wrappers, argument descriptors, dispatch table
  <personality>_syscalls_db.c  cold half: the rows as text (compat-db/syscall_db.h)
  <personality>_rows.h         the rows for the guest programs that make every call
  <personality>.md             support page
  <personality>.json           the same for programs

A fault in the table ends the run with file:line and exit status 1.
"""

import sys
from pathlib import Path

from tablegen import emit_c, emit_docs
from tablegen.parse import TableError, parse_table


def generate(table, outdir):
    """Writes every output of one table; raises TableError or OSError."""
    rows = parse_table(table)
    personality = Path(table).stem
    prefix = emit_c.c_prefix(personality)
    source = f"compat-db/syscalls/{Path(table).name}"
    outputs = {
        f"{prefix}_syscalls.h": emit_c.emit_header(personality, source, rows),
        f"{prefix}_syscalls.c": emit_c.emit_table(personality, source, rows),
        f"{prefix}_syscalls_db.c": emit_c.emit_db(personality, source, rows),
        f"{prefix}_rows.h": emit_c.emit_rows(personality, source, rows),
        f"{personality}.md": emit_docs.emit_markdown(personality, source, rows),
        f"{personality}.json": emit_docs.emit_json(personality, rows),
    }
    Path(outdir).mkdir(parents=True, exist_ok=True)
    for name, text in outputs.items():
        (Path(outdir) / name).write_text(text, encoding="utf-8")


def main(argv):
    if len(argv) != 3:
        print("usage: generate.py TABLE OUTDIR", file=sys.stderr)
        return 2
    try:
        generate(argv[1], argv[2])
    except (TableError, OSError) as fault:
        print(fault, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
