"""The child process of `extract.sandbox.running`: a listening socket's number, and the options."""

from __future__ import annotations

import os
import socket
import sys
import threading

import uvicorn

from extract.sandbox.options import Options
from extract.sandbox.server import server


def main(listener: str, options: str) -> None:
    """Serve until standard input ends, which it also does when the parent is killed."""
    web = server(Options.model_validate_json(options))
    threading.Thread(target=_stop_at_end_of_input, args=[web], daemon=True).start()
    web.run(sockets=[socket.socket(fileno=int(listener))])


def _stop_at_end_of_input(web: uvicorn.Server) -> None:
    while os.read(sys.stdin.fileno(), 1024):  # unbuffered: at exit a buffer's lock would be held
        pass
    web.should_exit = web.force_exit = True


if __name__ == "__main__":
    main(*sys.argv[1:])
