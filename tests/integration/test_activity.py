"""What people do (XEP-0108), as clients see it that ask for it: the icon of a telephone beside a colleague."""

import asyncio

from client import CLIENT

ACTIVITY = "http://jabber.org/protocol/activity"
EVENT = "http://jabber.org/protocol/pubsub#event"
ON_THE_PHONE = ("talking", "on_the_phone")
AT_LUNCH = ("eating", "having_lunch")
NOTHING = ()


async def listener(world, name, resource="desk"):
    """A client that asks for activities in its capabilities, and lets the component see its presence."""
    client = await world.client(name, resource=resource, available=False)
    for plugin in ("xep_0030", "xep_0115", "xep_0163"):
        client.register_plugin(plugin)
    client["xep_0163"].add_interest(ACTIVITY)
    await client["xep_0115"].update_caps(broadcast=False)
    client.send_presence()
    return client


async def approve(client):
    """Consents to the component's request."""
    await client.wait_for("the component's request", lambda: any(
        seen.type == "subscribe" and seen.sender == client.component for seen in client.seen))
    client.send_presence(pto=client.component, ptype="subscribed")


def activities(client, contact):
    """All activities that the client was told of the contact, oldest first; NOTHING where one ended."""
    told = []
    for message in client.messages:
        activity = message.xml.find(f"{{{EVENT}}}event/{{{EVENT}}}items[@node='{ACTIVITY}']/{{{EVENT}}}item/"
                                    f"{{{ACTIVITY}}}activity")
        if activity is None or message.xml.get("from") != contact:
            continue
        assert message.xml.get("type") == "headline"
        assert message.xml.get("to") == client.boundjid.full
        assert message.xml.find(f"{{{CLIENT}}}body") is None
        told.append(tuple(element.tag.split("}")[1] for element in activity.iter() if element is not activity))
    return told


async def hears(client, contact, *expected):
    await client.wait_for(f"activities {expected}, not {activities(client, contact)}",
                          lambda: activities(client, contact) == list(expected))


async def watched_by_a_listener(world):
    """bob with a phone, and alice, who watches him from a client that shows activities."""
    contact = await world.add_person("bob", ["1001"])
    alice = await listener(world, "alice")
    await alice.watch(contact)
    await approve(alice)
    await knows(world, alice)
    return alice, contact


async def knows(world, client):
    """Waits until the component has learnt what the client can: it hears of a colleague who is at lunch."""
    other = await world.add_person("probe")
    await (await world.client("probe")).command("set-status", status="lunch-break")
    await client.watch(other, id="lunch-break")
    await hears(client, other, AT_LUNCH)


async def test_a_call_begins_and_ends(world):
    alice, contact = await watched_by_a_listener(world)
    await world.event("answered")
    await hears(alice, contact, ON_THE_PHONE)
    await world.event("ended")
    await hears(alice, contact, ON_THE_PHONE, NOTHING)
    bob = await world.client("bob")
    await bob.command("set-status", status="lunch-break")
    await bob.command("set-status", status="lunch-break", message="back at 2")
    await bob.command("set-status", status="dnd")
    await hears(alice, contact, ON_THE_PHONE, NOTHING, AT_LUNCH, NOTHING)
    await alice.settle()
    assert activities(alice, contact) == [ON_THE_PHONE, NOTHING, AT_LUNCH, NOTHING]


async def test_only_devices_that_ask_and_are_seen_hear_of_it(world):
    alice, contact = await watched_by_a_listener(world)
    plain = await world.client("alice", resource="plain")
    unseen = await listener(world, "carol")
    await unseen.watch(contact)
    indifferent = await world.client("dave")
    await indifferent.watch(contact)
    await world.event("answered")
    await hears(alice, contact, ON_THE_PHONE)
    for other in (plain, unseen, indifferent):
        await other.sees(contact, id="on-call")
        await other.settle()
        assert [m for m in other.messages if m.xml.find(f"{{{EVENT}}}event") is not None] == []


async def test_who_logs_in_hears_once_of_what_goes_on_and_nothing_was_stored(world):
    alice, contact = await watched_by_a_listener(world)
    await alice.logout()
    await world.event("answered")
    await world.event("ended")
    await world.event("answered", call="call-2")
    again = await listener(world, "alice", resource="lap")
    await hears(again, contact, ON_THE_PHONE)
    await again.settle()
    assert activities(again, contact) == [ON_THE_PHONE]
    await world.event("ended", call="call-2")
    await hears(again, contact, ON_THE_PHONE, NOTHING)


async def test_who_is_invisible_does_nothing(world):
    alice, contact = await watched_by_a_listener(world)
    await world.event("answered")
    await hears(alice, contact, ON_THE_PHONE)
    bob = await world.client("bob")
    await bob.command("set-status", status="invisible")
    await hears(alice, contact, ON_THE_PHONE, NOTHING)
    await world.event("ended")
    await world.event("answered", call="call-2")
    await alice.settle()
    assert activities(alice, contact) == [ON_THE_PHONE, NOTHING]


async def test_nobody_stays_on_the_phone_when_the_program_was_killed_during_the_call(world):
    alice, contact = await watched_by_a_listener(world)
    await world.event("answered")
    await hears(alice, contact, ON_THE_PHONE)
    world.offhook.kill()
    await asyncio.to_thread(world.offhook.start)
    await world.event("ended")
    await hears_last(alice, contact, NOTHING)


async def hears_last(client, contact, expected):
    await client.wait_for(f"{expected} as the last of {activities(client, contact)}",
                          lambda: activities(client, contact)[-1:] == [expected])
