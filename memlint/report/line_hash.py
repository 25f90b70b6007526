"""GitHub's fingerprint of a line, by which it knows an alert again where lines have moved.

The action that uploads SARIF works out the same value, and warns where a file has another one; whoever uploads without
it has none, unless the file brings it along.
"""

from __future__ import annotations

import sys
from array import array
from collections import Counter

WINDOW = 100
"""UTF-16 code units that a hash covers, from the beginning of its line on."""
FACTOR = 37
MASK = (1 << 64) - 1
LEAVING = FACTOR**WINDOW & MASK
END_OF_FILE = 0xFFFF
UTF_16 = "utf-16-le" if sys.byteorder == "little" else "utf-16-be"


def line_hashes(lines: list[str]) -> list[str]:
    """For each line a hash of what follows, blanks left out, and how often it has come: `c129715d7a2bc9a3:1`."""
    bare = [line.replace(" ", "").replace("\t", "").encode(UTF_16, "surrogatepass") for line in lines]
    units = array("H", "\n".encode(UTF_16).join(bare))
    units.append(END_OF_FILE)
    units.extend([0] * WINDOW)
    last, start = set(), 0
    for line in bare:
        last.add(start + WINDOW - 1)
        start += len(line) // 2 + 1
    seen: Counter[int] = Counter()
    hashes = []
    value = 0
    for index, unit in enumerate(units):
        leaving = units[index - WINDOW] if index >= WINDOW else 0
        value = (value * FACTOR + unit - leaving * LEAVING) & MASK
        if index in last:
            seen[value] += 1
            hashes.append(f"{value:x}:{seen[value]}")
    return hashes
