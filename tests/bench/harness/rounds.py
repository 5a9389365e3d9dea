"""The protocol: a discarded run of everyone, then rounds in random order until the case is decided."""
import dataclasses
import random
import statistics
import time

from . import figures
from .contestants import AGAIN, NATIVE
from .launch import Failed


MUST = ("native", "again", "dragoman", "ia32")  # roles whose failure is the case's


@dataclasses.dataclass
class Options:
    """least and most: rounds. span: nanoseconds that a sample of the micro program is to take. peer_seconds: a peer
    leaves a case after that time, but not before peer_rounds rounds."""

    least: int = 11
    most: int = 41
    span: float = 100e6
    peer_seconds: float = 3.0
    peer_rounds: int = 3
    seed: int = 1


@dataclasses.dataclass
class Entry:
    """One contestant in one case: round number -> sample."""

    contestant: object
    size: int = 0
    samples: dict = dataclasses.field(default_factory=dict)
    cannot: str = ""
    spent: float = 0.0

    def takes_part(self, options):
        if self.cannot:
            return False
        limited = self.contestant.role == "peer"
        return not limited or self.spent < options.peer_seconds or len(self.samples) < options.peer_rounds


@dataclasses.dataclass
class Result:
    """What a case came to. failed: why it counts as failed, or was skipped; then there is no estimate."""

    case: object
    entries: dict = dataclasses.field(default_factory=dict)
    rounds: int = 0
    estimate: object = None
    verdict: str = "failed"
    failed: str = ""

    def values(self, name, kind="wall"):
        """The contestant's per-round values beside native: of its goal for wall time, ratios for CPU time."""
        native, own = self.entries["native"].samples, self.entries[name].samples
        both = [n for n in own if n in native]
        if kind == "wall":
            return [self.case.goal.value_of(own[n].wall, native[n].wall) for n in both]
        return [own[n].cpu / native[n].cpu for n in both if native[n].cpu > 0]

    def median(self, name, kind="wall"):
        """The median of nanoseconds for each operation; None where there is none."""
        samples = self.entries[name].samples.values() if name in self.entries else []
        return statistics.median(getattr(s, kind) for s in samples) if samples else None

    @property
    def judged(self):
        """Whose figure the goal is about."""
        return "native again" if self.case.goal.kind == "control" else "dragoman"


def line_up(case, contestants):
    """Who takes part in the case, by name."""
    if case.goal.kind == "control":
        return {c.name: Entry(c) for c in (NATIVE, AGAIN)}
    micro = case.group not in ("work", "worlds") and case.name != "startup"
    wanted = {"way": micro, "ia32": case.is_i386, "peer": case.peers}
    return {c.name: Entry(c) for c in contestants if wanted.get(c.role, True)}


def warm_up(case, entries, options):
    """The discarded round, in which each contestant's size is found. Failed if one fails that must not."""
    for name, entry in entries.items():
        who = entry.contestant
        entry.cannot = who.absent or case.cannot(who)
        if entry.cannot:
            continue
        try:
            case.build(who.system)
            entry.size = case.calibrate(who, options.span if who.role != "peer" else options.span / 3)
        except Failed as error:
            entry.cannot = str(error)
            if who.role in MUST:
                raise Failed(f"{name}: {error}") from error
    # The same work for all of them, unless that would take much longer.
    native = entries["native"].size
    for entry in entries.values():
        if entry.size and native <= entry.size * 2:
            entry.size = native


def one_round(case, entries, number, options, chance):
    """Everyone once, in random order. Failed if one fails that must not."""
    order = [entry for entry in entries.values() if entry.takes_part(options)]
    chance.shuffle(order)
    for entry in order:
        begin = time.monotonic()
        try:
            entry.samples[number] = case.sample(entry.contestant, entry.size)
        except Failed as error:
            entry.cannot = str(error)
            entry.samples.clear()
            if entry.contestant.role in MUST:
                raise Failed(f"{entry.contestant.name}: {error}") from error
        entry.spent += time.monotonic() - begin


def play(case, contestants, options, progress=lambda case, rounds: None):
    """Runs a case to its verdict. progress is told of each round."""
    result = Result(case, line_up(case, contestants))
    result.failed = case.impossible()
    if result.failed:
        result.verdict = "skipped"
        return result
    chance = random.Random(f"{options.seed} {case.name}")
    try:
        progress(case, 0)
        warm_up(case, result.entries, options)
        while result.rounds < options.most:
            one_round(case, result.entries, result.rounds, options, chance)
            result.rounds += 1
            progress(case, result.rounds)
            if result.rounds >= options.least:
                result.estimate = figures.estimate(result.values(result.judged))
                if figures.decided(case.goal, result.estimate):
                    break
    except Failed as error:
        result.failed = str(error)
        result.estimate = None
        return result
    result.estimate = result.estimate or figures.estimate(result.values(result.judged))
    result.verdict = figures.verdict(case.goal, result.estimate)
    return result
