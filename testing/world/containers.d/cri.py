#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: cri.py start NAME COMMAND [KEY=VALUE...] | exec NAME WORD... | drop NAME

Asks containerd for a pod as a kubelet does, by the calls of CRI (runtime.v1): sysctls belong to
the sandbox, whose network namespace the container shares. COMMAND is a shell's. Debian has no
crictl, and no Python for CRI's messages, so they are put together here."""
import json
import os
import sys
import uuid

import grpc

IMAGE = "docker.io/library/stuck:latest"


def varint(number):
    """A number as protobuf has it."""
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def message(*fields):
    """Fields of bytes or text, each a pair of its number and what is in it."""
    out = b""
    for number, value in fields:
        value = value.encode() if isinstance(value, str) else value
        out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def parse(data):
    """The fields of an answer by their numbers; of several the last."""
    found, at = {}, 0

    def take():
        nonlocal at
        number = shift = 0
        while True:
            number |= (data[at] & 127) << shift
            shift += 7
            at += 1
            if data[at - 1] < 128:
                return number

    while at < len(data):
        tag = take()
        value = take()
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        found[tag >> 3] = value
    return found


def call(method, *fields):
    """One call; ends the program with containerd's words where that refuses."""
    with grpc.insecure_channel("unix:///run/containerd/containerd.sock") as channel:
        try:
            return parse(channel.unary_unary("/runtime.v1.RuntimeService/" + method)(message(*fields), timeout=120))
        except grpc.RpcError as error:
            sys.exit(f"{method}: {error.details()}")


def start(name, command, sysctls):
    """A pod with one container; what it is called is returned."""
    uid = str(uuid.uuid4())
    group = f"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod{uid.replace('-', '_')}.slice"
    linux = [(1, group)] + [(3, message((1, "net.tcp_reaper." + key), (2, value))) for key, _, value in sysctls]
    config = message((1, message((1, name), (2, uid), (3, "default"))), (8, message(*linux)))
    pod = call("RunPodSandbox", (1, config))[1]
    words = [(3, word) for word in ("sh", "-c", command)]
    container = call("CreateContainer", (1, pod), (3, config),
                     (2, message((1, message((1, name))), (2, message((1, IMAGE))), *words)))[1]
    call("StartContainer", (1, container))
    return {"uid": uid, "pod": pod.decode(), "container": container.decode()}


def main(verb, name, *rest):
    """As the usage says."""
    path = f"/run/cri-{name}.json"
    if verb == "start":
        made = start(name, rest[0], [pair.partition("=") for pair in rest[1:]])
        with open(path, "w", encoding="utf-8") as file:
            json.dump(made, file)
        return 0
    with open(path, encoding="utf-8") as file:
        made = json.load(file)
    if verb == "exec":
        answer = call("ExecSync", (1, made["container"]), *[(2, word) for word in rest])
        print(answer.get(1, b"").decode(), end="")
        print(answer.get(2, b"").decode(), end="", file=sys.stderr)
        return answer.get(3, 0)
    call("StopPodSandbox", (1, made["pod"]))
    call("RemovePodSandbox", (1, made["pod"]))
    os.unlink(path)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
