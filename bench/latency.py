"""From the PBX's POST to the presence at a colleague's client, on the real servers."""

import json
import subprocess

from lab import XMPP_SERVERS, DurablePostgres, fill, fsync_milliseconds, note, offhook, program, versions
from report import Result

HELP = "from the PBX's POST to the presence at a colleague's client"
MOST_P50, MOST_P99 = 5, 25  # milliseconds: design section 9


def add_arguments(parser):
    parser.add_argument("--server", choices=[*XMPP_SERVERS, "both"], default="both")
    parser.add_argument("--people", type=int, default=100, help="who are called in turn (default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=1, help="clients online, each watching everybody (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=200, help="events a second (default: %(default)s)")
    # So many that a disk which stalls for a moment does not hold up the next events with the answers.
    parser.add_argument("--connections", type=int, default=64, help="that the PBX keeps open (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=20, help="after 2 that do not count (default: %(default)s)")


def measure(workshop, postgres, name, options):
    note(f"{name}: {options.seconds + 2} s of calls")
    xmpp = workshop.add(XMPP_SERVERS[name](workshop.directory / name)).start()
    for number in range(options.watchers):
        xmpp.register(f"w{number}")
    server = workshop.add(offhook(workshop, f"offhook-{name}", xmpp, postgres))
    fill(server, options.people)
    server.start()
    command = [program("latency"), "--xmpp-port", xmpp.client_port, "--http-port", server.http_port,
               "--domain", xmpp.domain, "--component", xmpp.component, "--token", server.token,
               "--people", options.people, "--watchers", options.watchers, "--rate", options.rate,
               "--seconds", options.seconds, "--connections", options.connections]
    run = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"{name}: {run.stderr.strip()}\n{server.log()[-2000:]}")
    server.finish()
    xmpp.stop()
    return json.loads(run.stdout)


LINES = [
    ("from_due", "event due to presence seen"),
    ("from_sent", "POST sent to presence seen"),
    ("last_from_due", "event due to the last watcher's presence seen"),
    ("answer", "POST sent to 200, committed"),
    ("lateness", "event due to POST sent (the benchmark itself)"),
]


def rows(name, figures, watchers):
    for key, meaning in LINES:
        if key == "last_from_due" and watchers == 1:
            continue
        line = figures[key]
        yield [name, meaning, line["n"], *(f"{line[rank]:.2f}" for rank in ("p50", "p99", "p999", "max"))]


def verdict(name, figures, watchers):
    p50, p99 = figures["from_due"]["p50"], figures["from_due"]["p99"]
    lost = {key: figures[key] for key in ("missed", "refused", "unanswered", "unexpected") if figures[key]}
    complete = ", ".join(f"{count} {key}" for key, count in lost.items()) or "every change seen once"
    if figures["most_waiting"]:
        complete += f", up to {figures['most_waiting']} posts waited for a free connection"
    if watchers > 1:  # the server's own fan-out decides: no bound is promised
        return not lost, f"{name}: {complete}"
    return (p50 < MOST_P50 and p99 < MOST_P99 and not lost,
            f"{name}: p50 {p50:.2f} ms (bound {MOST_P50}), p99 {p99:.2f} ms (bound {MOST_P99}), {complete}")


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    names = list(XMPP_SERVERS) if options.server == "both" else [options.server]
    figures = {name: measure(workshop, postgres, name, options) for name in names}
    watching = "one client watches" if options.watchers == 1 else f"{options.watchers} clients watch"
    return Result(
        title="Latency: from the PBX's POST to the presence at a client" if options.watchers == 1 else
              f"Latency with {options.watchers} watchers",
        about=f"{options.rate} events a second for {options.seconds} s over {options.connections} kept HTTP connections; {watching} each of "
              f"{options.people} people, whose calls are answered and ended in turn. PBX and clients are one C program "
              "with one monotonic clock, on the same machine as all servers. Events are due at fixed instants, and count "
              "from there even when they could be sent only later. PostgreSQL commits to the disk (a flushed page takes "
              f"{fsync_milliseconds(workshop.directory):.2f} ms); Prosody has `network_settings = {{ min_wait = 0 }}`.",
        versions=versions("postgresql-15", *names),
        header=["server", "from, to", "n", "p50 ms", "p99 ms", "p99.9 ms", "max ms"],
        rows=[row for name in names for row in rows(name, figures[name], options.watchers)],
        verdicts=[verdict(name, figures[name], options.watchers) for name in names],
    )
