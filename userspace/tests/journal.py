# SPDX-License-Identifier: GPL-2.0-only
"""journal.py DIR: systemd's journal for tests of reaperctl record.

Takes what comes to DIR/run/systemd/journal/socket, and appends each entry to DIR/journal as journalctl exports it.
DIR/count has how many there are.
"""

import os
import socket
import struct
import sys

root = sys.argv[1]
path = root + "/run/systemd/journal/socket"
os.makedirs(os.path.dirname(path), exist_ok=True)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.bind(path)
count = 0
while True:
    data = sock.recv(1 << 20)
    entry = b"__REALTIME_TIMESTAMP=1700000002000000\n_SYSTEMD_UNIT=tcp-reaper-log.service\n"
    while data:
        name, data = data.split(b"\n", 1)
        (size,) = struct.unpack("<Q", data[:8])
        value, data = data[8 : 8 + size], data[9 + size :]
        if b"\n" in value:
            entry += name + b"\n" + struct.pack("<Q", size) + value + b"\n"
        else:
            entry += name + b"=" + value + b"\n"
    with open(root + "/journal", "ab") as file:
        file.write(entry + b"\n")
    count += 1
    with open(root + "/count.new", "w", encoding="ascii") as file:
        print(count, file=file)
    os.rename(root + "/count.new", root + "/count")
