"""Start-up and memory with many people and watchers, and what publishing to all of them costs."""

import time

from lab import DurablePostgres, Sink, cpu_seconds, fill, memory_bytes, offhook, start_timed, versions
from report import Result

HELP = "time to readiness, memory and re-publication with many people and watchers"
MOST_SECONDS, MOST_BYTES = 3, 64  # until ready, for each subscription
PATIENCE = 60  # seconds for the publication
MIB = 1024 * 1024


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=10000, help="(default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=50, help="of each person (default: %(default)s)")


def wait_published(sink, already, wanted):
    """Until so many presences came, or none has for 3 s, or patience ends; the sink's last report."""
    deadline = time.monotonic() + PATIENCE
    while True:
        report = sink.report()
        quiet = time.monotonic() - report["last"] if report["presences"] > already else 0
        if report["presences"] - already >= wanted or quiet > 3 or time.monotonic() > deadline:
            return report
        time.sleep(0.02)


def publish(sink, server, wanted):
    """One start until everything is published; a dictionary of figures."""
    before = sink.report()
    figures = {"subscriptions": wanted, "ready": start_timed(server), "ready_rss": memory_bytes(server),
               "ready_cpu": cpu_seconds(server)}
    if wanted:
        at_ready = time.monotonic()
        report = wait_published(sink, before["presences"], wanted)
        figures["published"] = report["presences"] - before["presences"]
        figures["took"] = report["last"] - at_ready
        figures["cpu"] = cpu_seconds(server) - figures["ready_cpu"]
    time.sleep(1)  # what is still to be written is written
    figures["rss"] = memory_bytes(server)
    figures["peak"] = memory_bytes(server, "VmHWM")
    server.finish()
    return figures


def row(label, figures):
    published = figures.get("published", 0)
    return [label, figures["subscriptions"], f"{figures['ready']:.2f}", f"{figures['ready_rss'] / MIB:.1f}",
            f"{figures['rss'] / MIB:.1f}", f"{figures['peak'] / MIB:.1f}",
            published or "", f"{figures['took']:.2f}" if published else "",
            f"{figures['cpu'] / published * 1e6:.2f}" if published else ""]


def run(workshop, options):
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    sink = workshop.add(Sink(workshop.directory / "sink")).start()
    alone = workshop.add(offhook(workshop, "offhook-alone", sink, postgres))
    watched = workshop.add(offhook(workshop, "offhook-watched", sink, postgres))
    fill(alone, options.people, 0, "colleague")
    subscriptions = fill(watched, options.people, options.watchers, "colleague")
    bare = publish(sink, alone, 0)
    first = publish(sink, watched, subscriptions)
    again = publish(sink, watched, subscriptions)
    each = max((figures[key] - bare[key]) / subscriptions for figures in (first, again) for key in ("ready_rss", "rss"))
    ready = max(bare["ready"], first["ready"], again["ready"])
    verdicts = [
        (ready < MOST_SECONDS, f"ready after at most {ready:.2f} s (bound {MOST_SECONDS})"),
        (each <= MOST_BYTES, f"{each:.1f} bytes a subscription (bound {MOST_BYTES}), the difference of resident memory "
                             "to the same people without watchers, the worst of all readings"),
        (first["published"] >= subscriptions, f"{first['published']} of {subscriptions} presences published"),
    ]
    return Result(
        title="Scale: many people and watchers",
        about=f"{options.people} people with an extension and an account, each watched by {options.watchers} of the others, "
              "loaded from PostgreSQL; the XMPP server is a program that only counts. At the first start everything is "
              "news to everybody and is published as fast as it goes; when started again it is known, and is published "
              "again at a measured pace. CPU is Offhook's from readiness to the last presence.",
        versions=versions("postgresql-15"),
        header=["", "subscriptions", "ready s", "RSS then MiB", "RSS after MiB", "peak MiB", "published", "in s", "CPU µs each"],
        rows=[row("no watchers", bare), row("first start", first), row("started again", again)],
        verdicts=verdicts,
    )
