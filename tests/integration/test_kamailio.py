"""Real SIP calls through a real Kamailio with the documented configuration."""

import asyncio

import pytest
import pytest_asyncio

from kamailio import (Kamailio, Sipp, caller_answered, caller_cancels, caller_refused, phone_answers, phone_busy,
                      phone_rings)

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)


class Telephones:
    def __init__(self, world, directory):
        self.world = world
        self.directory = directory
        self.kamailio = Kamailio(directory / "kamailio", world.offhook)
        self.running = []

    def phone(self, extension, scenario, calls=1, port=None):
        """A registered phone that waits for calls; with a port, the one that was there before."""
        phone = Sipp(self.directory, f"phone{extension}", scenario, "-m", calls, port=port)
        self.running.append(phone)
        self.kamailio.register(extension, phone.port)
        return phone

    def call(self, extension, scenario, calls=1, rate=10, most=500):
        caller = Sipp(self.directory, "caller", scenario, "-s", extension, "-m", calls, "-r", rate, "-l", most,
                      f"127.0.0.1:{self.kamailio.port}")
        self.running.append(caller)
        return caller

    async def finished(self, *runs):
        for run in runs:
            await asyncio.to_thread(run.finish)

    async def live_legs(self, number, of_calls=1):
        """Waits until so many legs are live, and so many calls were heard of at all."""
        for _ in range(200):
            live, calls = self.world.query("SELECT count(*) FILTER (WHERE state <> 'ended'), count(DISTINCT call) "
                                           "FROM legs")[0]
            if live == number and calls >= of_calls:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{live} legs live of {calls} calls, not {number} of {of_calls}")

    def close(self):
        for run in self.running:
            run.stop()
        status = self.kamailio.stop()
        assert status == 0, self.kamailio.log()[-2000:]
        assert not self.kamailio.complaints(), self.kamailio.complaints()[:10]


@pytest_asyncio.fixture
async def telephones(world, tmp_path):
    telephones = Telephones(world, tmp_path)
    await asyncio.to_thread(telephones.kamailio.start)
    yield telephones
    await asyncio.to_thread(telephones.close)


async def test_ring_answer_hang_up(world, telephones):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    phone = telephones.phone("1001", phone_answers(ring=700))
    caller = telephones.call("1001", caller_answered("4711", talk=1000))
    await telephones.live_legs(2)
    await alice.settle()
    assert len(alice.history(bob)) == before, "a phone that rings changes nothing"
    await alice.sees(bob, id="on-call")
    await alice.sees(bob, id="available")
    await telephones.finished(caller, phone)
    await telephones.live_legs(0)
    assert len(alice.history(bob)) == before + 2


async def test_placing_a_call_shows_while_it_rings(world, telephones):
    alice, bob = await world.watched()
    phone = telephones.phone("1002", phone_rings())
    caller = telephones.call("1002", caller_cancels("1001", after=1000))
    await alice.sees(bob, id="on-call")
    await alice.sees(bob, id="available")
    await telephones.finished(caller, phone)
    await telephones.live_legs(0)


async def test_a_held_call_is_still_a_call(world, telephones):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    phone = telephones.phone("1001", phone_answers(ring=100, hold=True))
    caller = telephones.call("1001", caller_answered("4711", talk=300, hold=700))
    await alice.sees(bob, id="on-call")
    for _ in range(100):
        if world.query("SELECT count(*) FROM legs WHERE state = 'held'") == [(2,)]:
            break
        await asyncio.sleep(0.02)
    assert world.query("SELECT count(*) FROM legs WHERE state = 'held'") == [(2,)]
    await alice.sees(bob, id="available")
    await telephones.finished(caller, phone)
    await telephones.live_legs(0)
    assert len(alice.history(bob)) == before + 2


async def test_a_call_that_is_cancelled_or_refused_shows_nothing(world, telephones):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    phone = telephones.phone("1001", phone_rings())
    caller = telephones.call("1001", caller_cancels("4711", after=300))
    await telephones.finished(caller, phone)
    phone = telephones.phone("1001", phone_busy(), port=phone.port)
    caller = telephones.call("1001", caller_refused("4711", 486))
    await telephones.finished(caller, phone)
    await telephones.finished(telephones.call("1003", caller_refused("4711", 480)))
    await telephones.live_legs(0, of_calls=2)  # the last was never put through
    await alice.settle()
    assert len(alice.history(bob)) == before


async def test_of_two_calls_the_last_to_end_frees_the_person(world, telephones):
    alice, bob = await world.watched()
    before = len(alice.history(bob))
    phone = telephones.phone("1001", phone_answers(ring=50), calls=2)
    short = telephones.call("1001", caller_answered("4711", talk=600))
    long = telephones.call("1001", caller_answered("4712", talk=1800))
    await alice.sees(bob, id="on-call")
    await telephones.live_legs(4)
    await telephones.finished(short)
    await telephones.live_legs(2)
    await alice.settle()
    assert len(alice.history(bob)) == before + 1
    await alice.sees(bob, id="available")
    await telephones.finished(long, phone)
    await telephones.live_legs(0)


async def test_two_hundred_calls_leave_no_leg(world, telephones):
    alice, bob = await world.watched()
    phone = telephones.phone("1001", phone_answers(ring=50), calls=200)
    caller = telephones.call("1001", caller_answered("4711", talk=300), calls=200, rate=50)
    await alice.sees(bob, id="on-call")
    await telephones.finished(caller, phone)
    await telephones.live_legs(0, of_calls=200)
    await alice.settle()
    assert alice.view(bob).id == "available"
    assert world.query("SELECT count(DISTINCT call) FROM legs") == [(200,)]


async def test_what_kamailio_lost_is_ended_by_its_snapshot(world, telephones):
    alice, bob = await world.watched()
    await asyncio.to_thread(telephones.kamailio.stop)
    telephones.kamailio.snapshot_seconds = 1
    await asyncio.to_thread(telephones.kamailio.start)
    phone = telephones.phone("1001", phone_answers(ring=50))
    telephones.call("1001", caller_answered("4711", talk=30000))
    await alice.sees(bob, id="on-call")
    await asyncio.sleep(2.5)
    assert alice.view(bob).id == "on-call", "snapshots name a call that goes on"
    await asyncio.to_thread(telephones.kamailio.stop)
    await asyncio.to_thread(telephones.kamailio.start)
    await alice.sees(bob, id="available")
    phone.stop()
