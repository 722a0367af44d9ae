"""The live stream: a board shows what colleagues see, and misses nothing."""

import asyncio
import json
import time

import pytest_asyncio

from listener import Listener


@pytest_asyncio.fixture
async def listen(world):
    listeners = []

    async def listen(**how):
        listener = await Listener(world.offhook, **how).open()
        listeners.append(listener)
        assert (listener.status, listener.headers["content-type"]) == (200, "text/event-stream")
        return listener

    yield listen
    for listener in listeners:
        await listener.close()


async def presence(world, name):
    return (await world.request("GET", f"/v1/people/{world.user(name)}/presence", token=world.offhook.reader_token)).json


async def test_a_board_shows_everybody_and_follows_calls(world, listen):
    alice, bob = await world.watched()
    board = await (await listen()).complete()
    people = {event.contact: event.data for event in board.events if event.name == "presence"}
    assert board.events[0].name == "reset" and board.events[0].id == ""
    assert people[world.user("bob")] == await presence(world, "bob")
    for event, wanted in (("ringing", None), ("answered", "on-call"), ("ended", "available")):
        await world.event(event, direction="inbound")
        if wanted:
            seen = await board.hears(world.user("bob"), status=wanted)
            assert seen.id and seen.data == await presence(world, "bob")
            await alice.sees(bob, id=wanted)
    assert [event for event in board.events if event.name == "presence"] == []


async def test_who_was_away_hears_what_was_missed(world, listen):
    await world.watched()
    await world.add_person("carol", ["1002"])
    board = await (await listen()).complete()
    await world.event("answered")
    await board.hears(world.user("bob"), status="on-call")
    await board.close()
    await world.event("answered", "1002", "call-2")
    await world.event("ended")
    await world.event("answered", call="call-3")
    again = await listen(last_id=board.last_id)
    await again.wait_for("bob", lambda event: event.contact == world.user("bob"))
    assert [(event.name, event.contact, event.data["status"]) for event in again.events] == [
        ("presence", world.user("carol"), "on-call"), ("presence", world.user("bob"), "on-call")]


async def test_after_a_restart_the_board_begins_anew(world, listen):
    await world.watched()
    board = await (await listen()).complete()
    stopping = asyncio.create_task(asyncio.to_thread(world.offhook.stop))
    await board.end()
    assert await stopping == 0
    await asyncio.to_thread(world.offhook.start)
    again = await (await listen(last_id=board.last_id)).complete()
    assert again.events[0].name == "reset"
    assert world.user("bob") in [event.contact for event in again.events]


async def test_people_who_come_are_renamed_and_go_are_told(world, listen):
    board = await (await listen()).complete()
    await world.add_person("bob", ["1001"])
    await board.hears(world.user("bob"), name="Bob")
    admin = await world.admin()
    await admin.command("edit-person", contact=world.user("bob"), name="Robert")
    await board.hears(world.user("bob"), name="Robert")
    world.query("UPDATE people SET name = 'Bobby' WHERE contact = %s", world.user("bob"))
    await board.hears(world.user("bob"), name="Bobby")
    await admin.command("delete-person", contact=world.user("bob"), confirm=True)
    await board.wait_for("gone", lambda event: (event.name, event.contact) == ("gone", world.user("bob")))


async def test_who_is_invisible_or_hides_calls_is_told_as_colleagues_see_it(world, listen):
    await world.watched()
    await world.add_person("carol", ["1002"])
    board = await (await listen()).complete()
    carol = await world.client("carol")
    await carol.command_step("preferences", values={"hide_calls": True})
    await world.event("answered", "1002", "call-2")
    assert "call" not in json.dumps((await board.hears(world.user("carol"), status="busy")).data).lower()
    bob = await world.client("bob")
    await bob.command("set-status", status="invisible", message="secret")
    told = await board.hears(world.user("bob"), status="offline")
    assert (told.data["message"], told.data["text"], told.data["automatic"]) == (None, "", True)
    await world.event("answered")
    await world.event("ended", "1002", "call-2")
    await board.hears(world.user("carol"), status="available")
    assert [event for event in board.events if event.contact == world.user("bob")] == []


async def test_the_stream_ends_when_tokens_may_have_changed(world, listen):
    board = await (await listen()).complete()
    world.offhook.child.send_signal(1)
    await board.end()
    again = await listen(last_id=board.last_id)
    await world.add_person("bob")
    await again.wait_for("bob", lambda event: event.contact == world.user("bob"))
    assert "reset" not in [event.name for event in again.events]


async def test_listeners_of_one_tenant_hear_nothing_of_another(quiet_world):
    world = quiet_world
    config = world.offhook.config
    config["tenant"].append(dict(config["tenant"][0], domain="other.test", component=world.xmpp.components[1]))
    config["client"].append({"name": "others", "tenant": "other.test", "scopes": ["board"], "token": "others-token-0123456789"})
    await asyncio.to_thread(world.start)
    others = await (await Listener(world.offhook, token="others-token-0123456789").open()).complete()
    own = await (await Listener(world.offhook).open()).complete()
    await world.add_person("bob", ["1001"])
    await world.event("answered")
    await own.hears(world.user("bob"), status="on-call")
    assert [event.name for event in others.events] == ["reset", "complete"]
    foreign = await (await Listener(world.offhook, token="others-token-0123456789", last_id=own.last_id).open()).complete()
    assert [event.name for event in foreign.events] == ["reset", "complete"]
    for listener in (others, own, foreign):
        await listener.close()


async def test_silence_is_broken(world, listen):
    board = await (await listen()).complete()
    begun = time.monotonic()
    while board.comments == 0 and time.monotonic() - begun < 20:
        board.changed.clear()
        await asyncio.wait_for(board.changed.wait(), 20)
    assert board.comments == 1 and 14 < time.monotonic() - begun < 18
