"""From the PBX's POST to everybody who watches: CPU per stanza and stanzas a second with as much as each can take.
Beside a bare loop in C that only writes the stanzas, and components written with slixmpp and Node for the same job."""

import json
import shutil
import signal
import statistics
import subprocess
import time

from lab import (BUILD, PBX_TOKEN, ROOT, SECRET, DurablePostgres, Process, Sink, accepts, cpu_seconds, fill, free_port,
                 fsync_milliseconds, note, offhook, program, versions)
from report import Result

HELP = "POST, commit and fan-out to 100 watchers, saturated, beside a bare loop and other components"
MOST_TO_BARE = 1.6
LEAST = {"slixmpp, ordinary": 100, "slixmpp, tuned": 2, "Node, ordinary": 10, "Node, tuned": 2}
PEERS = ROOT / "bench" / "peers"
QUIET = 0.3  # seconds without a presence: all came
LEAST_SEEN = 0.5  # of all stanzas that the events make when each is sent at once
ASKING = 2  # seconds after which Offhook has begun to ask accounts for their presence


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=500, help="who are called in turn (default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=100, help="of each person (default: %(default)s)")
    parser.add_argument("--connections", type=int, default=64, help="that the PBX keeps busy (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=3, help="of each in a round (default: %(default)s)")
    parser.add_argument("--only", default="",
                        help="parts of names, with commas between: offhook,bare,slixmpp,node")


# --- who is measured -----------------------------------------------------------------------------


class Peer(Process):
    """Another component that does the same job; it gets what it must know from its environment."""

    token = PBX_TOKEN
    stop_signal = signal.SIGKILL  # the benchmark is over, and nothing of theirs is kept

    def __init__(self, directory, name, command, sink, database):
        self.name = name.replace(", ", "-")
        super().__init__(directory)
        self.arguments = command
        self.http_port = free_port()
        self.settings = {"COMPONENT": sink.component, "DOMAIN": sink.domain, "SECRET": SECRET,
                         "XMPP_PORT": str(sink.component_port), "HTTP_PORT": str(self.http_port),
                         "DATABASE": database, "TOKEN": self.token}

    def command(self):
        return self.arguments

    def environment(self):
        return dict(super().environment(), **self.settings)

    def is_ready(self):
        return accepts(self.http_port)


def node_modules():
    """Node's packages as bench/peers/node/package-lock.json has them, in a folder of the build."""
    folder = BUILD / "bench" / "node"
    folder.mkdir(parents=True, exist_ok=True)
    for path in (PEERS / "node").iterdir():
        shutil.copy(path, folder)
    if not (folder / "node_modules" / ".package-lock.json").exists():
        note("npm ci: Node's packages")
        installed = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=folder, capture_output=True, text=True)
        if installed.returncode != 0:
            raise RuntimeError(f"npm ci: {installed.stderr[-2000:]}")
    return folder


def peer_commands():
    folder = node_modules()
    python = ["/usr/bin/python3", "-B"]
    return {"slixmpp, ordinary": [*python, PEERS / "slixmpp" / "ordinary.py"],
            "slixmpp, tuned": [*python, PEERS / "slixmpp" / "tuned.py"],
            "Node, ordinary": ["node", folder / "ordinary.js"],
            "Node, tuned": ["node", folder / "tuned.js"]}


# --- one measurement -------------------------------------------------------------------------------


def settle(sink):
    """The sink's report when nothing comes any more."""
    before = sink.report()
    while True:
        time.sleep(QUIET)
        report = sink.report()
        if report["presences"] == before["presences"]:
            return report
        before = report


class Component:
    """What answers posts; the number of the next event goes on from run to run."""

    def __init__(self, server):
        self.server = server
        self.next_event = 0

    def run(self, sink, options):
        before, cpu = sink.report(), cpu_seconds(self.server)
        begun = time.monotonic()
        command = [program("load"), "--http-port", self.server.http_port, "--token", self.server.token,
                   "--people", options.people, "--connections", options.connections,
                   "--seconds", options.seconds, "--first", self.next_event]
        load = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if load.returncode != 0:
            raise RuntimeError(f"{self.server.name}: {load.stderr.strip()}\n{self.server.log()[-2000:]}")
        after = settle(sink)
        posted = json.loads(load.stdout)
        self.next_event = posted["next"]
        stanzas = after["presences"] - before["presences"]
        # A change back before anybody saw the change is none: then nothing is sent.
        if posted["refused"] or not LEAST_SEEN <= stanzas / (posted["events"] * options.watchers) <= 1:
            raise RuntimeError(f"{self.server.name}: {posted} made {stanzas} presences")
        return {"cpu": (cpu_seconds(self.server) - cpu) / stanzas * 1e6,
                "rate": stanzas / (after["last"] - begun), "events": posted["events"] / posted["seconds"],
                "bytes": (after["bytes"] - before["bytes"]) / stanzas}


class Bare:
    """The loop in C, which knows neither events nor a database."""

    def __init__(self, ready):
        self.ready = ready

    def run(self, sink, options):
        command = [program("bare"), "--port", sink.component_port, "--component", sink.component,
                   "--domain", sink.domain, "--contacts", options.people, "--seconds", options.seconds]
        recipients = "".join(f"p{number * 7919 % options.people}@{sink.domain}\n" for number in range(options.watchers))
        run = subprocess.run([str(word) for word in command + ["--ready"] * self.ready], input=recipients,
                             capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.strip())
        figures = json.loads(run.stdout)
        return {"cpu": figures["cpu"] / figures["stanzas"] * 1e6, "rate": figures["stanzas"] / figures["seconds"],
                "events": None, "bytes": figures["bytes"] / figures["stanzas"]}


def prepare(workshop, sink, options):
    """All who are measured, by name; everybody is connected, and those whose turn it is not are idle."""
    wanted = options.only.lower().split(",")
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    server = workshop.add(offhook(workshop, "offhook", sink, postgres))
    fill(server, options.people, options.watchers)
    database = server.config["database"]["url"]
    all_names = ["Offhook", "bare loop, snprintf", "bare loop, ready-made", *LEAST]
    names = [name for name in all_names if any(part in name.lower() for part in wanted)]
    runners = {}
    commands = peer_commands() if any(name in LEAST for name in names) else {}
    for name in names:
        if name == "Offhook":
            runners[name] = Component(server.start())
        elif name in LEAST:
            peer = workshop.add(Peer(workshop.directory / name.replace(", ", "-"), name, commands[name], sink, database))
            runners[name] = Component(peer.start())
        else:
            runners[name] = Bare("ready" in name)
    time.sleep(ASKING)
    settle(sink)
    return runners


# --- the table ---------------------------------------------------------------------------------------


def summary(runs, key):
    values = [run[key] for run in runs]
    return statistics.median(values), min(values), max(values)


def row(name, runs, reference):
    cpu, least, most = summary(runs, "cpu")
    rate = summary(runs, "rate")[0]
    events = f"{summary(runs, 'events')[0]:.0f}" if runs[0]["events"] else ""
    return [name, f"{cpu:.2f}", f"{least:.2f}-{most:.2f}", f"{cpu / reference:.2f}" if reference else "",
            f"{rate / 1000:.0f}", events, f"{summary(runs, 'bytes')[0]:.0f}"]


def ratio(figures, above, below):
    """The median of the rounds' ratios: what disturbs a round disturbs both."""
    return statistics.median(one["cpu"] / other["cpu"] for one, other in zip(figures[above], figures[below]))


def verdicts(figures):
    found = []
    if "Offhook" in figures and "bare loop, snprintf" in figures:
        to_bare = ratio(figures, "Offhook", "bare loop, snprintf")
        found.append((to_bare <= MOST_TO_BARE, f"Offhook takes {to_bare:.2f} times the CPU of the bare snprintf loop "
                                               f"(bound {MOST_TO_BARE})"))
    for name, least in LEAST.items():
        if "Offhook" in figures and name in figures:
            times = ratio(figures, name, "Offhook")
            found.append((times >= least, f"{name}: {times:.1f} times Offhook's CPU (bound {least})"))
    return found


def run(workshop, options):
    sink = workshop.add(Sink(workshop.directory / "sink")).start()
    runners = prepare(workshop, sink, options)
    figures = {name: [] for name in runners}
    for number in range(options.rounds):
        for name, runner in runners.items():
            note(f"round {number + 1} of {options.rounds}: {name}")
            figures[name].append(runner.run(sink, options))
    reference = summary(figures["bare loop, snprintf"], "cpu")[0] if "bare loop, snprintf" in figures else None
    return Result(
        title="Fan-out: CPU per stanza",
        about=f"{options.connections} kept HTTP connections post an event each as soon as the last is answered; each event "
              f"(answered, ended) of {options.people} people is committed to PostgreSQL and goes to {options.watchers} "
              "watchers. The XMPP server is a C program that only counts. CPU is user and system time of the component's "
              f"process alone, for all it does, divided by the stanzas that arrived. {options.rounds} rounds, everybody "
              f"in turn, {options.seconds} s each: medians, least and most. A flushed page takes "
              f"{fsync_milliseconds(workshop.directory):.2f} ms.",
        versions=versions("postgresql-15", *(["python3-slixmpp", "python3-aiohttp", "nodejs"] if len(runners) > 3 else [])),
        header=["", "CPU µs/stanza", "least-most", "to snprintf", "thousand stanzas/s", "events/s", "bytes/stanza"],
        rows=[row(name, runs, reference) for name, runs in figures.items()],
        verdicts=verdicts(figures),
        notes=["The bare loop has the stanzas' fields and writes 64 KiB at a time, each stanza by one snprintf or made "
               "ready before; it takes no events. Ordinary components are written as the libraries' guides say: a "
               "stanza for each watcher and a transaction for each event. Tuned ones make one string of all stanzas of "
               "an event and write it once, and commit all waiting events together.",
               "An event with its 100 stanzas costs 50 to 67 µs. A quarter of it is the kernel's, to send the stanzas, as in the "
               "bare loop; half is its request (see Ingest); publishing and rendering take 6 %. How much that is depends on what a "
               "system call and waking another process cost: on the machine of 2026-11-23 the ratio to the bare loop was 1.12, on "
               "that of 2026-11-29 1.58 to 1.81, until requests needed no epoll_ctl and answers no turn of their own. Since then, "
               "with the build before in turn: 1.40 and 1.50, 1.59 and 1.81; with others 1.39 and 1.37."],
    )
