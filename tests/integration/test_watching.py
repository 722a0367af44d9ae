"""Watching a contact address: subscribing, probing, leaving; and who may not."""

import asyncio

from servers import FOREIGN_DOMAIN


def watchers(world):
    return {tuple(row) for row in world.query("SELECT contact, watcher FROM watchers")}


async def stored_watchers(world, wanted, timeout=5):
    """The table follows memory within moments; waits for it."""
    deadline = asyncio.get_event_loop().time() + timeout
    while (stored := watchers(world)) != wanted and asyncio.get_event_loop().time() < deadline:
        await asyncio.sleep(0.02)
    return stored


async def test_a_colleague_who_asks_gets_consent_and_the_present_state(world):
    contact = await world.add_person("bob", ["1001"])
    await world.event("answered")
    alice = await world.client("alice")
    seen = await alice.watch(contact)
    assert seen.id == "on-call"
    expected = {(world.user("bob"), world.account("alice"))}
    assert await stored_watchers(world, expected) == expected


async def test_at_login_the_probe_is_answered(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await alice.logout()
    again = await world.client("alice", resource="mobile")
    await again.sees(bob, id="on-call")


async def test_every_device_of_a_watcher_sees_the_change(world):
    alice, bob = await world.watched()
    mobile = await world.client("alice", resource="mobile")
    await mobile.sees(bob, id="available")
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await mobile.sees(bob, id="on-call")


async def test_asking_again_changes_nothing(world):
    alice, bob = await world.watched()
    for _ in range(3):
        alice.subscribe(bob)
    await alice.settle()
    before = len(alice.history(bob))
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await alice.settle()
    assert len(alice.history(bob)) == before + 1
    assert len(watchers(world)) == 1


async def test_who_stops_watching_hears_nothing_more(world):
    alice, bob = await world.watched()
    stored = {(world.user("bob"), world.account("alice"))}
    assert await stored_watchers(world, stored) == stored
    alice.unsubscribe(bob)
    assert await stored_watchers(world, set()) == set()
    await alice.settle()
    before = len(alice.history(bob))
    await world.event("answered")
    await alice.settle()
    assert len(alice.history(bob)) == before


async def test_strangers_are_refused_and_see_nothing(world):
    contact = await world.add_person("bob", ["1001"])
    eve = await world.client("eve", FOREIGN_DOMAIN)
    eve.subscribe(contact)
    await eve.hears("unsubscribed", contact)
    await world.event("answered")
    await eve.settle()
    assert [seen for seen in eve.history(contact) if seen.type == "available"] == []
    assert watchers(world) == set()


async def test_a_contact_that_is_nobody_shows_unavailable_until_it_is_somebody(world):
    alice = await world.client("alice")
    alice.subscribe(world.contact("newcomer"))
    await alice.hears("subscribed", world.contact("newcomer"))
    await alice.settle()
    assert all(seen.type == "unavailable" for seen in alice.history(world.contact("newcomer")))
    contact = await world.add_person("newcomer", ["1234"])
    await alice.sees(contact, id="available")


async def test_somebody_who_is_deleted_becomes_unavailable(world):
    alice, bob = await world.watched()
    result = await (await world.admin()).command("delete-person", contact=world.user("bob"), confirm=True)
    assert result.status == "completed" and not result.error, result
    await alice.sees(bob, type="unavailable")


async def test_offline_and_invisible_are_the_same_bytes(world):
    alice, bob = await world.watched()
    client = await world.client("bob")
    await client.command("set-status", status="invisible")
    invisible = await alice.sees(bob, type="unavailable")
    assert list(invisible.xml) == [] or [child.tag for child in invisible.xml if "urn:offhook" in child.tag] == []
    response = await world.request("GET", f"/v1/people/{world.user('bob')}/presence", token=world.offhook.reader_token)
    assert response.json["status"] == "offline" and response.json["show"] == "unavailable"
    desk = await world.add_person("desk", [])
    await alice.watch(desk, type="unavailable")
    offline = alice.view(desk)
    assert (offline.type, offline.show, offline.status, offline.rich) == (
        invisible.type, invisible.show, invisible.status, invisible.rich)


async def test_a_person_may_watch_the_own_contact_address(world):
    contact = await world.add_person("bob", ["1001"])
    client = await world.client("bob")
    await client.watch(contact, id="available")
    await world.event("answered")
    await client.sees(contact, id="on-call")


async def test_many_watchers_all_see_it(world):
    contact = await world.add_person("bob", ["1001"])
    clients = [await world.client(f"watcher{n}") for n in range(20)]
    for client in clients:
        client.subscribe(contact)
    for client in clients:
        await client.sees(contact, id="available")
    await world.event("answered")
    for client in clients:
        await client.sees(contact, id="on-call")
