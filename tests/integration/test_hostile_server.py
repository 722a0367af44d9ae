"""An XMPP server that goes mad in the middle of its stream: the stream is made again, and nothing changed."""

import asyncio

import pytest
import pytest_asyncio

from proxy import Proxy

# What comes is the proxy's, whichever server stands behind it.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

BOMB = (b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" +
        b"".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9)) + b"]>")
ERRORS = ("stream", "XML")
MAD = {
    "a document type": BOMB + b"<iq>&j;</iq>",
    "an entity that nobody declared": b"<message from='a@example.test'><body>&j;</body></message>",
    "bytes that are no UTF-8": b"<message from='a@example.test'><body>\xff\xfe\x80</body></message>",
    "a character that XML has not": b"<message><body>&#0;</body></message>",
    "tags that do not match": b"<message><body></message>",
    "an attribute twice": b"<message to='a' to='b'/>",
    "a prefix that nobody declared": b"<x:message/>",
    "another document": b"<?xml version='1.0'?><stream:stream>",
    "no XML at all": b"HTTP/1.1 200 OK\r\n\r\n<!doctype html><p>hello & goodbye",
    "an end": b"</stream:stream>",
    "zeros": bytes(65536),
}


@pytest_asyncio.fixture
async def scene(quiet_world):
    """Alice watches bob, and between Offhook and its server stands a proxy."""
    world = quiet_world
    proxy = await Proxy(world.xmpp.component_port).start()
    world.offhook.config["tenant"][0]["server"] = f"127.0.0.1:{proxy.port}"
    await asyncio.to_thread(world.start)
    alice, bob = await world.watched()
    yield world, proxy, alice, bob
    await proxy.stop()


@pytest.mark.parametrize("kind", MAD)
async def test_what_is_no_stream_is_left_and_made_again(scene, kind):
    world, proxy, alice, bob = scene
    world.offhook.allow_errors(*ERRORS)
    rows = world.query("SELECT count(*) FROM people")
    await proxy.say(MAD[kind])
    await proxy.again()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    assert world.query("SELECT count(*) FROM people") == rows
    assert proxy.connections == 2


async def test_what_a_stream_should_not_have_but_harms_nobody_is_passed_over(scene):
    world, proxy, alice, bob = scene
    for noise in (b"<?xml-stylesheet href='file:///etc/passwd'?>", b"<!-- nothing -->", b"words between stanzas", b" \n\t",
                  b"<unknown xmlns='urn:example:unknown'><a/></unknown>", b"<presence/>", b"<iq/>", b"<message from='@@' to='//'/>"):
        await proxy.say(noise)
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    assert proxy.connections == 1


@pytest.mark.parametrize("begin, more", [
    (b"<message><body>", b"x"), (b"", b"<a>"), (b"<message a='", b"x"), (b"<m", b"m"), (b"", b" "), (b"<message>", b"<a/>"),
], ids=["text", "depth", "attribute", "name", "blanks", "elements"])
async def test_what_never_ends_takes_no_memory(scene, begin, more):
    world, proxy, alice, bob = scene
    world.offhook.allow_errors(*ERRORS)
    before = memory(world)
    try:
        await proxy.say(begin)
        for _ in range(300):
            await proxy.say(more * (65536 // len(more)))
    except ConnectionError:
        pass
    assert memory(world) - before < 64 * 1024 * 1024, "with what the sanitizers keep"
    proxy.drop()
    await proxy.again()
    await world.event("answered")
    await alice.sees(bob, id="on-call")


def memory(world):
    with open(f"/proc/{world.offhook.child.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))
