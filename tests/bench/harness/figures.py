"""The figures: medians of per-round values with their bootstrap interval, and what they say about a goal."""
import dataclasses
import random
import statistics

RESAMPLES = 2000
WIDEST = 0.02  # the half-width that is always narrow enough, for ratios


@dataclasses.dataclass(frozen=True)
class Estimate:
    """A median and the interval that holds it with 95 % confidence."""

    median: float
    low: float
    high: float

    @property
    def half_width(self):
        return (self.high - self.low) / 2


def estimate(values, seed=1):
    """The median of the values and its 95 % interval: percentiles of the medians of RESAMPLES resamples (bootstrap).

    The same values give the same interval."""
    if not values:
        raise ValueError("no values")
    chance = random.Random(seed)
    count = len(values)
    medians = sorted(statistics.median(chance.choices(values, k=count)) for _ in range(RESAMPLES))
    return Estimate(statistics.median(values), medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1])


@dataclasses.dataclass(frozen=True)
class Goal:
    """What a case is to hold.

    kind "ratio": dragoman's time is at most `value` times the native one.
    kind "added": dragoman takes at most `value` milliseconds more for each operation.
    kind "control": native against native; the ratio is 1 within `value`.
    `reach` is what is hoped for beyond the goal."""

    kind: str
    value: float
    reach: float

    @property
    def tolerance(self):
        """The half-width of the interval at which the case is decided."""
        if self.kind == "ratio":
            return max(WIDEST, abs(self.value - 1) / 2)
        if self.kind == "added":
            return self.value / 2
        return self.value

    def value_of(self, own, native):
        """A round's value, from nanoseconds for each operation."""
        return (own - native) / 1e6 if self.kind == "added" else own / native


MET = ("met", "reached", "steady")
PASSING = (*MET, "skipped")


def decided(goal, found):
    """Whether more rounds are not needed: the interval is narrow enough, or wholly beyond the goal."""
    if found.half_width <= goal.tolerance:
        return True
    if goal.kind == "control":
        return found.low > 1 + goal.value or found.high < 1 - goal.value
    return found.low > goal.value


def verdict(goal, found):
    """reached, met, missed or undecided; for a control steady, unsteady or undecided. What is reached for counts to two
    decimals, as it is stated: else a median of 1.0003 would not be the 1.00 that is native speed."""
    if not decided(goal, found):
        return "undecided"
    if goal.kind == "control":
        return "steady" if abs(found.median - 1) <= goal.value else "unsteady"
    if round(found.median, 2) <= goal.reach and found.median <= goal.value:
        return "reached"
    return "met" if found.median <= goal.value else "missed"
