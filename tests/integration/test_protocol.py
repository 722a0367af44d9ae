"""What clients and programs read from the component besides presence: cards, the catalogue, the elements."""

from client import STANZAS
from servers import FOREIGN_DOMAIN

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
