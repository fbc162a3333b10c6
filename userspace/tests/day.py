# SPDX-License-Identifier: GPL-2.0-only
# day.py REAPERCTL ROOT ALERTS: a day of containers that come and go, as a test for promtool.
# In each minute of three the tool is asked for its metrics, of a pseudo root in which containers are made and end, programs call
# themselves something new, and sockets are reaped now and then. What Prometheus would have stored becomes the input of promtool, which
# is to find no alert in it, and the number that was reaped.
import os, random, shutil, subprocess, sys

REAPERCTL, ROOT, ALERTS = sys.argv[1:]
STEP_MIN = 3
STEPS = 24 * 60 // STEP_MIN
LIVING = 12

random.seed(20)


def write(path, text):
    path = os.path.join(ROOT, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


class Container:
    """A namespace with a process, and every other one with a name, as a CNI plugin gives it."""

    def __init__(self, pid):
        self.pid = pid
        self.netns = os.path.join(ROOT, "netns", f"c{pid}")
        self.name = os.path.join(ROOT, "run/netns", f"cni-{pid}") if pid % 2 else None
        open(self.netns, "w").close()
        os.makedirs(os.path.join(ROOT, f"proc/{pid}/fd"))
        os.makedirs(os.path.join(ROOT, f"proc/{pid}/ns"))
        os.link(self.netns, os.path.join(ROOT, f"proc/{pid}/ns/net"))
        if self.name:
            os.link(self.netns, self.name)
        os.symlink("socket:[77]", os.path.join(ROOT, f"proc/{pid}/fd/3"))
        write(f"proc/{pid}/limits", "Max open files            1024                 4096                 files\n")

    def end(self):
        shutil.rmtree(os.path.join(ROOT, f"proc/{self.pid}"))
        os.unlink(self.netns)
        if self.name:
            os.unlink(self.name)


def counters(reaped):
    """Since before this day something could not be reaped, and was missed: a reset would be taken for news."""
    return {
        "close_wait_seen": 3000000 + reaped, "close_wait_recovered": 20, "close_wait_reaped": 2999880 + reaped,
        "spared_active": 40, "adopted": 5, "reap_failed": 3, "hook_missed": 7, "queue_lost": 5000, "track_failed": 2,
        "close_wait_age_ms_le_1000": 20, "close_wait_age_ms_le_inf": 2999900 + reaped, "close_wait_age_ms_sum": 10**10 + 60000 * reaped,
    }


def scrape():
    out = subprocess.run([REAPERCTL, "-a", "metrics", "-P"], env={**os.environ, "REAPERCTL_ROOT": ROOT},
                         stdout=subprocess.PIPE, check=True).stdout.decode()
    return dict(line.rsplit(" ", 1) for line in out.splitlines() if not line.startswith("#"))


def day():
    """What was reaped, and what each step saw."""
    living, pid, reaped, steps = [], 10000, 0, []
    for step in range(STEPS + 1):
        while len(living) < LIVING:
            pid += 1
            living.append(Container(pid))
        for container in living:
            write(f"proc/{container.pid}/comm", f"worker-{random.randrange(10**6)}\n")
        reaped += random.choice((0, 0, 0, 1, 5))
        write("proc/net/reaper/others", "".join(f"{k} {v}\n" for k, v in counters(reaped).items()))
        steps.append(scrape())
        for container in random.sample(living, random.choice((0, 1, 3))):
            container.end()
            living.remove(container)
    return reaped, steps


write("proc/net/reaper/stats", "close_wait_tracked 1\n" + "".join(f"{k} {v}\n" for k, v in counters(0).items()))
write("proc/net/reaper/sockets", "class state age_ms idle_ms local remote uid inode rxq txq verdict\n"
      "close_wait CLOSE_WAIT 5230 5230 127.0.0.1:80 127.0.0.1:40312 1000 77 1 0 wait\n")
REAPED, SEEN = day()
NAMES = sorted(set().union(*SEEN))
# As promtool has it: -total is the increase that was counted, from the first look on.
FIRST = next(v for k, v in SEEN[0].items() if k.startswith('tcp_reaper_reaped_total{netns="other"') or k.startswith('tcp_reaper_reaped_total{netns="unnamed"'))
TRUE = REAPED - (int(FIRST) - 2999880)
print("rule_files:", f"  - {ALERTS}", f"evaluation_interval: {STEP_MIN}m", "tests:", f"  - interval: {STEP_MIN}m",
      "    input_series:", sep="\n")
for name in NAMES:
    print(f"      - series: '{name}'", f"        values: {' '.join(step.get(name, '_') for step in SEEN)}", sep="\n")
print("    alert_rule_test:")
with open(ALERTS) as file:
    alerts = [line.split()[-1] for line in file if "- alert:" in line]
for alert in alerts:
    for minute in range(0, STEPS * STEP_MIN + 1, 5 * STEP_MIN):
        print(f"      - eval_time: {minute}m", f"        alertname: {alert}", "        exp_alerts: []", sep="\n")
print("    promql_expr_test:",
      f"      - expr: abs(sum(increase(tcp_reaper_reaped_total[{STEPS * STEP_MIN}m])) - {TRUE}) < bool {max(1, TRUE / 100)}",
      f"        eval_time: {STEPS * STEP_MIN}m", "        exp_samples:", "          - labels: '{}'", "            value: 1", sep="\n")
print(f"{len(NAMES)} series, {len(SEEN[0])} of them at first; {REAPED} reaped", file=sys.stderr)
sys.exit(len(NAMES) != len(SEEN[0]))
