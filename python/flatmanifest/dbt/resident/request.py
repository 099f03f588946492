"""The request that a copy of the template reads: docs/resident.md, "The protocol".

native/resident/request.cc writes it.
"""

from __future__ import annotations

import array
import socket
from dataclasses import dataclass

MAGIC = b"FMR1"
HEAD = len(MAGIC) + 4
MOST_DESCRIPTORS = 253  # SCM_MAX_FD of Linux


class BrokenRequestError(Exception):
    """The request is incomplete: its client has ended. Or it is one of another version."""


@dataclass
class Request:
    """A request, with the descriptors that came with it: the working directory's first."""

    lists: dict[str, list[bytes]]
    descriptors: list[int]

    @property
    def kind(self) -> str:
        return self.texts("kind")[0]

    def texts(self, name: str) -> list[str]:
        return [each.decode() for each in self.lists[name]]

    def numbers(self, name: str) -> list[int]:
        return [int(each) for each in self.lists[name]]


def receive(connection: socket.socket) -> Request:
    """Read one request. Raises BrokenRequestError, OSError."""
    size = socket.CMSG_SPACE(MOST_DESCRIPTORS * array.array("i").itemsize)
    head, ancillary, _, _ = connection.recvmsg(HEAD, size, socket.MSG_CMSG_CLOEXEC)
    descriptors = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
    head += read(connection, HEAD - len(head))
    if head[: len(MAGIC)] != MAGIC:
        raise BrokenRequestError("the client speaks another protocol")
    payload = read(connection, int.from_bytes(head[len(MAGIC) :], "little"))
    return Request(lists_of(payload), [*descriptors])


def read(connection: socket.socket, size: int) -> bytes:
    whole = bytearray()
    while len(whole) < size:
        received = connection.recv(min(size - len(whole), 1 << 20))
        if not received:
            raise BrokenRequestError("the client has ended")
        whole += received
    return bytes(whole)


def lists_of(payload: bytes) -> dict[str, list[bytes]]:
    """The lists of a payload: name, count and texts of each, with a null byte after each."""
    texts = payload.split(b"\0")
    lists = {}
    position = 0
    try:
        while position < len(texts) - 1:
            count = int(texts[position + 1])
            begin = position + 2
            if count < 0 or begin + count > len(texts) - 1:
                raise BrokenRequestError("a list is longer than its request")
            lists[texts[position].decode()] = texts[begin : begin + count]
            position = begin + count
    except ValueError as error:
        raise BrokenRequestError(str(error)) from error
    return lists
