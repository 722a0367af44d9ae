"""The rules of presence, seen by a colleague, with clients and calls that are real (design section 3)."""

import asyncio
import datetime

from devices import capable, consent, leave, say, with_feed
from servers import wait_until

# How long a device that has gone still counts (LIMIT_DEVICE_GRACE_SECONDS), and some room for the way.
GRACE = 3


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


async def choose(client, status, **more):
    result = await client.command("set-status", status=status, **more)
    assert result.status == "completed" and not result.error, result


async def followed(world, **said):
    """A person with an extension and a followed account, and a colleague who watches."""
    alice, contact = await world.watched()
    bob = await with_feed(world, "bob", **said)
    return alice, contact, bob


async def stays(client, contact, **wanted):
    """What was sent up to now has arrived, and the view is still so."""
    await client.settle()
    seen = client.view(contact)
    assert all(getattr(seen, key) == value for key, value in wanted.items()), seen


# --- choices and calls ---


async def test_do_not_disturb_by_hand_stays_through_a_call(world):
    alice, contact, bob = await followed(world)
    await choose(bob, "dnd", message="on a deadline")
    await alice.sees(contact, id="dnd", message="on a deadline")
    before = len(alice.history(contact))
    await world.event("answered")
    await world.event("ended")
    await stays(alice, contact, id="dnd", message="on a deadline")
    assert len(alice.history(contact)) == before


async def test_a_choice_during_a_call_shows_at_once_and_stays_when_it_ends(world):
    alice, contact, bob = await followed(world)
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    await choose(bob, "lunch-break")
    await alice.sees(contact, id="lunch-break")
    await world.event("ended")
    await stays(alice, contact, id="lunch-break")


async def test_available_picked_during_a_call_leaves_the_call_to_be_seen(world):
    alice, contact, bob = await followed(world)
    await choose(bob, "dnd")
    await world.event("answered")
    await alice.sees(contact, id="dnd")
    await choose(bob, "available")
    await alice.sees(contact, id="on-call")
    await world.event("ended")
    await alice.sees(contact, id="available")


async def test_invisible_hides_a_call(world):
    alice, contact, bob = await followed(world)
    await choose(bob, "invisible")
    await alice.sees(contact, type="unavailable")
    before = len(alice.history(contact))
    await world.event("answered")
    say(bob, show="dnd", text="secret")
    await bob.settle()
    await alice.settle()
    assert len(alice.history(contact)) == before
    await choose(bob, "available")
    await alice.sees(contact, id="dnd")


async def test_two_calls_end_in_either_order(world):
    alice, contact, _ = await followed(world)
    for first, second in (("a", "b"), ("d", "c")):
        for call in (first, second):
            await world.event("answered", call=call)
        await alice.sees(contact, id="on-call")
        await world.event("ended", call=first)
        await stays(alice, contact, id="on-call")
        await world.event("ended", call=second)
        await alice.sees(contact, id="available")


async def test_logging_out_in_mid_call_leaves_the_call_then_offline(world):
    alice, contact, bob = await followed(world)
    await world.event("answered")
    await alice.sees(contact, id="on-call")
    leave(bob)
    await asyncio.to_thread(wait_until, "bob is gone", lambda: world.query(
        "SELECT count(*) FROM feeds WHERE state = 'active'") == [(1,)])
    await asyncio.sleep(GRACE + 0.5)
    await stays(alice, contact, id="on-call")
    await world.event("ended")
    await alice.sees(contact, type="unavailable")


async def test_a_choice_is_not_shown_offline_but_comes_back_with_its_owner(world):
    alice, contact, bob = await followed(world)
    await choose(bob, "lunch-break")
    await alice.sees(contact, id="lunch-break")
    await bob.logout()
    await alice.sees(contact, type="unavailable")
    again = await world.client("bob", resource="again")
    await alice.sees(contact, id="lunch-break")
    await choose(again, "business-trip")
    await alice.sees(contact, id="business-trip")
    await again.logout()
    await asyncio.sleep(GRACE + 0.5)
    await stays(alice, contact, id="business-trip")


async def test_a_choice_expires_while_the_program_is_down(world):
    alice, contact, bob = await followed(world)
    await choose(bob, "lunch-break")
    await choose(bob, "dnd", expires=in_seconds(3))
    await alice.sees(contact, id="dnd")
    end = asyncio.get_event_loop().time() + 3.2
    world.offhook.kill()
    await asyncio.sleep(max(0, end - asyncio.get_event_loop().time()))
    await asyncio.to_thread(world.offhook.start)
    await alice.sees(contact, id="lunch-break")


# --- devices ---


async def test_a_clients_text_is_shown_and_may_name_a_status(world):
    alice, contact, bob = await followed(world, show="away", text="at the dentist")
    await alice.sees(contact, id="away", message="at the dentist")
    say(bob, text="lunch BREAK")
    seen = await alice.sees(contact, id="lunch-break", status="🍽️ Lunch Break")
    assert "automatic" not in seen.rich or seen.rich["automatic"] == "false"
    say(bob, text="🍽️ Lunch Break")
    await stays(alice, contact, id="lunch-break")
    say(bob)
    await alice.sees(contact, id="available")


async def test_do_not_disturb_of_a_client_stands_before_a_call(world):
    alice, contact, bob = await followed(world, show="dnd")
    await alice.sees(contact, id="dnd")
    await world.event("answered")
    await stays(alice, contact, id="dnd")
    say(bob)
    await alice.sees(contact, id="on-call")


async def test_idle_time_makes_away_and_tells_since_when(world):
    alice, contact, bob = await followed(world, idle=11 * 60)
    seen = await alice.sees(contact, id="away")
    assert seen.xml.find("{urn:xmpp:idle:1}idle") is not None
    say(bob)
    seen = await alice.sees(contact, id="available")
    assert seen.xml.find("{urn:xmpp:idle:1}idle") is None


async def test_idle_time_makes_away_when_it_is_long_enough(world):
    alice, contact, bob = await followed(world)
    say(bob, idle=10 * 60 - 3)
    await bob.settle()
    await stays(alice, contact, id="available")
    await alice.sees(contact, id="away", timeout=6)


async def test_a_mobile_device_keeps_its_owner_available(world):
    alice, contact, desk = await followed(world)
    mobile = await world.client("bob", resource="mobile", available=False)
    ver = capable(mobile, kind="phone")
    say(mobile, show="away", idle=3600, kind=ver)
    await mobile.settle()
    say(desk, show="away", idle=3600)
    await desk.settle()
    await stays(alice, contact, id="available")
    say(mobile, show="away", kind=ver)  # by hand
    await alice.sees(contact, id="away")


async def test_phone_and_desktop_together(world):
    alice, contact, desk = await followed(world, show="xa")
    await alice.sees(contact, id="extended-away")
    laptop = await world.client("bob", resource="laptop", available=False)
    say(laptop, show="away")
    await alice.sees(contact, id="away")
    say(laptop)
    await alice.sees(contact, id="available")
    leave(laptop)
    await alice.sees(contact, id="extended-away")
    leave(desk)
    await alice.sees(contact, type="unavailable")


async def test_a_device_with_negative_priority_does_not_count(world):
    alice, contact, bob = await followed(world)
    await alice.sees(contact, id="available")
    say(bob, priority=-1)
    await alice.sees(contact, type="unavailable")
    say(bob, priority=0)
    await alice.sees(contact, id="available")


# --- login and logout ---


async def test_login_and_logout_actions(world):
    alice, contact, bob = await followed(world)
    result = await bob.command("preferences", on_logout="business-trip")
    assert result.status == "completed", result
    await alice.sees(contact, id="available")
    await bob.logout()
    await alice.sees(contact, id="business-trip")
    again = await world.client("bob", resource="again")
    await again.settle()
    await stays(alice, contact, id="business-trip")


# --- who is asked ---


async def test_an_account_that_refuses_is_not_followed(world):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    await bob.wait_for("the request", lambda: any(seen.type == "subscribe" for seen in bob.seen))
    bob.send_presence(pto=bob.component, ptype="unsubscribed")
    await asyncio.to_thread(wait_until, "the refusal is stored", lambda: world.query(
        "SELECT state FROM feeds WHERE account = %s", bob.bare) == [("refused",)])
    say(bob, show="dnd")
    await bob.settle()
    await stays(alice, contact, id="available")
    before = len(bob.seen)
    result = await bob.command("preferences", feed=True)
    assert result.status == "completed", result
    await consent(world, bob, before)
    await alice.sees(contact, id="dnd")
