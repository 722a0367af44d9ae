"""A listener of the live stream: server-sent events over a connection of its own."""

import asyncio
import json
from dataclasses import dataclass


@dataclass
class Event:
    name: str
    data: object
    id: str  # None: it had none

    @property
    def contact(self):
        return self.data.get("contact")


class Listener:
    def __init__(self, offhook, token=None, last_id=None):
        self.offhook, self.token, self.last_id = offhook, token or offhook.reader_token, last_id
        self.events, self.comments, self.status, self.headers = [], 0, None, {}
        self.changed = asyncio.Event()
        self.ended = False

    async def open(self):
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.offhook.http_port)
        last = f"Last-Event-ID: {self.last_id}\r\n" if self.last_id else ""
        self.writer.write((f"GET /v1/stream HTTP/1.1\r\nHost: offhook\r\nAuthorization: Bearer {self.token}\r\n"
                           f"{last}\r\n").encode())
        head = (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)).decode().split("\r\n")
        self.status = int(head[0].split()[1])
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        self.task = asyncio.create_task(self._read())
        return self

    async def _read(self):
        text = b""
        try:
            while size := int((await self.reader.readline()).strip(), 16):
                text += await self.reader.readexactly(size)
                await self.reader.readexactly(2)
                *blocks, text = text.split(b"\n\n")
                for block in blocks:
                    self._take(block.decode())
                self.changed.set()
            self.ended = True
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass
        self.changed.set()

    def _take(self, block):
        fields = {}
        for line in block.split("\n"):
            if line.startswith(":"):
                self.comments += 1
            else:
                name, _, value = line.partition(":")
                assert name in ("id", "event", "data", "retry") and name not in fields, block
                fields[name] = value.removeprefix(" ")
        if "id" in fields:
            self.last_id = fields["id"]
        if "data" in fields:
            self.events.append(Event(fields["event"], json.loads(fields["data"]), fields.get("id")))

    async def wait_for(self, what, found, timeout=20):
        """The first event for which `found(event)` holds, from the beginning."""
        async def look():
            while True:
                self.changed.clear()
                for event in self.events:
                    if found(event):
                        return event
                assert not self.task.done(), f"the stream ended before: {what}"
                await self.changed.wait()
        try:
            return await asyncio.wait_for(look(), timeout)
        except asyncio.TimeoutError:
            raise AssertionError(f"{what}: not among {self.events[-5:]}") from None

    async def complete(self):
        await self.wait_for("complete", lambda event: event.name == "complete")
        return self

    async def hears(self, contact, **wanted):
        """A presence of that person as the next thing after everything looked at before; forgets what was."""
        event = await self.wait_for(f"{contact} {wanted}", lambda event: event.name == "presence"
                                    and event.contact == contact
                                    and all(event.data[name] == value for name, value in wanted.items()))
        self.events = self.events[self.events.index(event) + 1:]
        return event

    async def end(self, timeout=20):
        """Waits until the server ends the stream, as it should."""
        await asyncio.wait_for(self.task, timeout)
        assert self.ended, "the stream broke off"

    async def close(self):
        self.task.cancel()
        self.writer.close()
