#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Draw docs/life.svg: the life of a socket from FIN to its end.

Prints the picture. "docs/life.py >docs/life.svg" makes it anew; testing/check-docs
fails if the file is not what this prints.
"""

WIDTH, HEIGHT = 1130, 640
LINE = 15

parts = []


def text(x, y, lines, css="", anchor="middle"):
    for i, line in enumerate(lines):
        line = line.replace("&", "&amp;").replace("<", "&lt;")
        parts.append(f'<text x="{x}" y="{y + i * LINE}" text-anchor="{anchor}" class="{css}">{line}</text>')


def box(x, y, w, h, title, lines=(), css="state"):
    parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="6" class="{css}"/>')
    top = y + (h - (1 + len(lines)) * LINE) / 2 + 11
    text(x + w / 2, top, [title], "title")
    text(x + w / 2, top + LINE, lines)


def arrow(*points):
    path = " L".join(f"{x} {y}" for x, y in points)
    parts.append(f'<path d="M{path}" class="arrow" marker-end="url(#head)"/>')


def knob(x, y, lines, anchor="middle"):
    text(x, y, lines, "knob", anchor)


def event(x, y, lines, anchor="middle"):
    text(x, y, lines, "event", anchor)


# The connection, and the four ways in which it begins to linger.
box(20, 120, 130, 330, "ESTABLISHED", ["both ends open"])
CLASSES = (
    (60, "close_wait", ["CLOSE_WAIT,", "its program holds it"], ["the peer's", "FIN arrives"]),
    (190, "orphan", ["FIN_WAIT1, FIN_WAIT2,", "CLOSING, LAST_ACK;", "no program holds it"],
     ["its program", "closes or dies"]),
    (330, "fin_wait2", ["FIN_WAIT2,", "its program holds it"], ["its program", "says shutdown()"]),
    (450, "established", ["still ESTABLISHED,", "idle"], ["nothing moves"]),
)
for y, name, lines, why in CLASSES:
    h = 40 + LINE * len(lines)
    box(290, y, 180, h, name, lines, "class")
    mid = y + h / 2
    arrow((150, max(140, min(430, mid))), (290, mid))
    event(220, mid - 22 if name != "established" else mid - 6, why)

# From a class to the question whether its time is up.
box(640, 60, 150, 445, "its time is up", ["the first rule that", "matches may change", "the time, or the action", "", "left alone, and counted:",
                                          "rule exempts it; kernel,", "mptcp, repair, ulp"], "decide")
KNOBS = (
    (95, ["close_wait/timeout_ms", "since the last progress"], ["spare_active,", "spare_unread"]),
    (232, ["orphan/timeout_ms"], ["or more than orphan/max"]),
    (365, ["fin_wait2/timeout_ms"], ["0, the default: never"]),
    (485, ["established/timeout_ms"], ["0, the default: never"]),
)
for y, above, below in KNOBS:
    arrow((470, y), (640, y))
    knob(555, y - 8 - LINE * (len(above) - 1), above)
    knob(555, y + 15, below)

# What is done.
box(910, 60, 200, 60, "mode=observe", ["counted as would_reap;", "nothing is touched"], "end")
arrow((790, 90), (910, 90))
box(910, 180, 200, 70, "reset: aborted", ["the peer gets a RST, the", "program ECONNABORTED"], "end")
arrow((790, 215), (910, 215))
knob(850, 207, ["mode=enforce"])
box(910, 310, 200, 60, "fin", ["what is queued is sent,", "then a FIN"], "end")
arrow((790, 340), (910, 340))
knob(850, 317, ["close_wait/", "action=fin"])
arrow((1010, 310), (1010, 250))
knob(1016, 276, ["after close_wait/", "linger_ms"], "start")
box(910, 430, 200, 75, "probe", ["keepalive is switched on:", "a live peer answers, a", "dead one ends it"], "end")
arrow((790, 467), (910, 467))
knob(850, 444, ["established/", "action=probe"])

# The good end.
box(290, 560, 500, 45, "recovered: it left by itself", ["its program closed it, the peer answered, data moved again"], "good")
arrow((380, 505 + 15), (380, 560))
event(388, 545, ["at any time, from any class"], "start")

text(20, 28, ["Life of a socket, from FIN to its end"], "head", "start")
text(20, 600, ["blue: knobs of the namespace"], "knob", "start")
text(20, 616, ["grey: what happens on the network or in the program"], "event", "start")

print(f'''<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">
<!-- SPDX-License-Identifier: GPL-2.0-only -->
<!-- Made by docs/life.py -->
<title>Life of a socket, from FIN to its end, with the knobs that decide</title>
<style>
text {{ font: 12px sans-serif; fill: #222; }}
.head {{ font: bold 16px sans-serif; }}
.title {{ font: bold 13px sans-serif; }}
.knob {{ fill: #0b57b0; font-family: monospace; font-size: 11px; }}
.event {{ fill: #666; font-style: italic; font-size: 11px; }}
rect {{ stroke: #444; stroke-width: 1.2; }}
.state {{ fill: #f3f3f3; }}
.class {{ fill: #fff4d6; }}
.decide {{ fill: #e4eefb; }}
.end {{ fill: #fbe5e1; }}
.good {{ fill: #e3f4e1; }}
.arrow {{ fill: none; stroke: #444; stroke-width: 1.4; }}
</style>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
<path d="M0 0 L10 5 L0 10 z" fill="#444"/></marker></defs>
<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff" style="stroke:none"/>''')
print("\n".join(parts))
print("</svg>")
