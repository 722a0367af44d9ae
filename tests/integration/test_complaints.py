"""What people complain about in systems of this kind, each tried on the running program.

The trackers' own numbers stand beside the tests. Where a complaint has a test of its own elsewhere, that is
named: calls are counted in test_calls.py, kills in test_crashes.py.
"""

import asyncio
import datetime
import zoneinfo

import pytest

from devices import cut_off, leave, say, with_feed
from servers import wait_until

GRACE = 3  # LIMIT_DEVICE_GRACE_SECONDS


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def choose(client, status, **more):
    result = await client.command("set-status", status=status, **more)
    assert result.status == "completed" and not result.error, result


async def add_status(world, **fields):
    result = await (await world.admin()).command("add-status", **fields)
    assert result.status == "completed" and not result.error, result


async def calls_now(world, calls):
    """The snapshot that our PBX configurations post."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    response = await world.request("PUT", "/v1/pbx/hq/calls", body={"at": now, "calls": calls},
                                   token=world.offhook.token)
    assert response.status == 200, response


# --- stuck "on the phone" for days after a missed hangup
# --- (Openfire PHONE-36, nextcloud/server#29831, nextcloud/spreed#6595, kamailio#3229)


async def test_a_missed_hangup_ends_with_the_lease(quiet_world):
    world = quiet_world
    world.offhook.config["pbx"][0]["lease_seconds"] = 10
    world.offhook.write_config()
    await asyncio.to_thread(world.start)
    alice, contact = await world.watched()
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    await alice.sees(contact, id="available", timeout=14)


async def test_a_missed_hangup_ends_with_the_next_snapshot(world):
    alice, contact = await world.watched()
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    await calls_now(world, [])
    await alice.sees(contact, id="available")


# --- a status not restored after a call, or restored over a newer choice
# --- (nextcloud/server#63150, PR 59535; Rocket.Chat previousState)


async def test_after_a_call_the_choice_is_there_even_when_the_program_died_in_it(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    await choose(bob, "lunch-break", message="noodles")
    await alice.sees(contact, id="lunch-break")
    await world.event("answered")
    world.offhook.kill()
    await asyncio.to_thread(world.offhook.start)
    await world.event("ended")
    await alice.settle()
    await alice.sees(contact, id="lunch-break", message="noodles")


async def test_a_newer_choice_is_not_overwritten_when_a_call_ends(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    await choose(bob, "lunch-break")
    await world.event("answered")
    await choose(bob, "busy")
    await alice.sees(contact, id="busy")
    await world.event("ended")
    await alice.settle()
    assert alice.view(contact).id == "busy"


# --- the own change swallowed during a call (PHONE-5); Do Not Disturb lost during a call


async def test_a_change_during_a_call_is_seen_during_the_call(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    await choose(bob, "dnd")
    await alice.sees(contact, id="dnd")
    await world.event("held")
    await world.event("resumed")
    await world.event("ended")
    await alice.settle()
    assert alice.view(contact).id == "dnd"


# --- two calls, transfers, conferences, queue legs counted wrong (PHONE-29, -23, -60; kamailio#1427)


async def test_a_transfer_moves_the_call_to_the_other_person(world):
    alice, bob = await world.watched()
    carol = await world.add_person("carol", ["1002"])
    await alice.watch(carol, id="available")
    await world.event("answered", extension="1001", call="t")
    await alice.sees(bob, id="on-call")
    await world.event("ringing", extension="1002", call="t", direction="inbound")
    await world.event("answered", extension="1002", call="t")
    await world.event("ended", extension="1001", call="t")
    await alice.sees(bob, id="available")
    await alice.sees(carol, id="on-call")
    await world.event("ended", extension="1002", call="t")
    await alice.sees(carol, id="available")


async def test_a_conference_goes_on_until_the_last_leg_of_each_ends(world):
    alice, bob = await world.watched()
    for leg in ("1", "2"):
        await world.event("answered", call="conf", leg=leg, kind="meeting")
    await alice.sees(bob, id="busy")
    await world.event("ended", call="conf", leg="1")
    await alice.settle()
    assert alice.view(bob).id == "busy"
    await world.event("ended", call="conf", leg="2")
    await alice.sees(bob, id="available")


async def test_a_queue_that_rings_an_agent_again_and_again_leaves_nothing_behind(world):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    for _ in range(5):
        await world.event("ringing", call="queue", direction="inbound")
        await world.event("ended", call="queue")
    await alice.settle()
    assert len(alice.history(bob)) == before
    await world.event("ringing", call="queue", direction="inbound")
    await world.event("answered", call="queue")
    await alice.sees(bob, id="on-call")
    await world.event("ended", call="queue")
    await world.event("answered", call="queue", at="2020-01-01T00:00:00Z")  # late, and it says so
    await alice.sees(bob, id="available")


# --- ringing counted as busy (jitsi#222; Asterisk-IM)


async def test_ringing_is_not_busy(world):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    await world.event("ringing", direction="inbound")
    await world.event("ended")
    await alice.settle()
    assert len(alice.history(bob)) == before
    await world.event("ringing", direction="outbound")
    await alice.sees(bob, id="on-call")


# --- "today" that ends at the wrong hour, an expiry that is ignored
# --- (mattermost#29041, mattermost-mobile#7840, nextcloud#43100)


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"])
async def test_today_ends_at_midnight_where_the_person_is(world, zone):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    result = await (await world.admin()).command("edit-person", contact=world.user("bob"), time_zone=zone)
    assert result.status == "completed", result
    await choose(bob, "busy", expires="today")
    seen = await alice.sees(contact, id="busy")
    here = datetime.datetime.now(zoneinfo.ZoneInfo(zone))
    midnight = datetime.datetime.combine(here.date() + datetime.timedelta(days=1), datetime.time(),
                                         zoneinfo.ZoneInfo(zone))
    until = datetime.datetime.fromisoformat(seen.rich["until"].replace("Z", "+00:00"))
    assert until == midnight


async def test_an_expiry_acts_also_during_a_call_and_offline(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    await choose(bob, "lunch-break")
    await choose(bob, "dnd", expires=in_seconds(3))
    await alice.sees(contact, id="dnd")
    await world.event("answered")
    await alice.sees(contact, id="lunch-break", timeout=6)
    await choose(bob, "business-trip", expires=in_seconds(GRACE + 3))
    await alice.sees(contact, id="business-trip")
    await world.event("ended")
    await bob.logout()
    await alice.sees(contact, type="unavailable", timeout=GRACE + 8)


# --- storms at reconnect (ejabberd#4509, Rocket.Chat#21182), flicker with several devices
# --- (synapse#15877), stale presence after a restart (ejabberd#347)


async def test_a_restart_makes_no_flicker(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob", show="away")
    phone = await world.client("bob", resource="phone")
    await alice.sees(contact, id="available")
    await asyncio.to_thread(world.offhook.kill)
    before = len(alice.history(contact))
    await asyncio.to_thread(world.offhook.start)
    await asyncio.sleep(4.5)  # longer than answers to probes are waited for
    await alice.settle()
    assert {seen.id for seen in alice.history(contact)[before:]} <= {"available"}
    leave(phone)
    await alice.sees(contact, id="away")
    assert bob.transport is not None


async def test_what_clients_did_while_the_program_was_down_is_seen(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    carol = await world.add_person("carol")
    await alice.watch(carol)
    caroline = await with_feed(world, "carol")
    await alice.sees(carol, id="available")
    world.offhook.kill()
    say(bob, show="dnd")
    await caroline.logout()
    await asyncio.to_thread(world.offhook.start)
    await alice.sees(contact, id="dnd", timeout=5)
    await alice.sees(carol, type="unavailable", timeout=5)


async def test_a_device_that_drops_and_is_back_makes_no_stanza(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    await alice.sees(contact, id="available")
    await alice.settle()
    before = len(alice.history(contact))
    for _ in range(3):
        cut_off(bob)
        bob = await world.client("bob", resource="desk")
        await bob.settle()
    await asyncio.sleep(GRACE + 0.5)
    await alice.settle()
    assert len(alice.history(contact)) == before


async def test_several_devices_that_chatter_make_no_flicker(world):
    alice, contact = await world.watched()
    desk = await with_feed(world, "bob")
    tablet = await world.client("bob", resource="tablet")
    await alice.sees(contact, id="available")
    await tablet.settle()
    await alice.settle()
    before = len(alice.history(contact))
    for round_ in range(10):
        say(tablet, show="away", idle=60 * round_)
        say(tablet, priority=round_)
        say(desk, priority=10 - round_)
        say(tablet)
    await desk.settle()
    await tablet.settle()
    await alice.settle()
    assert len(alice.history(contact)) == before


# --- renaming a status orphans those who have it (FreePBX); text dropped on the way (FreePBX xmpp
# --- module, Kamailio pua_xmpp); emoji and message lost when one of them changes (nextcloud#41441, #40952)


async def test_renaming_a_status_orphans_nobody(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    await add_status(world, name="Deep Work", show="dnd", icon="🧠", color="#123456")
    await choose(bob, "deep-work", message="until lunch")
    await alice.sees(contact, id="deep-work")
    result = await (await world.admin()).command("edit-status", status="deep-work", name="Fokuszeit")
    assert result.status == "completed", result
    await alice.sees(contact, id="deep-work", name="Fokuszeit", message="until lunch",
                     status="🧠 Fokuszeit (until lunch)")
    result = await (await world.admin()).command("edit-status", status="deep-work", icon="🔕")
    assert result.status == "completed", result
    await alice.sees(contact, status="🔕 Fokuszeit (until lunch)", message="until lunch")


async def test_text_arrives_as_it_was_written(world):
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob")
    text = "Größe <3 & \"quotes\" 你好 👩‍👩‍👧‍👦 ‏שלום"
    await choose(bob, "busy", message=text)
    await alice.sees(contact, id="busy", message=text, status=f"🔴 Busy ({text})")
    await choose(bob, "available")
    say(bob, show="away", text=text)
    await alice.sees(contact, id="away", message=text)


# --- `*78` on the phone not reflected (FreePBX#268); Do Not Disturb hiding that a phone is offline
# --- (NethServer/dev#7990)


async def test_do_not_disturb_set_on_the_phone_is_seen(world):
    alice, contact = await world.watched()
    path = "/v1/pbx/hq/extensions/1001/status"
    response = await world.request("PUT", path, body={"status": "dnd"}, token=world.offhook.token)
    assert response.status == 200, response
    await alice.sees(contact, id="dnd")
    response = await world.request("DELETE", path, token=world.offhook.token)
    assert response.status in (200, 204), response
    await alice.sees(contact, id="available")


async def test_do_not_disturb_does_not_hide_that_a_phone_is_offline(world):
    desk = await world.add_person("desk", ["1005"], account=False)
    alice = await world.client("alice")
    await alice.watch(desk, id="available")
    token = world.offhook.token
    for registered in (True, False):
        response = await world.request("PUT", "/v1/pbx/hq/extensions/1005/registration",
                                       body={"registered": registered}, token=token)
        assert response.status == 200, response
        if registered:
            response = await world.request("PUT", "/v1/pbx/hq/extensions/1005/status", body={"status": "dnd"},
                                           token=token)
            assert response.status == 200, response
            await alice.sees(desk, id="dnd")
    await alice.sees(desk, type="unavailable")


# --- a component that does not notice that the XMPP server went away (asteriskphone#17), or is dropped
# --- for idleness (sms-over-xmpp#4): the stream is pinged, and made anew when nothing answers


async def test_an_xmpp_server_that_answers_nothing_is_noticed(own_world):
    world = own_world
    alice, contact = await world.watched()
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    world.xmpp.freeze()
    try:
        await asyncio.to_thread(wait_until, "it is noticed", lambda: world.offhook.request(
            "GET", "/readyz").status == 503, 50)
    finally:
        world.xmpp.thaw()
    await world.event("ended")
    await alice.sees(contact, id="available", timeout=15)
