"""What clients and programs read from the component besides presence: cards, the catalogue, the elements."""

import subprocess
import xml.etree.ElementTree as ET

import pytest
from client import OFFHOOK, STANZAS
from servers import FOREIGN_DOMAIN, ROOT

VCARD = "vcard-temp"
INFO = "http://jabber.org/protocol/disco#info"


def condition(answer):
    assert answer.get("type") == "error"
    return next(child.tag.split("}")[1] for child in answer.iter() if child.tag.startswith(f"{{{STANZAS}}}"))


# --- business cards ----------------------------------------------------------------------------------


async def test_a_colleague_reads_the_card_of_a_person(world):
    contact = await world.add_person("bob", ["1001", "lab:7"])
    alice = await world.client("alice")
    for address in (contact, f"{contact}/offhook"):
        card = (await alice.query("get", address, f"<vCard xmlns='{VCARD}'/>")).find(f"{{{VCARD}}}vCard")
        assert card.findtext(f"{{{VCARD}}}FN") == "Bob"
        assert card.findtext(f"{{{VCARD}}}N/{{{VCARD}}}GIVEN") == "Bob"
        assert [e.text for e in card.iter(f"{{{VCARD}}}NUMBER")] == ["1001", "7"]
        assert card.findtext(f"{{{VCARD}}}JABBERID") == world.account("bob")
    info = await alice.query("get", contact, f"<query xmlns='{INFO}'/>")
    assert VCARD in {e.get("var") for e in info.iter(f"{{{INFO}}}feature")}


async def test_the_component_has_a_card_and_nobody_has_none(world):
    alice = await world.client("alice")
    card = await alice.query("get", world.xmpp.component, f"<vCard xmlns='{VCARD}'/>")
    assert card.findtext(f".//{{{VCARD}}}JABBERID") == world.xmpp.component
    nobody = await alice.query("get", world.contact("nobody"), f"<vCard xmlns='{VCARD}'/>")
    assert condition(nobody) == "item-not-found"


async def test_strangers_read_no_card_and_nobody_writes_one(world):
    contact = await world.add_person("bob", ["1001"])
    eve = await world.client("eve", FOREIGN_DOMAIN)
    for address in (contact, world.contact("nobody"), world.xmpp.component):
        assert condition(await eve.query("get", address, f"<vCard xmlns='{VCARD}'/>")) == "forbidden"
    bob = await world.client("bob")
    assert condition(await bob.query("set", contact, f"<vCard xmlns='{VCARD}'><FN>X</FN></vCard>")) == "forbidden"


# --- the catalogue as a pubsub node -------------------------------------------------------------------

PUBSUB = "http://jabber.org/protocol/pubsub"
NODE = "urn:offhook:1:statuses"
RSM = "http://jabber.org/protocol/rsm"
ITEMS = "http://jabber.org/protocol/disco#items"


async def catalogue(client, inside="", node=NODE):
    return await client.query("get", client.component,
                              f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/>{inside}</pubsub>")


def statuses(answer):
    assert answer.get("type") == "result", answer
    return [item.find(f"{{{OFFHOOK}}}status").attrib for item in answer.iter(f"{{{PUBSUB}}}item")]


async def test_the_catalogue_is_found_and_read(world):
    alice = await world.client("alice")
    info = await alice.query("get", alice.component, f"<query xmlns='{INFO}'/>")
    assert ("pubsub", "service") in {(e.get("category"), e.get("type")) for e in info.iter(f"{{{INFO}}}identity")}
    items = await alice.query("get", alice.component, f"<query xmlns='{ITEMS}'/>")
    assert NODE in {item.get("node") for item in items.iter(f"{{{ITEMS}}}item")}
    shown = statuses(await catalogue(alice))
    assert len(shown) == 11
    assert dict(shown[0]) == {"id": "available", "name": "Available", "show": "available", "icon": "✅",
                              "color": "#2E7D32", "kind": "builtin", "position": shown[0]["position"]}
    positions = [int(status["position"]) for status in shown]
    assert positions == sorted(positions)


async def test_the_catalogue_comes_in_pages(world):
    alice = await world.client("alice")
    seen, after = [], ""
    for _ in range(5):
        answer = await catalogue(alice, f"<set xmlns='{RSM}'><max>4</max>{after}</set>")
        page = [status["id"] for status in statuses(answer)]
        assert answer.findtext(f".//{{{RSM}}}count") == "11"
        if not page:
            break
        assert answer.findtext(f".//{{{RSM}}}last") == page[-1]
        seen.append(len(page))
        after = f"<after>{page[-1]}</after>"
    assert seen == [4, 4, 3]


async def test_nobody_writes_the_catalogue_and_strangers_do_not_read_it(world):
    admin = await world.admin()
    for action, feature in (("publish", "publish"), ("subscribe", "subscribe"), ("create", "create-nodes")):
        answer = await admin.query("set", admin.component,
                                   f"<pubsub xmlns='{PUBSUB}'><{action} node='{NODE}'/></pubsub>")
        assert condition(answer) == "feature-not-implemented"
        assert answer.find(f".//{{{PUBSUB}#errors}}unsupported").get("feature") == feature
    assert condition(await catalogue(admin, node="other")) == "item-not-found"
    eve = await world.client("eve", FOREIGN_DOMAIN)
    for node in (NODE, "other"):
        answer = await eve.query("get", eve.component, f"<pubsub xmlns='{PUBSUB}'><items node='{node}'/></pubsub>")
        assert condition(answer) == "forbidden"


# --- the elements of urn:offhook:1, as docs/offhook-1.xsd has them -------------------------------------


def is_valid(element):
    document = ET.tostring(element, encoding="utf-8")
    checked = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", ROOT / "docs" / "offhook-1.xsd", "-"],
                             input=document, capture_output=True, timeout=30)
    assert checked.returncode in (0, 3), checked.stderr  # 3: does not validate
    return checked.returncode == 0


async def test_presence_and_catalogue_follow_the_schema(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    assert is_valid(alice.view(contact).xml.find(f"{{{OFFHOOK}}}rich-status"))
    await bob.command("set-status", status="lunch-break", message="back at 2 <&>", expires="1h")
    seen = await alice.sees(contact, id="lunch-break")
    rich = seen.xml.find(f"{{{OFFHOOK}}}rich-status")
    assert {"since", "until", "icon"} <= set(rich.attrib) and seen.message == "back at 2 <&>"
    assert is_valid(rich)
    answer = await catalogue(alice)
    elements = list(answer.iter(f"{{{OFFHOOK}}}status"))
    assert len(elements) == 11 and all(is_valid(element) for element in elements)


@pytest.mark.parametrize("document", [
    "<rich-status xmlns='urn:offhook:1' id='a' automatic='true'><name>A</name></rich-status>",
    "<rich-status xmlns='urn:offhook:1' id='A' color='#102030' automatic='true'><name>A</name></rich-status>",
    "<rich-status xmlns='urn:offhook:1' id='a' color='#102030' automatic='true'/>",
    "<status xmlns='urn:offhook:1' id='a' name='A' show='busy' color='#102030' kind='custom' position='1'/>",
])
def test_the_schema_refuses_what_is_wrong(document):
    assert not is_valid(ET.fromstring(document))
