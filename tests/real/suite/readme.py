"""README's sections as a reader would type them: its blocks, told apart into files and commands."""
import re

from .common import ROOT

FILE = re.compile(r"`([\w./-]+\.(?:cmake|ini|toml|yml))`")


class Block:
    """`name`: the file that it is the text of, or "" for commands."""

    def __init__(self, name, lines):
        self.name, self.lines = name, lines

    def text(self):
        return "\n".join(self.lines) + "\n"


def blocks(heading, document="README.md"):
    """The indented blocks below the heading, up to the next. A file's name is in backquotes in the paragraph above."""
    lines = (ROOT / document).read_text().splitlines()
    begin = next(at for at, line in enumerate(lines) if re.fullmatch(rf"#+ {re.escape(heading)}", line))
    found, paragraph, block, ended = [], [], [], True
    for line in [*lines[begin + 1 :], "#"]:
        if line.startswith("    "):
            block.append(line[4:])
            continue
        if block and not line:
            block.append("")
            continue
        if block:
            name = FILE.search(" ".join(paragraph))
            while block and not block[-1]:
                block.pop()
            found.append(Block(name.group(1) if name else "", block))
            paragraph, block = [], []
        if line.startswith("#"):
            break
        if line:
            paragraph = [line] if ended else [*paragraph, line]
        ended = not line
    return found
