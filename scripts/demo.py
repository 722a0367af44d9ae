"""The story that scripts/demo tells, and the servers it is told on."""

import asyncio
import datetime
import logging
import os
import pathlib
import signal
import subprocess
import sys
import time

sys.dont_write_bytecode = True
logging.disable(logging.CRITICAL)  # slixmpp's; what goes wrong is said in the timeline
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "tests" / "integration"))

from client import Client  # noqa: E402
from servers import Offhook, Postgres, Prosody, Workshop  # noqa: E402

DOMAIN = "localhost"
LUNCH_SECONDS = 4
PATIENCE = 5

COLOUR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def paint(text, code):
    return f"\x1b[{code}m{text}\x1b[0m" if COLOUR else text


def dim(text):
    return paint(text, "2")


def bold(text):
    return paint(text, "1")


def in_its_color(text, color):
    """The text in the colour of its status, as a client would show it."""
    if not COLOUR or not color:
        return text
    red, green, blue = (int(color[i:i + 2], 16) for i in (1, 3, 5))
    return f"\x1b[1;38;2;{red};{green};{blue}m{text}\x1b[0m"


class Timeline:
    def __init__(self):
        self.begun = time.perf_counter()
        self.failures = 0

    def line(self, mark, text):
        print(f"{dim(f'{time.perf_counter() - self.begun:8.3f} s')}  {mark} {text}", flush=True)

    def does(self, text):
        self.line(" ", bold(text))

    def sees(self, seen, milliseconds=None):
        shown = seen.status or ("offline" if seen.type == "unavailable" else "available")
        details = " ".join(filter(None, [seen.show, seen.rich.get("color")]))
        after = "" if milliseconds is None else paint(f"  after {milliseconds:.1f} ms", "32")
        self.line(" ", f"    alice sees bob: {in_its_color(shown, seen.rich.get('color'))}"
                       f"{dim(f'  ({details})') if details else ''}{after}")

    def nothing(self, why):
        self.line(" ", dim(f"    alice sees no change: {why}"))

    def failed(self, why):
        self.failures += 1
        self.line(paint("!", "31"), paint(f"    {why}", "31"))


class Story:
    def __init__(self, workshop):
        self.workshop = workshop
        self.clients = []
        self.timeline = Timeline()

    # --- setting up ----------------------------------------------------------------------------

    def start_servers(self):
        directory = self.workshop.directory
        add = self.workshop.add
        self.step("PostgreSQL")
        postgres = add(Postgres(directory / "postgres")).start()
        self.step("Prosody")
        self.xmpp = add(Prosody(directory / "prosody", domain=DOMAIN)).start()
        for user in ("alice", "bob", "admin"):
            self.xmpp.register(user)
        self.step("Offhook")
        url = postgres.url(postgres.create_database())
        self.offhook = add(Offhook(directory / "offhook", self.xmpp, url, admins=[f"admin@{DOMAIN}"]))
        self.offhook.config["log"]["level"] = "info"
        self.offhook.start()

    def step(self, name):
        print(dim(f"starting {name}"), flush=True)

    async def log_in(self, user):
        client = Client(self.xmpp, user, resource="demo")
        self.clients.append(client)
        return await client.login()

    # --- what happens --------------------------------------------------------------------------

    def curl(self, body):
        """Posts as a PBX could, and returns the instant at which curl was connected and began to send."""
        trace = self.workshop.directory / "curl.trace"
        begun = time.perf_counter()
        answer = subprocess.run(
            ["curl", "--silent", "--show-error", "--max-time", str(PATIENCE), "--output", os.devnull,
             "--write-out", "%{http_code}", "--trace-ascii", trace, "--trace-time",
             "--header", f"Authorization: Bearer {self.offhook.token}",
             "--json", body, f"http://127.0.0.1:{self.offhook.http_port}/v1/pbx/hq/events"],
            capture_output=True, text=True)
        ended = time.perf_counter()
        if answer.stdout != "200":
            self.timeline.failed(f"the PBX got {answer.stdout} {answer.stderr.strip()}")
        # The stamps in curl's trace are of the monotonic clock, as ours are, but for whole seconds.
        stamp = next((line for line in trace.read_text(errors="replace").splitlines() if "Connected to" in line), "0:0:0.0")
        sent = int(ended) + float("0." + stamp.split()[0].split(".")[1])
        if sent > ended:
            sent -= 1
        return sent if sent >= begun else begun

    async def call(self, event, call="1", title=""):
        self.timeline.does(title)
        body = f'{{"event":"{event}","call":"{call}","extension":"1001"}}'
        return await asyncio.to_thread(self.curl, body)

    async def alice_sees(self, since, mark, **wanted):
        """Waits for a presence newer than the `mark`-th one and says how long after `since` it came."""
        def fresh():
            history = self.alice.history("bob")[mark:]
            return history[-1] if history and all(getattr(history[-1], k) == v for k, v in wanted.items()) else None
        try:
            seen = await self.alice.wait_for(str(wanted), fresh, PATIENCE)
        except AssertionError:
            self.timeline.failed(f"alice did not see {wanted}; she sees {self.alice.view('bob')}")
            return
        self.timeline.sees(seen, (seen.at - since) * 1000)

    async def alice_sees_nothing(self, mark, why):
        await self.alice.settle()
        news = self.alice.history("bob")[mark:]
        if news:
            self.timeline.failed(f"alice saw {news}, but should see nothing new")
        else:
            self.timeline.nothing(why)

    def mark(self):
        return len(self.alice.history("bob"))

    async def tell(self):
        timeline = self.timeline
        admin = await self.log_in("admin")
        timeline.does("admin adds bob, who has extension 1001 at the PBX \"hq\"")
        result = await admin.command("add-person", contact="bob", jid=f"bob@{DOMAIN}", name="Bob", extensions=["hq:1001"])
        if result.error or result.status != "completed":
            timeline.failed(f"add-person: {result}")
        bob = await self.log_in("bob")
        self.alice = await self.log_in("alice")
        timeline.does("alice adds bob to her contact list")
        since = time.perf_counter()
        self.alice.subscribe("bob")
        await self.alice_sees(since, 0, id="available")

        mark = self.mark()
        await self.call("ringing", title="bob's phone rings")
        await self.alice_sees_nothing(mark, "a phone that rings is not a call yet")
        since = await self.call("answered", title="bob answers")
        await self.alice_sees(since, mark, id="on-call", show="dnd")
        mark = self.mark()
        since = await self.call("ended", title="bob hangs up")
        await self.alice_sees(since, mark, id="available", show="")

        mark = self.mark()
        until = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=LUNCH_SECONDS)
        until = until.replace(microsecond=0) + datetime.timedelta(seconds=1)
        timeline.does(f"bob picks Lunch Break until {until:%H:%M:%S} UTC, in his chat client")
        since = time.perf_counter()
        result = await bob.command("set-status", status="lunch-break", message="back soon",
                                   expires=until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if result.error or result.status != "completed":
            timeline.failed(f"set-status: {result}")
        await self.alice_sees(since, mark, id="lunch-break", show="away")
        mark = self.mark()
        await self.call("ringing", call="2", title="bob is called during lunch")
        await self.call("answered", call="2", title="and takes the call")
        await self.alice_sees_nothing(mark, "what bob picked himself goes before what the phone says")
        await asyncio.sleep(until.timestamp() - time.time())
        since = time.perf_counter() - (time.time() - until.timestamp())
        timeline.does("lunch is over, and bob is still on the phone")
        await self.alice_sees(since, mark, id="on-call", show="dnd")
        mark = self.mark()
        since = await self.call("ended", call="2", title="bob hangs up")
        await self.alice_sees(since, mark, id="available", show="")
        return timeline.failures == 0

    # --- afterwards ----------------------------------------------------------------------------

    def invite(self):
        port, http_port = self.xmpp.client_port, self.offhook.http_port
        print(f"""
{bold('Now you.')} Everything stays up until Ctrl-C; what alice sees goes on being printed here.

Log in with your own client. The password is the name; there is no encryption on this private server:
    profanity:   /connect alice@{DOMAIN} server 127.0.0.1 port {port} tls disable
    others:      account alice@{DOMAIN}, host 127.0.0.1, port {port}, without TLS; also bob and admin
    then:        watch bob@presence.{DOMAIN}; as bob, run the commands of presence.{DOMAIN}

Be the PBX:
    curl -H 'Authorization: Bearer {self.offhook.token}' \\
         --json '{{"event":"answered","call":"3","extension":"1001"}}' \\
         http://127.0.0.1:{http_port}/v1/pbx/hq/events
    The other events are ringing, held, resumed and ended.

Ask as a program would:
    curl -H 'Authorization: Bearer {self.offhook.reader_token}' http://127.0.0.1:{http_port}/v1/people/bob/presence

Offhook's log is {self.offhook.log_path}
""", flush=True)

    async def stay(self, ended):
        self.invite()
        shown = self.mark()
        while not ended.is_set():
            waiting = [asyncio.ensure_future(ended.wait()), asyncio.ensure_future(self.alice.news())]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for task in waiting:
                task.cancel()
            for seen in self.alice.history("bob")[shown:]:
                self.timeline.sees(seen)
                shown += 1

    async def leave(self):
        for client in self.clients:
            await client.logout()


async def run(story, once):
    ended = asyncio.Event()
    told = asyncio.ensure_future(story.tell())

    def end():
        ended.set()
        told.cancel()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, end)
    try:
        complete = await told
        if once:
            print(paint("alice saw all of it", "32") if complete else paint("alice did not see all of it", "31"))
        else:
            await story.stay(ended)
    except asyncio.CancelledError:
        return 130
    finally:
        await story.leave()
    return 0 if complete else 1


def interrupted(number, frame):
    raise KeyboardInterrupt


def main():
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        with Workshop("offhook-demo-") as workshop:
            story = Story(workshop)
            try:
                story.start_servers()
                story.timeline = Timeline()
                return asyncio.run(run(story, "--once" in sys.argv[1:]))
            except (OSError, RuntimeError, TimeoutError, AssertionError) as error:
                print(paint(f"the demo could not go on: {error}", "31"), file=sys.stderr)
                return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
