"""Tests of the benchmark's figures: intervals, what decides a case, and what is concluded from it."""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bench"))

from harness import cases, report, rounds  # noqa: E402
from harness.contestants import NATIVE, Contestant  # noqa: E402
from harness.figures import Estimate, Goal, decided, estimate, verdict  # noqa: E402
from harness.launch import Failed  # noqa: E402

DRAGOMAN = Contestant("dragoman", "dragoman", "freebsd", ("dragoman", "run"))
PEER = Contestant("proot", "peer", "linux", ("proot",))
IA32 = Contestant("ia32 absent", "ia32", "freebsd", ("dragoman", "run", "--ia32", "absent"))
WHERE = {"cpu": "a processor", "cpus": 1, "virtual": False, "kernel": "6.1", "load": 0.0}


class Intervals(unittest.TestCase):
    def test_constant(self):
        found = estimate([1.5] * 11)
        self.assertEqual((found.median, found.low, found.high), (1.5, 1.5, 1.5))

    def test_same_values_same_interval(self):
        values = [1.0, 1.1, 1.3, 0.9, 1.2, 1.05, 1.15, 1.0, 1.4, 1.1, 1.2]
        self.assertEqual(estimate(values), estimate(list(values)))

    def test_holds_the_median(self):
        found = estimate([1.0, 1.1, 1.3, 0.9, 1.2, 1.05, 1.15, 1.0, 1.4, 1.1, 9.0])
        self.assertEqual(found.median, 1.1)
        self.assertLess(found.low, found.median)
        self.assertGreater(found.high, found.median)
        self.assertLess(found.high, 2)  # one wild round does not carry it off

    def test_coverage(self):
        """Of 300 samples of a known distribution nearly 95 % of the intervals hold its median."""
        chance = random.Random(7)
        held = 0
        for _ in range(300):
            found = estimate([chance.lognormvariate(0, 0.1) for _ in range(21)])
            held += found.low <= 1 <= found.high
        self.assertGreater(held, 300 * 0.90)
        self.assertLess(held, 300 * 0.995)

    def test_no_values(self):
        with self.assertRaises(ValueError):
            estimate([])


class Decisions(unittest.TestCase):
    ratio = Goal("ratio", 1.8, 1.4)
    close = Goal("ratio", 1.01, 1.0)
    below = Goal("ratio", 0.5, 0.2)
    added = Goal("added", 1.0, 0.5)
    control = Goal("control", 0.02, 0.02)

    def says(self, goal, median, half, expected):
        self.assertEqual(verdict(goal, Estimate(median, median - half, median + half)), expected)

    def test_tolerance(self):
        self.assertAlmostEqual(self.ratio.tolerance, 0.4)
        self.assertAlmostEqual(self.close.tolerance, 0.02)
        self.assertAlmostEqual(self.below.tolerance, 0.25)
        self.assertAlmostEqual(self.added.tolerance, 0.5)

    def test_values(self):
        self.assertEqual(self.ratio.value_of(300, 200), 1.5)
        self.assertEqual(self.added.value_of(1.7e6, 1.2e6), 0.5)

    def test_verdicts(self):
        self.says(self.ratio, 1.3, 0.1, "reached")
        self.says(self.ratio, 1.7, 0.1, "met")
        self.says(self.ratio, 1.9, 0.3, "missed")
        self.says(self.ratio, 1.9, 0.5, "undecided")
        self.says(self.close, 1.005, 0.021, "undecided")
        self.says(self.close, 1.006, 0.019, "met")
        self.says(self.close, 1.0003, 0.019, "reached")
        self.says(self.added, 0.4, 0.1, "reached")
        self.says(self.added, 1.2, 0.6, "undecided")

    def test_wide_but_beyond(self):
        self.says(self.ratio, 15, 2, "missed")
        self.assertTrue(decided(self.added, Estimate(5, 3, 7)))
        self.assertFalse(decided(self.below, Estimate(0.3, 0.0, 0.6)))

    def test_control(self):
        self.says(self.control, 1.01, 0.01, "steady")
        self.says(self.control, 0.97, 0.01, "unsteady")
        self.says(self.control, 1.0, 0.05, "undecided")
        self.says(self.control, 1.2, 0.05, "unsteady")


class Scripted(cases.Case):
    """A case whose samples are given: what(contestant's name, number of its sample) -> ns, or an exception."""

    def __init__(self, what, system):
        super().__init__("scripted", "scripted", "work", Goal("ratio", 1.1, 1.05), system=system)
        self.what, self.counts = what, {}

    def sample(self, contestant, size):
        count = self.counts[contestant.name] = self.counts.get(contestant.name, 0) + 1
        found = self.what(contestant.name, count)
        if isinstance(found, Exception):
            raise found
        return cases.Sample(found, found)


def play(what, *others, system="", **settings):
    case = Scripted(what, system)
    return case, rounds.play(case, [NATIVE, DRAGOMAN, PEER, *others], rounds.Options(**settings))


class Protocol(unittest.TestCase):
    def test_decided_after_the_least(self):
        case, result = play(lambda name, count: {"native": 100, "dragoman": 104, "proot": 900}[name])
        self.assertEqual((result.rounds, result.verdict), (11, "reached"))
        self.assertEqual(case.counts["native"], 12)  # the first was for nothing
        self.assertAlmostEqual(result.estimate.median, 1.04)
        self.assertAlmostEqual(report.of_case(result)["contestants"]["proot"]["median"], 9)

    def test_the_first_run_does_not_count(self):
        _, result = play(lambda name, count: 100 if name == "native" or count > 1 else 100000)
        self.assertEqual(result.values("dragoman"), [1.0] * 11)

    def test_undecided_at_the_most(self):
        _, result = play(lambda name, count: 100 if name == "native" else [80, 150][count % 2])
        self.assertEqual((result.rounds, result.verdict), (41, "undecided"))

    def test_failure_of_dragoman(self):
        _, result = play(lambda name, count: Failed("boom") if (name, count) == ("dragoman", 5) else 100)
        self.assertEqual((result.verdict, result.failed), ("failed", "dragoman: boom"))
        self.assertEqual(report.of_case(result)["failed"], "dragoman: boom")

    def test_failure_of_a_peer(self):
        _, result = play(lambda name, count: Failed("boom") if name == "proot" else 100)
        self.assertEqual(result.verdict, "reached")
        self.assertEqual(report.of_case(result)["contestants"]["proot"], {"cannot": "boom"})

    def test_peer_leaves_early(self):
        case, _ = play(lambda name, count: 100, peer_seconds=0.0)
        self.assertEqual(case.counts["proot"], 1 + 3)

    def test_peer_goals(self):
        for proot, which in ((90, "slower"), (200, "faster"), (104, "alike")):
            _, result = play(lambda name, count, proot=proot: {"native": 100, "dragoman": 104, "proot": proot}[name])
            self.assertEqual(report.peer_goals([result]), [])  # proot does not intercept it
            result.case.proot_watches = True
            (goal,) = report.peer_goals([result])
            self.assertEqual((goal["peer"], goal[which]), ("proot", ["scripted"]))

    def test_ia32_goal(self):
        """Of i386's programs dragoman's time without the host's 32-bit calls counts beside its own with them."""
        for absent, which in ((104, "alike"), (105, "alike"), (90, "alike"), (110, "slower")):
            takes = {"native": 100, "dragoman": 104, "proot": 200, "ia32 absent": absent}
            case, result = play(lambda name, count, takes=takes: takes[name], IA32, system="linux-i386")
            self.assertEqual(case.counts["ia32 absent"], case.counts["dragoman"])
            self.assertEqual(report.ia32_goal([result])[which], ["scripted"])
            document = report.document([result], [NATIVE, DRAGOMAN, PEER, IA32], rounds.Options(), WHERE, 1)
            self.assertEqual(document["passed"], which == "alike")
            self.assertIn("in 1 of 1" if which == "alike" else "slower: scripted", report.notes(document))
            self.assertIn("ia32 absent", report.table(document))

    def test_ia32_takes_part_in_its_own_cases_only(self):
        _, result = play(lambda name, count: 100, IA32)
        self.assertNotIn("ia32 absent", result.entries)
        self.assertIsNone(report.ia32_goal([result]))
        of_i386 = {case.name for case in cases.all_cases() if case.is_i386}
        self.assertLessEqual({"i386_stat", "i386_open_close", "i386_pread_4k", "i386_esbuild"}, of_i386)
        self.assertNotIn("amd64_stat", of_i386)

    def test_peers_stay_out(self):
        case = Scripted(lambda name, count: 100, "")
        case.peers = False
        result = rounds.play(case, [NATIVE, DRAGOMAN, PEER], rounds.Options())
        self.assertEqual((list(result.entries), result.verdict), (["native", "dragoman"], "reached"))

    def test_set_up_leaves_the_engine_s_start_out(self):
        """Of a world 50 ns long, 20 are hello's and 10 more are dragoman's without a world; bwrap's time is taken as it is."""
        case, times = cases.SetUpCase("setup", "setup", "worlds", Goal("ratio", 1.25, 1.1)), {"isolate": 50, "run": 30, "": 20}
        case.hello = lambda prefix: (times[next((w for w in times if w in " ".join(prefix)), "")],) * 2
        self.assertEqual(case.sample(DRAGOMAN, 4), cases.Sample(40, 40))

    def test_failure_without_ia32(self):
        def takes(name, count):
            return Failed("it says no") if name == "ia32 absent" else 100

        _, result = play(takes, IA32, system="linux-i386")
        self.assertEqual(result.verdict, "failed")

    def test_selection(self):
        self.assertEqual([case.name for case in cases.select(["stat"])], ["stat", "control"])
        self.assertIn("control_work", [case.name for case in cases.select([])])
        with self.assertRaises(KeyError):
            cases.select(["no-such-case"])


if __name__ == "__main__":
    unittest.main()
