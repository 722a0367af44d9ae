"""Two tenants in one process: the same names, contacts and numbers in both, and nothing of one reaches the other."""

import asyncio
import signal

import pytest
import pytest_asyncio

from client import COMMANDS
from servers import FOREIGN_DOMAIN, SECRET

pytestmark = pytest.mark.any_server

BRANCH_TOKEN = "branch-token-0123456789abcdef"
OTHER_READER = "other-reader-token-0123456789abcdef"
OTHER_WRITER = "other-writer-token-0123456789abcdef"
ITEMS = "http://jabber.org/protocol/disco#items"
ADMIN_NODES = ["add-status", "edit-status", "delete-status", "order-statuses", "hide-status", "list-people",
               "add-person", "edit-person", "delete-person", "set-person-status", "active-calls", "policy", "add-admin",
               "remove-admin", "audit"]
PERSON_NODES = ["set-status", "clear-status", "set-message", "my-status", "list-statuses"]


class Tenants:
    """The world's own tenant with admin, alice and bob, and the other one with chief, zoe and another bob."""

    def __init__(self, world):
        self.world = world
        self.bob = world.user("bob")
        self.other_component = world.xmpp.components[1]

    def configure(self):
        world, offhook = self.world, self.world.offhook
        offhook.config["tenant"].append({
            "domain": FOREIGN_DOMAIN, "component": self.other_component, "secret": SECRET,
            "server": f"127.0.0.1:{world.xmpp.component_port}",
            "admins": [f"{world.user('chief')}@{FOREIGN_DOMAIN}"]})
        offhook.config["pbx"].append({"name": "branch", "tenant": FOREIGN_DOMAIN, "type": "webhook",
                                      "token": BRANCH_TOKEN})
        offhook.config["client"] += [
            {"name": "other-reader", "tenant": FOREIGN_DOMAIN, "scopes": ["read", "metrics"], "token": OTHER_READER},
            {"name": "other-writer", "tenant": FOREIGN_DOMAIN, "scopes": ["read", "write"], "token": OTHER_WRITER}]

    async def client(self, name):
        """Somebody of the other tenant."""
        client = await self.world.client(name, FOREIGN_DOMAIN)
        client.component = self.other_component
        return client

    async def begin(self):
        world = self.world
        self.alice, self.contact = await world.watched("bob", "alice", ["hq:1001"])
        self.admin = await world.admin()
        self.chief, self.zoe = await self.client("chief"), await self.client("zoe")
        self.other_contact = f"{self.bob}@{self.other_component}"
        result = await self.chief.command("add-person", contact=self.bob, name="Robert", extensions=["branch:1001"],
                                          jid=f"{self.bob}@{FOREIGN_DOMAIN}")
        assert result.status == "completed", result
        await self.zoe.watch(self.other_contact, id="available")
        return self

    async def branch_event(self, event, token=BRANCH_TOKEN, pbx="branch"):
        return await self.world.request("POST", f"/v1/pbx/{pbx}/events", token=token,
                                        body={"event": event, "extension": "1001", "call": "call-1"})

    async def settle(self):
        await self.alice.settle()
        await self.zoe.settle()


@pytest_asyncio.fixture
async def tenants(quiet_world):
    tenants = Tenants(quiet_world)
    tenants.configure()
    await asyncio.to_thread(quiet_world.start)
    return await tenants.begin()


async def ids(client):
    return {row["id"]: row["name"] for row in (await client.command("list-statuses")).rows}


async def test_each_has_its_own_catalogue(tenants):
    admin, chief = tenants.admin, tenants.chief
    for client, name in ((admin, "Tea"), (chief, "TEA")):
        result = await client.command_step("add-status", values={"name": name, "icon": "🍵"})
        assert result.status == "completed" and "tea" in result.note, result
    assert (await admin.command_step("add-status", values={"name": "Siesta"})).status == "completed"
    assert "siesta" not in await ids(chief)
    refused = await chief.command_step("edit-status", values={"status": "siesta", "name": "Nap"})
    assert refused.status == "executing" and refused.descriptions["status"]
    await admin.command_step("set-person-status", values={"contact": tenants.bob, "status": "tea"})
    await chief.command_step("set-person-status", values={"contact": tenants.bob, "status": "tea"})
    await tenants.alice.sees(tenants.contact, id="tea", name="Tea")
    await tenants.zoe.sees(tenants.other_contact, id="tea", name="TEA")
    await admin.command_step("edit-status", values={"status": "tea", "name": "Green Tea"})
    await tenants.alice.sees(tenants.contact, name="Green Tea")
    await chief.command_step("delete-status", values={"status": "tea", "confirm": True})
    await tenants.zoe.sees(tenants.other_contact, id="available")
    await tenants.settle()
    assert tenants.alice.view(tenants.contact).name == "Green Tea"
    assert "TEA" not in [seen.name for seen in tenants.alice.seen]
    assert "Green Tea" not in [seen.name for seen in tenants.zoe.seen]
    await admin.command_step("policy", values={"call_precedence": "call"})
    assert (await chief.command("policy")).fields["call_precedence"] == ["manual"]
    audit = [row for row in (await chief.command("audit", page="1")).rows if row["action"] != "add-person"]
    assert [row["action"] for row in audit] == ["delete-status", "set-person-status", "add-status"]
    assert {row["actor"] for row in audit} == {chief.bare}


async def test_the_same_contact_in_both_is_two_people(tenants):
    for client, name, extension in ((tenants.admin, "Bob", "hq:1001"), (tenants.chief, "Robert", "branch:1001")):
        (row,) = [row for row in (await client.command("list-people", page="1")).rows
                  if row["contact"] == tenants.bob]
        assert (row["name"], row["extensions"]) == (name, extension)
    await tenants.world.event("answered")
    await tenants.alice.sees(tenants.contact, id="on-call")
    await tenants.settle()
    assert tenants.zoe.view(tenants.other_contact).id == "available"
    assert (await tenants.branch_event("answered")).status == 200
    await tenants.zoe.sees(tenants.other_contact, id="on-call")
    await tenants.world.event("ended")
    await tenants.alice.sees(tenants.contact, id="available")
    await tenants.settle()
    assert tenants.zoe.view(tenants.other_contact).id == "on-call"
    for client, call in ((tenants.admin, []), (tenants.chief, [("branch:1001", "call-1")])):
        rows = (await client.command("active-calls", page="1")).rows
        assert [(row["extension"], row["call"]) for row in rows] == call
    deleted = await tenants.admin.command("delete-person", contact=tenants.bob, confirm=True)
    assert deleted.status == "completed", deleted
    await tenants.alice.sees(tenants.contact, type="unavailable")
    await tenants.settle()
    assert tenants.zoe.view(tenants.other_contact).id == "on-call"


async def test_extensions_of_the_others_pbx_stay_apart(tenants):
    """Naming the other tenant's number gives nothing of it, and takes nothing away."""
    result = await tenants.chief.command_step("add-person", values={"contact": "spy", "name": "Spy",
                                                                    "extensions": "hq:1001"})
    assert result.status == "completed", result
    await tenants.world.event("answered")
    await tenants.alice.sees(tenants.contact, id="on-call")
    await tenants.zoe.settle()
    spy = await tenants.world.request("GET", "/v1/people/spy/presence", token=OTHER_READER)
    assert spy.json["status"] == "available"


async def test_tokens_open_only_their_own(tenants):
    world = tenants.world
    for token, pbx in ((BRANCH_TOKEN, "hq"), (world.offhook.token, "branch")):
        assert (await tenants.branch_event("answered", token, pbx)).status in (403, 404)
        for method, path, body in (("PUT", "calls", {"at": "2026-11-22T10:00:00Z", "calls": []}),
                                   ("GET", "extensions/1001/presence", None),
                                   ("PUT", "extensions/1001/registration", {"registered": False}),
                                   ("PUT", "extensions/1001/status", {"status": "dnd"}),
                                   ("DELETE", "extensions/1001/status", None)):
            answer = await world.request(method, f"/v1/pbx/{pbx}/{path}", body=body, token=token)
            assert answer.status in (403, 404), (method, path, answer)
    only_here = world.user("carol")
    await world.add_person("carol")
    for token, name, status in ((world.offhook.reader_token, "Bob", 200), (OTHER_READER, "Robert", 404)):
        people = (await world.request("GET", "/v1/people", token=token)).json["items"]
        assert [person["name"] for person in people if person["contact"] == tenants.bob] == [name]
        assert (only_here in [person["contact"] for person in people]) == (status == 200)
        assert (await world.request("GET", f"/v1/people/{tenants.bob}/presence", token=token)).json["name"] == name
        assert (await world.request("GET", f"/v1/people/{only_here}/presence", token=token)).status == status
    written = await world.request("PUT", f"/v1/people/{tenants.bob}/status", {"status": "dnd"}, token=OTHER_WRITER)
    assert written.status in (200, 204), written
    await tenants.zoe.sees(tenants.other_contact, id="dnd")
    await tenants.admin.command_step("add-status", values={"name": "Tea"})
    statuses = (await world.request("GET", "/v1/statuses", token=OTHER_READER)).json["items"]
    assert "tea" not in [status["id"] for status in statuses] and len(statuses) == 11
    await tenants.settle()
    assert [seen.id for seen in tenants.alice.history(tenants.contact)] == ["available"]
    for token in (world.offhook.reader_token, OTHER_READER):
        metrics = (await world.request("GET", "/metrics", token=token)).body.decode()
        assert "\noffhook_xmpp_connected 2\n" in metrics and "example.test" not in metrics


@pytest.mark.parametrize("direction", ["there", "back"])
async def test_who_is_somebody_in_one_is_nobody_in_the_other(tenants, direction):
    stranger, component, contact = ((tenants.admin, tenants.other_component, tenants.other_contact)
                                    if direction == "there" else
                                    (tenants.chief, tenants.world.xmpp.component, tenants.contact))
    for node in ADMIN_NODES + PERSON_NODES:
        result = await stranger.command_step(node, to=component)
        assert result.error == "forbidden", (node, result)
        once = await stranger.command_step(node, to=component, values={
            "status": "lunch-break", "contact": tenants.bob, "confirm": True, "jid": stranger.bare, "name": "Mine",
            "page": "1", "sign_off": "0", "order": "dnd"})
        assert once.error == "forbidden", (node, once)
    for query in (f"<query xmlns='{ITEMS}'/>", f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>",
                  "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:offhook:1:statuses'/></pubsub>"):
        answer = await stranger.query("get", component, query)
        assert answer.get("type") == "error" or not [e for e in answer.iter() if e.tag.endswith("}item")], query
    for query in ("<vCard xmlns='vcard-temp'/>", "<query xmlns='jabber:iq:last'/>"):
        assert (await stranger.query("get", contact, query)).get("type") == "error", query
    stranger.send_presence()
    stranger.subscribe(contact)
    await stranger.hears("unsubscribed", contact)
    stranger.send_presence(pto=contact, ptype="probe")
    await tenants.world.event("answered")
    await tenants.branch_event("answered")
    await tenants.alice.sees(tenants.contact, id="on-call")
    await tenants.zoe.sees(tenants.other_contact, id="on-call")
    await stranger.ping(component)
    await stranger.settle()
    assert not [seen for seen in stranger.seen if seen.contact == contact and seen.rich], stranger.seen
    assert tenants.world.query("SELECT count(*) FROM watchers WHERE watcher = %s", stranger.bare) == [(0,)]


async def test_chat_lines_name_only_ones_own(tenants):
    await tenants.world.add_person("carol", ["hq:1002"])
    tenants.zoe.send_message(tenants.other_component, f"who {tenants.world.user('carol')}", mtype="chat")
    tenants.zoe.send_message(tenants.other_component, "who 1002", mtype="chat")
    await tenants.zoe.wait_for("two answers", lambda: len(tenants.zoe.messages) == 2)
    assert not [message for message in tenants.zoe.messages if "Carol" in message["body"]]
    stranger = await tenants.world.client("eve")
    stranger.send_message(tenants.other_component, f"who {tenants.bob}", mtype="chat")
    await stranger.ping(tenants.other_component)
    assert not [message for message in stranger.messages if "Robert" in message["body"]]


async def test_one_that_is_cut_off_does_not_disturb_the_other(tenants):
    world, offhook = tenants.world, tenants.world.offhook

    async def reload(secret):
        offhook.config["tenant"][1]["secret"] = secret
        offhook.write_config()
        offhook.child.send_signal(signal.SIGHUP)

    async def missing():
        for _ in range(400):
            answer = await world.request("GET", "/readyz")
            if answer.status == 503:
                return answer.json["detail"]
            await asyncio.sleep(0.02)
        raise AssertionError("the other tenant is still connected")

    offhook.allow_errors(r"not-authorized|handshake|refused")
    await reload("wrong")
    detail = await missing()
    assert FOREIGN_DOMAIN in detail and world.xmpp.domain not in detail.replace(FOREIGN_DOMAIN, "")
    before = len(tenants.alice.history(tenants.contact))
    await world.event("answered")
    await tenants.alice.sees(tenants.contact, id="on-call")
    assert (await tenants.branch_event("answered")).status == 200
    assert (await tenants.admin.command_step("add-status", values={"name": "Tea"})).status == "completed"
    people = await world.request("GET", f"/v1/people/{tenants.bob}/presence", token=OTHER_READER)
    assert people.json["status"] == "on-call"
    await reload(SECRET)
    await tenants.zoe.sees(tenants.other_contact, id="on-call", timeout=30)
    await world.event("ended")
    await tenants.alice.sees(tenants.contact, id="available")
    assert [seen.id for seen in tenants.alice.history(tenants.contact)[before:]] == ["on-call", "available"]
