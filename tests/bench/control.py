"""control.py - what the control plane costs a training: off, on, with a client that watches, under a flood; in turns, pinned

    scripts/bench control [--seconds 10] [--repeats 3] [--ranks 1] [--sides off,on,watched,flooded]

Trains GENER (default recipe) on generated pairs, the same command every time but for --no-control. `watched`: `dragnet watch` follows the
run; `flooded`: a program opens connections to the port of commands as fast as it can and sends bytes that are no greeting. Both run on
another core than one rank has, where there is one. Printed are, beside those of `off` in the same turn, medians of the ratios of

    pairs/s      of the epochs' training alone (metrics.jsonl, median of the epochs), first epoch left out
    processor    time of the run, all of its threads, the control plane's with them; of all ranks

and the spread of `off` itself, which says how far the machine can be trusted: a cost below it is not measured. Beside them stands what
the threads of rank 0 but the main one took of the processor (/proc, nanoseconds), which is seen on a busy machine, too.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time

import measure

FLOOD = """
import socket, sys
address = (sys.argv[1], int(sys.argv[2]))
n = 0
while True:
    try:
        with socket.create_connection(address, 1) as s:
            s.sendall(b"\\xff" + b"GET / HTTP/1.1 " * 8)
        n += 1
    except OSError:
        pass
"""


def other_core():
    cores = sorted(os.sched_getaffinity(0))
    return str(cores[0])


def ranks_of(pid):
    """The processes of a run that are dragnet."""
    found, todo = [], [pid]
    while todo:
        at = todo.pop()
        try:
            if open(f"/proc/{at}/comm").read().strip() == "dragnet":
                found.append(at)
            for task in os.listdir(f"/proc/{at}/task"):
                todo += map(int, open(f"/proc/{at}/task/{task}/children").read().split())
        except OSError:
            pass
    return found


def threads_of(pid):
    """Seconds of the processor of every thread that is there now, by its number."""
    found = {}
    for task in os.listdir(f"/proc/{pid}/task"):
        try:
            found[int(task)] = int(open(f"/proc/{pid}/task/{task}/schedstat").read().split()[0]) / 1e9
        except OSError:
            pass
    return found


class Run:
    def __init__(self, command, folder, side, o, environment):
        args = [*command, "-o", folder] + (["--no-control"] if side == "off" else [])
        self.threads = {}
        with open(f"{folder}.log", "w") as log:
            run = subprocess.Popen(list(map(str, measure.on_ranks(o.ranks, *args))), stdout=log, stderr=log, env=environment)
            watching = threading.Event()
            looker = threading.Thread(target=self.look, args=(run.pid, watching))
            looker.start()
            guest = self.guest(side, folder, command[0], run, environment)
            _, status, used = os.wait4(run.pid, 0)
            run.returncode = os.waitstatus_to_exitcode(status)
            watching.set()
            looker.join()
            if guest is not None:
                guest.kill()
                guest.wait()
        if run.returncode:
            sys.exit(f"exit code {run.returncode}: {args}\n{open(f'{folder}.log').read()[-2000:]}")
        self.cpu = used.ru_utime + used.ru_stime
        self.main = max(self.threads.values(), default=0.0)
        self.others = sum(self.threads.values()) - self.main
        speeds = [json.loads(line)["pairs_per_second"] for line in open(f"{folder}/metrics.jsonl")]
        self.speed = measure.median(speeds[1:] or speeds)

    def look(self, pid, over):
        """The last that was seen of each thread of rank 0: those of the control plane end before the run does."""
        first = None
        while not over.wait(0.05):
            first = first or next(iter(sorted(ranks_of(pid))), None)
            if first is None:
                continue
            try:
                self.threads.update(threads_of(first))
            except OSError:
                pass

    def guest(self, side, folder, program, run, environment):
        if side not in ("watched", "flooded"):
            return None
        path = f"{folder}/control/server.json"
        while not os.path.exists(path):
            if run.poll() is not None:
                sys.exit(f"{side}: over before it could be watched")
            time.sleep(0.02)
        if side == "watched":
            guest = [program, "watch", folder]
        else:
            host, port = json.load(open(path))["commands"][len("tcp://"):].rsplit(":", 1)
            guest = [sys.executable, "-c", FLOOD, host, port]
        return subprocess.Popen(["taskset", "-c", other_core(), *guest], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench control")
    parser.add_argument("root")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ranks", type=int, default=1)
    parser.add_argument("--sides", default="off,on,watched,flooded")
    o = parser.parse_args()
    sides = o.sides.split(",")
    if sides[0] != "off" or not set(sides) <= {"off", "on", "watched", "flooded"}:
        sys.exit("control: --sides are off (first), on, watched, flooded")
    program = os.path.abspath(f"{o.root}/build/dragnet")
    environment = measure.environment(OMPI_ALLOW_RUN_AS_ROOT=1, OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1)
    with tempfile.TemporaryDirectory(dir=o.root, prefix=".bench-") as place:
        os.chdir(place)
        measure.must([program, "synth", "-q", "-o", "d.h5", "--genes", 2000, "--samples", 500, "--pairs", 40000, "--seed", 1])
        measure.must([program, "split", "d.h5", "--pairs", "known", "--name", "s", "--kind", "random", "--fractions", "0.9,0.1,0", "--seed", 1])
        train = [program, "train", "gener", "d.h5", "--split", "s", "--seed", "1", "--patience", "100000"]
        first = Run([*train, "--epochs", "2"], "first", "off", o, environment)
        epochs = max(3, round(o.seconds * first.speed / 36000))
        print(f"{epochs} epochs of 36000 pairs, {o.ranks} rank(s), {o.repeats} turns", flush=True)
        found = {s: [] for s in sides}
        for turn in range(o.repeats):
            for side in sides if turn % 2 == 0 else sides[::-1]:
                run = Run([*train, "--epochs", epochs], f"{turn}-{side}", side, o, environment)
                found[side].append(run)
                print(f"  {side}: {run.speed:.0f} pairs/s, {run.cpu:.2f} s of the processor, rank 0: {run.main:.2f} s main thread, "
                      f"{run.others:.2f} s others; load {os.getloadavg()[0]:.1f}", file=sys.stderr, flush=True)
        os.chdir("/")
    off = found["off"]
    spread = [100 * (max(f) / min(f) - 1) for f in ([r.speed for r in off], [r.cpu for r in off])]
    print(f"off: median {measure.median([r.speed for r in off]):.0f} pairs/s; spread of its runs {spread[0]:.1f} % in pairs/s, "
          f"{spread[1]:.1f} % in processor time")
    for side in sides[1:]:
        speed = measure.median([a.speed / b.speed for a, b in zip(found[side], off)])
        cpu = measure.median([a.cpu / b.cpu for a, b in zip(found[side], off)])
        # the thread that waits for signals is on both sides
        own = measure.median([(a.others - b.others) / (a.main + 1e-9) for a, b in zip(found[side], off)])
        print(f"{side}: of off {speed:.4f} in pairs/s, {cpu:.4f} in processor time; its threads took "
              f"{100 * own:.3f} % of the main thread's time")


if __name__ == "__main__":
    main()
