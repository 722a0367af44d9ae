"""How many presences a second real XMPP servers deliver when they come from Offhook, and when they come ready-made from
a bare loop in C."""

import json
import re
import statistics
import subprocess
import time

from lab import SECRET, XMPP_SERVERS, DurablePostgres, Process, cpu_seconds, fill, note, offhook, program, versions
from report import Result

HELP = "stanzas a second into Prosody and ejabberd, beside a bare loop"
LEAST = 0.95  # of the bare loop's rate
CROWDS = {"offline": (1, 99), "online": (50, 0)}  # watchers of each person: online, offline
OVERLOAD = 2  # times the events that the server took from the bare loop, so that there is always something to send
BATCH = 10  # events a post, as nothing but the way to the XMPP server is to be seen
QUIET = 0.7  # seconds without a presence: all came
ASKING = 2  # seconds after which Offhook has begun to ask accounts for their presence


def add_arguments(parser):
    parser.add_argument("--server", choices=[*XMPP_SERVERS, "both"], default="both")
    parser.add_argument("--people", type=int, default=200, help="who are called in turn (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=13, help="(default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=2, help="of each in a round (default: %(default)s)")


class Crowd(Process):
    """Clients that count what reaches them."""

    name = "crowd"

    def __init__(self, directory, xmpp, clients):
        super().__init__(directory)
        self.arguments = [program("crowd"), str(xmpp.client_port), xmpp.domain, str(clients)]
        self.clients = clients

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self.arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                                          text=True, start_new_session=True)

    def ask(self, question=""):
        self.child.stdin.write(question + "\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name}: {self.log()[-2000:]}")
        return json.loads(line)

    def is_ready(self):
        return self.ask()["online"] == self.clients

    def settle(self):
        """What came when nothing comes any more."""
        before = self.ask()
        while True:
            time.sleep(QUIET)
            report = self.ask()
            if report["presences"] == before["presences"]:
                return report
            before = report

    def stop(self):
        if self.child is None or self.child.stdin.closed:
            return 0
        self.child.stdin.close()
        status = self.child.wait(self.stop_timeout)
        self.child.stdout.close()
        return status


def watch(server, people, addresses):
    """Everybody is watched from these addresses."""
    import psycopg
    with psycopg.connect(server.config["database"]["url"], autocommit=True) as connection:
        connection.execute("""INSERT INTO watchers (tenant_id, contact, watcher, heard_at)
            SELECT t.id, 'p' || n, watcher, now()
            FROM tenants t, generate_series(0, %s - 1) n, unnest(%s::text[]) watcher""", [people, addresses])


def stanzas_out(server):
    text = server.request("GET", "/metrics").body.decode()
    return int(re.search(r"^offhook_stanzas_out_total (\d+)$", text, re.MULTILINE).group(1))


class Delivery:
    """Stanzas a second, from the first that reached a client to the last, and the server's CPU for each."""

    def __init__(self, xmpp, crowd):
        self.xmpp, self.crowd = xmpp, crowd
        self.cpu = cpu_seconds(xmpp)
        crowd.ask("anew")

    def end(self, count):
        """When all came, they are counted."""
        report = self.crowd.settle()
        if report["presences"] == 0:
            raise RuntimeError("no presence reached a client")
        stanzas = count()
        return {"rate": stanzas / ((report["last"] - report["first"]) / 1e6),
                "cpu": (cpu_seconds(self.xmpp) - self.cpu) / stanzas * 1e6}


def run_bare(xmpp, crowd, addresses, options):
    delivery = Delivery(xmpp, crowd)
    command = [program("bare"), "--port", xmpp.component_port, "--component", xmpp.components[1], "--domain", xmpp.domain,
               "--secret", SECRET, "--contacts", options.people, "--seconds", options.seconds, "--ready"]
    run = subprocess.run([str(word) for word in command], input="".join(f"{address}\n" for address in addresses),
                         capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip())
    return delivery.end(lambda: json.loads(run.stdout)["stanzas"])


class Events:
    """A PBX with more events than the server can take; their number goes on from run to run."""

    def __init__(self):
        self.next_event = 0

    def run(self, server, crowd, rate, options):
        delivery = Delivery(server.xmpp, crowd)
        before = stanzas_out(server)
        command = [program("load"), "--http-port", server.http_port, "--token", server.token, "--people", options.people,
                   "--rate", max(int(rate), BATCH), "--batch", BATCH, "--connections", 8, "--seconds", options.seconds,
                   "--first", self.next_event]
        load = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        if load.returncode != 0:
            raise RuntimeError(load.stderr.strip())
        posted = json.loads(load.stdout)
        if posted["refused"]:
            raise RuntimeError(f"{server.name}: {posted}\n{server.log()[-2000:]}")
        self.next_event = posted["next"]
        return delivery.end(lambda: stanzas_out(server) - before)


def measure(workshop, postgres, name, case, options):
    online, offline = CROWDS[case]
    directory = workshop.directory / f"{name}-{case}"
    xmpp = workshop.add(XMPP_SERVERS[name](directory)).start()
    for user in [f"w{number}" for number in range(online)] + [f"a{number}" for number in range(offline)]:
        xmpp.register(user)
    addresses = [f"w{number}@{xmpp.domain}" for number in range(online)]
    addresses += [f"a{number}@{xmpp.domain}" for number in range(offline)]
    server = workshop.add(offhook(workshop, f"offhook-{name}-{case}", xmpp, postgres))
    fill(server, options.people)
    watch(server, options.people, addresses)
    crowd = workshop.add(Crowd(directory, xmpp, online)).start()
    server.start()
    time.sleep(ASKING)
    crowd.settle()
    events, rounds = Events(), []
    for number in range(options.rounds):
        note(f"{name}, {case}: round {number + 1} of {options.rounds}")
        bare = run_bare(xmpp, crowd, addresses, options)
        ours = events.run(server, crowd, OVERLOAD * bare["rate"] / len(addresses), options)
        rounds.append((ours, bare))
    server.finish()
    for process in (crowd, xmpp):
        process.stop()
    return rounds


def row(label, rounds):
    cells = [label]
    for i in (0, 1):
        rates = [pair[i]["rate"] for pair in rounds]
        cells += [f"{statistics.median(rates):.0f}", f"{min(rates):.0f}-{max(rates):.0f}",
                  f"{statistics.median(pair[i]['cpu'] for pair in rounds):.1f}"]
    return [*cells, f"{ratio(rounds):.2f}"]


def ratio(rounds):
    """The median of the rounds' ratios: what disturbs a round disturbs both."""
    return statistics.median(ours["rate"] / bare["rate"] for ours, bare in rounds)


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    names = list(XMPP_SERVERS) if options.server == "both" else [options.server]
    figures = {f"{name}, {case}": measure(workshop, postgres, name, case, options) for name in names for case in CROWDS}
    return Result(
        title="Rate: presences into real XMPP servers",
        about=f"Calls of {options.people} people, posted to Offhook in tens and {OVERLOAD} times as many as the server can "
              "take, committed to PostgreSQL, and published; beside a bare loop that writes the same stanzas, made ready "
              "before, 64 KiB at a time. Offline: each person has 99 watchers who are logged out, and one at a client; "
              "online: 50 at their clients. Stanzas that were sent, divided by the time from the first to the last that a "
              f"client got. {options.rounds} rounds, both in turn, {options.seconds} s each and until all has come: medians, "
              "least and most. Prosody has `network_settings = { min_wait = 0 }`.",
        versions=versions("postgresql-15", *names),
        header=["server, watchers", "Offhook stanzas/s", "least-most", "server's µs each", "bare loop stanzas/s", "least-most",
                "server's µs each", "ratio"],
        rows=[row(label, rounds) for label, rounds in figures.items()],
        verdicts=[(ratio(rounds) >= LEAST, f"{label}: {ratio(rounds):.2f} of the bare loop's rate (bound {LEAST})")
                  for label, rounds in figures.items()],
        notes=["Rounds are short and many, as the speed of the machine of 2026-11-29 changes by half within seconds. Before, "
               "with 3, 5 or 7 rounds of 5 s each, nearly the same program gave 0.88, 1.01, 0.94 and 0.84 into Prosody with "
               "online watchers, and 0.98, 0.96 and 0.89 into ejabberd with online ones. Without a limit on what the kernel "
               "takes and cannot send (TCP_NOTSENT_LOWAT), 5 rounds gave 1.04 into Prosody in place of 1.01."],
    )
