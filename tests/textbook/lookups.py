# Global lookups in hot loops, as tutorials show them.
import math

FACTOR = 1.5


def distances(points):
    total = 0.0
    for x in points:
        for y in points:
            total += math.sqrt(x * x + y * y)  # expect: ML301
    return total


def scale(matrix):
    result = []
    for row in matrix:
        scaled = []
        for value in row:
            scaled.append(value * FACTOR)  # expect: ML301
        result.append(scaled)
    return result
