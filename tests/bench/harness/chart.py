"""The chart: an SVG file, drawn from the document of a run (report.document).

Two panels: ratios to native on a logarithmic axis, and added milliseconds on a linear one. A row for each case: the
goal as the end of a light band and the reach as a thin line, dragoman's figure as a dot with its interval, the other
contestants as light marks. What lies beyond the axis is written at its end, so that a slow peer does not squeeze
everything else together."""
import math
from xml.sax.saxutils import escape

from .cases import GROUPS
from .figures import MET
from .report import interval, number

WIDTH, MARGIN = 1200, 24
LABELS, PLOT = 236, 470  # widths of the columns; the rest is for what lies beyond the axis, figures and verdicts
LEFT = MARGIN + LABELS  # where the plot begins
ROW, HEADING = 23, 28
FONT = "'DejaVu Sans', 'Helvetica Neue', Arial, sans-serif"
INK, SOFT, FAINT, BAND = "#1f2328", "#59636e", "#d1d9e0", "#dff3e4"
VERDICT_INK = {"missed": "#b42318", "failed": "#b42318", "undecided": "#9a6700", "unsteady": "#9a6700"}
GOOD_INK = "#1a7f37"
PEER_INK = ("#8250df", "#bc4c00", "#0969da", "#57606a", "#bf3989", "#1b7c83")


# ---- elements ----


def attributes(values):
    return "".join(f' {name.replace("_", "-")}="{value}"' for name, value in values.items())


def text(x, y, words, size=12, fill=INK, **more):
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}"{attributes(more)}>{escape(words)}</text>'


def line(x1, y1, x2, y2, stroke, width=1.0, **more):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{stroke}" stroke-width="{width}"'
            f"{attributes(more)}/>")


def box(x, y, width, height, fill):
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" height="{height:.1f}" fill="{fill}"/>'


def mark(kind, x, y, colour):
    """The mark of a contestant beside dragoman: a shape and colour of its own, not filled."""
    shapes = (
        "M-4,0 a4,4 0 1,0 8,0 a4,4 0 1,0 -8,0",  # circle
        "M0,-4.6 L4.4,3.4 L-4.4,3.4 Z",  # triangle
        "M0,-5 L5,0 L0,5 L-5,0 Z",  # diamond
        "M-3.8,-3.8 H3.8 V3.8 H-3.8 Z",  # square
        "M-4,-4 L4,4 M-4,4 L4,-4",  # cross
        "M0,-5 V5 M-5,0 H5",  # plus
    )
    return (f'<path d="{shapes[kind % len(shapes)]}" transform="translate({x:.1f},{y:.1f})" fill="#ffffff"'
            f' fill-opacity="0.7" stroke="{colour}" stroke-width="1.4" stroke-opacity="0.75"/>')


# ---- axes ----


class LogAxis:
    """Ratios, from `low` to `high`, across the plot."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def at(self, value):
        share = math.log(max(value, self.low) / self.low) / math.log(self.high / self.low)
        return LEFT + PLOT * min(max(share, 0), 1)

    def ticks(self):
        """(value, label or nothing)"""
        for decade in range(-3, 7):
            for digit in (1, 2, 5):
                value = digit * 10.0**decade
                if self.low * 0.999 <= value <= self.high * 1.001:
                    yield value, f"{value:g}"


class LinearAxis:
    """Milliseconds, from 0 (or a little below, if need be) to `high`."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def at(self, value):
        return LEFT + PLOT * min(max((value - self.low) / (self.high - self.low), 0), 1)

    def ticks(self):
        step = next((s for s in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20) if (self.high - self.low) / s <= 9), 50)
        for n in range(math.ceil(self.low / step), math.floor(self.high / step + 1e-9) + 1):
            yield n * step, f"{n * step:g}"


def judged(case):
    """The figures that the goal is about; nothing if the case failed."""
    found = case["contestants"].get(case["judged"], {})
    return None if "cannot" in found or "failed" in case else found


def others(doc):
    """Contestants beside native and dragoman that took part anywhere: name -> number of its mark."""
    names = [c["name"] for c in doc["contestants"] if c["role"] in ("way", "ia32", "peer") and "absent" not in c]
    return {name: n for n, name in enumerate(names)}


def peer_values(case, doc):
    """(name, median) of each of them in that case."""
    for name in others(doc):
        found = case["contestants"].get(name)
        if found and "cannot" not in found:
            yield name, found["median"]


def log_axis(cases):
    """Wide enough for all goals and figures of dragoman; peers may lie beyond."""
    values = [case["goal"]["value"] for case in cases if case["goal"]["kind"] == "ratio"] + [1]
    values += [case["goal"]["reach"] for case in cases if case["goal"]["kind"] == "ratio"]
    for case in cases:
        found = judged(case)
        values += [found["low"], found["high"]] if found else []
    nice = [d * 10.0**e for e in range(-3, 7) for d in (1, 2, 5)]
    low = max([n for n in nice if n <= min(values) * 0.8] or nice[:1])
    high = min([n for n in nice if n >= max(values) * 1.1] or nice[-1:])
    return LogAxis(min(low, 0.5), max(high, 2))


def linear_axis(cases):
    values = [case["goal"]["value"] for case in cases]
    for case in cases:
        found = judged(case)
        values += [found["high"], found["low"]] if found else []
    return LinearAxis(min(0, min(values) * 1.1), max(values) * 1.15)


# ---- rows ----


def goal_marks(case, axis, y):
    """The band that is good, and the line to reach for."""
    goal = case["goal"]
    top, height = y - ROW / 2 + 3, ROW - 6
    if goal["kind"] == "control":
        begin, end = axis.at(1 - goal["value"]), axis.at(1 + goal["value"])
        return [box(begin, top, end - begin, height, BAND)]
    end = axis.at(goal["value"])
    reach = axis.at(goal["reach"])
    return [
        box(LEFT, top, end - LEFT, height, BAND),
        line(end, top - 1, end, top + height + 1, GOOD_INK, 2),
        line(reach, top, reach, top + height, GOOD_INK, 1, stroke_dasharray="2,2"),
    ]


def peer_marks(case, axis, y, doc):
    """Marks inside the axis, words beyond it."""
    parts, beyond = [], []
    kinds = others(doc)
    for name, median in peer_values(case, doc):
        if median > axis.high:
            short = name.partition("-")[0]
            beyond.append(f"{short} {'+' if case['goal']['kind'] == 'added' else ''}{number(median)}")
        else:
            parts.append(mark(kinds[name], axis.at(median), y, PEER_INK[kinds[name] % len(PEER_INK)]))
    if beyond:
        parts.append(text(LEFT + PLOT + 8, y + 3.5, "› " + ", ".join(beyond), 10, SOFT))
    return parts


def own_mark(found, axis, y, ink):
    """The dot and its interval; an arrow's tip where it lies beyond the axis."""
    low, high, at = axis.at(found["low"]), axis.at(found["high"]), axis.at(found["median"])
    return [
        line(low, y, high, y, ink, 2.4),
        line(low, y - 4, low, y + 4, ink, 1.4),
        line(high, y - 4, high, y + 4, ink, 1.4),
        f'<circle cx="{at:.1f}" cy="{y:.1f}" r="4.4" fill="{ink}" stroke="#ffffff" stroke-width="1"/>',
    ]


def draw_row(case, axis, y, doc):
    """One case."""
    ink = GOOD_INK if case["verdict"] in MET else VERDICT_INK.get(case["verdict"], INK)
    parts = [line(LEFT, y + ROW / 2, LEFT + PLOT, y + ROW / 2, FAINT, 0.5)]
    parts.append(text(LEFT - 10, y + 4, case["label"], 12, INK, text_anchor="end"))
    found = judged(case)
    right = WIDTH - MARGIN
    parts += goal_marks(case, axis, y)
    parts += peer_marks(case, axis, y, doc)
    if found:
        parts += own_mark(found, axis, y, ink)
        words = interval(case["goal"]["kind"], found).replace(" to ", "–")
        parts.append(text(right - 76, y + 4, words, 11, INK, text_anchor="end"))
    else:
        parts.append(text(LEFT + 8, y + 4, case.get("failed", "no figures")[:80], 10.5, ink))
    parts.append(text(right, y + 4, case["verdict"], 11, ink, text_anchor="end", font_weight="bold"))
    return parts


def draw_panel(cases, axis, y, title, one, doc):
    """A panel from height y on; its parts and where it ends. `one`: the value of native."""
    parts = [text(MARGIN, y + 14, title, 13, INK, font_weight="bold")]
    y += 24
    rows, top = [], y
    for group, name in GROUPS.items():
        members = [case for case in cases if case["group"] == group]
        if not members:
            continue
        rows.append(text(LEFT - 10, y + 18, name, 11, SOFT, text_anchor="end", font_style="italic"))
        y += HEADING
        for case in members:
            rows += draw_row(case, axis, y + ROW / 2, doc)
            y += ROW
    bottom = y + 4
    for value, label in axis.ticks():
        strong = abs(value - one) < 1e-9
        parts.append(line(axis.at(value), top + 4, axis.at(value), bottom, SOFT if strong else FAINT, 1.2 if strong else 0.7))
        parts.append(text(axis.at(value), bottom + 14, label, 10.5, INK if strong else SOFT, text_anchor="middle"))
    return parts + rows, bottom + 26


# ---- the whole ----


def legend(doc, y):
    """What the marks mean."""
    parts, x = [], MARGIN
    parts += own_mark({"low": 1, "high": 3, "median": 2}, KeyAxis(x), y, INK)
    x += 50
    parts.append(text(x, y + 4, "dragoman: median of rounds, 95 % interval", 11, SOFT))
    x += 278
    parts += [box(x, y - 8, 26, 16, BAND), line(x + 26, y - 9, x + 26, y + 9, GOOD_INK, 2),
              line(x + 16, y - 8, x + 16, y + 8, GOOD_INK, 1, stroke_dasharray="2,2"),
              text(x + 36, y + 4, "goal; dashed: to reach for", 11, SOFT)]
    x += 206
    for name, kind in others(doc).items():
        parts.append(mark(kind, x + 5, y, PEER_INK[kind % len(PEER_INK)]))
        parts.append(text(x + 15, y + 4, name, 11, SOFT))
        x += 30 + 7 * len(name)
    return parts


class KeyAxis:
    """For the dot in the legend."""

    def __init__(self, x):
        self.x = x

    def at(self, value):
        return self.x + (value - 1) * 18 + 2


def subtitle(doc):
    m, p = doc["machine"], doc["protocol"]
    rounds = f"{p['least']} to {p['most']}" if p["least"] != p["most"] else f"{p['most']}"
    return (f"{m['cpu']}, {m['cpus']} CPUs{' (virtual machine)' if m['virtual'] else ''}, Linux {m['kernel']}; "
            f"{doc['date'][:10]}, commit {doc['commit'] or 'unknown'}; {rounds} rounds in random order")


def draw(doc):
    """The SVG file's text."""
    parts = [text(MARGIN, 36, "dragoman beside native Linux and its peers", 19, INK, font_weight="bold"),
             text(MARGIN, 56, subtitle(doc), 11, SOFT), *legend(doc, 80)]
    y = 108
    ratios = [case for case in doc["cases"] if case["goal"]["kind"] != "added"]
    added = [case for case in doc["cases"] if case["goal"]["kind"] == "added"]
    if ratios:
        drawn, y = draw_panel(ratios, log_axis(ratios), y, "Time, as a multiple of native (logarithmic; less is better)",
                              1, doc)
        parts += drawn
    if added:
        drawn, y = draw_panel(added, linear_axis(added), y + 8, "Milliseconds more than native, each time", 0, doc)
        parts += drawn
    height = y + 12
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}"'
        f' viewBox="0 0 {WIDTH} {height:.0f}" font-family="{FONT}" role="img">',
        "<title>dragoman beside native Linux and its peers</title>",
        box(0, 0, WIDTH, height, "#ffffff"), *parts, "</svg>", ""])
