"""What an event costs among many people and among few: from the PBX's POST to the presence at the watchers."""

import json
import statistics
import subprocess

from lab import DurablePostgres, Sink, cpu_seconds, fill, note, offhook, program, versions, wait_until
from report import Result

HELP = "CPU time of an event among 1,000, 10,000 and 100,000 people"
MOST_GROWTH = 20  # percent
WARM_UP = 2  # seconds


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=100000, help="the most (default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=50, help="of each person (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=400, help="events a second (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=8, help="of each round (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=5, help="of which the median counts (default: %(default)s)")


class Tenant:
    """So many people, each watched by as many others, on an Offhook and a counting server of their own."""

    def __init__(self, workshop, postgres, people, watchers):
        self.people = people
        self.calls = 0
        self.cpu, self.stanzas, self.answer = [], [], []
        self.sink = workshop.add(Sink(workshop.directory / f"sink{people}")).start()
        self.server = workshop.add(offhook(workshop, f"offhook{people}", self.sink, postgres))
        subscriptions = fill(self.server, people, watchers)
        refuse_feeds(self.server)
        self.server.start()
        wait_until("everybody is published", lambda: self.sink.report()["presences"] >= subscriptions, timeout=60)

    def post(self, rate, seconds):
        command = [program("calls"), "--port", self.server.http_port, "--token", self.server.token,
                   "--people", self.people, "--rate", rate, "--seconds", seconds, "--first", self.calls]
        run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{self.people} people: {run.stderr.strip()}\n{self.server.log()[-2000:]}")
        figures = json.loads(run.stdout)
        if figures["refused"]:
            raise RuntimeError(f"{self.people} people: {figures['refused']} events were refused")
        self.calls += rate * seconds // 2
        return figures

    def measure(self, rate, seconds):
        cpu, presences = cpu_seconds(self.server), self.sink.report()["presences"]
        figures = self.post(rate, seconds)
        self.cpu.append((cpu_seconds(self.server) - cpu) / figures["events"] * 1e6)
        self.stanzas.append((self.sink.report()["presences"] - presences) / figures["events"])
        self.answer.append(figures["answer"])


def refuse_feeds(server):
    """Else accounts would be asked for their presence, a hundred a second, for as long as that takes."""
    import psycopg
    with psycopg.connect(server.config["database"]["url"], autocommit=True) as connection:
        connection.execute("""INSERT INTO feeds (tenant_id, account, state)
            SELECT tenant_id, account, 'refused' FROM people WHERE account IS NOT NULL""")


def row(label, tenants, key, digits):
    figures = [getattr(tenant, key) for tenant in tenants]
    return [label, *(f"{statistics.median(each):.{digits}f}" for each in figures)]


def spread(tenants):
    return ["the same, least to most µs", *(f"{min(tenant.cpu):.1f}-{max(tenant.cpu):.1f}" for tenant in tenants)]


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    tenants = []
    for people in [size for size in (1000, 10000) if size < options.people] + [options.people]:
        note(f"{people} people")
        tenants.append(Tenant(workshop, postgres, people, options.watchers))
    for tenant in tenants:
        tenant.post(options.rate, WARM_UP)
    for number in range(options.rounds):
        note(f"round {number + 1}")
        for tenant in tenants:
            tenant.measure(options.rate, options.seconds)
    fewest, most = (statistics.median(tenant.cpu) for tenant in (tenants[0], tenants[-1]))
    growth = (most / fewest - 1) * 100
    return Result(
        title="Growth: an event among few and among many people",
        about=f"{options.rate} events a second, one a POST: calls are answered and end, of one person after the other in an order "
              f"that is not that of memory. Each person is watched by {options.watchers} of the others. The whole program's CPU "
              "time, from the POST to rows in PostgreSQL and presences at an XMPP server that only counts; "
              f"{options.rounds} rounds of {options.seconds} s for each size in turn, medians.",
        versions=versions("postgresql-15"),
        header=["", *(f"{tenant.people} people" for tenant in tenants)],
        rows=[row("CPU of an event, µs", tenants, "cpu", 1), spread(tenants),
              row("presences of an event", tenants, "stanzas", 1),
              row("POST sent to 200, committed, ms on average", tenants, "answer", 2)],
        verdicts=[(abs(growth) <= MOST_GROWTH,
                   f"an event among {tenants[-1].people} people costs {growth:+.0f} % of what it costs among "
                   f"{tenants[0].people} (bound ±{MOST_GROWTH} %)")],
    )
