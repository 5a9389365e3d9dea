"""Writes the support page and its JSON twin."""

import json

from .parse import LEVELS

MEANINGS = {
    "full": "behaves as the real kernel's does",
    "partial": "works, bar what the note says",
    "stub": "a fixed answer, which is true here for the reason given",
    "nosys": "the real kernel has it, dragoman does not yet: the program gets ENOSYS",
    "absent": "the real kernel refuses it too, or the number is not assigned",
}


def counts(rows):
    return {level: sum(1 for row in rows if row.level == level) for level in LEVELS}


def escape(text):
    return text.replace("|", "\\|")


def emit_markdown(personality, source, rows):
    lines = [
        f"# System calls of the {personality} personality",
        "",
        f"Generated from `{source}`.",
        "",
        "| level | calls | meaning |",
        "|---|---|---|",
    ]
    for level, count in counts(rows).items():
        lines.append(f"| {level} | {count} | {MEANINGS[level]} |")
    lines += ["", "| number | name | level | note |", "|---|---|---|---|"]
    for row in rows:
        if row.name:
            lines.append(f"| {row.number} | `{row.name}` | {row.level} | {escape(row.note)} |")
    return "\n".join(lines) + "\n"


def emit_json(personality, rows):
    calls = [
        {
            "number": row.number,
            "name": row.name,
            "level": row.level,
            "handler": f"{row.handler}:{row.host}" if row.host else row.handler,
            "result": row.result,
            "arguments": [
                {"name": arg.name, "type": ":".join(part for part in (arg.kind, arg.table) if part)}
                for arg in row.args
            ],
            "errors": row.errors,
            "note": row.note,
        }
        for row in rows
        if row.name
    ]
    document = {"personality": personality, "counts": counts(rows), "calls": calls}
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
