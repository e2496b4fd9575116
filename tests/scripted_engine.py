"""A tiny OpenAI-compatible engine that says what it was told to; stands in for vLLM where it may.

`python tests/scripted_engine.py --port N --key K --says '["It is ", "so."]' [--hold FILE]`: with `--hold`,
the answer stops after its first piece for as long as FILE exists.
"""

import argparse
import json
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

CONTEXT_TOKENS = 2048
METRICS = 'vllm:cache_config_info{block_size="16",engine="0",num_gpu_blocks="100"} 1.0\n'


@dataclass
class Script:
    """What is said, how it ends, and what was noticed meanwhile."""

    says: Sequence[str] = ("It is so.",)
    key: str = ""
    hold: Path | None = None
    dies_after: int | None = None
    asked: list[dict[str, Any]] = field(default_factory=list)
    left: threading.Event = field(default_factory=threading.Event)


class Engine(ThreadingHTTPServer):
    """The server of one script, on loopback."""

    daemon_threads = True

    def __init__(self, script: Script, port: int = 0) -> None:
        self.script = script
        super().__init__(("127.0.0.1", port), Handler)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Engine

    def do_GET(self) -> None:
        if self.path == "/version":
            self._reply(200, {"version": "1.0"})
        elif self.path == "/metrics":
            self._send(200, METRICS.encode())
        else:
            self._reply(200 if self.path == "/health" else 404, {})

    def do_POST(self) -> None:
        script = self.server.script
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        problem = refusal(script, body, self.headers.get("Authorization", ""))
        if problem is not None:
            self._reply(problem, {"error": {"message": "refused", "type": "error", "code": problem}})
            return
        script.asked.append(body)
        if not body.get("stream"):
            self._reply(200, drawn(list(script.says)[: allowed(body)]))
            return
        try:
            self._stream(script, body)
        except (BrokenPipeError, ConnectionResetError):
            script.left.set()
        self.close_connection = True

    def _stream(self, script: Script, body: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        said = list(script.says)[: allowed(body)]
        for number, text in enumerate(said):
            if number == script.dies_after:
                raise BrokenPipeError
            told = drawn([text])["choices"][0]["logprobs"] if body.get("logprobs") else None
            self._choice({"role": "assistant", "content": text}, logprobs=told)
            if number == 0:
                self._hold(script)
        self._choice({}, "stop" if len(said) == len(script.says) else "length")
        usage = {"prompt_tokens": 7, "completion_tokens": len(said), "total_tokens": 7 + len(said)}
        self._event({"choices": [], "usage": usage})
        self._write(b"data: [DONE]\n\n")
        self._write(b"")

    def _hold(self, script: Script) -> None:
        while script.hold is not None and script.hold.exists():
            self._write(b": held\n\n")  # fails once the client has gone
            time.sleep(0.02)

    def _choice(self, delta: dict[str, str], finish_reason: str | None = None, **more: Any) -> None:
        self._event({"choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason, **more}]})

    def _event(self, content: dict[str, Any]) -> None:
        chunk = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **content}
        self._write(f"data: {json.dumps(chunk)}\n\n".encode())

    def _write(self, body: bytes) -> None:
        """One chunk, as real engines send them: a stream without the empty last one was broken off."""
        self.wfile.write(f"{len(body):x}\r\n".encode() + body + b"\r\n")
        self.wfile.flush()

    def _reply(self, status: int, body: dict[str, Any]) -> None:
        self._send(status, json.dumps(body).encode())

    def _send(self, status: int, content: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def drawn(said: Sequence[str]) -> dict[str, Any]:
    """The whole answer with the log-probability of each piece, and of another one."""
    tokens = [
        {"token": text, "logprob": -0.25,
         "top_logprobs": [{"token": text, "logprob": -0.25}, {"token": "other", "logprob": -4.0}]}
        for text in said
    ]  # fmt: skip
    message = {"role": "assistant", "content": "".join(said)}
    return {"choices": [{"index": 0, "message": message, "logprobs": {"content": tokens}}]}


def allowed(body: dict[str, Any]) -> int | None:
    """How many tokens (here: pieces) may be said."""
    return body.get("max_completion_tokens", body.get("max_tokens"))


def refusal(script: Script, body: dict[str, Any], authorization: str) -> int | None:
    """The status this request is refused with, if it is."""
    if script.key and authorization != f"Bearer {script.key}":
        return 401
    words = sum(len(message["content"].split()) for message in body["messages"])
    return 400 if words + (allowed(body) or 0) > CONTEXT_TOKENS else None


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--port", type=int, required=True)
    arguments.add_argument("--key", default="")
    arguments.add_argument("--says", type=json.loads, default=["It is so."])
    arguments.add_argument("--hold", type=Path)
    given = arguments.parse_args()
    script = Script(says=given.says, key=given.key, hold=given.hold)
    Engine(script, given.port).serve_forever()


if __name__ == "__main__":
    main()
