"""Private servers in temporary directories: PostgreSQL, Prosody, ejabberd and Offhook.

Nothing here touches the machine's own services: every server has its own directory, free ports on
loopback, and is ready when its start() returns. Used by the tests, the benchmarks and scripts/demo.
"""

import atexit
import glob
import http.client
import json
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SECRET = "s3cret"
DOMAIN = "example.test"
FOREIGN_DOMAIN = "other.test"
COMPONENT = "presence.example.test"
SECOND_COMPONENT = "presence2.example.test"
PBX_TOKEN = "hq-token-0123456789abcdef"

_handed_out = set()


def free_port():
    """A port below the kernel's ephemeral range, so that no outgoing connection takes it meanwhile."""
    chooser = random.SystemRandom()
    for _ in range(1000):
        port = chooser.randrange(10240, 32000)
        if port in _handed_out:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _handed_out.add(port)
        return port
    raise RuntimeError("no free port")


def wait_until(what, ready, timeout=30, every=0.02):
    """Polls `ready` until it returns something true, which is returned; a bounded wait with a name."""
    deadline = time.monotonic() + timeout
    while True:
        result = ready()
        if result:
            return result
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {timeout} s")
        time.sleep(every)


def accepts(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Process:
    """A child process with a log file; subclasses say how to start it and when it is ready."""

    name = "process"
    stop_signal = signal.SIGTERM
    stop_timeout = 20

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.log_path = self.directory / f"{self.name}.log"
        self.child = None

    def command(self):
        raise NotImplementedError

    def environment(self):
        return dict(os.environ)

    def is_ready(self):
        raise NotImplementedError

    def spawn(self):
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                          env=self.environment(), cwd=self.directory,
                                          start_new_session=True)  # Ctrl-C is for us, not for them

    def start(self, timeout=30):
        self.spawn()
        self.wait_ready(timeout)
        return self

    def wait_ready(self, timeout=30):
        def ready():
            if self.child.poll() is not None:
                raise RuntimeError(f"{self.name} ended with {self.child.returncode}:\n{self.log()[-3000:]}")
            return self.is_ready()
        try:
            wait_until(f"{self.name} is ready", ready, timeout)
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n{self.log()[-3000:]}") from None

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    @property
    def running(self):
        return self.child is not None and self.child.poll() is None

    def kill(self):
        """kill -9, and reaped."""
        self.child.kill()
        self.child.wait()

    def freeze(self):
        """Stops answering without closing a connection; thaw() undoes it."""
        self._signal_all(signal.SIGSTOP)

    def thaw(self):
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number):
        for path in glob.glob(f"/proc/{self.child.pid}/task/*/children"):
            for pid in pathlib.Path(path).read_text().split():
                os.kill(int(pid), number)
        os.kill(self.child.pid, number)

    def stop(self):
        """A polite end; the exit status."""
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.send_signal(self.stop_signal)
            try:
                self.child.wait(self.stop_timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise TimeoutError(f"{self.name} did not end in {self.stop_timeout} s\n{self.log()[-3000:]}") from None
        return self.child.returncode


class Postgres(Process):
    """A cluster of its own on a unix socket, without a network port."""

    name = "postgres"
    stop_signal = signal.SIGQUIT  # "immediate": the cluster is thrown away
    fresh = None  # what initdb made, copied for every cluster

    def __init__(self, directory):
        super().__init__(directory)
        self.data = self.directory / "data"
        # The server refuses to run as root, and a unix socket path is limited to 107 bytes.
        self.prefix = []
        if os.geteuid() == 0:
            self.directory.chmod(0o755)
            self.prefix = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", "--"]
            shutil.chown(self.directory, "postgres", "postgres")
        binaries = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: int(path.split("/")[4]))
        if not binaries:
            raise RuntimeError("PostgreSQL's server programs are not installed")
        self.bin = pathlib.Path(binaries[-1])
        self.names = 0
        self.template = None  # a database with Offhook's schema, see migrate()
        self.connections = {}

    def initialise(self):
        if Postgres.fresh is None:
            Postgres.fresh = pathlib.Path(tempfile.mkdtemp(prefix="offhook-initdb-"))
            atexit.register(shutil.rmtree, Postgres.fresh, ignore_errors=True)
            if self.prefix:
                shutil.chown(Postgres.fresh, "postgres", "postgres")
            subprocess.run(self.prefix + [self.bin / "initdb", "-D", Postgres.fresh / "data", "-U", "postgres",
                                          "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
                           check=True, stdout=subprocess.DEVNULL, cwd=self.directory)
        subprocess.run(["cp", "-a", Postgres.fresh / "data", self.data], check=True)

    def command(self):
        # Without fsync: these tests kill processes, not machines.
        return self.prefix + [self.bin / "postgres", "-D", self.data, "-k", self.directory,
                              "-c", "listen_addresses=", "-c", "fsync=off", "-c", "max_connections=200",
                              "-c", "log_min_messages=warning"]

    def start(self, timeout=30):
        if not self.data.exists():
            self.initialise()
        return super().start(timeout)

    def is_ready(self):
        return subprocess.run([self.bin / "pg_isready", "-q", "-h", self.directory, "-U", "postgres",
                               "-d", "postgres"]).returncode == 0

    def kill(self):
        """kill -9 of the server and all its processes at once, as when the machine's OOM killer strikes."""
        children = []
        for path in glob.glob(f"/proc/{self.child.pid}/task/*/children"):
            children += [int(pid) for pid in pathlib.Path(path).read_text().split()]
        self.child.kill()
        for pid in children:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.child.wait()
        wait_until("PostgreSQL's processes are gone",
                   lambda: not any(os.path.exists(f"/proc/{pid}") for pid in children))

    def url(self, database):
        return f"postgresql:///{database}?host={self.directory}&user=postgres"

    def create_database(self, template="template1"):
        self.names += 1
        name = f"offhook{self.names}"
        self.query("postgres", f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        return name

    def migrate(self, offhook):
        """Keeps a database in which this Offhook's --migrate has made the schema."""
        self.template = self.create_database()
        offhook.config["database"]["url"] = self.url(self.template)
        offhook.write_config()
        migrated = offhook.run("--config", offhook.config_path, "--migrate")
        assert migrated.returncode == 0, migrated

    def drop_database(self, name):
        connection = self.connections.pop(name, None)
        if connection is not None:
            connection.close()
        self.query("postgres", f"DROP DATABASE {name} WITH (FORCE)")

    def query(self, database, sql, *parameters):
        """All rows of one statement; on a connection that is kept, as a new one costs more than most of them."""
        import psycopg
        connection = self.connections.get(database)
        if connection is not None:
            try:
                connection.execute("")  # it may be of a server that is gone
            except psycopg.OperationalError:
                connection = None
        if connection is None:
            connection = self.connections[database] = psycopg.connect(self.url(database), autocommit=True)
        cursor = connection.execute(sql, parameters or None)
        return cursor.fetchall() if cursor.description else []

    def stop(self):
        for connection in self.connections.values():
            connection.close()
        self.connections.clear()
        return super().stop()


class XmppServer(Process):
    """What Prosody and ejabberd have in common: two domains, two components, open registration."""

    def __init__(self, directory, domain=DOMAIN, client_port=None):
        super().__init__(directory)
        self.domain = domain
        self.domains = [domain, FOREIGN_DOMAIN]
        self.components = [f"presence.{domain}", f"presence2.{domain}"]
        self.component = self.components[0]
        self.client_port = client_port or free_port()
        self.component_port = free_port()
        self.accounts = set()

    def is_ready(self):
        return accepts(self.client_port) and accepts(self.component_port)

    def register(self, user, domain=None, password=None):
        """Makes an account over the wire (XEP-0077); the password is the user's name unless given."""
        domain = domain or self.domain
        if (user, domain) in self.accounts:
            return
        with socket.create_connection(("127.0.0.1", self.client_port), timeout=10) as connection:
            connection.sendall(f"<?xml version='1.0'?><stream:stream to='{domain}' xmlns='jabber:client' "
                               "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>".encode())
            _read_until(connection, b"</stream:features>")
            connection.sendall("<iq type='set' id='r1'><query xmlns='jabber:iq:register'>"
                               f"<username>{user}</username><password>{password or user}</password>"
                               "</query></iq>".encode())
            answer = _read_until(connection, b"</iq>", b"/>")
            if b"result" not in answer:
                raise RuntimeError(f"registering {user}@{domain}: {answer.decode(errors='replace')}")
        self.accounts.add((user, domain))


def _read_until(connection, *ends):
    data = b""
    while not any(end in data for end in ends):
        piece = connection.recv(4096)
        if not piece:
            raise RuntimeError(f"the stream ended after {data!r}")
        data += piece
    return data


class Prosody(XmppServer):
    name = "prosody"

    def write_config(self):
        components = "".join(f'''
Component "{address}"
  component_secret = "{SECRET}"
''' for address in self.components)
        hosts = "".join(f'VirtualHost "{domain}"\n' for domain in self.domains)
        (self.directory / "data").mkdir(exist_ok=True)
        (self.directory / "prosody.cfg.lua").write_text(f'''
run_as_root = true
pidfile = "{self.directory}/prosody.pid"
data_path = "{self.directory}/data"
modules_enabled = {{ "roster"; "saslauth"; "disco"; "ping"; "posix"; "register"; "version"; "offline"; }}
modules_disabled = {{ "s2s"; "tls"; }}
authentication = "internal_plain"
allow_registration = true
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {self.client_port} }}
component_ports = {{ {self.component_port} }}
component_interfaces = {{ "127.0.0.1" }}
c2s_stanza_size_limit = 1048576
component_stanza_size_limit = 1048576
network_settings = {{ nagle = false }}
log = {{ info = "*console"; }}
{hosts}{components}''')

    def start(self, timeout=30):
        self.write_config()
        return super().start(timeout)

    def command(self):
        return ["prosody", "-F", "--config", self.directory / "prosody.cfg.lua"]


class Ejabberd(XmppServer):
    """Started through the Erlang program itself: no cluster name, so no port mapper and no cookie."""

    name = "ejabberd"

    def write_config(self):
        listeners = "".join(f'''
  - port: {self.component_port}
    ip: "127.0.0.1"
    module: ejabberd_service
    global_routes: false
    hosts:''')
        listeners += "".join(f'''
      {address}: {{password: "{SECRET}"}}''' for address in self.components)
        hosts = ", ".join(self.domains)
        (self.directory / "ejabberd.yml").write_text(f'''
hosts: [{hosts}]
loglevel: info
log_rotate_count: 0
auth_password_format: plain
registration_timeout: infinity
listen:
  - port: {self.client_port}
    ip: "127.0.0.1"
    module: ejabberd_c2s
    max_stanza_size: 1048576{listeners}
modules:
  mod_adhoc: {{}}
  mod_caps: {{}}
  mod_disco: {{}}
  mod_offline: {{}}
  mod_ping: {{}}
  mod_register: {{ip_access: all}}
  mod_roster: {{}}
  mod_version: {{}}
''')
        (self.directory / "spool").mkdir(exist_ok=True)
        (self.directory / "inetrc").write_text('{lookup, ["file", "native"]}.\n'
                                               '{host, {127,0,0,1}, ["localhost"]}.\n')

    def start(self, timeout=60):
        self.write_config()
        return super().start(timeout)

    def kill(self):
        """Mnesia's log reaches the file up to 2 s late. Accounts and contact lists that ejabberd loses in a
        crash are not what is tested, so they get the time."""
        time.sleep(2.2)
        super().kill()

    def environment(self):
        library = glob.glob("/usr/lib/*/ejabberd-*/ebin")
        if not library:
            raise RuntimeError("ejabberd is not installed")
        return dict(os.environ, EJABBERD_CONFIG_PATH=str(self.directory / "ejabberd.yml"),
                    EJABBERD_LOG_PATH=str(self.directory / "ejabberd-server.log"),
                    ERL_LIBS=str(pathlib.Path(library[0]).parents[1]), ERL_INETRC=str(self.directory / "inetrc"),
                    ERL_CRASH_DUMP_BYTES="0", HOME=str(self.directory))

    def command(self):
        return ["erl", "-noinput", "+K", "true", "-mnesia", "dir", f'"{self.directory}/spool"', "-s", "ejabberd"]


XMPP_SERVERS = {"prosody": Prosody, "ejabberd": Ejabberd}


def toml(config):
    """The text of a configuration given as {"log": {...}, "tenant": [{...}, ...], ...}."""
    lines = []

    def table(header, values):
        lines.append(header)
        lines.extend(f"{key} = {json.dumps(value)}" for key, value in values.items() if value is not None)
        lines.append("")

    for name, value in config.items():
        for entry in value if isinstance(value, list) else [value]:
            table(f"[[{name}]]" if isinstance(value, list) else f"[{name}]", entry)
    return "\n".join(lines)


class Response:
    def __init__(self, status, headers, body, milliseconds):
        self.status = status
        self.headers = headers
        self.body = body
        self.milliseconds = milliseconds

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def offhook_binary():
    return os.environ.get("OFFHOOK_BIN", str(ROOT / "build" / "debug" / "offhook"))


SANITIZERS = re.compile(r"(AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:)")


class Offhook(Process):
    """The program under test. `config` starts as a complete one and may be changed before start()."""

    name = "offhook"

    def __init__(self, directory, xmpp, database_url, admins=(), name="offhook", binary=None):
        self.name = name
        super().__init__(directory)
        self.binary = binary or offhook_binary()
        self.config_path = self.directory / f"{name}.toml"
        self.http_port = free_port()
        self.xmpp = xmpp
        self.token = PBX_TOKEN
        self.reader_token = "reader-token-0123456789abcdef"
        self.writer_token = "writer-token-0123456789abcdef"
        self.allowed_errors = []
        self.extra_environment = {}
        self.config = {
            "log": {"level": "debug", "format": "text"},
            "database": {"url": database_url},
            "http": {"listen": f"127.0.0.1:{self.http_port}"},
            "tenant": [{"domain": xmpp.domain, "component": xmpp.component,
                        "server": f"127.0.0.1:{xmpp.component_port}", "secret": SECRET,
                        "admins": list(admins)}],
            "pbx": [{"name": "hq", "tenant": xmpp.domain, "type": "webhook", "token": self.token}],
            "client": [
                {"name": "reader", "tenant": xmpp.domain, "scopes": ["read", "metrics"],
                 "token_file": self._secret("reader", self.reader_token)},
                {"name": "writer", "tenant": xmpp.domain, "scopes": ["read", "write"],
                 "token_file": self._secret("writer", self.writer_token)},
            ],
        }

    def _secret(self, name, value):
        path = self.directory / f"{self.name}.{name}.secret"
        path.write_text(value + "\n")
        path.chmod(0o600)
        return str(path)

    def write_config(self):
        self.config_path.write_text(toml(self.config))
        self.config_path.chmod(0o600)

    def command(self):
        return [self.binary, "--config", self.config_path]

    def environment(self):
        environment = dict(os.environ, **self.extra_environment)
        environment.pop("JOURNAL_STREAM", None)
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1")
        return environment

    def spawn(self):
        self.write_config()
        super().spawn()

    def is_ready(self):
        try:
            return self.request("GET", "/readyz").status == 200
        except OSError:
            return False

    def run(self, *arguments, environment=None, timeout=30):
        """Runs the program with other options to its end."""
        return subprocess.run([self.binary, *map(str, arguments)], capture_output=True, text=True, timeout=timeout,
                              env=dict(self.environment(), **(environment or {})), cwd=self.directory)

    def request(self, method, path, body=None, token=None, headers=None, timeout=30):
        """One HTTP request on a connection of its own. A body that is not bytes is sent as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body, ensure_ascii=False).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        if token:
            headers.setdefault("Authorization", f"Bearer {token}")
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        begin = time.perf_counter()
        try:
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except http.client.HTTPException as error:
            raise OSError(f"HTTP: {error!r}") from error
        finally:
            connection.close()
        return Response(answer.status, answer.headers, content, (time.perf_counter() - begin) * 1000)

    def event(self, event, extension, call, **more):
        """One call event as a PBX posts it."""
        return self.request("POST", "/v1/pbx/hq/events", token=self.token,
                            body={"event": event, "extension": extension, "call": call, **more})

    def presence(self, contact):
        return self.request("GET", f"/v1/people/{contact}/presence", token=self.reader_token).json

    def stream_port(self):
        """Our end of the component stream, so that a test can tell whether it is still the same one."""
        sockets = set()
        for path in glob.glob(f"/proc/{self.child.pid}/fd/*"):
            try:
                target = os.readlink(path)
            except OSError:
                continue
            if target.startswith("socket:["):
                sockets.add(target[8:-1])
        for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
            field = line.split()
            if (int(field[2].split(":")[1], 16) == self.xmpp.component_port and field[3] == "01"
                    and field[9] in sockets):
                return int(field[1].split(":")[1], 16)
        return None

    def allow_errors(self, *patterns):
        """Error lines that this test provokes."""
        self.allowed_errors += [re.compile(pattern) for pattern in patterns]

    def complaints(self):
        """Everything in the log that a clean run must not have."""
        found = []
        for line in self.log().splitlines():
            if SANITIZERS.search(line):
                found.append(line)
            elif re.match(r"\S+ error ", line) and not any(p.search(line) for p in self.allowed_errors):
                found.append(line)
        return found

    def finish(self):
        """SIGTERM; asserts the exit status and a clean log."""
        if self.child is None:
            return
        status = self.stop() if self.running else self.child.returncode
        if status not in (0, -signal.SIGKILL):
            raise AssertionError(f"{self.name} ended with {status}:\n{self.log()[-4000:]}")
        complaints = self.complaints()
        if complaints:
            raise AssertionError(f"{self.name} logged:\n" + "\n".join(complaints[:40]))


class Workshop:
    """A temporary directory and the servers in it; leaving it stops them, last started first."""

    def __init__(self, prefix="offhook-"):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix=prefix))
        self.directory.chmod(0o755)
        self.servers = []

    def __enter__(self):
        return self

    def add(self, server):
        self.servers.append(server)
        return server

    def close(self):
        for server in reversed(self.servers):
            try:
                if server.running:
                    server.stop()
            except (OSError, TimeoutError) as error:
                print(f"stopping {server.name}: {error}", file=sys.stderr)
        shutil.rmtree(self.directory, ignore_errors=True)

    def __exit__(self, *exception):
        self.close()
