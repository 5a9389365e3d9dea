"""What a run came to: one document (for JSON and the chart), and the table made from it."""
import datetime
import os
import subprocess

from . import figures
from .cases import GROUPS
from .contestants import ROOT

FORMAT = 1  # of the document


def machine():
    """What the figures depend on; to be asked before the run, as the run itself is load."""
    model = "unknown"
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    for line in text.splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cpus": len(os.sched_getaffinity(0)),
        "virtual": "hypervisor" in text,
        "kernel": os.uname().release,
        "load": os.getloadavg()[0],
    }


def commit():
    """The commit that is measured, with a + if the tree differs from it; empty without git."""

    def git(*words):
        return subprocess.run(["git", "-C", ROOT, *words], capture_output=True, text=True, check=False).stdout.strip()

    name = git("rev-parse", "--short", "HEAD")
    return name + ("+" if name and git("status", "--porcelain", "-uno") else "")


def rounded(value, digits=4):
    """For JSON: that many significant digits."""
    return None if value is None else float(f"{value:.{digits}g}")


def of_estimate(found):
    return {"median": rounded(found.median), "low": rounded(found.low), "high": rounded(found.high)}


def of_entry(result, name):
    """One contestant beside native: its figures, or why there are none."""
    entry = result.entries[name]
    if not entry.samples or result.failed:
        return {"cannot": entry.cannot or "the case failed"}
    values, cpu = result.values(name), result.values(name, "cpu")
    return {
        **of_estimate(figures.estimate(values)),
        "rounds": len(values),
        "ns": rounded(result.median(name)),
        "cpu_ns": rounded(result.median(name, "cpu")),
        "cpu_ratio": rounded(figures.estimate(cpu).median) if cpu else None,
        "size": entry.size,
    }


def of_case(result):
    """A case as the document has it."""
    case, goal = result.case, result.case.goal
    document = {
        "name": case.name,
        "label": case.label,
        "group": case.group,
        "goal": {"kind": goal.kind, "value": goal.value, "reach": goal.reach, "tolerance": goal.tolerance},
        "verdict": result.verdict,
        "rounds": result.rounds,
        "judged": result.judged,
        "contestants": {name: of_entry(result, name) for name in result.entries},
        "samples": {
            name: {n: [rounded(s.wall, 6), rounded(s.cpu, 6)] for n, s in entry.samples.items()}
            for name, entry in result.entries.items()
        },
    }
    if result.failed:
        document["failed"] = result.failed
    return document


def beside(result, one, other):
    """The estimate of one's time to the other's, round by round. None where the two did not run side by side."""
    mine, theirs = (result.entries[name].samples if name in result.entries else {} for name in (one, other))
    ratios = [mine[n].wall / theirs[n].wall for n in mine if n in theirs]
    return figures.estimate(ratios) if ratios and not result.failed else None


def beside_peer(result, peer):
    """faster, slower or alike: the interval of dragoman's time to the peer's lies below 1, above, or on both sides. None
    where the two did not run side by side."""
    found = beside(result, "dragoman", peer)
    return found and ("faster" if found.high < 1 else "slower" if found.low > 1 else "alike")


def peer_goals(results):
    """dragoman is to be faster than qemu-x86_64 wherever that runs, and than proot in what that intercepts: for each
    of the two the cases where it is faster, slower, or cannot be told from it."""
    found = []
    for peer, counts in (("qemu-x86_64", lambda case: True), ("proot", lambda case: case.proot_watches)):
        goal = {"peer": peer, "faster": [], "slower": [], "alike": []}
        for result in results:
            which = beside_peer(result, peer) if counts(result.case) else None
            if which:
                goal[which].append(result.case.name)
        if goal["faster"] or goal["slower"] or goal["alike"]:
            found.append(goal)
    return found


def ia32_goal(results):
    """Programs of Linux's i386 are to be no slower without the host's 32-bit calls: the cases where the interval of their
    time to dragoman's with them, round by round, begins above 1 by more than what counts as alike, and the others. None
    where nothing was compared."""
    goal = {"slower": [], "alike": []}
    for result in results:
        found = beside(result, "ia32 absent", "dragoman")
        if found:
            goal["slower" if found.low > 1 + figures.WIDEST else "alike"].append(result.case.name)
    return goal if goal["slower"] or goal["alike"] else None


def document(results, contestants, options, where, seconds):
    """Everything that was found, as plain data. where: machine() before the run, which took so many seconds."""
    cases = [of_case(result) for result in results]
    goals, ia32 = peer_goals(results), ia32_goal(results)
    return {
        "format": FORMAT,
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "seconds": round(seconds),
        "commit": commit(),
        "machine": where,
        "protocol": {"least": options.least, "most": options.most, "seed": options.seed,
                     "sample_ms": options.span / 1e6},
        "contestants": [
            {"name": c.name, "role": c.role, "command": c.command, "version": c.version,
             **({"absent": c.absent} if c.absent else {})}
            for c in contestants
        ],
        "cases": cases,
        "peer_goals": goals,
        "ia32_goal": ia32,
        "passed": all(c["verdict"] in figures.PASSING for c in cases)
        and not any(g["slower"] or g["alike"] for g in goals)
        and not (ia32 and ia32["slower"]),
    }


# ---- text ----


def duration(nanoseconds):
    """Three digits and a unit."""
    if nanoseconds is None:
        return "-"
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3), ("ns", 1)):
        if nanoseconds >= size or unit == "ns":
            value = nanoseconds / size
            digits = 0 if value >= 100 else 1 if value >= 10 else 2
            return f"{value:.{digits}f} {unit}"
    return "-"


def number(value):
    """A ratio, with the digits that tell it from 1.00."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def value(kind, amount):
    """A ratio, or the added milliseconds."""
    return f"{amount:+.2f} ms" if kind == "added" else number(amount)


def interval(kind, found):
    text = value(kind, found["median"])
    if kind == "added":
        return f"{text} ({found['low']:.2f} to {found['high']:.2f})"
    return f"{text} ({number(found['low'])} to {number(found['high'])})"


def goal_words(goal):
    """The columns goal and reach."""
    if goal["kind"] == "control":
        return f"1 ± {goal['value']:g}", ""
    if goal["kind"] == "added":
        return f"+{goal['value']:.1f} ms", f"+{goal['reach']:.1f} ms"
    return f"{goal['value']:.2f}", f"{goal['reach']:.2f}"


def peer_word(kind, found):
    if found is None or "cannot" in found:
        return "-"
    return f"{found['median']:+.2f}" if kind == "added" else number(found["median"])


def row(case, others):
    """A line of the table, as words."""
    kind, all_of = case["goal"]["kind"], case["contestants"]
    own = all_of[case["judged"]]
    words = [case["label"], *goal_words(case["goal"])]
    if "cannot" in own:
        words += ["-", "-", "-", "-"]
    else:
        cpu = "-" if own["cpu_ratio"] is None else number(own["cpu_ratio"])
        words += [interval(kind, own), duration(all_of["native"]["ns"]), duration(own["ns"]), cpu]
    words += [peer_word(kind, all_of.get(name)) for name in others]
    return words + [case["verdict"]]


def layout(header, rows, left):
    """A function that makes a line of words, in columns two blanks apart, and the columns' widths. Those numbered in
    `left` begin at their left edge."""
    widths = [max(len(r[n]) for r in [header, *rows]) for n in range(len(header))]

    def line(words):
        cells = [w.ljust(widths[n]) if n in left else w.rjust(widths[n]) for n, w in enumerate(words)]
        return "  ".join(cells).rstrip()

    return line, widths


def table(doc):
    """The table of all cases, in groups."""
    others = [c["name"] for c in doc["contestants"] if c["role"] in ("way", "ia32", "peer") and "absent" not in c]
    header = ["case", "goal", "reach", "x native (95 %)", "native", "dragoman", "CPU x", *others, "verdict"]
    rows = {case["name"]: row(case, others) for case in doc["cases"]}
    line, widths = layout(header, list(rows.values()), {0, len(header) - 1})
    lines = [line(header)]
    for group, title in GROUPS.items():
        members = [case for case in doc["cases"] if case["group"] == group]
        if members:
            lines += [f"{title} ".ljust(sum(widths) + 2 * len(widths) - 2, "-")]
            lines += [line(rows[case["name"]]) for case in members]
    return "\n".join(lines)


def head(doc):
    """Where and how it was measured, and the contestants' versions and command lines."""
    m, p = doc["machine"], doc["protocol"]
    lines = [
        f"dragoman's benchmark, {doc['date']}, commit {doc['commit'] or 'unknown'}",
        f"{m['cpu']}, {m['cpus']} CPUs{' of a virtual machine' if m['virtual'] else ''}, Linux {m['kernel']}, load"
        f" {m['load']:.2f} before; {p['least']} to {p['most']} rounds, {doc['seconds']} s in all",
    ]
    width = max(len(c["command"]) for c in doc["contestants"])
    for c in doc["contestants"]:
        what = c.get("absent") or c["version"]
        lines.append(f"  {c['name']:<12}  {c['command']:<{width}}  {what}".rstrip())
    return "\n".join(lines)


def notes(doc):
    """What the table has no room for: failures, what peers could not run, and how dragoman stands to them."""
    lines = []
    if doc["machine"]["load"] > doc["machine"]["cpus"] / 2:
        lines.append(f"the machine was busy with other things: load {doc['machine']['load']:.2f} before the run")
    for case in doc["cases"]:
        if "failed" in case:
            lines.append(f"{case['verdict']}: {case['name']}: {case['failed']}")
        elif case["verdict"] == "undecided":
            own = case["contestants"][case["judged"]]
            lines.append(f"undecided: {case['name']}: after {case['rounds']} rounds the interval's half-width is"
                         f" {(own['high'] - own['low']) / 2:.3f}, not {case['goal']['tolerance']:.3f}")
        for name, found in case["contestants"].items():
            if "cannot" in found and "failed" not in case and found["cannot"] and not absent(doc, name):
                lines.append(f"cannot run {case['name']}: {name}: {found['cannot']}")
    for goal in doc["peer_goals"]:
        count = sum(len(goal[which]) for which in ("faster", "slower", "alike"))
        text = f"faster than {goal['peer']} in {len(goal['faster'])} of {count} cases that count"
        text += f"; slower: {', '.join(goal['slower'])}" if goal["slower"] else ""
        lines.append(text + (f"; not to be told apart: {', '.join(goal['alike'])}" if goal["alike"] else ""))
    if doc["ia32_goal"]:
        alike, slower = doc["ia32_goal"]["alike"], doc["ia32_goal"]["slower"]
        text = f"no slower without the host's 32-bit calls in {len(alike)} of {len(alike) + len(slower)} cases"
        lines.append(text + (f"; slower: {', '.join(slower)}" if slower else ""))
    return "\n".join(lines)


def absent(doc, name):
    return any(c["name"] == name and "absent" in c for c in doc["contestants"])


def summary(doc):
    """The last line."""
    counts = {}
    for case in doc["cases"]:
        counts[case["verdict"]] = counts.get(case["verdict"], 0) + 1
    order = ("reached", "met", "steady", "missed", "undecided", "unsteady", "failed", "skipped")
    return ", ".join(f"{counts[word]} {word}" for word in order if word in counts)
