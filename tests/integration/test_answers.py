"""What the component answers when it is asked: discovery, version, ping, last activity, and errors."""

from client import STANZAS

DISCO_INFO = "http://jabber.org/protocol/disco#info"
DISCO_ITEMS = "http://jabber.org/protocol/disco#items"


def condition(answer):
    assert answer.get("type") == "error"
    return next(child.tag.split("}")[1] for child in answer.iter() if child.tag.startswith(f"{{{STANZAS}}}"))


async def test_the_component_says_what_it_is(world):
    alice = await world.client("alice")
    answer = await alice.query("get", world.xmpp.component, f"<query xmlns='{DISCO_INFO}'/>")
    identities = {(e.get("category"), e.get("type")) for e in answer.iter(f"{{{DISCO_INFO}}}identity")}
    features = {e.get("var") for e in answer.iter(f"{{{DISCO_INFO}}}feature")}
    assert ("component", "presence") in identities
    assert {DISCO_INFO, DISCO_ITEMS, "urn:xmpp:ping", "jabber:iq:version", "jabber:iq:last",
            "http://jabber.org/protocol/commands"} <= features


async def test_the_component_lists_people_to_colleagues_only(world):
    contact = await world.add_person("bob", ["1001"])
    alice = await world.client("alice")
    answer = await alice.query("get", world.xmpp.component, f"<query xmlns='{DISCO_ITEMS}'/>")
    assert contact in {e.get("jid") for e in answer.iter(f"{{{DISCO_ITEMS}}}item")}
    eve = await world.client("eve", "other.test")
    answer = await eve.query("get", world.xmpp.component, f"<query xmlns='{DISCO_ITEMS}'/>")
    assert [e for e in answer.iter(f"{{{DISCO_ITEMS}}}item")] == []


async def test_version_and_ping_and_last_activity_are_answered(world):
    contact = await world.add_person("bob", ["1001"])
    alice = await world.client("alice")
    version = await alice.query("get", world.xmpp.component, "<query xmlns='jabber:iq:version'/>")
    assert version.get("type") == "result"
    assert version.findtext(".//{jabber:iq:version}name") == "Offhook"
    assert (await alice.ping(world.xmpp.component)).get("type") == "result"
    assert (await alice.ping(contact)).get("type") == "result"
    last = await alice.query("get", world.xmpp.component, "<query xmlns='jabber:iq:last'/>")
    assert last.get("type") == "result"
    assert int(last.find("{jabber:iq:last}query").get("seconds")) < 600


async def test_what_is_not_understood_gets_the_proper_error(world):
    alice = await world.client("alice")
    for kind in ("get", "set"):
        answer = await alice.query(kind, world.xmpp.component, "<query xmlns='urn:example:unknown'/>")
        assert condition(answer) in ("service-unavailable", "feature-not-implemented")
    empty = alice.make_iq_get(ito=world.xmpp.component)
    assert condition(await alice.ask(empty)) in ("bad-request", "service-unavailable", "feature-not-implemented")
