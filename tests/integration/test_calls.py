"""Call events in, presence out."""

import asyncio
import datetime

import pytest

pytestmark = pytest.mark.any_server


def timestamp(seconds=0):
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return now.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


async def test_a_phone_that_rings_changes_nothing(world):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    await world.event("ringing")
    await alice.settle()
    assert len(alice.history(bob)) == before


async def test_an_answered_call_shows_on_call_with_icon_and_color(world):
    alice, bob = await world.watched()
    await world.event("ringing")
    await world.event("answered")
    seen = await alice.sees(bob, id="on-call")
    assert (seen.show, seen.status, seen.name) == ("dnd", "📞 On Call", "On Call")
    assert seen.rich["icon"] == "📞" and seen.rich["color"] == "#AD1457" and seen.rich["automatic"] == "true"
    assert seen.sender == f"{bob}/offhook"
    since = datetime.datetime.fromisoformat(seen.rich["since"].replace("Z", "+00:00"))
    assert abs((datetime.datetime.now(datetime.timezone.utc) - since).total_seconds()) < 10


async def test_after_the_call_the_person_is_available_again(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await world.event("ended")
    seen = await alice.sees(bob, id="available")
    assert seen.type == "available" and seen.show == ""


async def test_of_two_calls_the_last_to_end_frees_the_person(world):
    alice, bob = await world.watched()
    await world.event("answered", call="one")
    await alice.sees(bob, id="on-call")
    count = len(alice.history(bob))
    await world.event("answered", call="two")
    await world.event("ended", call="one")
    await alice.settle()
    assert len(alice.history(bob)) == count, "colleagues see no difference between one call and two"
    await world.event("ended", call="two")
    await alice.sees(bob, id="available")


async def test_a_held_call_is_still_a_call(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    count = len(alice.history(bob))
    await world.event("held")
    await world.event("resumed")
    await alice.settle()
    assert len(alice.history(bob)) == count


async def test_placing_a_call_shows_at_once(world):
    alice, bob = await world.watched()
    await world.event("ringing", direction="outbound")
    await alice.sees(bob, id="on-call")


async def test_a_meeting_shows_busy(world):
    alice, bob = await world.watched()
    await world.event("answered", kind="meeting")
    seen = await alice.sees(bob, id="busy")
    assert (seen.show, seen.status) == ("dnd", "🔴 Busy")
    await world.event("ended")
    await alice.sees(bob, id="available")


async def test_a_late_answered_does_not_revive_a_call_but_ringing_again_does(world):
    alice, bob = await world.watched()
    await world.event("ringing")
    await world.event("ended")
    await world.event("answered")
    await alice.settle()
    assert alice.view(bob).id == "available"
    await world.event("ringing")
    await world.event("answered")
    await alice.sees(bob, id="on-call")


async def test_an_event_older_than_the_last_is_dropped(world):
    alice, bob = await world.watched()
    await world.event("answered", at=timestamp(-1))
    await alice.sees(bob, id="on-call")
    await world.event("ended", at=timestamp(-2))
    await alice.settle()
    assert alice.view(bob).id == "on-call"
    await world.event("ended", at=timestamp())
    await alice.sees(bob, id="available")


async def test_the_same_id_counts_once(world):
    alice, bob = await world.watched()
    first = await world.event("answered", id="event-1")
    again = await world.event("answered", id="event-1")
    assert (first.json["accepted"], first.json["duplicates"]) == (1, 0)
    assert (again.json["accepted"], again.json["duplicates"]) == (0, 1)
    await alice.sees(bob, id="on-call")


async def test_an_array_of_events_is_one_request(world):
    alice, bob = await world.watched()
    response = await world.request("POST", "/v1/pbx/hq/events", token=world.offhook.token, body=[
        {"event": "ringing", "call": "a", "extension": "1001"},
        {"event": "answered", "call": "a", "extension": "1001"},
        {"event": "answered", "call": "b", "extension": "4711"}])
    assert response.status == 200
    assert response.json == {"accepted": 3, "duplicates": 0, "unknown_extensions": ["4711"]}
    await alice.sees(bob, id="on-call")
    empty = await world.request("POST", "/v1/pbx/hq/events", token=world.offhook.token, body=[])
    assert empty.status == 200 and empty.json["accepted"] == 0


async def test_whoever_is_given_an_extension_that_is_on_a_call_is_on_call_at_once(world):
    response = await world.event("answered", extension="1777")
    assert response.json["unknown_extensions"] == ["1777"]
    contact = await world.add_person("carol", ["1777"])
    alice = await world.client("alice")
    await alice.watch(contact, id="on-call")


async def test_a_snapshot_ends_the_calls_it_leaves_out(world):
    alice, bob = await world.watched()
    await world.event("answered", call="lost")
    await alice.sees(bob, id="on-call")
    response = await world.request("PUT", "/v1/pbx/hq/calls", token=world.offhook.token,
                                   body={"at": timestamp(1), "calls": []})
    assert response.status == 200, response
    await alice.sees(bob, id="available")


async def test_a_snapshot_brings_the_calls_it_names(world):
    alice, bob = await world.watched()
    response = await world.request("PUT", "/v1/pbx/hq/calls", token=world.offhook.token, body={
        "at": timestamp(), "calls": [{"call": "x", "extension": "1001", "state": "active"}]})
    assert response.status == 200, response
    await alice.sees(bob, id="on-call")


async def test_a_choice_goes_before_a_call_and_the_call_shows_when_the_choice_is_cleared(world):
    alice, bob = await world.watched()
    client = await world.client("bob")
    await client.command("set-status", status="lunch-break", message="back at 2")
    seen = await alice.sees(bob, id="lunch-break")
    assert (seen.show, seen.status) == ("away", "🍽️ Lunch Break (back at 2)")
    count = len(alice.history(bob))
    await world.event("answered")
    await alice.settle()
    assert len(alice.history(bob)) == count
    await client.command("clear-status")
    await alice.sees(bob, id="on-call")


async def test_a_choice_that_ends_during_a_call_gives_way_to_it(world):
    alice, bob = await world.watched()
    client = await world.client("bob")
    soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=2)
    result = await client.command("set-status", status="lunch-break", expires=soon.strftime("%Y-%m-%dT%H:%M:%SZ"))
    assert result.status == "completed", result
    await alice.sees(bob, id="lunch-break")
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    await world.event("ended")
    await alice.sees(bob, id="available")


async def test_the_interfaces_agree_on_what_is_seen(world):
    alice, bob = await world.watched()
    await world.event("answered")
    seen = await alice.sees(bob, id="on-call")
    person = await asyncio.to_thread(world.offhook.presence, world.user("bob"))
    assert (person["status"], person["show"], person["text"]) == (seen.id, seen.show, seen.status)
    assert person["automatic"] is True and person["since"] == seen.rich["since"]
    response = await world.request("GET", "/v1/pbx/hq/extensions/1001/presence", token=world.offhook.token)
    assert response.status == 200, response
    assert response.json["status"] == "on-call" and response.json["accepts_calls"] is True


async def test_two_pbxes_may_use_the_same_numbers_and_call_ids(quiet_world):
    world = quiet_world
    world.offhook.config["pbx"].append({"name": "branch", "tenant": world.xmpp.domain, "type": "webhook",
                                        "token": "branch-token-0123456789"})
    await asyncio.to_thread(world.start)
    alice, bob = await world.watched()
    carol = await world.add_person("carol", ["branch:1001"])
    await alice.watch(carol, id="available")
    response = await world.request("POST", "/v1/pbx/branch/events", token="branch-token-0123456789",
                                   body={"event": "answered", "call": "call-1", "extension": "1001"})
    assert response.status == 200, response
    await alice.sees(carol, id="on-call")
    assert alice.view(bob).id == "available"
