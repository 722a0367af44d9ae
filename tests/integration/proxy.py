"""A proxy before a server, which can say something of its own to the client in the middle of a stream."""

import asyncio


class Proxy:
    def __init__(self, target):
        self.target = target
        self.connections = 0
        self.down = None  # towards the client
        self.server = self.port = None
        self.opened = asyncio.Event()

    async def start(self):
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self.server.sockets[0].getsockname()[1]
        return self

    async def stop(self):
        self.server.close()
        self.drop()
        await asyncio.sleep(0)

    def drop(self):
        if self.down is not None:
            self.down.transport.abort()

    async def say(self, data):
        """To the client, as if the server had said it; ConnectionError once it has gone."""
        if self.down is None or self.down.transport.is_closing():
            raise ConnectionResetError
        self.opened.clear()
        self.down.write(data)
        await self.down.drain()

    async def again(self, timeout=15):
        """Waits until the client has come back."""
        await asyncio.wait_for(self.opened.wait(), timeout)

    async def _serve(self, reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        self.connections += 1
        self.down = writer
        self.opened.set()
        pipes = [asyncio.ensure_future(self._pipe(reader, up_writer)), asyncio.ensure_future(self._pipe(up_reader, writer))]
        await asyncio.wait(pipes, return_when=asyncio.FIRST_COMPLETED)
        for end in (up_writer, writer):
            end.close()
        for pipe in pipes:
            pipe.cancel()

    @staticmethod
    async def _pipe(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
