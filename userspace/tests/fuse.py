#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: fuse.py DIR FILE

A process that has a socket, and an epoll set whose lock it holds for ever: in
the set is a file of FUSE, at DIR, whose poll is never answered. Writes its
number and the socket's to FILE, and makes FILE.polled; stays until it is killed,
which ends the wait, or for a minute.
"""
import ctypes
import os
import select
import signal
import socket
import struct
import sys

LOOKUP, GETATTR, OPEN, INIT, POLL = 1, 3, 14, 26, 40
ATTR = struct.pack("<QQQQQQIIIIIIIIII", 2, 0, 0, 0, 0, 0, 0, 0, 0,
                   0o100666, 1, 0, 0, 0, 4096, 0)
ROOT = struct.pack("<QQQQQQIIIIIIIIII", 1, 0, 0, 0, 0, 0, 0, 0, 0,
                   0o040755, 2, 0, 0, 0, 4096, 0)
ANSWERS = {
    INIT: struct.pack("<IIIIHHIIHHI", 7, 31, 65536, 0, 16, 12, 65536, 1, 32,
                      0, 0) + b"\0" * 28,
    LOOKUP: struct.pack("<QQQQII", 2, 0, 0, 0, 0, 0) + ATTR,
    OPEN: struct.pack("<QII", 1, 0, 0),
}


def serve(fd, polled):
    """Answers all but a poll, and says when it was asked for one."""
    while True:
        request = os.read(fd, 1 << 17)
        opcode, unique, node = struct.unpack_from("<IQQ", request, 4)
        if opcode == POLL:
            with open(polled, "w", encoding="ascii"):
                pass
            continue
        if opcode == GETATTR:
            body = struct.pack("<QII", 0, 0, 0) + (ROOT if node == 1 else ATTR)
        else:
            body = ANSWERS.get(opcode)
        error = 0 if body is not None else -38
        body = body or b""
        try:
            os.write(fd, struct.pack("<IiQ", 16 + len(body), error, unique) + body)
        except FileNotFoundError:
            pass


def hold(path, out):
    """Has the socket, and waits for ever with the lock of its set."""
    epoll = select.epoll()
    keep = socket.socket()
    file = os.open(path, os.O_RDONLY)
    with open(out + ".new", "w", encoding="ascii") as said:
        said.write("%d %d\n" % (os.getpid(), os.fstat(keep.fileno()).st_ino))
    os.rename(out + ".new", out)
    epoll.register(file, select.EPOLLIN)


def main():
    libc = ctypes.CDLL(None, use_errno=True)
    fuse = os.open("/dev/fuse", os.O_RDWR)
    options = b"fd=%d,rootmode=40000,user_id=0,group_id=0" % fuse
    if libc.mount(b"none", os.fsencode(sys.argv[1]), b"fuse", 0, options):
        sys.exit(os.strerror(ctypes.get_errno()))
    # Another process, which has not got the device: the end of this one is the
    # end of all waiting.
    child = os.fork()
    if not child:
        os.close(fuse)
        hold(sys.argv[1] + "/file", sys.argv[2])
        os._exit(0)
    signal.alarm(60)
    serve(fuse, sys.argv[2] + ".polled")


main()
