"""Start-up and memory with many people and watchers, and what publishing to all of them costs."""

import time

from lab import DOMAIN, DurablePostgres, Sink, cpu_seconds, fill, memory_bytes, note, offhook, start_timed, versions, wait_until
from observer import Observer
from report import Result

HELP = "time to readiness, memory and re-publication with many people and watchers"
MOST_SECONDS, MOST_BYTES, MOST_MEBIBYTES = 10, 64, 500  # until ready, for each subscription, for the process
PATIENCE = 30  # seconds for the publication
PACED_SECONDS = 5  # how long the paced publication is watched
MIB = 1024 * 1024


def add_arguments(parser):
    parser.add_argument("--people", type=int, default=100000, help="(default: %(default)s)")
    parser.add_argument("--watchers", type=int, default=50, help="of each person (default: %(default)s)")


def wait_published(sink, wanted):
    """Until so many presences came, or none has for 3 s, or patience ends; the sink's last report."""
    deadline = time.monotonic() + PATIENCE
    while True:
        report = sink.report()
        quiet = report["presences"] and time.monotonic() - report["last"] > 3
        if report["presences"] >= wanted or quiet or time.monotonic() > deadline:
            return report
        time.sleep(0.02)


def remember_memory(server, figures):
    time.sleep(1)  # what is still to be written is written
    figures["rss"] = memory_bytes(server)
    figures["peak"] = memory_bytes(server, "VmHWM")


def stop(server, sink, figures):
    """SIGTERM: everybody is told that everybody is unavailable now."""
    before, begun = sink.report()["presences"], time.monotonic()
    server.finish()
    figures["signed_off"] = sink.report()["presences"] - before
    figures["stopping"] = time.monotonic() - begun
    sink.stop()


def start(make_sink, server, wanted):
    """One start on an XMPP server that is there already."""
    sink = make_sink().start()
    figures = {"subscriptions": wanted, "ready": start_timed(server), "ready_rss": memory_bytes(server)}
    if wanted:
        figures["published"] = wait_published(sink, wanted)["presences"]
    remember_memory(server, figures)
    stop(server, sink, figures)
    return figures


def answer(workshop, server, port):
    """From exec to the answer to a probe that waits for the component, while everybody else is told as well."""
    observer = workshop.add(Observer(workshop.directory / "observer", port=port)).start()
    observer.tell(f"probe colleague1@{DOMAIN}/probe colleague0@{observer.component}")
    begun = time.monotonic()
    figures = {"ready": start_timed(server)}
    wait_until("the probe is answered", lambda: observer.report()["answered"] > 0, timeout=PATIENCE)
    figures["answered"] = observer.report()["answered"] - begun
    server.kill()
    observer.stop()
    return figures


def publish(make_sink, server, wanted):
    """A start without XMPP server, which comes when all is loaded: what publication costs without the loading."""
    def loaded():
        try:
            missing = server.request("GET", "/readyz").json["detail"]
        except (OSError, KeyError, ValueError):
            return False
        return "component not connected" in missing and "database" not in missing

    sink = make_sink()
    server.spawn()
    wait_until("everything is loaded", loaded)
    before = cpu_seconds(server)
    report = wait_published(sink.start(), wanted)
    figures = {"subscriptions": wanted, "published": report["presences"], "took": report["last"] - report["first"],
               "cpu": cpu_seconds(server) - before, "sink_cpu": cpu_seconds(sink), "bytes": report["bytes"]}
    remember_memory(server, figures)
    server.kill()
    sink.stop()
    return figures


def start_after_crash(make_sink, server, wanted):
    """What everybody was last told is known, and right: it goes out again at a measured pace."""
    sink = make_sink().start()
    figures = {"subscriptions": wanted, "ready": start_timed(server), "ready_rss": memory_bytes(server)}
    before = sink.report()["presences"]
    time.sleep(PACED_SECONDS)
    figures["published"] = sink.report()["presences"]
    figures["pace"] = (figures["published"] - before) / PACED_SECONDS
    remember_memory(server, figures)
    stop(server, sink, figures)
    return figures


def row(label, figures):
    def mebibytes(key):
        return f"{figures[key] / MIB:.1f}" if key in figures else ""

    return [label, figures["subscriptions"], f"{figures['ready']:.2f}" if "ready" in figures else "",
            mebibytes("ready_rss"), mebibytes("rss"), mebibytes("peak"), figures.get("published", "")]


def publication(figures):
    count = max(figures["published"], 1)
    return (f"The publication took {figures['took']:.2f} s for {figures['published']} presences of "
            f"{figures['bytes'] / count:.0f} bytes, and {figures['cpu'] / count * 1e6:.2f} µs of Offhook's CPU each "
            f"({figures['sink_cpu'] / count * 1e6:.2f} µs of the counting server's).")


def run(workshop, options):
    numbers = iter(range(100))

    def make_sink():
        return workshop.add(Sink(workshop.directory / f"sink{next(numbers)}", port=port))

    note("filling two databases")
    postgres = workshop.add(DurablePostgres(workshop.directory / "postgres")).start()
    port = Sink.choose_port()
    nowhere = Sink(workshop.directory / "sink", port=port)
    alone = workshop.add(offhook(workshop, "offhook-alone", nowhere, postgres))
    watched = workshop.add(offhook(workshop, "offhook-watched", nowhere, postgres))
    fill(alone, options.people, 0, "colleague")
    subscriptions = fill(watched, options.people, options.watchers, "colleague")
    note("starting with nobody watched")
    bare = start(make_sink, alone, 0)
    note("starting with everybody watched")
    first = start(make_sink, watched, subscriptions)
    note("publishing to everybody")
    published = publish(make_sink, watched, subscriptions)
    note("starting after a crash")
    crashed = start_after_crash(make_sink, watched, subscriptions)
    note("starting with a probe")
    probed = answer(workshop, watched, port)

    starts = [first, published, crashed]
    each = max((figures[key] - bare[key]) / subscriptions
               for figures in starts for key in ("ready_rss", "rss") if key in figures)
    ready = max(figures["ready"] for figures in (bare, first, probed, crashed))
    peak = max(figures["peak"] for figures in starts) / MIB
    return Result(
        title="Scale: many people and watchers",
        about=f"{options.people} people with an extension and an account, each watched by {options.watchers} of the others, "
              "loaded from PostgreSQL; the XMPP server is a program that only counts. Ready is from exec to 200 from "
              "/readyz; resident memory (RSS) was read then, and after the publication.",
        versions=versions("postgresql-15"),
        header=["", "subscriptions", "ready s", "RSS then MiB", "RSS after MiB", "peak MiB", "published"],
        rows=[row("no watchers", bare), row("first start", first), row("start without XMPP server", published),
              row(f"start after kill -9, {PACED_SECONDS} s", crashed)],
        verdicts=[
            (ready < MOST_SECONDS, f"ready after at most {ready:.2f} s (bound {MOST_SECONDS})"),
            (probed["answered"] < MOST_SECONDS,
             f"a probe that waited was answered {probed['answered']:.2f} s after the start (bound {MOST_SECONDS})"),
            (peak <= MOST_MEBIBYTES, f"{peak:.1f} MiB resident at most (bound {MOST_MEBIBYTES})"),
            (each <= MOST_BYTES, f"{each:.1f} bytes a subscription (bound {MOST_BYTES}): resident memory less that of the "
                                 "same people without watchers, the worst of all readings"),
            (all(figures["published"] >= subscriptions for figures in (first, published)),
             f"{first['published']} and {published['published']} of {subscriptions} presences published at the first start "
             "and when the XMPP server came"),
        ],
        notes=[publication(published),
               f"SIGTERM: {first['signed_off']} presences of type unavailable, and gone after {first['stopping']:.2f} s. "
               f"After kill -9, when everybody's view should be right, {crashed['pace']:.0f} presences a second go out."],
    )
