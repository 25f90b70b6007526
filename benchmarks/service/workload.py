"""A day of the example service: sensors send, drop out and make room for others, then the nightly job runs.

    python workload.py FOLDER WHAT

Prints the figures as JSON. `on` leaves the collector as it is: the most bytes that were traced at once, by day and by
night, and what is still there at the end, after a collection. `off` switches it off: what the one collection at the end
finds, in objects and in bytes, which are those that nothing else frees.
"""

import contextlib
import gc
import io
import json
import random
import sys
import tracemalloc
from pathlib import Path

SENSORS = 2_000
CONNECTED = 100
"""Sessions that the pool keeps."""
READINGS = 20
DAYS = 3
LINES = 40_000
"""Of the log of a day."""


def serve() -> None:
    """What the handlers of the server do for each request, without the network."""
    from audit import record
    from sessions import SessionPool

    pool = SessionPool(CONNECTED)
    for sensor in range(SENSORS):
        name = f"sensor-{sensor}"
        for second in range(READINGS):
            kind = "temperature" if second % 2 else "pressure"
            pool.session(name).accept({"kind": kind, "value": str(20.5 + second), "at": second})
            record(f"/readings/{name}", tags=["ingest"])
        pool.session(name).on_idle()
        record(f"/sensors/{name}")
        pool.session(name).summary()


def nightly(folder: Path) -> None:
    """The job over the logs of some days."""
    import nightly

    numbers = random.Random(1)
    paths = []
    for day in range(DAYS):
        path = folder / f"day-{day}.log"
        with path.open("w") as log:
            for line in range(LINES):
                log.write(f"{line * 24 // LINES} {numbers.uniform(-50, 50):.6f}\n")
        paths.append(str(path))
    with contextlib.redirect_stdout(io.StringIO()):
        nightly.main(paths)
    nightly.by_sensor([f"sensor-{number}" for number in range(100)], [("sensor-7", 20.5)] * 1_000)


def main(folder: Path, collector: str) -> None:
    import audit
    import nightly as job
    import sessions

    assert audit and job and sessions  # what importing them takes is not counted
    gc.collect()
    gc.freeze()
    if collector == "off":
        gc.disable()
    tracemalloc.start()
    serve()
    _, by_day = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    objects = gc.collect()
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.reset_peak()
    nightly(folder)
    _, by_night = tracemalloc.get_traced_memory()
    figures = {"by day": by_day, "by night": by_night - kept, "kept": kept, "objects": objects, "late": before - kept}
    print(json.dumps(figures))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1])
    main(Path(sys.argv[1]), sys.argv[2])
