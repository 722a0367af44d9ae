"""What a login storm costs Offhook, beside plain expat on the same bytes."""

import json
import statistics
import subprocess

from lab import (DOMAIN, DurablePostgres, Process, cpu_seconds, fill, free_port, note, offhook, program, start_timed, versions,
                 wait_until)
from report import Result

HELP = "CPU time of a login storm beside plain expat on the same bytes"
MOST_RATIO = 1.5


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=10000, help="(default: %(default)s)")
    parser.add_argument("--contacts", type=int, default=50, help="probed by each person (default: %(default)s)")
    parser.add_argument("--presences", type=int, default=10, help="of each person (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=7, help="(default: %(default)s)")


class Storm(Process):
    """An XMPP server at which everybody comes online at once (bench/inbound.c)."""

    name = "storm"

    def __init__(self, directory, options):
        super().__init__(directory)
        self.domain = DOMAIN
        self.component = f"presence.{DOMAIN}"
        self.component_port = free_port()
        self.shape = [str(number) for number in (options.people, options.contacts, options.presences)]

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([program("inbound"), str(self.component_port), self.domain, self.component, *self.shape],
                                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                                          start_new_session=True)

    def is_ready(self):
        return self.ask("report") is not None

    def ask(self, command):
        self.child.stdin.write(command + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"the storm has ended: {self.log()}")
        return json.loads(line)

    def stop(self):
        if self.child is None or self.child.stdin.closed:
            return 0
        self.child.stdin.close()
        status = self.child.wait(self.stop_timeout)
        self.child.stdout.close()
        return status


class PlainExpat(Process):
    name = "plain-expat"

    def __init__(self, directory, storm):
        super().__init__(directory)
        self.storm = storm

    def command(self):
        return [program("plain_expat"), str(self.storm.component_port)]

    def is_ready(self):
        return self.storm.ask("report")["connected"]


def measure(storm, process, command):
    """Of one storm: microseconds of the process's CPU time for each stanza."""
    before = cpu_seconds(process)
    figures = storm.ask(command)
    figures["cpu"] = (cpu_seconds(process) - before) / figures["stanzas"] * 1e6
    return figures


def wait_quiet(storm):
    """Until nothing more comes from the component."""
    seen = [-1, 0]

    def quiet():
        now = storm.ask("report")["bytes"]
        seen[1] = seen[1] + 1 if now == seen[0] else 0
        seen[0] = now
        return seen[1] > 15

    wait_until("everybody has been told", quiet, timeout=120, every=0.1)


def prepare(server, storm, options):
    """Everybody's feed is active, is asked, and answers from two devices."""
    import psycopg
    fill(server, options.people, options.contacts)
    with psycopg.connect(server.config["database"]["url"], autocommit=True) as connection:
        connection.execute("""INSERT INTO feeds (tenant_id, account, state) SELECT tenant_id, account, 'active' FROM people""")
        connection.execute("VACUUM ANALYZE feeds")
    start_timed(server)
    note("everybody is asked")
    wait_until("all are probed", lambda: storm.ask("report")["probes"] >= options.people, timeout=120)
    storm.ask("logins")
    wait_quiet(storm)


def median(runs, key="cpu"):
    return statistics.median(run[key] for run in runs)


def spread(runs):
    return f"{min(run['cpu'] for run in runs):.2f} to {max(run['cpu'] for run in runs):.2f}"


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    storm = workshop.add(Storm(workshop.directory / "storm", options)).start()
    other = workshop.add(Storm(workshop.directory / "other", options)).start()
    note("filling the database")
    server = workshop.add(offhook(workshop, "offhook", storm, postgres))
    prepare(server, storm, options)
    plain = workshop.add(PlainExpat(workshop.directory / "plain", other)).start()

    ours, expat = {"probes": [], "goodbyes": []}, {"probes": [], "goodbyes": []}
    for number in range(options.rounds):
        for command in ours:
            note(f"{command}, {number + 1} of {options.rounds}")
            expat[command].append(measure(other, plain, command))
            ours[command].append(measure(storm, server, command))
    ratio = {command: median(ours[command]) / median(expat[command]) for command in ours}
    answers = min(figures["answers"] for figures in ours["probes"])
    labels = {"probes": "with probes, all answered", "goodbyes": "with nothing to answer"}
    stanzas = ours["probes"][0]["stanzas"]
    return Result(
        title="Inbound: everybody comes online",
        about=f"{options.people} people, {options.contacts} probes of contacts and {options.presences} presences of devices each "
              "(show, text, priority, caps), written by a C program as fast as they are taken. CPU time, user and system, of the "
              "whole process from the first byte to the answer to a request behind the last, for each stanza; plain expat is a "
              "program that reads the same bytes from the same kind of connection, has empty handlers, and does nothing. With "
              "nothing to answer, the same stanzas have another type than probe: what remains is to read, to route and to apply "
              "them. Everybody is known to be online already, and what the presences say changes nothing that colleagues see: "
              f"fan-out has a benchmark of its own. Medians of {options.rounds} rounds in turn.",
        versions=versions("libexpat1", "postgresql-15"),
        header=["", "stanzas", "bytes each", "plain expat µs", "from, to", "Offhook µs", "from, to", "ratio"],
        rows=[[labels[command], stanzas, f"{ours[command][0]['bytes'] / stanzas:.0f}", f"{median(expat[command]):.2f}",
               spread(expat[command]), f"{median(ours[command]):.2f}", spread(ours[command]), f"{ratio[command]:.2f}"]
              for command in ours],
        verdicts=[
            (ratio["probes"] <= MOST_RATIO, f"{ratio['probes']:.2f} times the CPU of plain expat, answers included (bound {MOST_RATIO})"),
            (ratio["goodbyes"] <= MOST_RATIO, f"{ratio['goodbyes']:.2f} times, without answers (bound {MOST_RATIO})"),
            (answers >= options.people * options.contacts, f"{answers} of {options.people * options.contacts} probes answered"),
        ],
        notes=[f"A storm took {median(ours['probes'], 'seconds'):.2f} s: "
               f"{stanzas / median(ours['probes'], 'seconds'):.0f} stanzas a second.",
               "Plain presence is read without an XML parser and without a tree (include/xmpp/announcement.h), and what all with "
               "a status share is rendered once. Eight stanzas are read before the first is handled, and what is known of their "
               "contacts is fetched into the cache together (include/base/map.h): before, two fifths of an answer were waiting for "
               "memory, one look-up after the other. Stanzas of one account come one behind the other, as XMPP servers send "
               "them, so that who was looked for last is found again without a look-up. A stanza of such a storm cost 4.2 µs at "
               "first, 1.3 µs without the parser, 0.8 µs since memory is not waited for."],
    )
