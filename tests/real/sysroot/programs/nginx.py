"""nginx: a master and its workers on kqueue, under load from the host, beside the same on Linux.

Files by sendfile, by asynchronous and by threads' reads, proxied over TCP and local sockets; and what is done with signals
to a server at work: reload, logs opened anew, a new program in the old one's place, a worker that is killed, a graceful end.
"""
import hashlib
import http.client
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time

# Its configure script asks the system that it runs on for the release.
RECIPE = """
release=${HOST##*freebsd}
case $HOST in *freebsd*) system="--crossbuild=FreeBSD:$release:amd64" ;; *) system= ;; esac
number=${release%.*}0${release#*.}000
sed -i "/^version=/,/^osreldate=/c osreldate=$number version=$number" auto/os/freebsd
./configure --prefix=$SRC/installed --with-cc="$CC" --with-threads --with-file-aio --with-stream --with-poll_module \
    --without-http_rewrite_module --without-http_gzip_module $system
make -j2 -s
make -s install
"""

KNOWN = {}

CONFIG = """
worker_processes 3;
error_log {work}/error.log info;
pid {work}/pid;
events {{ worker_connections 512; }}
http {{
    access_log {work}/access.log;
    client_body_temp_path {work}/body;
    proxy_temp_path {work}/proxy;
    fastcgi_temp_path {work}/fastcgi;
    uwsgi_temp_path {work}/uwsgi;
    scgi_temp_path {work}/scgi;
    sendfile on;
    tcp_nopush on;
    upstream tcp {{ server 127.0.0.1:{port}; keepalive 8; }}
    upstream local {{ server unix:{work}/socket; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        listen unix:{work}/socket;
        root {work}/files;
        location /copied/ {{ alias {work}/files/; sendfile off; }}
        location /aio/ {{ alias {work}/files/; sendfile off; aio {aio}; directio 512; output_buffers 2 64k; }}
        location /threads/ {{ alias {work}/files/; sendfile off; aio threads; }}
        location /tcp/ {{ proxy_pass http://tcp/; proxy_http_version 1.1; proxy_set_header Connection ""; }}
        location /local/ {{ proxy_pass http://local/; proxy_http_version 1.1; proxy_set_header Connection ""; }}
        location /slow/ {{ alias {work}/files/; limit_rate 200k; }}
        location = /generation {{ default_type text/plain; return_generation; }}
    }}
}}
"""

WAYS = ("", "copied/", "aio/", "threads/", "tcp/", "local/")
SIZES = {"empty": 0, "small": 600, "page": 4096, "large": 3_000_001}


def build(target):
    target.build("nginx", RECIPE)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def until(condition, seconds=30):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Server:
    """One nginx with files of its own."""

    def __init__(self, target):
        self.target = target
        self.program = target.build("nginx", RECIPE) / "installed/sbin/nginx"
        self.work = target.scratch("nginx")
        self.port = free_port()
        self.digests = {}
        (self.work / "files").mkdir()
        for name, size in SIZES.items():
            data = (hashlib.sha256(name.encode()).digest() * (size // 32 + 1))[:size]
            (self.work / "files" / name).write_bytes(data)
            self.digests[name] = hashlib.sha256(data).hexdigest()
        self.configure("one")

    def configure(self, generation):
        """`generation` is what /generation answers, by which a reload shows."""
        (self.work / "files" / "generation").mkdir(exist_ok=True)
        text = CONFIG.replace("default_type text/plain; return_generation;", "alias {work}/files/{generation};")
        (self.work / "files" / generation).write_text(generation)
        (self.work / "conf").write_text(text.format(work=self.work, port=self.port, generation=generation,
                                                    aio="on" if self.target.guest else "threads"))

    def command(self, *words):
        """Starts it, or, with `-s WORD`, tells it something; the exit status. What it starts must not be killed with it."""
        with open(self.work / "out", "ab") as out:
            return subprocess.run([self.program, "-c", self.work / "conf", *words], env=self.target.env(), check=False,
                                  stdin=subprocess.DEVNULL, stdout=out, stderr=out, timeout=60).returncode

    def pid(self):
        try:
            return int((self.work / "pid").read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def kill(self, signo):
        os.kill(self.pid(), signo)

    def workers(self):
        """Pids of the master's children."""
        try:
            text = pathlib.Path(f"/proc/{self.pid()}/task/{self.pid()}/children").read_text()
        except FileNotFoundError:
            return []
        return [int(pid) for pid in text.split()]

    def get(self, path, headers=None):
        """(status, body) of one request on a connection of its own; (0, b"") where it fails."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", "/" + path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return 0, b""
        finally:
            connection.close()

    def right(self, way, name):
        status, body = self.get(way + name)
        return status == 200 and hashlib.sha256(body).hexdigest() == self.digests[name]

    def load(self, way, name, clients=8, requests=100):
        """Clients at once, each with one connection for all its requests; the number that were answered wrongly.

        A worker on its way out closes connections that wait for a request: then it is made on another, as clients do.
        """
        wrong = []

        def one():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            used, left = False, requests
            while left > 0:
                try:
                    connection.request("GET", f"/{way}{name}")
                    answer = connection.getresponse()
                    if hashlib.sha256(answer.read()).hexdigest() != self.digests[name]:
                        wrong.append(name)
                    used, left = True, left - 1
                except (OSError, http.client.HTTPException) as problem:
                    connection.close()
                    if not used or not isinstance(problem, ConnectionError):
                        wrong.append(repr(problem))
                        left -= 1
                    used = False
            connection.close()

        threads = [threading.Thread(target=one) for _ in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return len(wrong)


def files(server, results):
    for way in WAYS:
        for name in SIZES:
            results[f"file/{way or 'sendfile/'}{name}"] = server.right(way, name)
        results[f"load/{way or 'sendfile/'}small"] = server.load(way, "small") == 0
        results[f"load/{way or 'sendfile/'}large"] = server.load(way, "large", 4, 10) == 0
    results["missing"] = server.get("nothing")[0] == 404
    status, body = server.get("large", {"Range": "bytes=1000000-1000009"})
    whole = (server.work / "files/large").read_bytes()
    results["range"] = status == 206 and body == whole[1000000:1000010]


def signals(server, results):
    slow = []
    thread = threading.Thread(target=lambda: slow.append(server.right("slow/", "large")))
    thread.start()
    time.sleep(1)
    old = server.workers()
    server.configure("two")
    server.kill(signal.SIGHUP)
    results["reload/new"] = until(lambda: server.get("generation") == (200, b"two"))
    results["reload/load"] = server.load("", "small") == 0
    thread.join()
    results["reload/slow"] = slow == [True]
    results["reload/gone"] = until(lambda: len(server.workers()) == 3 and not set(old) & set(server.workers()))

    (server.work / "access.log").rename(server.work / "access.old")
    server.kill(signal.SIGUSR1)
    results["reopen"] = until((server.work / "access.log").exists) and server.right("", "small") and \
        until(lambda: "GET /small" in (server.work / "access.log").read_text())

    victim = server.workers()[0]
    os.kill(victim, signal.SIGKILL)
    results["respawn"] = until(lambda: len(server.workers()) == 3 and victim not in server.workers()) and \
        server.load("", "small") == 0


def upgrade(server, results):
    """A new master beside the old, from which it has the sockets; then the old one goes."""
    old = server.pid()
    os.kill(old, signal.SIGUSR2)
    started = until(lambda: (server.work / "pid.oldbin").exists() and server.pid() not in (0, old))
    results["upgrade/start"] = started and server.load("", "small") == 0
    os.kill(old, signal.SIGWINCH)
    results["upgrade/serves"] = server.load("", "small") == 0
    os.kill(old, signal.SIGQUIT)
    results["upgrade/alone"] = until(lambda: not pathlib.Path(f"/proc/{old}").exists()) and server.right("", "large")


def measure(target):
    """Seconds of 16,000 requests for a small file and of 80 for one of 3 MB, by clients of the host's."""
    server, figures = Server(target), {}
    server.command()
    if until(lambda: len(server.workers()) >= 3):
        for what, name, count in (("small files", "small", 2000), ("large files", "large", 10)):
            start = time.monotonic()
            if server.load("", name, 8, count) == 0:
                figures[what] = time.monotonic() - start
    server.command("-s", "stop")
    return figures


def tests(target, full):
    server, results = Server(target), {}
    started = server.command()
    results["start"] = started == 0 and until(lambda: len(server.workers()) >= 3)
    target.keep("nginx", (server.work / "out").read_text())
    if not results["start"]:
        return results
    try:
        files(server, results)
        signals(server, results)
        upgrade(server, results)
        master = server.pid()
        server.kill(signal.SIGQUIT)
        results["quit"] = until(lambda: not pathlib.Path(f"/proc/{master}").exists())
    finally:
        if server.pid():
            server.command("-s", "stop")
        log = server.work / "error.log"
        target.keep("nginx-errors", log.read_text(errors="replace") if log.exists() else "")
    # Of the worker that was killed it tells as an alert.
    bad = [line for line in log.read_text().splitlines() if re.search(r"\[(alert|emerg|crit)\]", line)]
    results["errors"] = [line for line in bad if not line.endswith("exited on signal 9")] == []
    return results
