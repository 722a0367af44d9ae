"""What a person's own clients say, for tests of the feed: consent, show, text, idle time, capabilities."""

import asyncio
import base64
import datetime
import hashlib
import xml.etree.ElementTree as ET

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

from servers import wait_until

CLIENT = "jabber:client"
IDLE = "urn:xmpp:idle:1"
CAPS = "http://jabber.org/protocol/caps"
DISCO_INFO = "http://jabber.org/protocol/disco#info"


def ago(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def consent(world, client, after=0):
    """Waits until the component asks for the account's presence, and grants it."""
    await client.wait_for("the request", lambda: any(
        seen.type == "subscribe" and seen.sender == client.component for seen in client.seen[after:]))
    client.send_presence(pto=client.component, ptype="subscribed")
    await asyncio.to_thread(wait_until, "the feed is active", lambda: world.query(
        "SELECT state FROM feeds WHERE account = %s", client.bare) == [("active",)])


def cut_off(client):
    """The connection is gone without a word."""
    client.transport.abort()


async def with_feed(world, name, resource="desk", **said):
    """A client whose account the component follows."""
    client = await world.client(name, resource=resource, available=False)
    say(client, **said)
    await consent(world, client)
    return client


def say(client, show=None, text=None, idle=None, priority=None, kind=None):
    """The client's presence. `idle`: for so many seconds; `kind`: see capable()."""
    presence = client.make_presence(pshow=show, pstatus=text, ppriority=priority)
    if idle is not None:
        presence.xml.append(ET.Element(f"{{{IDLE}}}idle", since=ago(idle)))
    if kind is not None:
        presence.xml.append(ET.Element(f"{{{CAPS}}}c", hash="sha-1", node="https://client.example", ver=kind))
    presence.send()


def leave(client):
    client.send_presence(ptype="unavailable")


def capable(client, category="client", kind="phone", features=()):
    """Lets the client answer for these capabilities (XEP-0115); returns the `ver` to say()."""
    features = sorted({DISCO_INFO, *features})
    text = f"{category}/{kind}//Test<" + "".join(f"{feature}<" for feature in features)
    ver = base64.b64encode(hashlib.sha1(text.encode()).digest()).decode()

    def answer(iq):
        if iq.xml.find(f"{{{DISCO_INFO}}}query").get("node") != f"https://client.example#{ver}":
            return
        result = client.make_iq_result(id=iq["id"], ito=iq["from"])
        query = ET.SubElement(result.xml, f"{{{DISCO_INFO}}}query", node=f"https://client.example#{ver}")
        ET.SubElement(query, f"{{{DISCO_INFO}}}identity", category=category, type=kind, name="Test")
        for feature in features:
            ET.SubElement(query, f"{{{DISCO_INFO}}}feature", var=feature)
        result.send()

    client.register_handler(Callback(f"caps {ver}", StanzaPath("iq@type=get"), lambda iq: (
        answer(iq) if iq.xml.find(f"{{{DISCO_INFO}}}query") is not None else None)))
    return ver
