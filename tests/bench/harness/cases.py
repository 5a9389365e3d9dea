"""The cases: what each does once, for whom, and its goal."""
import dataclasses
import hashlib
import re

from . import programs, worlds
from .figures import WIDEST, Goal
from .launch import ALL_CPUS, Failed, Run, run

MICRO_LINE = re.compile(rb"^case=(\S+) abi=(\S+) iterations=(\d+) ns=([\d.]+) cpu=([\d.]+)$")


@dataclasses.dataclass(frozen=True)
class Sample:
    """Nanoseconds for each operation: wall and CPU time."""

    wall: float
    cpu: float


@dataclasses.dataclass
class Case:
    """What all cases have. `size` is how much a sample does; `prepare` finds the native contestant's.

    proot_watches: PRoot intercepts what the case does, so dragoman is to be faster than PRoot.
    system: whose build everyone runs; empty: each contestant's own.
    peers: whether they take part."""

    name: str
    label: str
    group: str
    goal: Goal
    cpus: int = 0  # how many CPUs it may use; 0: all
    proot_watches: bool = False
    system: str = ""
    peers: bool = True

    seconds = 30  # the longest a run may take

    @property
    def is_i386(self):
        """Whether what everyone runs is of Linux's i386: then dragoman takes part without the host's 32-bit calls, too."""
        return self.system in ("linux-i386", "linux-ia32")

    def build(self, system):
        """Makes what that system's contestants run. Failed if it cannot be made."""

    def impossible(self):
        """Why nobody can run the case on this machine; empty if it can be tried."""
        return ""

    def cannot(self, _contestant):
        """Why that contestant cannot run the case; empty if it may try."""
        return ""

    def calibrate(self, contestant, _span):
        """A first, discarded run; the size at which a sample of this contestant takes about `span` nanoseconds."""
        self.sample(contestant, 1)
        return 1

    def sample(self, contestant, size):
        """One measurement. Failed if anything was wrong."""
        raise NotImplementedError


@dataclasses.dataclass
class MicroCase(Case):
    """A case of the micro program, which measures itself: its start is not in the figures."""

    first: int = 200  # iterations to begin with
    longer: int = 1  # a sample takes so many times as long as others': for what goes by chance in part

    seconds = 15

    def build(self, system):
        programs.micro(system)
        programs.hello(system)

    def cannot(self, contestant):
        if self.name == "vfork_exec" and contestant.name == "qemu-x86_64":
            return "what the program executes, it runs natively"
        return ""

    def impossible(self):
        return "it needs two CPUs" if self.name == "pipe_cross" and len(ALL_CPUS) < 2 else ""

    @property
    def word(self):
        """The micro program's name for it."""
        return "stat" if self.goal.kind == "control" else self.name

    def sample(self, contestant, size):
        system = contestant.system
        argv = [*contestant.prefix, programs.micro(system), self.word, size, programs.hello(system)]
        ended = run(argv, self.seconds, self.cpus, programs.folder("scratch"))
        match = MICRO_LINE.match(ended.out.strip())
        if not match or match[1].decode() != self.word or int(match[3]) != size or match[2].decode() != system:
            raise Failed(f"prints {ended.out[:80]!r}")
        return Sample(float(match[4]), float(match[5]))

    def calibrate(self, contestant, span):
        span *= self.longer
        size = self.first
        for _ in range(5):
            each = max(self.sample(contestant, size).wall, 0.1)
            fitting = max(int(span / each), self.first // 10, 1)
            if each * size >= span / 4 or fitting <= size:
                break
            size = min(fitting, size * 50)
        return fitting


@dataclasses.dataclass
class LibcCase(MicroCase):
    """A case of the libc program: the same file for everyone."""

    def build(self, system):
        programs.libc(self.system)

    def cannot(self, contestant):
        if contestant.name == "qemu-x86_64" and self.system != "linux":
            return "the program is not of its word size"
        return ""

    @property
    def word(self):
        return self.name.partition("_")[2]

    def command(self, contestant):
        """Its command line, without the words that the program gets, and the folder it runs in."""
        return [*contestant.prefix, programs.libc(self.system)], programs.folder("scratch")

    def sample(self, contestant, size):
        argv, folder = self.command(contestant)
        ended = run([*argv, self.word, size], self.seconds, self.cpus, folder)
        match = MICRO_LINE.match(ended.out.strip())
        if not match or match[1].decode() != self.word or int(match[3]) != size or match[2].decode() != self.system:
            raise Failed(f"prints {ended.out[:80]!r}")
        return Sample(float(match[4]), float(match[5]))


@dataclasses.dataclass
class WorldCase(LibcCase):
    """A case of the libc program within an instance, which the same root holds that the native one runs in. The program
    measures itself: neither the world's set-up nor its own start is in the figures."""

    owners: str = "emulated"

    @property
    def word(self):
        return self.name.removeprefix("world_").removesuffix("_emulated")

    def build(self, system):
        worlds.root()

    def impossible(self):
        try:
            worlds.instance(self.owners)
        except Failed as error:
            return str(error)
        return ""

    def command(self, contestant):
        if contestant.role == "native":
            return [worlds.root() / "libc"], worlds.root()
        return [*worlds.in_instance(self.owners), "/libc"], worlds.root()


@dataclasses.dataclass
class SetUpCase(Case):
    """What a world of its own adds to hello's time from start to end, beside what bwrap adds, who stands in native's place.
    What hello takes longer under dragoman without a world is the engine's start, and left out."""

    def impossible(self):
        try:
            worlds.bubblewrapped()
        except Failed as error:
            return str(error)
        return ""

    def hello(self, prefix):
        """Wall and CPU time of hello behind those words."""
        ended = run([*prefix, programs.hello("linux")], self.seconds, self.cpus)
        if ended.out != b"hello\n":
            raise Failed(f"prints {ended.out[:80]!r}")
        return ended.wall, ended.cpu

    def sample(self, contestant, size):
        if contestant.role == "native":
            terms = [(worlds.bubblewrapped(), 1)]
        else:
            terms = [(worlds.ISOLATED, 1), ((*contestant.prefix, "--personality", "linux", "--"), -1), ((), 1)]
        wall = cpu = 0
        for _ in range(size):
            for prefix, sign in terms:
                one_wall, one_cpu = self.hello(prefix)
                wall, cpu = wall + sign * one_wall, cpu + sign * one_cpu
        return Sample(wall / size, cpu / size)

    def calibrate(self, contestant, span):
        return max(3, min(40, int(span / self.sample(contestant, 3).wall)))


@dataclasses.dataclass
class StartCase(Case):
    """The time from starting hello to its end."""

    def build(self, system):
        programs.hello(system)

    def sample(self, contestant, size):
        runs = []
        for _ in range(size):
            ended = run([*contestant.prefix, programs.hello(contestant.system)], self.seconds, self.cpus)
            if ended.out != b"hello\n":
                raise Failed(f"prints {ended.out[:80]!r}")
            runs.append(ended)
        return Sample(sum(r.wall for r in runs) / size, sum(r.cpu for r in runs) / size)

    def calibrate(self, contestant, span):
        return max(3, min(20, int(span / self.sample(contestant, 3).wall)))


@dataclasses.dataclass
class WorkCase(Case):
    """A real program, from its start to its end. Whoever runs it must produce the same bytes as the first one did."""

    operations: int = 1  # what the time is divided by
    expected: bytes = b""

    def command(self, system):
        """The program and its arguments."""
        raise NotImplementedError

    def build(self, system):
        self.command(self.system or system)

    def produced(self, ended: Run):
        """What is compared."""
        return ended.out

    def once(self, contestant):
        """One run, and the check of what it produced."""
        ended = run([*contestant.prefix, *self.command(self.system or contestant.system)], self.seconds, self.cpus,
                    programs.folder("scratch"))
        produced = self.produced(ended)
        self.expected = self.expected or produced
        if not produced or produced != self.expected:
            raise Failed(f"the output differs: {produced[:60]!r}, not {self.expected[:60]!r}")
        return ended

    def sample(self, contestant, size):
        runs = [self.once(contestant) for _ in range(size)]
        count = size * self.operations
        return Sample(sum(r.wall for r in runs) / count, sum(r.cpu for r in runs) / count)

    def calibrate(self, contestant, span):
        """Whole programs are noisier than calls: a sample is five times as long, in up to four runs."""
        return max(1, min(4, round(5 * span / self.once(contestant).wall)))


@dataclasses.dataclass
class EsbuildCase(WorkCase):
    """Bundles and minifies three and react-dom, as ./dev demo does."""

    def command(self, system):
        root = programs.packages()
        build = system if "-" in system else f"{system}-x64"
        return [root / "node_modules/@esbuild" / build / "bin/esbuild", root / "main.jsx", "--bundle", "--minify",
                "--sourcemap", "--target=es2020", "--log-level=warning", '--define:process.env.NODE_ENV="production"',
                f"--outfile={self.out}"]

    @property
    def out(self):
        return programs.folder("scratch") / "bundle" / "main.js"

    def once(self, contestant):
        for path in self.files():
            path.unlink(missing_ok=True)
        return super().once(contestant)

    def files(self):
        return [self.out, self.out.with_name("main.js.map")]

    def produced(self, ended):
        digests = []
        for path in self.files():
            if not path.is_file() or path.stat().st_size < 1000:
                raise Failed(f"{path.name} was not written")
            digests.append(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}")
        return "\n".join(digests).encode()


@dataclasses.dataclass
class GoCase(WorkCase):
    """A program of go/."""

    program: str = ""
    arguments: tuple = ()

    def cannot(self, contestant):
        if self.program == "spawn" and contestant.name == "qemu-x86_64":
            return "what the program executes, it runs natively"
        return ""

    def command(self, system):
        words = {"TREE": programs.tree, "HELLO": lambda: programs.hello(system), "SCRATCH": lambda: "."}
        return [programs.go(self.program, system), *(words[a]() if a in words else a for a in self.arguments)]


def ratio(goal, reach):
    return Goal("ratio", goal, reach)


def added(goal, reach):
    return Goal("added", goal, reach)


CONTROL = Goal("control", WIDEST, WIDEST)


def all_cases():
    """Every case, in the order of the table. Goals are those of the project's plan, in multiples of native time."""
    return [
        MicroCase("getppid", "getppid", "calls", ratio(1.8, 1.4), 1),
        MicroCase("queue_empty", "kevent / epoll, nothing ready", "calls", ratio(1.8, 1.4), 1),
        MicroCase("getpid", "own getpid", "calls", ratio(0.5, 0.2), 1),
        MicroCase("getuid", "getuid", "calls", ratio(0.5, 0.2), 1),
        MicroCase("clock_gettime", "clock_gettime", "calls", ratio(3, 2), 1),
        MicroCase("read_1", "read 1 byte of /dev/zero", "calls", ratio(1.5, 1.3), 1),
        MicroCase("pread_4k", "pread 4 KiB, cached file", "calls", ratio(1.25, 1.12), 1),
        MicroCase("stat", "stat", "calls", ratio(1.15, 1.08), 1, True),
        MicroCase("open_close", "open + close", "calls", ratio(1.15, 1.08), 1, True),
        MicroCase("mmap", "mmap + touch 16 pages + munmap", "calls", ratio(1.08, 1.03), 1),
        MicroCase("signal", "signal to self", "calls", ratio(1.6, 1.3), 1),
        MicroCase("cpu_loop", "CPU loop", "calls", ratio(1.01, 1.0), 1),
        MicroCase("pipe_same", "pipe ping-pong, same core", "processes", ratio(1.10, 1.05)),
        MicroCase("pipe_cross", "pipe ping-pong, cross core", "processes", ratio(1.10, 1.05), longer=3),
        MicroCase("mutex", "contended mutex", "processes", ratio(1.10, 1.05), longer=3),
        MicroCase("thread", "thread create + join", "processes", ratio(1.3, 1.1), 1),
        MicroCase("fork", "fork + wait", "processes", ratio(1.3, 1.15), 1, first=30),
        MicroCase("vfork_exec", "vfork + exec of hello", "processes", added(1.0, 0.5), 1, True, first=10),
        StartCase("startup", "start of hello", "processes", added(1.0, 0.5), 1, True),
        EsbuildCase("esbuild", "esbuild: three, react-dom", "work", ratio(1.03, 1.01)),
        GoCase("go_pipeline", "Go: JSON, gzip, SHA-256", "work", ratio(1.10, 1.05), program="pipeline",
               arguments=("6000", "SCRATCH")),
        GoCase("go_http", "Go: HTTP server under load", "work", ratio(1.10, 1.05), program="http", arguments=("3000",)),
        GoCase("go_walk", "Go: walk over 5,000 files", "work", ratio(1.10, 1.05), proot_watches=True, program="walk",
               arguments=("TREE", "2")),
        GoCase("go_spawn", "Go: spawning hello, each", "work", added(1.0, 0.5), proot_watches=True, program="spawn",
               arguments=("HELLO", "60"), operations=60),
        LibcCase("i386_getpid", "i386 libc: getpid", "linux", ratio(2.5, 1.0), 1, system="linux-i386"),
        LibcCase("i386_getppid", "i386 libc: getppid", "linux", ratio(2.5, 2.0), 1, system="linux-i386"),
        LibcCase("i386_stat", "i386 libc: stat", "linux", ratio(1.3, 1.15), 1, system="linux-i386"),
        LibcCase("i386_open_close", "i386 libc: open + close", "linux", ratio(1.3, 1.15), 1, system="linux-i386"),
        LibcCase("i386_pread_4k", "i386 libc: pread 4 KiB", "linux", ratio(1.3, 1.15), 1, system="linux-i386"),
        EsbuildCase("i386_esbuild", "i386 esbuild", "linux", ratio(1.05, 1.01), system="linux-ia32"),
        LibcCase("amd64_stat", "Linux/amd64 libc: stat", "linux", ratio(1.15, 1.08), 1, system="linux"),
        EsbuildCase("amd64_esbuild", "Linux/amd64 esbuild", "linux", ratio(1.05, 1.01), system="linux"),
        GoCase("amd64_walk", "Linux/amd64 Go: walk", "linux", ratio(1.05, 1.01), program="walk",
               arguments=("TREE", "2"), system="linux"),
        GoCase("amd64_http", "Linux/amd64 Go: HTTP", "linux", ratio(1.05, 1.01), program="http",
               arguments=("3000",), system="linux"),
        SetUpCase("world_setup", "set-up, × bwrap's", "worlds", ratio(1.25, 1.1), peers=False),
        WorldCase("world_walk", "nftw over 5,000 files", "worlds", ratio(1.20, 1.10), 1, system="linux", peers=False,
                  owners="subordinate", first=1, longer=3),
        WorldCase("world_walk_emulated", "the same, emulated owners", "worlds", ratio(1.6, 1.3), 1, system="linux",
                  peers=False, first=1, longer=3),
        WorldCase("world_git_status", "git status of 5,000 files", "worlds", ratio(1.20, 1.15), system="linux", peers=False,
                  owners="subordinate", first=1, longer=5),
        MicroCase("control", "native again: stat", "control", CONTROL, 1),
        GoCase("control_work", "native again: Go walk", "control", CONTROL, program="walk", arguments=("TREE", "2")),
    ]


GROUPS = {
    "calls": "Calls",
    "processes": "Threads and processes",
    "work": "Real work",
    "linux": "Programs of Linux's own, the same file for everyone",
    "worlds": "Linux programs in a world of their own (an instance, run --isolate)",
    "control": "Control: native against native",
}


def select(names):
    """The cases of those names or groups, all without names. The control stands in every run, and that of real work
    where real work does. KeyError for a name that there is not."""
    cases = all_cases()
    known = {case.name for case in cases} | set(GROUPS)
    for name in names:
        if name not in known:
            raise KeyError(name)
    if not names:
        return cases
    chosen = {case.name for case in cases if case.name in names or case.group in names} | {"control"}
    if any(case.group == "work" and case.name in chosen for case in cases):
        chosen.add("control_work")
    return [case for case in cases if case.name in chosen]
