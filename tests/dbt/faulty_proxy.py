"""An HTTP proxy in front of a server that fails as networks do."""

from __future__ import annotations

import http.client
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "keep-alive", "date", "server"}
SECONDS_OF_A_HANGING_SERVER = 20


class FaultyProxy:
    """Forwards requests to an address; ``fault`` names what goes wrong.

    Only requests whose URL has ``part`` are hit.

    - "": nothing
    - "status 500": an answer without a body
    - "hanging": no answer
    - "cut": the connection ends in the middle of the body
    - "short": half the body, with a length that fits
    - "dripping": a byte at a time
    - "endless": a body that does not end
    """

    def __init__(self, host: str, port: int) -> None:
        self.to = (host, port)
        self.fault = ""
        self.part = ""
        self.over = threading.Event()
        self.server = Server(self)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def stop(self) -> None:
        self.over.set()
        self.server.shutdown()
        self.server.server_close()


class Handler(BaseHTTPRequestHandler):
    """Forwards one connection's requests."""

    protocol_version = "HTTP/1.1"
    server: Server

    def log_message(self, *_: Any) -> None:
        pass

    def forward(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        connection = http.client.HTTPConnection(*self.server.proxy.to)
        connection.request(self.command, self.path, body, dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        headers = {
            name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP
        }
        size = answer.headers.get("Content-Length") if self.command == "HEAD" else len(content)
        connection.close()
        proxy = self.server.proxy
        fault = proxy.fault if proxy.part in self.path else ""
        with suppress(OSError):
            if fault == "hanging":
                proxy.over.wait(SECONDS_OF_A_HANGING_SERVER)
                self.close_connection = True
            elif fault == "status 500":
                self.begin(500, {}, 0)
            elif fault == "short":
                content = content[: len(content) // 2]
                self.begin(answer.status, headers, len(content))
                self.wfile.write(content)
            elif fault == "endless":
                self.begin(answer.status, headers, 1 << 40)
                self.send_for_ever()
            else:
                self.begin(answer.status, headers, int(size or 0))
                self.send(content, fault)

    def begin(self, status: int, headers: dict[str, str], size: int) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(size))
        self.end_headers()

    def send(self, content: bytes, fault: str) -> None:
        if fault == "cut":
            content = content[: len(content) // 2]
            self.close_connection = True
        if fault == "dripping":
            for byte in content:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                if self.server.proxy.over.wait(0.3):
                    return
        self.wfile.write(content)

    def send_for_ever(self) -> None:
        while not self.server.proxy.over.is_set():
            self.wfile.write(bytes(1 << 16))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = forward  # noqa: N815 - http.server's


class Server(ThreadingHTTPServer):
    """Listens for a proxy."""

    daemon_threads = True

    def __init__(self, proxy: FaultyProxy) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.proxy = proxy

    def handle_error(self, *_: Any) -> None:
        """Say nothing of clients that have hung up."""
