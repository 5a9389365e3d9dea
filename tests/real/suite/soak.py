"""A soak: a server and a client, two FreeBSD Go programs, exchange requests on loopback, a million with --full.

No request may be lost or answered wrong, and neither program may grow: resident memory and number of descriptors stay
within five hundredths of what they were after a tenth of the run. They are read while neither program has anything
to do; the garbage collector decides how much of its heap a Go program has used just then, and a connection may be
about to end, so what is compared is the middle of ten looks.
"""
import os
import pathlib
import re
import select
import statistics
import subprocess
import time
import urllib.request

from .common import DRAGOMAN, HERE, go_build, go_tool, skip, verdict

REQUESTS, REQUESTS_FULL = 100_000, 1_000_000
SILENCE = 120  # seconds for a hundredth of the run
WITHIN = 0.05
WITHIN_SHORT = 0.15  # a tenth of the short run is less than a Go program's heap takes to come to its size


class Guest:
    """A program that runs, its lines, and what it holds."""

    def __init__(self, program, *arguments):
        self.process = subprocess.Popen(
            [DRAGOMAN, "run", str(program), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.rest = b""

    def line(self):
        """The next line, or None when it ends or is silent for too long."""
        end = time.monotonic() + SILENCE
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, end - time.monotonic()))
            data = os.read(self.process.stdout.fileno(), 65536) if ready else b""
            if not data:
                return None
            self.rest += data
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode(errors="replace")

    def go_on(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def memory(self):
        """Resident kilobytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"^VmRSS:\s+(\d+)", status, re.M).group(1))

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def end(self):
        self.process.kill()
        self.process.wait()


def looks(server, client):
    """Drives the client through its steps. Returns samples (memory and descriptors of both) and the last line."""
    samples = []
    while True:
        line = client.line()
        if line is None or not line.startswith("step "):
            return samples, line or "no sign of life"
        time.sleep(0.02)  # the server sees connections end that the client has closed
        samples.append((server.memory(), server.descriptors(), client.memory(), client.descriptors()))
        client.go_on()


def growth(samples, column):
    """From a tenth of the run to its end, by middles of ten looks: the furthest as a share, the first, the last."""
    values = [sample[column] for sample in samples]
    start, *later = [statistics.median(values[at : at + 10]) for at in range(10, len(values), 10)]
    return max(abs(value - start) / start for value in later), start, later[-1]


def exchange(requests, within):
    """Returns the problem of each promise, by name, and a line of figures."""
    server = Guest(go_build(HERE / "soak/server.go", "freebsd"))
    client = None
    begun = time.monotonic()
    try:
        address = server.line()
        client = Guest(go_build(HERE / "soak/client.go", "freebsd"), address, requests)
        samples, last = looks(server, client)
        count = urllib.request.urlopen(f"http://{address}/count", timeout=20).read().decode() if address else "none"
    finally:
        server.end()
        if client:
            client.end()
    seconds = time.monotonic() - begun
    wanted = f"sent {requests} answered {requests} wrong 0"
    problems = {"requests": "" if last == wanted and count == str(requests) else f"{last}; the server answered {count}"}
    figures = [f"{requests} requests in {seconds:.0f} s"]
    for column, name in enumerate(("server-memory", "server-descriptors", "client-memory", "client-descriptors")):
        if len(samples) < 100:
            problems[name] = "the run did not come to its end"
            continue
        share, start, end = growth(samples, column)
        figures.append(f"{name} {start:g} to {end:g} ({share:.1%})")
        far = f"{start:g} after a tenth of the run, {end:g} at its end, {share:.1%} at most between"
        problems[name] = "" if share <= within else far
    return problems, "; ".join(figures)


def run(full):
    if go_tool() is None:
        skip("soak", "there is no go")
        return
    problems, figures = exchange(*((REQUESTS_FULL, WITHIN) if full else (REQUESTS, WITHIN_SHORT)))
    print(figures)
    for name, problem in problems.items():
        verdict(f"soak/{name}", problem)
