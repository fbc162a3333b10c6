#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: diagnose.py FILE

Makes real sockets that linger, each another way, and writes to FILE what the
module and /proc/net/tcp would say of them; stays until it is killed.
"""
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

PEER_SAID = 100
lines = []
keep = []


def listen(backlog):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen(backlog)
    keep.append(s)
    return s


def pair(listener):
    client = socket.create_connection(listener.getsockname())
    keep.append(client)
    return client, listener.accept()[0]


def end(address):
    return "%s:%d" % address


def row(s, kind, rxq, txq):
    """A line of the module, for a socket whose ages matter little."""
    lines.append("row=%s 60000 60000 %s %s 0 %d %d %d wait" % (
        kind, end(s.getsockname()), end(s.getpeername()),
        os.fstat(s.fileno()).st_ino, rxq, txq))


def tcp(s, waiting):
    """A line of /proc/net/tcp, for a listener."""
    host, port = s.getsockname()
    lines.append("tcp=   0: %08X:%04X 00000000:0000 0A 00000000:%08X 00:00000000 00000000     0        0 %d 1 0 100 0 0 10 0" % (
        struct.unpack("=I", socket.inet_aton(host))[0], port, waiting,
        os.fstat(s.fileno()).st_ino))


def take_some(listener):
    """Reads some of what its peer said before it ended, and answers."""
    client, s = pair(listener)
    keep.append(s)
    client.sendall(b"x" * PEER_SAID)
    client.shutdown(socket.SHUT_WR)
    s.recv(PEER_SAID - 30)
    s.sendall(b"answer\n")
    row(s, "close_wait CLOSE_WAIT", 31, 0)


def read_request(listener):
    """Reads all that its peer said before it ended, and no more; answers not."""
    client, s = pair(listener)
    keep.append(s)
    client.sendall(b"x" * PEER_SAID)
    client.shutdown(socket.SHUT_WR)
    s.recv(PEER_SAID)
    row(s, "close_wait CLOSE_WAIT", 1, 0)
    lines[-1] = lines[-1].replace("row=", "request=")


def take_late(listener):
    """Takes all that its peer said, its end as well, and sends nothing."""
    client, s = pair(listener)
    keep.append(s)
    client.sendall(b"x" * PEER_SAID)
    client.shutdown(socket.SHUT_WR)
    while s.recv(PEER_SAID):
        pass
    row(s, "close_wait CLOSE_WAIT", 0, 0)
    lines[-1] = lines[-1].replace("row=", "late=").replace(" 60000 60000 ", " 60000 3000 ")


def read_nothing(listener):
    """Lets its peer talk; its threads are at work on something else."""
    client, s = pair(listener)
    keep.append(s)
    client.sendall(b"x" * PEER_SAID)
    client.shutdown(socket.SHUT_WR)
    row(s, "close_wait CLOSE_WAIT", 101, 0)
    lines[-1] = lines[-1].replace("row=", "nothing=")


def orphan(listener):
    """Closes what its peer, which lives, has no room for yet."""
    client, s = pair(listener)
    keep.append(client)
    s.setblocking(False)
    last = time.monotonic()
    while time.monotonic() < last + 0.5:
        try:
            s.send(b"x" * 65536)
            last = time.monotonic()
        except BlockingIOError:
            time.sleep(0.05)
    lines.append("row=orphan FIN_WAIT1 60000 60000 %s %s 0 0 0 70000 wait" % (
        end(s.getsockname()), end(s.getpeername())))
    s.close()


def fill(listener):
    """Sends to a peer that does not read, until nothing more is taken."""
    client, s = pair(listener)
    keep.append(s)
    s.setblocking(False)
    last = time.monotonic()
    while time.monotonic() < last + 1:
        try:
            s.send(b"x" * 65536)
            last = time.monotonic()
        except BlockingIOError:
            time.sleep(0.05)
    row(s, "established ESTABLISHED", 0, 1000000)


def wait_there(listener):
    """A thread waits for a peer that says nothing."""
    _, s = pair(listener)
    keep.append(s)
    threading.Thread(target=s.recv, args=(1,), daemon=True).start()
    row(s, "fin_wait2 FIN_WAIT2", 0, 0)


def leave_to_child(listener):
    """A child of another program gets the descriptor, and has it alone."""
    _, s = pair(listener)
    s.set_inheritable(True)
    # Whoever reads what the tests print is not to wait for it.
    child = subprocess.Popen(["sleep", "600"], close_fds=False,
                             stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
    row(s, "close_wait CLOSE_WAIT", 1, 0)
    s.close()
    lines.append("child=%d" % child.pid)
    return child


def full():
    """A queue full of connections that were reset meanwhile."""
    s = listen(2)
    for _ in range(3):
        client = socket.create_connection(s.getsockname())
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack("ii", 1, 0))
        client.close()
    tcp(s, 3)


def main():
    # An exit, so that the child is ended as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    listener = listen(8)
    tcp(listener, 0)
    take_some(listener)
    read_request(listener)
    take_late(listener)
    read_nothing(listener)
    orphan(listener)
    fill(listener)
    wait_there(listener)
    parent = os.getppid()
    child = leave_to_child(listener)
    try:
        full()
        lines.append("pid=%d" % os.getpid())
        with open(sys.argv[1] + ".new", "w", encoding="ascii") as out:
            out.write("\n".join(lines) + "\n")
        os.rename(sys.argv[1] + ".new", sys.argv[1])
        while os.getppid() == parent:
            time.sleep(0.2)
    finally:
        child.kill()
        child.wait()


if __name__ == "__main__":
    main()
