"""What benchmarks run on: the tests' private servers, set up as in operation, and instruments to look at them."""

import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from servers import (DOMAIN, PBX_TOKEN, SECRET, Ejabberd, Offhook, Postgres, Process, Prosody,  # noqa: E402, F401
                     accepts, free_port, wait_until)

BUILD = pathlib.Path(os.environ.get("OFFHOOK_BUILD", ROOT / "build" / "release"))
FIRST_EXTENSION = 1000


def note(text):
    """What takes so long."""
    print(f"... {text}", file=sys.stderr, flush=True)


def program(name):
    return BUILD / "bench" / f"bench_{name}"


# --- servers -----------------------------------------------------------------------------------


class DurablePostgres(Postgres):
    """As the tests', but a commit waits for the disk."""

    def command(self):
        return ["fsync=on" if argument == "fsync=off" else argument for argument in super().command()]


class EagerProsody(Prosody):
    """As the tests', but without the pause that Prosody makes whenever a read filled its buffer."""

    def write_config(self):
        super().write_config()
        path = self.directory / "prosody.cfg.lua"
        path.write_text("network_settings = { min_wait = 0 }\n" + path.read_text())


XMPP_SERVERS = {"prosody": EagerProsody, "ejabberd": Ejabberd}


class Sink(Process):
    """An XMPP server that only counts what a component sends."""

    name = "sink"

    choose_port = staticmethod(free_port)

    def __init__(self, directory, domain=DOMAIN, port=None):
        super().__init__(directory)
        self.domain = domain
        self.component = f"presence.{domain}"
        self.component_port = port or free_port()

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen([program("sink"), str(self.component_port)], stdin=subprocess.PIPE,
                                          stdout=subprocess.PIPE, stderr=log, text=True, start_new_session=True)

    def is_ready(self):
        return self.report() is not None

    def report(self):
        """What came so far: connections, presences, stanzas, bytes; first and last presence, in seconds."""
        self.child.stdin.write("\n")
        self.child.stdin.flush()
        line = self.child.stdout.readline()
        if not line:
            return None
        report = json.loads(line)
        report["first"] /= 1e6
        report["last"] /= 1e6
        return report

    def stop(self):
        if self.child is None or self.child.stdin.closed:
            return 0
        self.child.stdin.close()
        status = self.child.wait(self.stop_timeout)
        self.child.stdout.close()
        return status


def offhook(workshop, name, xmpp, postgres):
    """An Offhook with an up-to-date, empty database of its own; not yet started."""
    server = Offhook(workshop.directory / name, xmpp, postgres.url(postgres.create_database()), name=name,
                     binary=str(BUILD / "offhook"))
    server.config["log"]["level"] = "info"
    server.write_config()
    migrated = server.run("--config", server.config_path, "--migrate")
    if migrated.returncode != 0:
        raise RuntimeError(f"--migrate: {migrated.stderr}")
    return server


def fill(server, people, watchers=0, prefix="p"):
    """People <prefix>0, <prefix>1, … with one extension each, watched by as many colleagues; the number of
    subscriptions. Then the database is as settled as one that ran for a while."""
    import psycopg
    with psycopg.connect(server.config["database"]["url"], autocommit=True) as connection:
        values = {"domain": server.xmpp.domain, "component": server.xmpp.component, "people": people,
                  "watchers": watchers, "prefix": prefix, "extension": FIRST_EXTENSION}
        connection.execute("""INSERT INTO tenants (domain, component) VALUES (%(domain)s, %(component)s)
            ON CONFLICT DO NOTHING""", values)
        connection.execute("""INSERT INTO people (tenant_id, contact, account, name)
            SELECT t.id, %(prefix)s || n, %(prefix)s || n || '@' || t.domain, 'Person ' || n
            FROM tenants t, generate_series(0, %(people)s - 1) n WHERE t.domain = %(domain)s""", values)
        connection.execute("""INSERT INTO extensions (tenant_id, pbx, number, person_id)
            SELECT t.id, 'hq', (%(extension)s + n)::text, p.id
            FROM tenants t, generate_series(0, %(people)s - 1) n, people p
            WHERE t.domain = %(domain)s AND p.tenant_id = t.id AND p.contact = %(prefix)s || n""", values)
        # A stride, so that nobody's watchers are neighbours in memory; prime, so that they all differ.
        subscriptions = connection.execute("""INSERT INTO watchers (tenant_id, contact, watcher, heard_at)
            SELECT t.id, %(prefix)s || n, %(prefix)s || (n + w * 7919::bigint) %% %(people)s || '@' || t.domain, now()
            FROM tenants t, generate_series(0, %(people)s - 1) n, generate_series(1, %(watchers)s) w
            WHERE t.domain = %(domain)s ON CONFLICT DO NOTHING""", values).rowcount
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    return subscriptions


def start_timed(server):
    """Starts Offhook and returns the seconds from exec until /readyz says 200."""
    begun = time.monotonic()
    server.spawn()

    def ready():
        if server.child.poll() is not None:
            raise RuntimeError(f"offhook ended with {server.child.returncode}:\n{server.log()[-3000:]}")
        return server.is_ready()

    wait_until("offhook is ready", ready, timeout=60, every=0.002)
    return time.monotonic() - begun


# --- instruments -------------------------------------------------------------------------------


def cpu_seconds(process):
    """CPU time that a child used so far, from its own clock (clock_getcpuclockid(3)) in nanoseconds."""
    return time.clock_gettime((~process.child.pid << 3) | 2)


def memory_bytes(process, field="VmRSS"):
    status = pathlib.Path(f"/proc/{process.child.pid}/status").read_text()
    return int(re.search(rf"^{field}:\s+(\d+) kB$", status, re.MULTILINE).group(1)) * 1024


def fsync_milliseconds(directory):
    """The median time of a write of one page that is flushed to the disk the benchmark uses."""
    times = []
    path = pathlib.Path(directory) / "fsync"
    with open(path, "wb", buffering=0) as file:
        for _ in range(100):
            begun = time.perf_counter()
            file.seek(0)
            file.write(b"x" * 8192)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    path.unlink()
    return statistics.median(times) * 1000


def machine():
    models = re.findall(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return f"{os.cpu_count()} cores of {models[0] if models else platform.machine()}"


def package_version(package):
    shown = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True)
    return shown.stdout if shown.returncode == 0 else "of unknown version"


def versions(*packages):
    """Offhook's version and those of the Debian packages, as one line."""
    own = subprocess.run([BUILD / "offhook", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    commit = subprocess.run(["git", "describe", "--always"], capture_output=True, text=True, cwd=ROOT).stdout.strip()
    # What was recorded before is no other program.
    if commit and subprocess.run(["git", "diff", "--quiet", "HEAD", "--", ":!docs"], cwd=ROOT).returncode:
        commit += "-dirty"
    return ", ".join([f"Offhook {own}{f' ({commit})' if commit else ''}", f"Linux {platform.release().split('-')[0]}",
                      *(f"{package} {package_version(package)}" for package in packages)])
