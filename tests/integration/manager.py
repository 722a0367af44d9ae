"""A fake Asterisk manager: as much of AMI as Offhook uses, and anything else a test wants to send."""

import asyncio
import pathlib
import re

TRACES = pathlib.Path(__file__).parents[1] / "traces"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"


def block(*lines, **fields):
    rows = [*lines, *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(rows) + "\r\n\r\n").encode()


def hint(extension):
    return f"PJSIP/{extension}&Custom:DND{extension},CustomPresence:{extension}"


class Manager:
    """`devices` and `extensions` are what its lists say; sessions are answered until `silent`."""

    def __init__(self, username="offhook", password="manager-password"):
        self.username, self.password = username, password
        self.devices = {}
        self.extensions = {str(e): 0 for e in (1001, 1002, 1003)}
        self.channels = {}
        self.denied = set()
        self.actions = []
        self.writers = []
        self.sessions = 0
        self.greeting = GREETING
        self.listed = asyncio.Event()
        self.server = None
        self.port = None

    async def start(self, port=0):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", port or self.port or 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        """As kill -9 does: the connections end, and nobody listens."""
        self.server.close()
        self.drop()
        await asyncio.sleep(0)

    def drop(self):
        self.listed.clear()
        for writer in self.writers:
            writer.transport.abort()
        self.writers = []

    def send(self, data):
        for writer in self.writers:
            writer.write(data)

    def event(self, event, **fields):
        self.send(block(f"Event: {event}", "Privilege: call,all", "SystemName: lab", **fields))

    def device(self, name, state):
        self.devices[name] = state
        self.event("DeviceStateChange", Device=name, State=state)

    def status(self, extension, status):
        self.extensions[extension] = status
        self.event("ExtensionStatus", Exten=extension, Context="ext-local", Hint=hint(extension), Status=status,
                   StatusText="x")

    async def linked(self, timeout=15):
        await asyncio.wait_for(self.listed.wait(), timeout)

    async def replay(self, name, longest=0.4):
        """Sends a recording with its pauses, but none longer than `longest` seconds; its lists and answers, which
        belong to other sessions, and the closed connections are left out."""
        before = None
        chunk = []
        for line in (TRACES / f"{name}.ami").read_text().splitlines() + ["#T 0 +0"]:
            if not line.startswith("#"):
                chunk.append(line)
                continue
            text = "\r\n".join(chunk)
            chunk = []
            if text.strip() and not re.search(r"^(Response|ActionID): ", text, re.MULTILINE):
                self.send((text.strip("\r\n") + "\r\n\r\n").encode())
            stamp = re.match(r"#[TN] \S+ \+(\d+\.\d+)", line)
            if not stamp:
                continue
            now = float(stamp[1])
            if before is not None and now > before:
                await asyncio.sleep(min(now - before, longest))
            before = now

    async def _serve(self, reader, writer):
        self.sessions += 1
        self.writers.append(writer)
        writer.write(self.greeting)
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                self.actions.append(action)
                self._answer(writer, action)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self.writers:
                self.writers.remove(writer)
            writer.close()

    def _answer(self, writer, action):
        name, number = action["Action"], action["ActionID"]
        if name in self.denied:
            writer.write(block(Response="Error", ActionID=number, Message="Permission denied"))
        elif name == "Login":
            good = (action["Username"], action["Secret"]) == (self.username, self.password)
            writer.write(block(Response="Success" if good else "Error", ActionID=number,
                               Message="Authentication accepted" if good else "Authentication failed"))
            if good:
                writer.write(block(Event="FullyBooted", Privilege="system,all", Uptime=1, LastReload=1,
                                   Status="Fully Booted"))
        elif name == "DeviceStateList":
            self._list(writer, number, "DeviceStateChange", "DeviceStateListComplete",
                       [{"Device": d, "State": s} for d, s in self.devices.items()])
        elif name == "ExtensionStateList":
            self._list(writer, number, "ExtensionStatus", "ExtensionStateListComplete",
                       [{"Exten": e, "Context": "ext-local", "Hint": hint(e), "Status": s, "StatusText": "x"}
                        for e, s in self.extensions.items()])
        elif name == "CoreShowChannels":
            self._list(writer, number, "CoreShowChannel", "CoreShowChannelsComplete",
                       [{"Channel": c, "Application": a} for c, a in self.channels.items()])
            self.listed.set()
        else:
            writer.write(block(Response="Success", ActionID=number, Message="x"))

    @staticmethod
    def _list(writer, number, event, complete, items):
        writer.write(block(Response="Success", ActionID=number, EventList="start", Message="will follow"))
        for item in items:
            writer.write(block(Event=event, ActionID=number, **item))
        writer.write(block(Event=complete, ActionID=number, EventList="Complete", ListItems=len(items)))
