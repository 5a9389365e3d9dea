"""Tests of compat-db/generate.py: what it accepts, what it refuses and where, and what it writes."""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GENERATOR = ROOT / "compat-db" / "generate.py"
TABLE = ROOT / "compat-db" / "syscalls" / "freebsd.tbl"
sys.path.insert(0, str(ROOT / "compat-db"))

from tablegen import emit_c  # noqa: E402
from tablegen.parse import TableError, parse_line, parse_table  # noqa: E402


def row(text):
    """The single row of one line."""
    rows = parse_line(text, "x.tbl:7")
    assert len(rows) == 1
    return rows[0]


class Parsing(unittest.TestCase):
    def refuses(self, text, part):
        with self.assertRaises(TableError) as caught:
            parse_line(text, "x.tbl:7")
        self.assertTrue(str(caught.exception).startswith("x.tbl:7: "), str(caught.exception))
        self.assertIn(part, str(caught.exception))

    def test_fields(self):
        read = row("3 | read | slow:read | full | ssize (fd fd, outbuf:n buf, size n) | EBADF EIO |")
        self.assertEqual((read.number, read.handler, read.host), (3, "slow", "read"))
        self.assertEqual(read.errors, ["EBADF", "EIO"])
        buf = read.args[1]
        self.assertEqual((buf.kind, buf.length_kind, buf.length), ("outbuf", "LENGTH_ARG", 2))

    def test_structure_counts(self):
        event = row("1 | kevent | own | full | int (in:kevent:n change, int n, out:kevent:return event) | |")
        self.assertEqual((event.args[0].table, event.args[0].length), ("kevent", 1))
        self.assertEqual(event.args[2].length_kind, "LENGTH_RESULT")

    def test_indirect_length(self):
        accept = row("1 | accept | own | full | fd (fd s, out:sockaddr:*len a, inout:socklen len) | |")
        self.assertEqual((accept.args[1].length_kind, accept.args[1].length), ("LENGTH_INDIRECT", 2))

    def test_range_without_name(self):
        rows = parse_line("5-7 | - | - | absent | - | | reserved", "x.tbl:7")
        self.assertEqual([r.number for r in rows], [5, 6, 7])

    def test_refusals(self):
        cases = {
            "1 | a | own | full | int (void) |": "6 fields",
            "1 | a | own | partial | int (void) | |": "needs a note",
            "1 | a | own | nosys | int (void) | | later": "does not go with",
            "1 | a | - | full | int (void) | |": "does not go with",
            "1 | a | mine | full | int (void) | |": "handler 'mine'",
            "1 | a | own | great | int (void) | |": "level 'great'",
            "1 | a | own | full | int (quux b) | |": "unknown type 'quux'",
            "1 | a | own | full | quux (void) | |": "unknown result type",
            "1 | a | own | full | int (flags b) | |": "0 operands",
            "1 | a | own | full | int (int:x b) | |": "1 operands",
            "1 | a | own | full | int (inbuf:len b) | |": "names no argument",
            "1 | a | own | full | int (int b, int b) | |": "two arguments",
            "1 | a | own | full | int (int) | |": "is not 'type name'",
            "1 | a | own | full | int | |": "signature 'int'",
            "1 | a | own | full | int (void) | ebadf |": "no errno name",
            "1-2 | a | own | full | int (void) | |": "takes no name",
            "2-1 | - | - | absent | - | | x": "backwards",
            "x | a | own | full | int (void) | |": "is no number",
        }
        for text, part in cases.items():
            with self.subTest(text):
                self.refuses(text, part)

    def test_arity(self):
        def args(count):
            return ", ".join(f"int a{n}" for n in range(count))

        self.assertEqual(len(row(f"1 | a | own | full | int ({args(8)}) | |").args), 8)
        self.refuses(f"1 | a | own | full | int ({args(9)}) | |", "at most 8")
        self.refuses(f"1 | a | same:b | full | int ({args(7)}) | |", "the host takes 6")

    def test_whole_tables(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "t.tbl"

            def fault(text):
                table.write_text(text)
                with self.assertRaises(TableError) as caught:
                    parse_table(table)
                return str(caught.exception)

            zero = "0 | a | own | full | int (void) | |\n"
            self.assertIn(f"{table}:2: number 0 stands", fault(zero + zero.replace("a", "b", 1)))
            self.assertIn(f"{table}:2: name a stands", fault(zero + zero.replace("0", "1", 1)))
            self.assertIn("no row for number 1", fault(zero + "2 | b | own | full | int (void) | |\n"))
            self.assertIn("no rows", fault("# nothing\n"))
            self.assertIn(f"{table}:1: '!word 5'", fault("!word 5\n" + zero))
            table.write_text("!word 4\n" + zero)
            self.assertEqual(parse_table(table).word, 4)


class Output(unittest.TestCase):
    def test_handler_names(self):
        names = {
            ("freebsd", "open | own"): "freebsd_open",
            ("freebsd", "__getcwd | own"): "freebsd_getcwd",
            ("freebsd", "freebsd11_stat | own"): "freebsd11_stat",
            ("linux-i386", "waitpid | own"): "linux_i386_waitpid",
            ("linux-i386", "chown32 | any:chown"): "linux_any_chown",
            ("linux-x32", "readv | compat"): "linux_compat_readv",
        }
        for (personality, call), name in names.items():
            self.assertEqual(emit_c.handler_name(personality, row(f"1 | {call} | full | int (void) | |")), name)

    def test_alternatives(self):
        lines = ["!word 4", "!nodes any stat", "!emulated own get",
                 "0 | stat | own | full | int (path p, long n) | |", "1 | get | same:getuid | full | uid (void) | |"]
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "linux-x.tbl"
            table.write_text("\n".join(lines))
            rows = parse_table(table)
            text = emit_c.emit_table("linux-x", "x.tbl", rows)
            self.assertRegex(text, r"call_0\([^{]*\{\s*if \(.*ALTERNATIVES_NODES.*\{\s*return alternative_0\(t, a\);")
            self.assertIn("linux_emulated_stat(t, (guest_ptr){(uint32_t)a[0]}, (int64_t)(uint64_t)(int32_t)a[1])", text)
            self.assertRegex(text, r"call_1\([^{]*\{\s*if \(.*ALTERNATIVES_EMULATED.*\{\s*return alternative_1\(t, a\);")
            self.assertIn("linux_x_emulated_getuid(struct thread *t);", emit_c.emit_header("linux-x", "x.tbl", rows))
            for wrong, part in (("!nodes any none", "no row with a handler"), ("!nodes stat", "is not '!nodes own|any"),
                                ("!emulated any stat", "named twice")):
                table.write_text("\n".join([*lines, wrong]))
                with self.assertRaises(TableError) as caught:
                    parse_table(table)
                self.assertIn(part, str(caught.exception))

    def test_wrappers(self):
        own = row("1 | open | own | full | fd (path path, flags:open flags, size new) | |")
        self.assertIn(
            "return freebsd_open(t, (guest_ptr){a[0]}, (int32_t)a[1], a[2]);", emit_c.emit_wrapper("freebsd", own, 8)
        )
        slow = row("3 | read | slow:read | full | ssize (fd fd, ptr buf, size n) | |")
        self.assertIn(
            "return restartable(host_call_intr(t, __NR_read, a[0], a[1], a[2], 0, 0, 0));",
            emit_c.emit_wrapper("freebsd", slow, 8),
        )
        once = row("7 | poll | once:poll | full | int (ptr fds, uint n, int timeout) | |")
        self.assertIn(
            "return host_call_intr(t, __NR_poll, a[0], a[1], a[2], 0, 0, 0);", emit_c.emit_wrapper("linux", once, 8)
        )
        same = row("20 | getpid | same:getpid | full | pid (void) | |")
        short = row("19 | lseek | same:lseek | full | off (fd fd, long offset, size n) | |")
        self.assertIn(
            "host_call3(__NR_lseek, (uint32_t)a[0], (uint64_t)(int32_t)a[1], (uint32_t)a[2])",
            emit_c.emit_wrapper("linux-i386", short, 4),
        )
        self.assertIn("return host_call0(__NR_getpid);", emit_c.emit_wrapper("freebsd", same, 8))

    def test_real_table(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", GENERATOR, TABLE, folder], check=True)
            document = json.loads((Path(folder) / "freebsd.json").read_text())
            calls = {call["number"]: call for call in document["calls"]}
            # Spot checks against sys/sys/syscall.h.
            for number, name in {3: "read", 188: "freebsd11_stat", 454: "_umtx_op", 560: "kevent", 584: "membarrier"}.items():
                self.assertEqual(calls[number]["name"], name)
            page = (Path(folder) / "freebsd.md").read_text()
            self.assertIn("| 499 | `openat` |", page)

    def test_fault_ends_the_run(self):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "t.tbl"
            table.write_text("\n0 | a | own | stub | int (void) | |\n")
            run = subprocess.run(
                [sys.executable, "-B", GENERATOR, table, folder], capture_output=True, text=True, check=False
            )
            self.assertEqual(run.returncode, 1)
            self.assertIn(f"{table}:2: level stub needs a note", run.stderr)


if __name__ == "__main__":
    unittest.main()
