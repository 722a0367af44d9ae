"""A fake Asterisk manager: as much of AMI as Offhook uses, what Asterisk keeps, and phones that change it.

It answers and sends events as Asterisk 22 did when it was recorded (tests/traces): every write of a presence
makes an event, one of a device state only if it differs, one of the AstDB none; texts in events are C-escaped.
"""

import asyncio
import base64
import pathlib
import re
from typing import NamedTuple

TRACES = pathlib.Path(__file__).parents[1] / "traces"
GREETING = b"Asterisk Call Manager/11.0.0\r\n"
LONGEST_LINE = 1024  # Asterisk's input buffer; a longer line spoils the whole action
PRESENCE_STATES = {"not_set", "unavailable", "available", "away", "xa", "chat", "dnd"}
# Each with the ExtensionStatus it makes beside an idle phone.
DEVICE_STATES = {"NOT_INUSE": 0, "INUSE": 1, "BUSY": 2, "INVALID": 0, "UNAVAILABLE": 0, "RINGING": 8,
                 "RINGINUSE": 9, "ONHOLD": 16}
ESCAPES = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
           "\\": "\\\\", "'": "\\'", '"': '\\"', "?": "\\?"}


class Presence(NamedTuple):
    show: str
    subtype: str = ""
    message: str = ""


class Write(NamedTuple):
    """What an action changed, or would have: `value` is a Presence, a device state, or a text (None: deleted)."""

    at: float
    target: str
    value: object


def block(*lines, **fields):
    rows = [*lines, *(f"{name}: {value}" for name, value in fields.items())]
    return ("\r\n".join(rows) + "\r\n\r\n").encode()


def event(name, **fields):
    return block(f"Event: {name}", "Privilege: call,all", "SystemName: lab", **fields)


def hint(extension):
    return f"PJSIP/{extension}&Custom:DND{extension},CustomPresence:{extension}"


def escaped(text):
    return "".join(ESCAPES.get(character, character) for character in text)


def parse_presence(value):
    """A value as PRESENCE_STATE() takes it, or None."""
    show, subtype, message, options = (value.split(",", 3) + ["", "", ""])[:4]
    if show not in PRESENCE_STATES or (options and "e" not in options):
        return None
    if not options:
        return Presence(show, subtype, message)
    return Presence(show, *(base64.b64decode(text, validate=True).decode() for text in (subtype, message)))


def recorded(name, first, last):
    """(seconds, text) of the blocks and notes of a recording; the text of a note is empty."""
    lines = (TRACES / f"{name}.ami").read_text().splitlines()[first - 1:last]
    stamp, chunk = 0.0, []
    for line in [*lines, "#"]:
        if not line.startswith("#"):
            chunk.append(line)
            continue
        yield stamp, "\r\n".join(chunk).strip("\r\n")
        chunk = []
        found = re.match(r"#[TN] \S+ \+(\d+\.\d+)", line)
        stamp = float(found[1]) if found else stamp


class Manager:
    """`devices` and `extensions` are what its lists say, `database` is its AstDB, `presences` are CustomPresence
    by extension, `written` is what was written to it, `complaints` are writes that an Asterisk would not take.

    Answers and the events of a write come after `delay` seconds, the events first if `events_first`, and never
    if `mute`. Actions in `denied` are refused; those after `hold()`, or
    those of them that it names, wait for `release()`.
    """

    def __init__(self, username="offhook", password="manager-password"):
        self.username, self.password = username, password
        self.devices = {}
        self.extensions = {str(e): 0 for e in (1001, 1002, 1003)}
        self.channels = {}
        self.presences = {}
        self.database = {}
        self.globals = {}
        self.denied = set()
        self.actions = []
        self.written = []
        self.complaints = []
        self.writers = []
        self.admitted = set()  # of these, who logged in
        self.sessions = 0
        self.greeting = GREETING
        self.delay = 0
        self.events_first = self.mute = False
        self.held, self.holds = None, ()
        self.listed = asyncio.Event()
        self.news = asyncio.Event()
        self.server = None
        self.port = None

    # --- life

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

    def serve(self, offhook):
        """Becomes the PBX `hq` of an Offhook that is not started yet."""
        offhook.config["pbx"] = [{"name": "hq", "tenant": offhook.xmpp.domain, "type": "asterisk", "port": self.port,
                                  "username": self.username, "password_file": offhook._secret("manager", self.password)}]

    def hold(self, *actions):
        self.held, self.holds = [], actions

    def release(self):
        held, self.held = self.held, None
        for writer, action in held:
            self._answer(writer, action)

    def narrow(self):
        """What a user without the write class `system` may not."""
        self.denied |= {"DBPut", "DBDel", "DBDelTree", "Command"}

    # --- what it keeps

    def saved(self):
        """A backup of what an Asterisk keeps in its AstDB."""
        custom = {name: state for name, state in self.devices.items() if name.startswith("Custom:")}
        return dict(self.presences), dict(self.database), custom

    def restore(self, saved=({}, {}, {})):
        """Only while it is stopped: what was kept is replaced by a backup; without one, it is lost."""
        presences, database, custom = saved
        phones = {name: state for name, state in self.devices.items() if not name.startswith("Custom:")}
        self.presences, self.database, self.devices = dict(presences), dict(database), {**phones, **custom}

    def set_presence(self, extension, show, subtype="", message=""):
        """As a presence key of a phone, or FreePBX's own pages."""
        self.send(b"".join(self._store_presence(extension, Presence(show, subtype, message))))

    def set_dnd(self, extension, on):
        """As *78 and *79 of FreePBX."""
        if on:
            self.database[f"DND/{extension}"] = "YES"
        else:
            self.database.pop(f"DND/{extension}", None)
        for name in (f"Custom:DND{extension}", f"Custom:DEVDND{extension}"):
            self.send(b"".join(self._store_device(name, "BUSY" if on else "UNAVAILABLE")))

    def has_dnd(self, extension):
        """Whether calls are kept away, by the device state (lamps) and by the AstDB (the dial plan)."""
        return self.devices.get(f"Custom:DND{extension}") == "BUSY", f"DND/{extension}" in self.database

    def writes(self, extension, after=0):
        """(target, value) of what was written for an extension, past the first `after` writes of all."""
        return [(write.target, write.value) for write in self.written[after:]
                if re.search(rf"(?<!\d){extension}(?!\d)", write.target)]

    # --- output

    def send(self, data):
        for writer in self.writers:
            writer.write(data)

    def event(self, name, **fields):
        self.send(event(name, **fields))

    def device(self, name, state):
        self.devices[name] = state
        self.event("DeviceStateChange", Device=name, State=state)

    def status(self, extension, status):
        self.extensions[extension] = status
        self.event("ExtensionStatus", Exten=extension, Context="ext-local", Hint=hint(extension), Status=status,
                   StatusText="x")

    async def linked(self, timeout=15):
        await asyncio.wait_for(self.listed.wait(), timeout)

    async def until(self, what, condition, timeout=10):
        """Waits until condition() is true; looked at again after every action."""
        deadline = asyncio.get_running_loop().time() + timeout
        while not condition():
            left = deadline - asyncio.get_running_loop().time()
            assert left > 0, f"waited {timeout} s for {what}; presences {self.presences}, AstDB {self.database}, " \
                             f"devices {self.devices}, last writes {self.written[-6:]}"
            self.news.clear()
            try:
                await asyncio.wait_for(self.news.wait(), left)
            except asyncio.TimeoutError:
                pass

    async def quiet(self, seconds=0.6):
        """Returns when nothing was written for so long."""
        count = None
        while count != len(self.written):
            count = len(self.written)
            await asyncio.sleep(seconds)

    async def replay(self, name, longest=0.4, first=1, last=None):
        """Sends a recording, or its lines from `first` to `last`, with its pauses, but none longer than `longest`
        seconds. Its lists and answers, which belong to other sessions, and the closed connections are left out."""
        before = None
        for stamp, text in recorded(name, first, last):
            if before is not None and stamp > before:
                await asyncio.sleep(min(stamp - before, longest))
            before = stamp
            if not text or re.search(r"^(Response|ActionID): ", text, re.MULTILINE):
                continue
            self.send((text + "\r\n\r\n").encode())
            if re.search(r"^Privilege: ", text, re.MULTILINE):
                self._learn(dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line))

    def recall(self, name, first=1, last=None):
        """What the lists of a recording say, its lists say from now on. Those of devices are refused if the recording
        has none."""
        self.devices, self.extensions, self.channels, self.presences = {}, {}, {}, {}
        for _, text in recorded(name, first, last):
            if re.search(r"^ActionID: ", text, re.MULTILINE):
                self._learn(dict(line.split(": ", 1) for line in text.split("\r\n") if ": " in line))
        (self.denied.discard if self.devices else self.denied.add)("DeviceStateList")

    def _learn(self, fields):
        name = fields.get("Event")
        if name == "DeviceStateChange":
            self.devices[fields["Device"]] = fields["State"]
        elif name == "ExtensionStatus":
            self.extensions[fields["Exten"]] = fields["Status"]
        elif name == "CoreShowChannel":
            self.channels[fields["Channel"]] = fields["Application"]
        elif name == "PresenceStateChange":
            self.presences[fields["Presentity"].removeprefix("CustomPresence:")] = Presence(
                fields["Status"], fields["Subtype"], fields["Message"])

    # --- input

    async def _serve(self, reader, writer):
        self.sessions += 1
        self.writers.append(writer)
        writer.write(self.greeting)
        try:
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                self._take(writer, text.strip("\r\n").split("\r\n"))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            if writer in self.writers:
                self.writers.remove(writer)
            self.admitted.discard(writer)
            writer.close()

    def _take(self, writer, lines):
        action = dict(line.split(": ", 1) for line in lines)
        self.actions.append({**action, "at": asyncio.get_running_loop().time()})
        if any(len(line.encode()) + 2 > LONGEST_LINE for line in lines):
            self.complaints.append(f"line too long: {action}")
            self._say(writer, action, "Error", "Failed to parse message: line too long")
        elif self.held is not None and (not self.holds or action["Action"] in self.holds):
            self.held.append((writer, action))
        else:
            self._answer(writer, action)
        self.news.set()

    def _answer(self, writer, action):
        handler = getattr(self, f"_on_{action['Action'].lower()}", None)
        if action["Action"] != "Login" and writer not in self.admitted:
            self.complaints.append(f"before the login: {action}")
            self._say(writer, action, "Error", "Permission denied")
        elif action["Action"] in self.denied:
            self._say(writer, action, "Error", "Permission denied")
        elif handler:
            handler(writer, action)
        else:
            self._say(writer, action, "Success", "x")

    def _say(self, writer, action, response, message, events=(), rows=()):
        """The answer and what goes with it, and the events that everybody gets."""
        answer = block(f"Response: {response}", f"ActionID: {action['ActionID']}", *rows, f"Message: {message}")
        parts = [lambda: writer.write(answer), lambda: self.send(b"".join(events))]
        if self.mute:
            parts.pop()
        for part in reversed(parts) if self.events_first else parts:
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, part)
            else:
                part()

    def _list(self, writer, action, message, name, complete, items):
        number = action["ActionID"]
        writer.write(block(Response="Success", ActionID=number, EventList="start", Message=message))
        for item in items:
            writer.write(block(Event=name, ActionID=number, **item))
        writer.write(block(Event=complete, ActionID=number, EventList="Complete", ListItems=len(items)))

    # --- actions

    def _on_login(self, writer, action):
        good = (action["Username"], action["Secret"]) == (self.username, self.password)
        writer.write(block(Response="Success" if good else "Error", ActionID=action["ActionID"],
                           Message="Authentication accepted" if good else "Authentication failed"))
        if good:
            self.admitted.add(writer)
            writer.write(block(Event="FullyBooted", Privilege="system,all", Uptime=1, LastReload=1,
                               Status="Fully Booted"))

    def _on_devicestatelist(self, writer, action):
        self._list(writer, action, "Device State Changes will follow", "DeviceStateChange", "DeviceStateListComplete",
                   [{"Device": d, "State": s} for d, s in self.devices.items()])

    def _on_extensionstatelist(self, writer, action):
        self._list(writer, action, "Extension Statuses will follow", "ExtensionStatus", "ExtensionStateListComplete",
                   [{"Exten": e, "Context": "ext-local", "Hint": hint(e), "Status": s, "StatusText": "x"}
                    for e, s in self.extensions.items()])

    def _on_presencestatelist(self, writer, action):
        self._list(writer, action, "Presence State Changes will follow", "PresenceStateChange",
                   "PresenceStateListComplete", [self._presence_fields(e) for e in self.presences])

    def _on_coreshowchannels(self, writer, action):
        self._list(writer, action, "Channels will follow", "CoreShowChannel", "CoreShowChannelsComplete",
                   [{"Channel": c, "Application": a} for c, a in self.channels.items()])
        self.listed.set()

    def _on_setvar(self, writer, action):
        variable = re.fullmatch(r"(PRESENCE|DEVICE)_STATE\((CustomPresence|Custom):(.+)\)", action["Variable"])
        value, events = action.get("Value", ""), None
        if variable and variable[1] == "PRESENCE":
            presence = parse_presence(value)
            self._note(action["Variable"], presence)
            events = self._store_presence(variable[3], presence) if presence else None
        elif variable:
            self._note(action["Variable"], value)
            events = self._store_device(f"Custom:{variable[3]}", value) if value in DEVICE_STATES else None
        if events is None:
            self.complaints.append(f"not set: {action}")
            self._say(writer, action, "Error", "Variable not set")
        else:
            self._say(writer, action, "Success", "Variable Set", events)

    def _on_getvar(self, writer, action):
        name = action["Variable"]
        writer.write(block(Response="Success", ActionID=action["ActionID"], Variable=name,
                           Value=self.globals.get(name, "")))

    def _on_dbput(self, writer, action):
        key, value = f"{action['Family']}/{action['Key']}", action.get("Val", "")
        self._note(f"DB({key})", value)
        self.database[key] = value
        self._say(writer, action, "Success", "Updated database successfully")

    def _on_dbdel(self, writer, action):
        key = f"{action['Family']}/{action['Key']}"
        if key != "OFFHOOK/probe":
            self._note(f"DB({key})", None)
        if self.database.pop(key, None) is None:
            self._say(writer, action, "Error", "Database entry not found")
        else:
            self._say(writer, action, "Success", "Key deleted successfully")

    def _on_dbget(self, writer, action):
        family, key = action["Family"], action["Key"]
        value = self.database.get(f"{family}/{key}")
        if value is None:
            self._say(writer, action, "Error", "Database entry not found")
        else:
            self._list(writer, action, "Result will follow", "DBGetResponse", "DBGetComplete",
                       [{"Family": family, "Key": key, "Val": value}])

    # --- changes and their events

    def _note(self, target, value):
        self.written.append(Write(asyncio.get_running_loop().time(), target, value))

    def _presence_fields(self, extension):
        presence = self.presences[extension]
        return {"Presentity": f"CustomPresence:{extension}", "Status": presence.show,
                "Subtype": escaped(presence.subtype), "Message": escaped(presence.message)}

    def _store_presence(self, extension, presence):
        self.presences[extension] = presence
        self.news.set()
        return [event("PresenceStateChange", **self._presence_fields(extension))]

    def _store_device(self, name, state):
        self.news.set()
        if self.devices.get(name) == state:
            return []
        self.devices[name] = state
        events = [event("DeviceStateChange", Device=name, State=state)]
        extension = name.removeprefix("Custom:DND")
        if extension in self.extensions and self.devices.get(f"PJSIP/{extension}", "NOT_INUSE") == "NOT_INUSE":
            self.extensions[extension] = DEVICE_STATES[state]
            events.insert(0, event("ExtensionStatus", Exten=extension, Context="ext-local", Hint=hint(extension),
                                   Status=self.extensions[extension], StatusText="x"))
        return events
