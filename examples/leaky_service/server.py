"""The HTTP side: one handler for all sensors."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audit import record
from sessions import SessionPool

POOL = SessionPool(limit=10_000)


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers["Content-Length"])
        reading = json.loads(self.rfile.read(length))
        session = POOL.session(self.headers["X-Sensor"])
        session.accept(reading)
        record(self.path, tags=["ingest"])
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        session = POOL.session(self.path.rpartition("/")[2])
        body = json.dumps(session.summary()).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
