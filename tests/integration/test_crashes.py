"""kill -9 of any part in mid-call: afterwards everybody sees the truth, and nothing acknowledged is lost."""

import asyncio
import datetime
import threading
import time

import pytest

from servers import wait_until

TRUTH_SECONDS = 5


def in_seconds(seconds):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def world(own_world):
    """In this file every test kills servers, so all of them are its own."""
    return own_world


async def back(world, what):
    """Restarts a part; the instant at which it was back."""
    await asyncio.to_thread(what)
    return time.monotonic()


async def sees_the_truth(client, contact, since, **wanted):
    await client.sees(contact, timeout=max(0.1, TRUTH_SECONDS - (time.monotonic() - since)), **wanted)


async def test_offhook_killed_in_mid_call_knows_of_the_call_when_it_is_back(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    world.offhook.kill()
    late = await world.client("alice", resource="late")
    since = await back(world, world.offhook.start)
    await sees_the_truth(late, bob, since, id="on-call")
    await world.event("ended")
    await alice.sees(bob, id="available")
    await late.sees(bob, id="available")


async def test_what_expired_while_offhook_was_dead_is_corrected(world):
    alice, bob = await world.watched()
    client = await world.client("bob")
    result = await client.command("set-status", status="lunch-break", expires=in_seconds(3))
    assert result.status == "completed", result
    await alice.sees(bob, id="lunch-break")
    end = time.monotonic() + 3.2
    world.offhook.kill()
    await asyncio.sleep(max(0, end - time.monotonic()))
    since = await back(world, world.offhook.start)
    await sees_the_truth(alice, bob, since, id="available")


async def test_every_event_answered_with_200_is_in_the_database(world):
    acknowledged = []
    killed = threading.Event()

    def post(thread):
        number = 0
        while not killed.is_set():
            call = f"call-{thread}-{number}"
            number += 1
            try:
                if world.offhook.event("answered", str(2000 + thread), call).status == 200:
                    acknowledged.append(call)
            except OSError:
                return

    threads = [threading.Thread(target=post, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    await asyncio.to_thread(wait_until, "300 events", lambda: len(acknowledged) >= 300)
    world.offhook.kill()
    killed.set()
    for thread in threads:
        await asyncio.to_thread(thread.join)
    # In any state: an extension has a most of live calls, beyond which the oldest end.
    stored = {row[0] for row in world.query("SELECT call FROM legs")}
    lost = [call for call in acknowledged if call not in stored]
    assert lost == [], f"{len(lost)} of {len(acknowledged)} acknowledged, {len(stored)} stored"
    await asyncio.to_thread(world.offhook.start)


async def test_while_postgres_is_dead_presence_goes_on_and_the_pbx_is_told_to_come_again(world):
    alice, bob = await world.watched()
    world.postgres.kill()
    posting = asyncio.ensure_future(world.event("answered", expect=None))
    await alice.sees(bob, id="on-call", timeout=1.5)
    response = await posting
    assert response.status == 503 and int(response.headers["Retry-After"]) >= 1, response
    assert 1500 < response.milliseconds < 4000, "it is held for about two seconds, in case PostgreSQL comes back"
    ready = await world.request("GET", "/readyz")
    assert ready.status == 503
    assert (await world.request("GET", "/healthz")).status == 200
    since = await back(world, world.postgres.start)
    await asyncio.to_thread(wait_until, "ready", world.offhook.is_ready, TRUTH_SECONDS)
    assert time.monotonic() - since < TRUTH_SECONDS
    assert (await world.event("answered")).status == 200
    assert world.query("SELECT state FROM legs WHERE call = 'call-1'") == [("active",)]
    await alice.settle()
    assert alice.view(bob).id == "on-call"
    late = await world.client("alice", resource="late")
    await late.sees(bob, id="on-call", timeout=TRUTH_SECONDS)


async def test_an_event_is_answered_as_soon_as_postgres_is_back_in_time(world):
    alice, bob = await world.watched()
    world.postgres.freeze()
    posting = asyncio.ensure_future(world.event("answered", expect=None))
    await alice.sees(bob, id="on-call", timeout=1.5)
    world.postgres.thaw()
    response = await posting
    assert response.status == 200, response
    assert world.query("SELECT state FROM legs WHERE call = 'call-1'") == [("active",)]


async def test_with_a_frozen_postgres_events_wait_up_to_the_bound_and_are_then_refused(world):
    alice, bob = await world.watched()
    world.postgres.freeze()
    try:
        def post(batch):
            return world.offhook.request("POST", "/v1/pbx/hq/events", token=world.offhook.token, body=[
                {"event": "answered", "call": f"{batch}-{n}", "extension": str(3000 + n % 100)} for n in range(1000)])

        answers = await asyncio.gather(*(asyncio.to_thread(post, batch) for batch in range(56)))
        assert {answer.status for answer in answers} == {503}
        assert all(int(answer.headers["Retry-After"]) >= 1 for answer in answers)
        held = [answer for answer in answers if answer.milliseconds > 1500]
        assert len(held) <= 50, "the queue has a bound"
        refused = await asyncio.to_thread(post, "refused")
        assert refused.status == 503 and refused.milliseconds < 1000, "a full queue is said at once"
        response = await world.request("GET", "/healthz")
        assert response.status == 200
    finally:
        world.postgres.thaw()
    await asyncio.to_thread(wait_until, "ready", world.offhook.is_ready, TRUTH_SECONDS * 2)

    def accepted():
        return world.offhook.event("answered", "1001", "call-1").status == 200
    await asyncio.to_thread(wait_until, "the backlog is written and events are acknowledged again", accepted, 60)
    await alice.sees(bob, id="on-call")
    assert world.query("SELECT count(*) FROM legs WHERE call LIKE 'refused-%'") == [(0,)]
    taken = world.query("SELECT count(*) FROM legs WHERE call <> 'call-1'")[0][0]
    assert 0 < taken <= 50000 and taken % 1000 == 0, "a refused request was refused as a whole"


async def test_after_the_xmpp_server_was_killed_in_mid_call_everybody_sees_the_truth(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    world.xmpp.kill()
    await world.event("ended")
    since = await back(world, world.xmpp.start)
    again = await world.client("alice", resource="again")
    await sees_the_truth(again, bob, since, id="available")
    await world.event("answered", call="call-2")
    await again.sees(bob, id="on-call")


async def test_after_everything_died_at_once_everybody_sees_the_truth(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    world.offhook.kill()
    world.xmpp.kill()
    world.postgres.kill()
    await asyncio.to_thread(world.postgres.start)
    await asyncio.to_thread(world.xmpp.start)
    since = await back(world, world.offhook.start)
    again = await world.client("alice", resource="again")
    await sees_the_truth(again, bob, since, id="on-call")


async def test_offhook_waits_for_servers_that_are_not_there_yet(world):
    alice, bob = await world.watched()
    assert await asyncio.to_thread(world.offhook.stop) == 0
    world.xmpp.kill()
    world.postgres.kill()
    world.offhook.spawn()
    await asyncio.to_thread(wait_until, "alive", lambda: healthy(world.offhook))
    ready = await world.request("GET", "/readyz")
    assert (ready.status, ready.json["detail"]) == (503, "database: not connected"), "who else may lead is not known"
    await asyncio.to_thread(world.postgres.start)
    since = await back(world, world.xmpp.start)
    again = await world.client("alice", resource="again")
    await sees_the_truth(again, bob, since, id="available")


def healthy(offhook):
    try:
        return offhook.request("GET", "/healthz").status == 200
    except OSError:
        return False
