"""What colleagues can read, all of it: who is invisible is offline there, and a hidden call is a meeting.

A new interface fails test_every_interface_is_listed until it stands in one of the tables below.
"""

import asyncio
import re
import xml.etree.ElementTree as ET

import pytest
from client import COMMANDS
from listener import Listener
from servers import ROOT

INFO = "http://jabber.org/protocol/disco#info"
ITEMS = "http://jabber.org/protocol/disco#items"
STATUSES = "urn:offhook:1:statuses"

# What can be asked of a contact address, by feature; the component has all of them, and a few more.
OF_CONTACTS = {
    INFO: f"<query xmlns='{INFO}'/>",
    ITEMS: f"<query xmlns='{ITEMS}'/>",
    "jabber:iq:last": "<query xmlns='jabber:iq:last'/>",
    "urn:xmpp:ping": "<ping xmlns='urn:xmpp:ping'/>",
    "vcard-temp": "<vCard xmlns='vcard-temp'/>",
}
# Not for contact addresses: the answer must be the same error for everybody.
OF_THE_COMPONENT = {
    "jabber:iq:version": "<query xmlns='jabber:iq:version'/>",
    "urn:xmpp:time": "<time xmlns='urn:xmpp:time'/>",
    "http://jabber.org/protocol/pubsub":
        f"<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='{STATUSES}'/></pubsub>",
    COMMANDS: f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>",
}
# About the asker or the catalogue, never about a colleague.
OWN_COMMANDS = {"set-status", "clear-status", "set-message", "my-status", "preferences", "list-statuses"}
# Parts of those above, which cannot be asked for by themselves.
PARTS = {f"http://jabber.org/protocol/{part}"
         for part in ("rsm", "pubsub#retrieve-items", "pubsub#item-ids", "pubsub#rsm")}
HTTP_OF_PEOPLE = {"/v1/people", "/v1/people/{contact}/presence", "/v1/pbx/{pbx}/extensions/{ext}/presence", "/v1/stream"}
HTTP_OF_NOBODY = {"/v1/statuses", "/healthz", "/readyz", "/metrics"}
ROUTES = {"presence", "feed", "caps", "privilege", "disco", "command", "chat", "version", "ping", "last", "time", "vcard",
          "pubsub"}


class Colleague:
    """Somebody to look at. Everything that names them is masked, so that two of them can be compared."""

    def __init__(self, world, name, extension):
        self.user, self.contact, self.account = world.user(name), world.contact(name), world.account(name)
        self.name, self.extension = name.capitalize(), extension

    def mask(self, text):
        for own, mask in ((self.user, "who"), (self.name, "Who"), (self.extension, "ext")):
            text = text.replace(own, mask)
        return text


async def colleague(world, name, extension):
    await world.add_person(name, [extension])
    return Colleague(world, name, extension)


def without_id(xml):
    xml.attrib.pop("id", None)
    return ET.tostring(xml, encoding="unicode")


# --- the interfaces -----------------------------------------------------------------------------------


async def asked(alice, them):
    """Everything that an iq can ask of a contact address."""
    for address in (them.contact, f"{them.contact}/offhook"):
        for feature, payload in {**OF_CONTACTS, **OF_THE_COMPONENT}.items():
            yield f"{feature} of {address}", without_id(await alice.query("get", address, payload))


async def listed(alice, them):
    answer = await alice.query("get", alice.component, OF_CONTACTS[ITEMS])
    for item in answer.iter(f"{{{ITEMS}}}item"):
        if item.get("jid") == them.contact:
            yield "the list of people", ET.tostring(item, encoding="unicode")


async def answered_by_chat(alice, them):
    for text in (them.user, them.name, them.extension, f"hq:{them.extension}", them.account, them.contact):
        before = len(alice.messages)
        alice.send_message(mto=alice.component, mbody=f"who {text}", mtype="chat")
        message = await alice.wait_for(f"an answer to who {text}", lambda: alice.messages[before:])
        yield f"who {text}", message[0]["body"]
    before = len(alice.messages)
    alice.send_message(mto=them.contact, mbody="hello", mtype="chat")
    message = await alice.wait_for("an answer to a message", lambda: alice.messages[before:])
    yield "a message", without_id(message[0].xml)


async def published(world, them):
    """Everything that a new colleague gets: on subscribing, and by the probe of a second device."""
    name = f"new{len(world.clients)}"
    desk = await world.client(name)
    desk.subscribe(them.contact)
    await desk.hears("subscribed", them.contact)
    await desk.wait_for("presence", lambda: desk.history(them.contact))
    await desk.settle()
    mobile = await world.client(name, resource="mobile")
    await mobile.wait_for("presence", lambda: mobile.history(them.contact))
    await mobile.settle()
    for device, client in (("desk", desk), ("mobile", mobile)):
        for seen in (seen for seen in client.seen if seen.contact == them.contact):
            yield f"presence at {device}", without_id(seen.xml).replace(client.user, "me")


async def fetched(world, them):
    async def get(path, token):
        answer = await world.request("GET", path, token=token)
        assert answer.status == 200, (path, answer)
        return answer

    reader = world.offhook.reader_token
    yield "presence", (await get(f"/v1/people/{them.user}/presence", reader)).body.decode()
    yield "extension", (await get(f"/v1/pbx/hq/extensions/{them.extension}/presence",
                                  world.offhook.token)).body.decode()
    for search in ("", "?status=offline", "?status=invisible", "?status=on-call", "?status=busy",
                   f"?q={them.user}", f"?q={them.extension}"):
        items = (await get(f"/v1/people{search}", reader)).json["items"]
        yield f"people {search}", str([item for item in items if item["contact"] == them.user])
    listener = await (await Listener(world.offhook).open()).complete()
    yield "stream", str([event.data for event in listener.events if event.contact == them.user])
    await listener.close()


async def view(world, alice, them):
    """All that can be read of a colleague, as (interface, text), masked."""
    found = []
    for interface in (asked(alice, them), listed(alice, them), answered_by_chat(alice, them), published(world, them),
                      fetched(world, them)):
        found += [(them.mask(name), them.mask(text)) async for name, text in interface]
    return found


def without_times(found):
    times = re.compile(r"""(since["']?[=:] ?["'])[^"']+|(seconds=")\d+""")
    return [(name, times.sub(r"\1\2?", text)) for name, text in found]


# --- what they show -----------------------------------------------------------------------------------


async def pbx(world, path, body):
    answer = await world.request("PUT", f"/v1/pbx/hq/{path}", body, token=world.offhook.token)
    assert answer.status == 200, answer


@pytest.mark.parametrize("precedence", ["manual", "call"])
async def test_who_is_invisible_is_offline_everywhere(world, precedence):
    await (await world.admin()).command("policy", call_precedence=precedence, ringing_status="busy")
    alice = await world.client("alice")
    ghost, gone = await colleague(world, "ghost", "1001"), await colleague(world, "empty", "1002")
    for them in (ghost, gone):
        await alice.watch(them.contact, id="available")
    client = await world.client("ghost")
    await client.command("set-message", message="secret message")
    await alice.sees(ghost.contact, message="secret message")
    await client.command("set-status", status="invisible", message="secret reason", expires="4h")
    await pbx(world, "extensions/1001/registration", {"registered": True})
    await pbx(world, "extensions/1002/registration", {"registered": False})
    for them in (ghost, gone):
        await alice.sees(them.contact, type="unavailable")
    before, told = len(alice.seen), len(alice.messages)
    await world.event("ringing", "1001", "call-1", direction="inbound")
    await world.event("answered", "1001", "call-1")
    await world.event("answered", "1001", "call-2", kind="meeting")
    await client.command("set-message", message="another secret")
    assert (await client.command("my-status")).fields["rule"] == ["you are invisible"]
    await alice.settle()
    assert alice.messages[told:] == []
    of_ghost, of_gone = await view(world, alice, ghost), await view(world, alice, gone)
    assert of_ghost == of_gone
    assert {"the list of people", "who ext", "presence at desk", "presence at mobile",
            "extension", "stream"} <= dict(of_ghost).keys()
    assert "secret" not in str(of_ghost) and "invisible" not in str([text for _, text in of_ghost]).lower()
    assert [seen for seen in alice.seen[before:] if seen.contact == ghost.contact] == []
    assert without_id(alice.view(ghost.contact).xml).replace(ghost.user, "") \
        == without_id(alice.view(gone.contact).xml).replace(gone.user, "")
    await world.event("ended", "1001", "call-1")
    await world.event("ended", "1001", "call-2")
    await alice.settle()
    assert [seen for seen in alice.seen[before:] if seen.contact == ghost.contact] == []


async def test_a_hidden_call_is_a_meeting_everywhere(world):
    alice = await world.client("alice")
    quiet, meets = await colleague(world, "quiet", "1001"), await colleague(world, "meets", "1002")
    client = await world.client("quiet")
    saved = await client.command_step("preferences", values={"hide_calls": True})
    assert saved.status == "completed", saved
    for them in (quiet, meets):
        await alice.watch(them.contact, id="available")
    await asyncio.gather(world.event("ringing", "1001", "call-1", direction="inbound"),
                         world.event("ringing", "1002", "call-2", direction="inbound", kind="meeting"))
    await asyncio.gather(world.event("answered", "1001", "call-1"), world.event("answered", "1002", "call-2"))
    for them in (quiet, meets):
        await alice.sees(them.contact, id="busy")
    of_quiet, of_meets = await view(world, alice, quiet), await view(world, alice, meets)
    assert without_times(of_quiet) == without_times(of_meets)
    assert "on-call" not in str([text for _, text in of_quiet]) and "On Call" not in str(of_quiet)
    histories = [[without_id(seen.xml) for seen in alice.history(them.contact)] for them in (quiet, meets)]
    assert len(histories[0]) == 2
    assert without_times([("", quiet.mask(text)) for text in histories[0]]) \
        == without_times([("", meets.mask(text)) for text in histories[1]])


# --- nothing is forgotten -------------------------------------------------------------------------------


async def test_every_interface_is_listed(world):
    await world.add_person("bob", ["1001"])
    alice = await world.client("alice")

    async def features(address):
        answer = await alice.query("get", address, OF_CONTACTS[INFO])
        return {feature.get("var") for feature in answer.iter(f"{{{INFO}}}feature")}

    contact = world.contact("bob")
    assert await features(contact) == await features(f"{contact}/offhook") == OF_CONTACTS.keys()
    assert await features(alice.component) - OF_CONTACTS.keys() - PARTS == OF_THE_COMPONENT.keys()
    items = await alice.query("get", alice.component, OF_CONTACTS[ITEMS])
    assert {item.get("node") for item in items.iter(f"{{{ITEMS}}}item")} == {None, STATUSES}
    commands = await alice.query("get", alice.component, OF_THE_COMPONENT[COMMANDS])
    assert {item.get("node") for item in commands.iter(f"{{{ITEMS}}}item")} == OWN_COMMANDS


def test_every_route_is_listed():
    openapi = (ROOT / "docs" / "openapi.yaml").read_text()
    paths = re.findall(r"^  (/\S+):\n((?:    .*\n|\n)*)", openapi, re.MULTILINE)
    assert {path for path, body in paths if re.search(r"^    get:", body, re.MULTILINE)} \
        == HTTP_OF_PEOPLE | HTTP_OF_NOBODY
    table = (ROOT / "src" / "xmpp" / "routes.c").read_text()
    assert set(re.findall(r"^\t(\w+)_routes,", table, re.MULTILINE)) == ROUTES
