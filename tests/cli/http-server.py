#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A web server for tests, on loopback: http-server.py DIR prints its port, and then a line for each request; of request N it keeps
what came in DIR/N.head and DIR/N.body. How it answers, the path says: /CODE, or /CODE-CODE-... one for each try, the last one for good; "hang" answers
never, and 302 points to /200."""
import http.server
import sys
import threading

folder = sys.argv[1]
tries = {}
lock = threading.Lock()
n_requests = 0


class Handler(http.server.BaseHTTPRequestHandler):
    """Keeps what it gets."""

    def do_POST(self):
        """Keep it, and answer as the path wants."""
        global n_requests
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock:
            n_requests += 1
            number, nth = n_requests, tries.get(self.path, 0)
            tries[self.path] = nth + 1
        with open(f"{folder}/{number}.body", "wb") as file:
            file.write(body)
        with open(f"{folder}/{number}.head", "w", encoding="utf-8") as file:
            file.write(f"{self.command} {self.path}\n{self.headers}")
        print(number, flush=True)
        codes = self.path.strip("/").split("?")[0].split("-")
        code = codes[min(nth, len(codes) - 1)]
        if code == "hang":
            threading.Event().wait()
        self.send_response(int(code))
        if code == "302":
            self.send_header("Location", "/200")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        """Say nothing."""


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()
