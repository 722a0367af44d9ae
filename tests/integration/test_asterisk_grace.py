"""An Asterisk that is away for longer than its calls are believed."""

import asyncio
import time

import pytest

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

GRACE_SECONDS = 60


async def test_calls_outlive_a_short_loss_of_the_link_and_end_after_a_long_one(linked, manager):
    await manager.linked()
    alice, bob = await linked.watched()
    carol = await linked.add_person("carol", ["1002"])
    await alice.watch(carol, id="available")
    manager.device("PJSIP/1001", "INUSE")
    manager.device("PJSIP/1002", "RINGING")
    manager.device("PJSIP/1002", "INUSE")
    await alice.sees(bob, id="on-call")
    await alice.sees(carol, id="on-call")

    await manager.stop()
    await asyncio.sleep(2)
    before = len(alice.history(bob))
    await manager.start()
    await manager.linked()
    await alice.settle()
    assert len(alice.history(bob)) == before, "back in time, and nobody noticed"
    assert linked.query("SELECT count(*) FROM legs WHERE state <> 'ended'") == [(2,)]

    lost = time.monotonic()
    await manager.stop()
    client = await linked.client("carol")
    result = await client.command("set-status", status="lunch-break")
    assert result.status == "completed", "a PBX that is away holds up nobody"
    await alice.sees(carol, id="lunch-break")
    await client.command("clear-status")
    await alice.sees(carol, id="on-call")
    await asyncio.sleep(GRACE_SECONDS - 5 - (time.monotonic() - lost))
    await alice.settle()
    assert (alice.view(bob).id, alice.view(carol).id) == ("on-call", "on-call")

    await alice.sees(bob, id="available", timeout=10)
    await alice.sees(carol, id="available")
    assert GRACE_SECONDS <= time.monotonic() - lost < GRACE_SECONDS + 5
    assert linked.query("SELECT count(*) FROM legs WHERE state <> 'ended'") == [(0,)]
    assert linked.offhook.log().count("no link for 60 s: its calls are taken as ended") == 1

    del manager.devices["PJSIP/1002"]
    await manager.start()
    await alice.sees(bob, id="on-call")  # it lasted all the time
    manager.device("PJSIP/1001", "NOT_INUSE")
    await alice.sees(bob, id="available")
    assert alice.view(carol).id == "available"


async def test_calls_do_not_end_while_an_asterisk_that_is_back_is_asked_for_them(linked, manager):
    await manager.linked()
    alice, bob = await linked.watched()
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    await alice.settle()
    before = len(alice.history(bob))

    lost = time.monotonic()
    await manager.stop()
    await asyncio.sleep(GRACE_SECONDS - 5 - (time.monotonic() - lost))
    manager.hold("CoreShowChannels")
    await manager.start()
    await manager.until("the last of the lists", lambda: manager.held)
    await asyncio.sleep(GRACE_SECONDS + 3 - (time.monotonic() - lost))
    manager.release()
    await manager.linked()
    await alice.settle()
    assert len(alice.history(bob)) == before
    assert linked.query("SELECT count(*) FROM legs WHERE state <> 'ended' AND extension = '1001'") == [(1,)]
    assert "no link for 60 s" not in linked.offhook.log()
