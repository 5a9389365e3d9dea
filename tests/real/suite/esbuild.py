"""FreeBSD builds of esbuild: serving, watching, the service protocol, and an old release; and the one for 32-bit Linux."""
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request

from .common import DRAGOMAN, HERE, WORK, call, guest, npm, skip, verdict, wait_until

NEW, OLD = "@esbuild/freebsd-x64@0.28.2", "esbuild-freebsd-64@0.15.18"
IA32 = ("@esbuild/linux-ia32@0.28.2", "@esbuild/linux-x64@0.28.2", "three@0.187.0", "react@19.3.1", "react-dom@19.3.1",
        "scheduler@0.28.0")
# The ways that 32-bit calls take: by the gate, by int $0x80, and as on a host without IA32 emulation.
WAYS = {"rewrite": (), "sud": ("--intercept", "sud"), "no-ia32": ("--ia32", "absent")}


def start(directory, *arguments):
    return subprocess.Popen(
        [DRAGOMAN, "run", str(directory / "node_modules/@esbuild/freebsd-x64/bin/esbuild"), *arguments],
        cwd=directory,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def stop(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def serve(directory):
    (directory / "page.js").write_text("console.log('served')\n")
    process = start(directory, "page.js", "--bundle", "--outdir=www", "--serve=127.0.0.1:0")
    try:
        seen = b""
        os.set_blocking(process.stdout.fileno(), False)

        def address():
            nonlocal seen
            seen += process.stdout.read() or b""
            return re.search(rb"http://127\.0\.0\.1:(\d+)", seen)

        found = wait_until(address)
        if not found:
            return f"names no address: {seen!r}"
        url = f"http://127.0.0.1:{int(found.group(1))}/page.js"
        body = urllib.request.urlopen(url, timeout=10).read()
        return "" if b'console.log("served")' in body else f"answers {body!r}"
    finally:
        stop(process)


def watch(directory):
    source, out = directory / "watched.js", directory / "watched-out.js"
    source.write_text("console.log('first')\n")
    out.unlink(missing_ok=True)
    process = start(directory, "watched.js", "--outfile=watched-out.js", "--watch")
    try:
        if not wait_until(lambda: out.exists() and b"first" in out.read_bytes()):
            return "does not build"
        time.sleep(0.3)
        source.write_text("console.log('second one')\n")
        again = wait_until(lambda: b"second one" in out.read_bytes())
        return "" if again else "does not rebuild"
    finally:
        stop(process)


def packet(identifier, value):
    """One request of esbuild's service protocol: length, id, then a value of its own encoding."""

    def encode(item):
        if isinstance(item, str):
            data = item.encode()
            return b"\x03" + len(data).to_bytes(4, "little") + data
        if isinstance(item, bytes):
            return b"\x04" + len(item).to_bytes(4, "little") + item
        if isinstance(item, bool):
            return b"\x01" + bytes([item])
        if isinstance(item, list):
            return b"\x05" + len(item).to_bytes(4, "little") + b"".join(map(encode, item))
        members = (len(key).to_bytes(4, "little") + key.encode() + encode(member) for key, member in item.items())
        return b"\x06" + len(item).to_bytes(4, "little") + b"".join(members)

    body = (identifier << 1).to_bytes(4, "little") + encode(value)
    return len(body).to_bytes(4, "little") + body


def service(directory):
    request = {
        "command": "transform",
        "flags": ["--loader=ts", "--minify"],
        "input": b"let answer: number = 6 * 7; console.log(answer)",
        "inputFS": False,
    }
    process = start(directory, "--service=0.28.2", "--ping")
    try:
        out, _ = process.communicate(packet(0, request), timeout=15)
    except subprocess.TimeoutExpired:
        stop(process)
        return "does not end when its input does"
    return "" if b"console.log" in out and b"number" not in out else f"answers {out!r}"


def old_release(directory):
    (directory / "old.js").write_text("import {b} from './dep.js'; console.log(b)\n")
    (directory / "dep.js").write_text("export const b = 'bundled'\n")
    program = directory / "node_modules/esbuild-freebsd-64/bin/esbuild"
    result = guest([program, "old.js", "--bundle"], cwd=directory)
    return "" if result.status == 0 and 'b = "bundled"' in result.out else f"status {result.status}: {result.out}"


def bundle(directory, out, command):
    """Bundles the demo's page with a command; an error text, and the bytes of what came of it."""
    shutil.rmtree(directory / out, ignore_errors=True)
    words = [*command, "main.jsx", "--bundle", "--minify", "--sourcemap", "--target=es2020", "--log-level=warning",
             '--define:process.env.NODE_ENV="production"', f"--outfile={out}/main.js"]
    done = call(words, seconds=240, cwd=directory)
    if done.status != 0:
        return f"status {done.status}: {done.out[-300:]}", None
    return "", [(directory / out / name).read_bytes() for name in ("main.js", "main.js.map")]


def ia32(full):
    """The same bundle by esbuild for 32-bit Linux, under dragoman, and by the host's own: the same bytes."""
    directory = WORK / "esbuild-ia32"
    missing = npm(directory, *IA32)
    if missing:
        skip("esbuild/ia32", missing.splitlines()[-1])
        return
    shutil.copy(HERE / "demo/main.jsx", directory)
    programs = directory / "node_modules/@esbuild"
    problem, wanted = bundle(directory, "native", [programs / "linux-x64/bin/esbuild"])
    if not verdict("esbuild/ia32/native", problem):
        return
    for way, options in WAYS.items():
        for _ in range(3 if full else 1):
            command = [DRAGOMAN, "run", *options, programs / "linux-ia32/bin/esbuild"]
            problem, made = bundle(directory, f"ia32-{way}", command)
            if not problem and made != wanted:
                problem = f"other bytes: {[len(data) for data in made]}, natively {[len(data) for data in wanted]}"
            if not verdict(f"esbuild/ia32/{way}", problem):
                break


def run(full):
    ia32(full)
    directory = WORK / "esbuild"
    missing = npm(directory, NEW, OLD)
    tests = [("serve", serve), ("watch", watch), ("service", service), ("0.15.18", old_release)]
    for name, test in tests:
        if missing:
            skip(f"esbuild/{name}", missing.splitlines()[-1])
            continue
        for _ in range(5 if full else 1):
            if not verdict(f"esbuild/{name}", test(directory)):
                break
