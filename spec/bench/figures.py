"""Numbers from many noisy rounds."""

import random
import statistics

SAMPLES = 300


def median(values):
    return statistics.median(values)


def quartiles(values):
    if len(values) < 2:
        return values[0], values[0]
    q = statistics.quantiles(values, n=4, method="inclusive")
    return q[0], q[2]


def ratio(values, base):
    """
    The median of the ratios round by round, whose rounds were neighbours in time; and half the width of its 90 %
    interval, by resampling.
    """
    pairs = [v / b for v, b in zip(values, base)]
    rng = random.Random(1)
    medians = [statistics.median(rng.choices(pairs, k=len(pairs))) for _ in range(SAMPLES)]
    cuts = statistics.quantiles(medians, n=20)
    return statistics.median(pairs), (cuts[-1] - cuts[0]) / 2


def short(value):
    """Three digits that count."""
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def with_spread(values):
    """`median (lower quartile – upper quartile)`."""
    low, high = quartiles(values)
    return f"{short(median(values))} ({short(low)}–{short(high)})"
