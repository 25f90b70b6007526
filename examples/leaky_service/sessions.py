"""What the service remembers of each sensor while it is connected."""

import threading


class Session:
    """One sensor's readings; made anew on every reconnect."""

    def __init__(self, sensor, history=[]):
        self.sensor = sensor
        self.history = history
        self.buffer = bytearray(64 * 1024)
        self.validate = self.check_range
        self.on_idle = lambda: self.flush()
        self.parsers = {"temperature": self.parse_celsius, "pressure": self.parse_pascal}
        self.root = self

    def accept(self, reading):
        value = self.parsers[reading["kind"]](reading["value"])
        if self.validate(value):
            self.history.append((reading["at"], value))

    def check_range(self, value):
        return -1e6 < value < 1e6

    def parse_celsius(self, text):
        return float(text)

    def parse_pascal(self, text):
        return float(text) / 1000

    def flush(self):
        self.buffer[:] = bytes(len(self.buffer))

    def summary(self):
        return {"sensor": self.sensor, "readings": len(self.history)}


class SessionPool:
    """The sessions by sensor, the oldest dropped first."""

    def __init__(self, limit):
        self.limit = limit
        self.sessions = {}
        self.lock = threading.Lock()

    def session(self, sensor):
        with self.lock:
            if sensor not in self.sessions:
                if len(self.sessions) >= self.limit:
                    self.sessions.pop(next(iter(self.sessions)))
                self.sessions[sensor] = Session(sensor)
            return self.sessions[sensor]
