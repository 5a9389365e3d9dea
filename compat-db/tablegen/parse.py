"""Reads a table and refuses whatever is not sound, naming file and line.

The format is described at the top of compat-db/syscalls/freebsd.tbl.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from .types import RESULT_TYPES, TYPES

LEVELS = ("full", "partial", "stub", "nosys", "absent")
MAX_ARGS = 8
MAX_HOST_ARGS = 6
FIELDS = 7


class TableError(Exception):
    """A fault in a table; the text starts with file:line."""


@dataclass
class Argument:
    kind: str  # key of TYPES
    name: str
    table: str = ""  # flag, value or structure table
    length_kind: str = "LENGTH_ONE"
    length: int = 0


@dataclass
class Row:
    number: int
    name: str  # "" for a number that is not assigned
    handler: str  # "own", "any", "compat", "same", "slow", "once", "mux" or "-"
    host: str  # the host's name for same, slow and once; the function's, where it is not the row's
    level: str
    signature: str
    result: str
    args: list = field(default_factory=list)
    errors: list = field(default_factory=list)
    note: str = ""
    where: str = ""  # file:line


class Table(list):
    """A table's rows by number, the bytes of its system's word, and whether the host's rules of restarting are its own."""

    word = 8
    host_restarts = False

    def __init__(self):
        super().__init__()
        self.alternatives = []  # (mode, family, row name, file:line), as the lines have them


ALTERNATIVE_MODES = ("nodes", "emulated", "rooted")


def parse_table(path):
    """Returns the table, one row per number from 0 on without a gap; raises TableError."""
    rows = Table()
    taken = {}
    names = {}
    for line_number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        where = f"{path}:{line_number}"
        if text.startswith("!"):
            if text == "!restarts host":
                rows.host_restarts = True
            elif text.split()[0][1:] in ALTERNATIVE_MODES:
                rows.alternatives += parse_alternatives(text, where)
            else:
                rows.word = parse_word(text, where)
            continue
        for row in parse_line(text, where):
            if row.number in taken:
                raise TableError(f"{where}: number {row.number} stands at {taken[row.number]} already")
            if row.name and row.name in names:
                raise TableError(f"{where}: name {row.name} stands at {names[row.name]} already")
            taken[row.number] = where
            names[row.name] = where
            rows.append(row)
    if not rows:
        raise TableError(f"{path}:1: no rows")
    rows.sort(key=lambda row: row.number)
    for expected, row in enumerate(rows):
        if row.number != expected:
            raise TableError(f"{row.where}: no row for number {expected} before {row.number}")
    check_alternatives(rows)
    return rows


def parse_alternatives(text, where):
    """Rows that have another function where metadata is kept, or in a root of the guest's own: (mode, family, name, where)."""
    directive, *words = text.split()
    if len(words) < 2 or words[0] not in ("own", "any"):
        raise TableError(f"{where}: '{text}' is not '{directive} own|any NAME...'")
    return [(directive[1:], words[0], name, where) for name in words[1:]]


def check_alternatives(rows):
    names = {row.name: row for row in rows if row.name}
    for _, _, name, where in rows.alternatives:
        if name not in names or names[name].handler in ("-", "mux"):
            raise TableError(f"{where}: no row with a handler is called {name}")
    listed = [(mode == "rooted", name) for mode, _, name, _ in rows.alternatives]
    for mode, _, name, where in rows.alternatives:
        if listed.count((mode == "rooted", name)) > 1:
            raise TableError(f"{where}: {name} is named twice")


def parse_word(text, where):
    match = re.fullmatch(r"!word\s+(4|8)", text)
    if not match:
        raise TableError(f"{where}: '{text}' is not '!word 4', '!word 8', '!restarts host', '!nodes', '!emulated' or '!rooted'")
    return int(match[1])


def parse_line(text, where):
    """Returns the rows of one line: one, or several where an unassigned range is given."""
    fields = [part.strip() for part in text.split("|")]
    if len(fields) != FIELDS:
        raise TableError(f"{where}: {len(fields)} fields, {FIELDS} expected")
    numbers, name, handler, level, signature, errors, note = fields
    first, last = parse_numbers(numbers, where)
    if level not in LEVELS:
        raise TableError(f"{where}: level '{level}' is none of {', '.join(LEVELS)}")
    if level != "full" and not note:
        raise TableError(f"{where}: level {level} needs a note")
    if name == "-":
        if level != "absent" or handler != "-":
            raise TableError(f"{where}: a row without a name must be absent and without handler")
        return [Row(n, "", "-", "", level, "", "void", note=note, where=where) for n in range(first, last + 1)]
    if first != last:
        raise TableError(f"{where}: a range of numbers takes no name")
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise TableError(f"{where}: '{name}' is no name")
    handler, host = parse_handler(handler, level, where)
    result, args = parse_signature(signature, where)
    if handler in ("same", "slow", "once") and len(args) > MAX_HOST_ARGS:
        raise TableError(f"{where}: {len(args)} arguments, the host takes {MAX_HOST_ARGS}")
    return [Row(first, name, handler, host, level, signature, result, args, parse_errors(errors, where), note, where)]


def parse_numbers(text, where):
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    if not match:
        raise TableError(f"{where}: '{text}' is no number")
    first = int(match[1])
    last = int(match[2] or first)
    if last < first:
        raise TableError(f"{where}: range {text} runs backwards")
    return first, last


def parse_handler(text, level, where):
    """Returns (kind, host name) and checks that the level fits the handler."""
    match = re.fullmatch(r"(own|any|compat|mux|-)|(own|any|compat|same|slow|once):([a-z0-9_]+)", text)
    if not match:
        raise TableError(f"{where}: handler '{text}' is none of own, any, compat, same:, slow:, once:NAME, mux, -")
    kind = match[1] or match[2]
    if (kind == "-") != (level in ("nosys", "absent")):
        raise TableError(f"{where}: level {level} does not go with handler {text}")
    return kind, match[3] or ""


def parse_errors(text, where):
    names = text.split()
    for name in names:
        if not re.fullmatch(r"E[A-Z0-9]+", name):
            raise TableError(f"{where}: '{name}' is no errno name")
    return names


def parse_signature(text, where):
    """Returns (result type, arguments)."""
    if not text or text == "-":
        return "void", []
    match = re.fullmatch(r"([a-z]+)\s*\((.*)\)", text)
    if not match:
        raise TableError(f"{where}: signature '{text}' is not 'type (type name, …)'")
    result, inner = match[1], match[2].strip()
    if result not in RESULT_TYPES:
        raise TableError(f"{where}: unknown result type '{result}'")
    pieces = [piece.strip() for piece in inner.split(",")] if inner not in ("", "void") else []
    if len(pieces) > MAX_ARGS:
        raise TableError(f"{where}: {len(pieces)} arguments, at most {MAX_ARGS}")
    names = [piece.split()[-1] if piece.split() else "" for piece in pieces]
    return result, [parse_argument(piece, names, where) for piece in pieces]


def parse_argument(piece, names, where):
    match = re.fullmatch(r"([a-z]+)((?::[*A-Za-z0-9_]+)*)\s+([a-z_][A-Za-z0-9_]*)", piece)
    if not match:
        raise TableError(f"{where}: argument '{piece}' is not 'type name'")
    kind, name = match[1], match[3]
    operands = match[2].split(":")[1:]
    if kind not in TYPES:
        raise TableError(f"{where}: unknown type '{kind}'")
    if names.count(name) > 1:
        raise TableError(f"{where}: two arguments are named {name}")
    argument = Argument(kind, name)
    wants = TYPES[kind].operand
    allowed = {"": (0,), "table": (1,), "length": (1,), "struct": (1, 2)}[wants]
    if len(operands) not in allowed:
        raise TableError(f"{where}: type '{kind}' of {name} has {len(operands)} operands")
    if wants in ("table", "struct"):
        argument.table = operands.pop(0)
    if operands:
        set_length(argument, operands[0], names, where)
    return argument


def set_length(argument, operand, names, where):
    """Resolves `ARG`, `*ARG` (the number ARG points to) or `return` (the call's result)."""
    if operand == "return":
        argument.length_kind = "LENGTH_RESULT"
        return
    target = operand.lstrip("*")
    if target not in names:
        raise TableError(f"{where}: length of {argument.name} names no argument: '{target}'")
    argument.length_kind = "LENGTH_INDIRECT" if operand.startswith("*") else "LENGTH_ARG"
    argument.length = names.index(target)
