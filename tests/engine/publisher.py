"""Files that are published on this machine."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from engine.datasets.download import File, Publication


class Server:
    """Serves `contents` by name on the loopback interface, and remembers what was asked for."""

    def __init__(self):
        self.contents: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.sent: int | None = None  # at most so many bytes of each file, whatever was announced
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                name = self.path.lstrip("/")
                server.asked.append(name)
                if name not in server.contents:
                    self.send_error(404)
                    return
                content = server.contents[name]
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: server.sent])

            def log_message(self, *words):
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._http.server_address[1]}/"
        self._http.handle_error = lambda request, address: None  # a client that hangs up is what some tests want
        threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True).start()

    def close(self):
        self._http.shutdown()
        self._http.server_close()


def published(server: Server, contents: dict[str, bytes]) -> Publication:
    server.contents = dict(contents)
    files = (File(name, hashlib.sha256(content).hexdigest(), len(content)) for name, content in contents.items())
    return Publication("tiny", server.address, tuple(files))
