"""The feed: how the component learns of people's clients, and what colleagues see of it."""

import asyncio
import datetime
import json
import os
import urllib.request
import xml.etree.ElementTree as ET

import pytest
import pytest_asyncio

from client import Client
from conftest import World
from servers import COMPONENT, Ejabberd, Postgres, Prosody, Workshop, free_port

# Where Debian's prosody-modules are, when they are not where Prosody looks.
MODULES = os.environ.get("PROSODY_MODULES", "/usr/lib/prosody/modules")


def feed(world, name="bob"):
    rows = world.query("SELECT state FROM feeds WHERE account = %s", world.account(name))
    return rows[0][0] if rows else "none"


async def feed_becomes(world, wanted, name="bob", timeout=10):
    for _ in range(timeout * 50):
        if feed(world, name) == wanted:
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"the feed of {name} is {feed(world, name)}, not {wanted}")


async def asked(client, after=0):
    """The component asked for the client's presence."""
    await client.wait_for("the request", lambda: any(
        seen.type == "subscribe" and seen.sender == client.component for seen in client.seen[after:]))


async def consent(world, client, name="bob"):
    await asked(client)
    client.send_presence(pto=client.component, ptype="subscribed")
    await feed_becomes(world, "active", name)


async def fed(world):
    """alice watches bob, whose client has consented."""
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    await consent(world, bob)
    alice = await world.client("alice")
    await alice.watch(contact)
    await alice.sees(contact, id="available")
    return alice, bob, contact


def say(client, show="", status="", priority=0, idle=None):
    since = f"<idle xmlns='urn:xmpp:idle:1' since='{idle}'/>" if idle else ""
    client.send_raw(f"<presence>{f'<show>{show}</show>' if show else ''}<status>{status}</status>"
                    f"<priority>{priority}</priority>{since}</presence>")


def ago(**span):
    at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(**span)
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def cut_off(client):
    """The connection is gone without a word."""
    client.transport.abort()


async def come_back(world, name, resource="desk"):
    return await world.client(name, resource=resource)


# --- consent ----------------------------------------------------------------------------------------

async def test_what_a_client_shows_is_what_colleagues_see(world):
    alice, bob, contact = await fed(world)
    for show, status in (("away", "away"), ("xa", "extended-away"), ("dnd", "dnd"), ("chat", "chat"),
                         ("", "available")):
        say(bob, show)
        await alice.sees(contact, id=status)
    say(bob, idle=ago(hours=1))
    await alice.sees(contact, id="away")
    say(bob, status="Lunch Break")
    await alice.sees(contact, id="lunch-break")
    say(bob, status="in the garden")
    seen = await alice.sees(contact, id="available")
    assert seen.message == "in the garden"
    await bob.logout()
    await alice.sees(contact, type="unavailable")
    again = await come_back(world, "bob")
    await alice.sees(contact, id="available")
    cut_off(again)
    await alice.sees(contact, type="unavailable")


async def test_who_refuses_is_not_watched_and_not_asked_again(world):
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    await asked(bob)
    bob.send_presence(pto=bob.component, ptype="unsubscribed")
    await feed_becomes(world, "refused")
    alice = await world.client("alice")
    await alice.watch(contact)
    before = len(alice.history(contact))
    say(bob, "dnd")
    count = len(bob.seen)
    await asyncio.to_thread(world.offhook.stop)
    await asyncio.to_thread(world.offhook.start)
    await asyncio.sleep(2)
    assert not [seen for seen in bob.seen[count:] if seen.type == "subscribe"]
    assert not [seen for seen in alice.history(contact)[before:] if seen.id == "dnd"]
    bob.subscribe(contact)  # the own contact address
    await asked(bob, count)
    await feed_becomes(world, "asked")


async def test_who_removes_the_component_is_watched_no_more(world):
    alice, bob, contact = await fed(world)
    bob.send_presence(pto=bob.component, ptype="unsubscribed")
    await feed_becomes(world, "refused")
    before = len(alice.history(contact))
    say(bob, "dnd")
    await bob.settle()
    await alice.settle()
    assert not [seen for seen in alice.history(contact)[before:] if seen.id == "dnd"]


async def test_presence_sent_to_the_component_alone_is_no_subscription(world):
    await world.add_person("bob")
    bob = await world.client("bob")
    await asked(bob)
    for _ in range(3):
        bob.send_presence(pto=bob.component)
        await asyncio.sleep(0.3)
    await feed_becomes(world, "asked")
    await consent(world, bob)


# --- devices ----------------------------------------------------------------------------------------

async def test_of_two_devices_the_present_one_counts(world):
    alice, bob, contact = await fed(world)
    say(bob, "away")
    await alice.sees(contact, id="away")
    laptop = await world.client("bob", resource="laptop")
    await alice.sees(contact, id="available")
    say(laptop, "away")
    await alice.sees(contact, id="away")
    await laptop.logout()
    say(bob)
    await alice.sees(contact, id="available")


async def phone(world, name):
    client = Client(world.xmpp, world.user(name), None, "phone")
    client.register_plugin("xep_0030")
    client.register_plugin("xep_0115", {"caps_node": "http://phone.example"})
    client["xep_0030"].add_identity(category="client", itype="phone", name="Phone")
    world.clients.append(client)
    await client.login(available=False)
    await client["xep_0115"].update_caps()
    client.send_presence()
    return client


async def test_a_phone_put_away_keeps_its_owner_available(world):
    alice, bob, contact = await fed(world)
    mobile = await phone(world, "bob")
    await bob.logout()
    mobile.send_presence(pshow="away")
    await alice.sees(contact, id="away")  # by hand
    presence = mobile.make_presence(pshow="away")
    presence.append(ET.Element("{urn:xmpp:idle:1}idle", since=ago(hours=2)))
    presence.send()
    await alice.sees(contact, id="available")


async def test_a_device_that_is_back_within_two_seconds_makes_no_noise(world):
    alice, bob, contact = await fed(world)
    await asyncio.sleep(2)
    before = len(alice.history(contact))
    cut_off(bob)
    await asyncio.sleep(1)
    await come_back(world, "bob")
    await asyncio.sleep(4)
    assert len(alice.history(contact)) == before


# --- restarts ---------------------------------------------------------------------------------------

async def test_after_a_crash_of_offhook_nobody_sees_a_flicker(world):
    alice, bob, contact = await fed(world)
    say(bob, "dnd")
    await alice.sees(contact, id="dnd")
    before = len(alice.history(contact))
    world.offhook.kill()
    await asyncio.to_thread(world.offhook.start)
    again = await world.client("alice", resource="again")  # asks at once
    await again.sees(contact, id="dnd")
    await asyncio.sleep(4)
    assert {seen.id for seen in alice.history(contact)[before:]} <= {"dnd"}
    assert {seen.id for seen in again.history(contact)} == {"dnd"}
    say(bob)
    await alice.sees(contact, id="available")


async def test_what_happened_while_offhook_was_down_is_seen_after_it(world):
    alice, bob, contact = await fed(world)
    await asyncio.to_thread(world.offhook.stop)
    await alice.sees(contact, type="unavailable")
    before = len(alice.history(contact))
    say(bob, "away")
    await bob.ping(world.xmpp.domain)
    await asyncio.to_thread(world.offhook.start)
    await alice.sees(contact, id="away")
    assert {seen.id for seen in alice.history(contact)[before:]} == {"away"}
    await asyncio.to_thread(world.offhook.stop)
    await bob.logout()
    await asyncio.to_thread(world.offhook.start)
    before = len(alice.history(contact))
    await asyncio.sleep(5)
    assert {seen.type for seen in alice.history(contact)[before:]} <= {"unavailable"}
    assert world.offhook.presence(world.user("bob"))["status"] == "offline"


async def test_after_a_restart_of_the_server_the_truth_is_seen(own_world):
    world = own_world
    alice, bob, contact = await fed(world)
    await alice.logout()
    await bob.logout()
    await asyncio.to_thread(world.xmpp.kill)
    await asyncio.to_thread(world.xmpp.start)
    bob = await come_back(world, "bob")
    alice = await come_back(world, "alice")
    await alice.sees(contact, id="available")
    say(bob, "dnd")
    await alice.sees(contact, id="dnd")
    await bob.logout()
    await alice.sees(contact, type="unavailable")


# --- without asking ---------------------------------------------------------------------------------

class EjabberdWithApi(Ejabberd):
    def __init__(self, directory):
        super().__init__(directory)
        self.api_port = free_port()

    def write_config(self):
        super().write_config()
        path = self.directory / "ejabberd.yml"
        text = path.read_text().replace("modules:\n", f'''  - port: {self.api_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {{/api: mod_http_api}}
api_permissions:
  all: {{from: mod_http_api, who: {{ip: 127.0.0.1/8}}, what: "*"}}
modules:
  mod_admin_extra: {{}}
  mod_http_api: {{}}
''', 1)
        path.write_text(text)

    def call(self, command, **arguments):
        request = urllib.request.Request(f"http://127.0.0.1:{self.api_port}/api/{command}",
                                         json.dumps(arguments).encode(), {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(request, timeout=10))


class ProsodyWith(Prosody):
    """With modules, what they are told, and the component's own ones."""

    modules, options, of_component = "", "", ""

    def write_config(self):
        super().write_config()
        path = self.directory / "prosody.cfg.lua"
        text = path.read_text().replace('modules_enabled = {', f'plugin_paths = {{ "{MODULES}" }}\n'
                                        f'{self.options}\nmodules_enabled = {{ {self.modules}', 1)
        path.write_text(text.replace('  component_secret = "s3cret"\n',
                                     f'  component_secret = "s3cret"\n{self.of_component}', 1))


@pytest_asyncio.fixture
async def server_world():
    """Makes a world of a server of one's own."""
    worlds = []
    with Workshop("offhook-test-") as workshop:
        def make(kind, prepare=lambda server: None):
            postgres = workshop.add(Postgres(workshop.directory / "postgres")).start()
            server = workshop.add(kind(workshop.directory / kind.name))
            prepare(server)
            worlds.append(World(workshop.directory, server.start(), postgres))
            return worlds[0]
        try:
            yield make
        finally:
            for world in worlds:
                await world.close()


async def check_without_asking(world, contact, bob):
    alice = await world.client("alice")
    await alice.watch(contact)
    await alice.sees(contact, id="available")
    say(bob, "dnd")
    await alice.sees(contact, id="dnd")
    cut_off(bob)
    await alice.sees(contact, type="unavailable")
    bob = await come_back(world, "bob")
    await alice.sees(contact, id="available")
    return alice, bob


async def test_a_roster_item_of_ejabberds_administrator_is_consent(server_world):
    world = server_world(EjabberdWithApi)
    await asyncio.to_thread(world.start)
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    await asked(bob)
    arguments = dict(localuser=world.user("bob"), localhost=world.xmpp.domain, user="", host=world.xmpp.component,
                     nick="Presence", group="Presence", subs="from")
    await asyncio.to_thread(world.xmpp.call, "add_rosteritem", **arguments)
    await feed_becomes(world, "active")
    alice, bob = await check_without_asking(world, contact, bob)
    say(bob, "away")
    await alice.sees(contact, id="away")
    before = len(alice.history(contact))
    world.offhook.kill()
    await asyncio.to_thread(world.offhook.start)
    await asyncio.sleep(5)
    assert {seen.id for seen in alice.history(contact)[before:]} <= {"away"}


async def test_a_group_of_prosodys_administrator_is_consent(server_world):
    def prepare(server):
        server.modules = '"groups";'
        groups = server.directory / "groups.txt"
        groups.write_text("")
        server.options = f'groups_file = "{groups}"'
    world = server_world(ProsodyWith, prepare)
    groups = world.xmpp.directory / "groups.txt"
    groups.write_text(f"[Presence]\n{COMPONENT}=Presence\n{world.account('bob')}=Bob\n")
    await asyncio.to_thread(world.xmpp.stop)
    await asyncio.to_thread(world.xmpp.start)
    await asyncio.to_thread(world.start)
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    await feed_becomes(world, "active")
    await check_without_asking(world, contact, bob)


async def test_a_prosody_that_tells_unasked_asks_nobody(server_world):
    def prepare(server):
        server.modules = '"privilege";'
        server.options = f'''privileged_entities = {{ ["{server.component}"] = {{ presence = "managed_entity";
            iq = {{ ["http://jabber.org/protocol/pubsub"] = "both"; ["urn:x"] = "set"; }}; }} }}'''
        server.of_component = '  modules_enabled = { "privilege" }\n'
    world = server_world(ProsodyWith, prepare)
    await asyncio.to_thread(world.start)
    contact = await world.add_person("bob")
    bob = await world.client("bob")
    alice, bob = await check_without_asking(world, contact, bob)
    say(bob, "away")
    await alice.sees(contact, id="away")
    before = len(alice.history(contact))
    world.offhook.kill()
    await asyncio.to_thread(world.offhook.start)
    await asyncio.sleep(5)
    assert {seen.id for seen in alice.history(contact)[before:]} <= {"away"}
    assert not [seen for seen in bob.seen + alice.seen if seen.type == "subscribe"]
    assert feed(world) == "none"
    assert world.query("SELECT state FROM feeds") == [("active",)]
