"""The nightly job: log files in, daily totals out."""

import math
import sys

HOURS = 24
GAIN = 1.0007


def read_day(path):
    """Readings of one day: a list of (hour, value)."""
    readings = []
    with open(path) as log:
        for line in log.readlines():
            hour, _, value = line.partition(" ")
            readings.append((int(hour), float(value)))
    return readings


def by_hour(readings):
    """Values grouped by the hour."""
    hours = [[]] * HOURS
    for hour, value in readings:
        hours[hour].append(value)
    return hours


def by_sensor(names, readings):
    totals = dict.fromkeys(names, [])
    for name, value in readings:
        totals[name].append(value)
    return totals


def energy(grid):
    """Sum of the corrected roots over a grid of readings."""
    total = 0.0
    for row in grid:
        for value in row:
            total += math.sqrt(abs(value)) * GAIN
    return total


def main(paths):
    for path in paths:
        readings = read_day(path)
        largest = max([value for _, value in readings])
        hours = by_hour(readings)
        with open(path) as log:
            longest = max([len(line) for line in log])
        print(path, largest, longest, energy(hours))


if __name__ == "__main__":
    main(sys.argv[1:])
