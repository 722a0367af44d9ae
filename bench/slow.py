"""An XMPP server that reads ten times more slowly than presence changes: what waits, and what is seen in the end."""

import json
import subprocess
import time

from growth import refuse_feeds
from lab import DurablePostgres, fill, memory_bytes, note, offhook, program, versions, wait_until
from observer import Observer
from report import Result

HELP = "memory while the XMPP server reads ten times more slowly than events come, and what watchers see then"
MOST_BYTES = 64 * 1024 * 1024
SLOWER = 10
PATIENCE = 60  # seconds until everybody has the latest
MIB = 1024 * 1024


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=2000, help="(default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=50, help="of each person (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=400, help="events a second (default: %(default)s)")
    parser.add_argument("--seconds", type=int, default=60, help="(default: %(default)s)")


def begin_calls(server, options, seconds, first=0):
    command = [program("calls"), "--port", server.http_port, "--token", server.token, "--people", options.people,
               "--rate", options.rate, "--seconds", seconds, "--first", first, "--lasting", options.people // 2]
    return subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish_calls(calls):
    output, errors = calls.communicate()
    if calls.returncode != 0:
        raise RuntimeError(errors.strip())
    return json.loads(output)


def people_of(server):
    """Everybody's status by contact, as colleagues see it."""
    statuses, cursor = {}, ""
    while cursor is not None:
        page = server.request("GET", f"/v1/people?limit=100{cursor}", token=server.reader_token).json
        statuses.update((person["contact"], person["status"]) for person in page["items"])
        cursor = f"&cursor={page['next']}" if page["next"] else None
    return statuses


def wrong(observer, server):
    """The pairs whose watcher was told something else last than what is so."""
    true = people_of(server)
    return sum(status != true[contact] for (contact, _), status in observer.told().items())


def watch(server, calls):
    """The most memory while calls come, above what there was before."""
    before = most = memory_bytes(server)
    while calls.poll() is None:
        most = max(most, memory_bytes(server))
        time.sleep(0.1)
    return most - before


def run(workshop, options):
    note("filling the database")
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    observer = workshop.add(Observer(workshop.directory / "observer")).start()
    server = workshop.add(offhook(workshop, "offhook", observer, postgres))
    pairs = fill(server, options.people, options.watchers)
    refuse_feeds(server)
    server.start()
    wait_until("everybody is published", lambda: observer.report()["pairs"] >= pairs, timeout=60)
    warm_up = max(options.people // options.rate, 1)  # seconds, until half of all are on a call
    finish_calls(begin_calls(server, options, warm_up))
    time.sleep(1)

    bytes_each = observer.report()["bytes"] / observer.report()["presences"]
    pace = int(options.rate * options.watchers * bytes_each / SLOWER)
    note(f"{options.seconds} s of calls, read at {pace // 1024} KiB/s")
    before = observer.report()
    observer.tell(f"pace {pace}")
    calls = begin_calls(server, options, options.seconds, options.rate * warm_up // 2)
    growth = watch(server, calls)
    figures = finish_calls(calls)
    slow, late = observer.report(), wrong(observer, server)
    note("reading all")
    begun = time.monotonic()
    observer.tell("pace 0")
    wait_until("everybody has the latest", lambda: wrong(observer, server) == 0, timeout=PATIENCE, every=0.1)
    took = time.monotonic() - begun
    after = observer.report()

    changes = figures["events"] * options.watchers
    read, caught_up = slow["presences"] - before["presences"], after["presences"] - slow["presences"]
    return Result(
        title="A slow XMPP server",
        about=f"{options.people} people, each watched by {options.watchers} of the others; {options.rate} events a second for "
              f"{options.seconds} s, each of which changes somebody's presence; half of all people are on a call at a time. The XMPP server reads a tenth of the bytes that "
              "telling all of it would take, and afterwards all there are. It remembers what each watcher was told last of each "
              "person, which is compared with `GET /v1/people`.",
        versions=versions("postgresql-15"),
        header=["", "presences", "MiB"],
        rows=[["if everybody were told of every change", changes, f"{changes * bytes_each / MIB:.1f}"],
              ["read during the calls", read, f"{(slow['bytes'] - before['bytes']) / MIB:.1f}"],
              ["read afterwards", caught_up, f"{(after['bytes'] - slow['bytes']) / MIB:.1f}"],
              ["growth of Offhook's resident memory, at most", "", f"{growth / MIB:.1f}"]],
        verdicts=[
            (growth < MOST_BYTES, f"resident memory grew by {growth / MIB:.1f} MiB (bound {MOST_BYTES // MIB})"),
            (len(observer.told()) == pairs and figures["refused"] == 0,
             f"all {pairs} watchers of somebody have the latest {took:.2f} s after the server began to read all; "
             f"{late} had not before; {figures['refused']} of {figures['events']} events were refused"),
            (after["connections"] == 1, f"{after['connections']} connection to the XMPP server was made"),
        ],
        notes=[f"A POST was answered after {figures['answer']:.2f} ms on average."],
    )
