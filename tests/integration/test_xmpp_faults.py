"""What took the component stream down, or kept what should have ended: each once, on both servers."""

import asyncio
import socket
import threading

import pytest

from servers import FOREIGN_DOMAIN

STREAM_HEADER = (b"<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' "
                 b"xmlns='jabber:component:accept' id='x'>")
ERRORS = "urn:ietf:params:xml:ns:xmpp-streams"


async def stays(world, port, seconds=4):
    """The stream is the same one after all that time, and presence flows."""
    for _ in range(seconds * 10):
        await asyncio.sleep(0.1)
        assert world.offhook.stream_port() == port, "the component stream was closed"


HUGE = {
    "attribute of the stanza": lambda to: f"<iq type='get' to='{to}' id='{chr(34) * 200000}'><query xmlns='urn:x'/></iq>",
    "attribute of a child": lambda to: f"<iq type='get' to='{to}' id='1'><query xmlns='urn:x' a='{chr(34) * 200000}'/></iq>",
    "namespace": lambda to: f"<message to='{to}' id='1'><x xmlns='urn:q' xmlns:p='urn:{'n' * 10000}'>{'<p:a/>' * 2500}</x></message>",
    "default namespace": lambda to: f"<message to='{to}' id='1'><x xmlns='urn:{'n' * 100000}'>{'<a/>' * 8000}</x></message>",
    "children": lambda to: f"<iq type='get' to='{to}' id='1'><query xmlns='urn:x'>{'<a/>' * 8180}</query></iq>",
}


@pytest.mark.parametrize("kind", HUGE)
async def test_what_a_server_makes_larger_does_not_close_the_stream(world, kind):
    alice, bob = await world.watched()
    mallory = await world.client("mallory")
    port = world.offhook.stream_port()
    mallory.send_raw(HUGE[kind](mallory.component))
    for _ in range(8):  # a server's expat may wait for more input after a long tag
        mallory.send_raw(" " * 50000)
        await asyncio.sleep(0.1)
    await stays(world, port)
    await world.event("answered")
    await alice.sees(bob, id="on-call")


async def test_large_answers_to_many_requests_do_not_close_the_stream(world):
    alice, bob = await world.watched()
    world.offhook.stop()
    tenant = world.query("SELECT id FROM tenants")[0][0]
    world.query("INSERT INTO people (tenant_id, contact, name) SELECT %s, repeat('д', 120) || n, repeat('😀', 64) "
                "FROM generate_series(1, 120) n", tenant)
    await asyncio.to_thread(world.offhook.start)
    port = world.offhook.stream_port()
    alice.send_raw(f"<iq type='get' to='{alice.component}' id='1'>"
                   "<query xmlns='http://jabber.org/protocol/disco#items'/></iq>" * 500)
    await stays(world, port, 6)
    await world.event("answered")
    await alice.sees(bob, timeout=30, id="on-call")


async def test_a_domain_that_is_no_longer_allowed_sees_nothing_more(world):
    alice, bob = await world.watched()
    admin = await world.admin()
    result = await admin.command("policy", allowed_domains=FOREIGN_DOMAIN)
    assert result.status == "completed" and not result.error, result
    eve = await world.client("eve", domain=FOREIGN_DOMAIN)
    await eve.watch(bob, id="available")
    await admin.command("policy", allowed_domains="none")
    await eve.sees(bob, type="unavailable")
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await asyncio.sleep(0.5)
    assert eve.view(bob).type == "unavailable"
    assert {row[0] for row in world.query("SELECT watcher FROM watchers")} == {world.account("alice")}
    eve.send_presence(pto=bob, ptype="probe")
    eve.subscribe(bob)
    await asyncio.sleep(0.5)
    assert eve.view(bob).type == "unavailable"


class OddServer(threading.Thread):
    """Takes component streams and says one thing to each."""

    def __init__(self, text):
        super().__init__(daemon=True)
        self.text = text
        self.streams = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        while True:
            try:
                stream, _ = self.listener.accept()
                with stream:
                    stream.recv(65536)
                    stream.sendall(STREAM_HEADER)
                    stream.recv(65536)
                    stream.sendall(self.text)
                    self.streams += 1
                    stream.recv(65536)
            except OSError:
                if self.listener.fileno() < 0:
                    return


async def odd_server(world, error):
    server = OddServer(f"<stream:error>{error}</stream:error></stream:stream>".encode())
    world.offhook.config["tenant"][0]["server"] = f"127.0.0.1:{server.port}"
    world.offhook.allow_errors("the server closed the stream")
    await asyncio.to_thread(world.offhook.spawn)
    for _ in range(200):
        if server.streams >= 2:
            break
        await asyncio.sleep(0.1)
    server.listener.close()
    assert server.streams >= 2
    assert world.offhook.running


async def test_a_stream_error_without_words_is_survived(quiet_world):
    await odd_server(quiet_world, f"<conflict xmlns='{ERRORS}'/><text xmlns='{ERRORS}'/>")


async def test_a_refusal_is_logged_once(quiet_world):
    await odd_server(quiet_world, f"<not-authorized xmlns='{ERRORS}'/>")
    lines = [line for line in quiet_world.offhook.log().splitlines() if "not-authorized" in line]
    assert [line.split()[1] for line in lines].count("error") == 1, lines
