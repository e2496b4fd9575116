"""A small HTTP server on loopback, in a thread of the test's own, that replies as the test says."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Reply = Callable[[str, bytes], tuple[int, bytes]]


@contextmanager
def answering(reply: Reply) -> Iterator[str]:
    """Its address; `reply` gives status and body for a request's path and body, one request at a time."""
    one_at_a_time = threading.Lock()

    class Replies(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"] or 0))
            with one_at_a_time:
                status, content = reply(self.path, body)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET  # noqa: N815  (the name is given)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Replies)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
