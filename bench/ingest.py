"""How many call events a second become durable, beside one transaction for each."""

import itertools
import json
import statistics
import subprocess

from lab import DurablePostgres, Sink, cpu_seconds, fill, fsync_milliseconds, note, offhook, program, start_timed, versions
from report import Result
from servers import PBX_TOKEN

HELP = "durable events a second by connections and batch size, beside one transaction per event"
LEAST_RATIO = 10
CONNECTIONS, BATCHES = (1, 2, 8, 32, 100), (1, 10, 100, 1000)
MOST_WAITING = 20000  # events; more calls than that at a time, Offhook refuses
PEOPLE = 10000


def add_arguments(parser):
    parser.add_argument("--rounds", type=int, default=5, help="(default: %(default)s)")
    parser.add_argument("--milliseconds", type=int, default=1000, help="of each measurement (default: %(default)s)")


class Bench:
    def __init__(self, workshop, options):
        self.milliseconds = options.milliseconds
        self.numbers = itertools.count(1)
        self.postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
        self.sink = workshop.add(Sink(workshop.directory / "sink")).start()
        self.server = workshop.add(offhook(workshop, "offhook", self.sink, self.postgres))
        self.url = self.server.config["database"]["url"]
        self.calls = {"hq": 0, "bare": 0}
        fill(self.server, PEOPLE)
        start_timed(self.server)

    def run(self, kind, connections, *rest):
        line = subprocess.run([program("ingest"), kind, str(next(self.numbers)), str(self.milliseconds), str(connections),
                               str(PEOPLE), *map(str, rest)], capture_output=True, text=True)
        if line.returncode != 0:
            raise RuntimeError(line.stderr)
        figures = json.loads(line.stdout)
        figures["rate"] = figures["events"] / figures["microseconds"] * 1e6
        return figures

    def post(self, connections, batch):
        before = cpu_seconds(self.server)
        figures = self.run("post", connections, batch, self.server.http_port, PBX_TOKEN)
        figures["cpu"] = (cpu_seconds(self.server) - before) / figures["requests"] * 1e6
        if figures["refused"]:
            raise RuntimeError(f"{figures['refused']} posts were refused")
        self.calls["hq"] += figures["events"] // 2
        return figures

    def insert(self, connections):
        figures = self.run("insert", connections, self.url)
        self.calls["bare"] += figures["events"]
        return figures

    def rows(self):
        """By PBX: rows in the table, and those of calls that go on."""
        import psycopg
        with psycopg.connect(self.url, autocommit=True) as connection:
            found = connection.execute("SELECT pbx, count(*), count(*) FILTER (WHERE state <> 'ended') FROM legs GROUP BY pbx")
            return {pbx: (count, going_on) for pbx, count, going_on in found}

    def settle(self):
        """Both begin with the same: what was written is on the disk."""
        import psycopg
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("CHECKPOINT")


def median(runs, key):
    return statistics.median(run[key] for run in runs)


def spread(runs):
    return f"{min(run['rate'] for run in runs):.0f} to {max(run['rate'] for run in runs):.0f}"


def run(workshop, options):
    note("starting")
    bench = Bench(workshop, options)
    fsync = fsync_milliseconds(workshop.directory)
    cells = [(connections, batch) for connections in CONNECTIONS for batch in BATCHES
             if connections * batch <= MOST_WAITING]
    posts = {cell: [] for cell in cells}
    inserts = {1: [], 100: []}
    for number in range(options.rounds):
        note(f"round {number + 1} of {options.rounds}")
        bench.settle()
        for connections, runs in inserts.items():
            runs.append(bench.insert(connections))
        for cell, runs in posts.items():
            runs.append(bench.post(*cell))
    rows = bench.rows()
    one, crowd, alone = inserts[1], inserts[100], posts[(100, 1)]
    waiting = {"100 waiting while 100 are committed (2 connections, 100 a request)": posts[(2, 100)],
               "100 that come in one request, and none while they are committed": posts[(1, 100)],
               "100 requests waiting with one event each": alone}
    ratios = {words: median(runs, "rate") / median(one, "rate") for words, runs in waiting.items()}
    table = [[f"one transaction per event, {connections} connection{'s' if connections > 1 else ''}", 1,
              f"{median(runs, 'rate'):.0f}", spread(runs), ""] for connections, runs in inserts.items()]
    table += [[f"Offhook, {connections} connection{'s' if connections > 1 else ''}", batch, f"{median(runs, 'rate'):.0f}",
               spread(runs), f"{median(runs, 'cpu'):.1f}"] for (connections, batch), runs in posts.items()]
    durable = rows["hq"] == (bench.calls["hq"], 0) and rows["bare"][0] == bench.calls["bare"]
    return Result(
        title="Ingest: durable events",
        about="Calls of 10000 people are answered and then ended, over kept HTTP connections that each wait for 200 before they "
              "post again; a 200 comes after the commit. Beside it a C program with libpq that inserts the same rows into "
              "the same table with a prepared statement, each in a transaction of its own: one after the other, and with 100 "
              f"connections at once. {options.milliseconds / 1000:g} s each, medians of {options.rounds} rounds in turn; a flushed page "
              f"takes {fsync:.2f} ms. PostgreSQL, Offhook and the PBX share the machine. More than {MOST_WAITING} calls at a "
              "time were not tried, as Offhook would refuse some.",
        versions=versions("postgresql-15"),
        header=["", "events a request", "events/s", "from, to", "Offhook's CPU µs a request"],
        rows=table,
        verdicts=[
            *((ratio >= LEAST_RATIO, f"group commit, {words}: {ratio:.1f} times one transaction per event (bound {LEAST_RATIO})")
              for words, ratio in ratios.items()),
            (durable, f"{rows['hq'][0]} rows in the table after {bench.calls['hq']} calls, none of which goes on, and "
                      f"{rows['bare'][0]} after {bench.calls['bare']} inserts"),
        ],
        notes=[f"Beside PostgreSQL's own group commit, 100 connections with a transaction per event, 100 requests are "
               f"{median(alone, 'rate') / median(crowd, 'rate'):.1f} times as fast.",
               "What limits requests with one event is HTTP, not the commit: an event of its own takes Offhook 30 to 35 µs, "
               "PostgreSQL about 24 and the PBX of this benchmark 21, on two cores that wait for the disk and for each other a "
               "quarter of the time; 27,000 a second would be all if they never did, where a transaction for each event makes 1,400 "
               "to 3,900. Of Offhook's time perf shows 39 % in the kernel (25 writing the answer, 7 reading, 5 asking how much there "
               "is to read), the rest in libevent's HTTP server and in memory and formatting on its behalf; our own code takes 9 %. "
               "Three calls of epoll_ctl for each request are gone: in turn, 41 µs with them and 34 without. What else was tried: "
               "jemalloc in place of glibc's malloc takes 32 to 34, a larger cache for each thread in glibc's no less than before. An HTTP "
               "server of our own would save some more (14 instead of 26 µs were measured for a bare one) and still not reach "
               "it. PBXes that have many events put them into one request."],
    )
