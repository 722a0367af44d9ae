"""A burst of calls through the running program: every leg ends, and watchers agree with the PBX's own list."""

import json
import subprocess
import time

from lab import XMPP_SERVERS, DurablePostgres, cpu_seconds, fill, free_port, memory_bytes, note, offhook, program, versions
from report import Result

HELP = "every leg ends and watchers agree with the PBX's own list, in a burst of calls"
WAYS = {"events": "posts events", "asterisk": "is an Asterisk"}
PASSWORD = "manager-password"
MIB = 1024 * 1024


def add_arguments(parser):
    parser.add_argument("--server", choices=XMPP_SERVERS, default="prosody", help="(default: %(default)s)")
    parser.add_argument("--way", choices=[*WAYS, "both"], default="both", help="how the PBX tells (default: %(default)s)")
    parser.add_argument("--extensions", type=int, default=500, help="a person each (default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=2, help="clients online, each watching everybody (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=500, help="events a second (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=60, help="(default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random calls (default: %(default)s)")


def live_legs(server):
    """What PostgreSQL says, at most a few seconds later, as presence does not wait for it."""
    import psycopg
    deadline = time.monotonic() + 5
    with psycopg.connect(server.config["database"]["url"], autocommit=True) as connection:
        while True:
            live = connection.execute("SELECT count(*) FROM legs WHERE state <> 'ended'").fetchone()[0]
            if not live or time.monotonic() > deadline:
                return live
            time.sleep(0.1)


def measure(workshop, postgres, xmpp, way, options):
    note(f"{way}: {options.seconds} s of calls")
    server = workshop.add(offhook(workshop, f"offhook-{way}", xmpp, postgres))
    fill(server, options.extensions)
    command = [program("burst"), "--xmpp-port", xmpp.client_port, "--domain", xmpp.domain, "--component", xmpp.component,
               "--extensions", options.extensions, "--watchers", options.watchers, "--rate", options.rate,
               "--seconds", options.seconds, "--seed", options.seed]
    if way == "asterisk":
        port = free_port()
        server.config["pbx"] = [{"name": "hq", "tenant": xmpp.domain, "type": "asterisk", "port": port,
                                 "username": "offhook", "password_file": server._secret("manager", PASSWORD)}]
        command += ["--manager-port", port]
    else:
        command += ["--http-port", server.http_port, "--token", server.token]
    server.start()
    before = cpu_seconds(server)
    run = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"{way}: the benchmark failed\n{server.log()[-2000:]}")
    figures = json.loads(run.stdout)
    figures.update(live=live_legs(server), cpu=cpu_seconds(server) - before, peak=memory_bytes(server, "VmHWM"))
    server.finish()
    return figures


def row(way, figures):
    return [WAYS[way], *(f"{figures[key]:,}" for key in ("events", "repeated", "lost", "drops", "presences", "compared",
                                                         "disagreed", "wrong_at_end", "live")),
            f"{figures['end']:.0f} ms", f"{figures['cpu']:.1f} s", f"{figures['peak'] / MIB:.0f} MiB"]


def verdicts(way, figures, options):
    failed = {key: figures[key] for key in ("refused", "unanswered") if figures[key]}
    behind = figures["lateness"] / 1000
    taken = ", ".join(f"{count} posts {key}" for key, count in failed.items()) or "every post taken"
    return [
        (behind < 1, f"{way}: {options.rate} events a second, at most {figures['lateness']:.0f} ms late"),
        (not failed and not figures["disagreed"] and not figures["wrong_at_end"],
         f"{way}: during the burst {figures['disagreed']} of {figures['compared']:,} comparisons differ from the PBX's "
         f"list, at its end {figures['wrong_at_end']} views; {taken}"),
        (figures["live"] == 0, f"{way}: {figures['live']} legs stand in PostgreSQL after the last call ended"),
    ]


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    xmpp = workshop.add(XMPP_SERVERS[options.server](workshop.directory / options.server)).start()
    for number in range(options.watchers):
        xmpp.register(f"w{number}")
    ways = list(WAYS) if options.way == "both" else [options.way]
    figures = {way: measure(workshop, postgres, xmpp, way, options) for way in ways}
    return Result(
        title="A burst of calls",
        about=f"{options.rate} call events a second for {options.seconds} s over {options.extensions} extensions, then all calls "
              "end at the same pace: random legs ring in or out, are answered, held, resumed and ended, up to two on an "
              f"extension. {options.watchers} clients watch everybody. A PBX that posts events over 32 connections repeats some, "
              "loses some ends, and posts a snapshot every 5 s and at the end; an Asterisk sends DeviceStateChange and "
              "ExtensionStatus for each, repeats some, and its session is lost every 20 s. Once a second every view is compared "
              "with the PBX's own list, but for what changed within 1 s or was lost and is not healed yet.",
        versions=versions("postgresql-15", options.server),
        header=["PBX", "events", "repeated", "ends lost", "sessions lost", "presences", "compared", "differ", "wrong at end",
                "legs left", "all agree after", "CPU", "memory"],
        rows=[row(way, figures[way]) for way in ways],
        verdicts=[verdict for way in ways for verdict in verdicts(way, figures[way], options)],
    )
