"""Real SIP calls through a real Asterisk, as a colleague sees them in a client and over HTTP."""

import asyncio
import re

import pytest

from phones import (caller_cancels, caller_refused, caller_talks, caller_waits, phone_answers, phone_busy,
                    phone_hangs_up, phone_rings)

ONE_CALL = ["available", "on-call", "available"]


async def talking(office, talk=60000):
    """1001 has called 1002 and they talk until something else ends it."""
    phone = office.phone("1002", phone_answers())
    caller = office.call("1001", "1002", caller_talks("1001", talk=talk))
    await office.shows("on-call", "1001", "1002")
    return caller, phone


async def test_ring_answer_hang_up(office):
    phone = office.phone("1002", phone_answers(ring=700))
    caller = office.call("1001", "1002", caller_talks("1001", talk=1000))
    await office.shows("on-call", "1001")  # placing a call shows
    assert office.history("1002") == ["available"], "a phone that rings changes nothing"
    await office.shows("on-call", "1002")
    await office.shows("available", "1001", "1002")
    await office.finished(caller, phone)
    await office.nothing_more()
    assert office.history("1001") == office.history("1002") == ONE_CALL
    assert office.history("1003") == ["available"]
    assert office.live_legs() == []


async def test_the_called_phone_hangs_up(office):
    phone = office.phone("1002", phone_hangs_up(talk=500))
    caller = office.call("1001", "1002", caller_waits("1001"))
    await office.shows("on-call", "1001", "1002")
    await office.finished(caller, phone)
    await office.shows("available", "1001", "1002")
    assert office.live_legs() == []


async def test_nobody_answers_and_the_dial_plan_gives_up(office):
    phone = office.phone("1002", phone_rings())
    caller = office.call("1001", "81002", caller_refused("1001", 480))  # 8: rings two seconds only
    await office.shows("on-call", "1001")
    await office.shows("available", "1001")
    await office.finished(caller, phone)
    await office.nothing_more()
    assert office.history("1002") == ["available"]
    assert office.live_legs() == []


async def test_the_caller_cancels(office):
    phone = office.phone("1002", phone_rings())
    caller = office.call("1001", "1002", caller_cancels("1001", after=500))
    await office.shows("on-call", "1001")
    await office.shows("available", "1001")
    await office.finished(caller, phone)
    await office.nothing_more()
    assert office.history("1002") == ["available"]
    assert office.live_legs() == []


@pytest.mark.parametrize("ring", [0, 600])
async def test_a_busy_phone_is_no_call(office, ring):
    phone = office.phone("1002", phone_busy(ring))
    caller = office.call("1001", "1002", caller_refused("1001", 486))
    await office.finished(caller, phone)
    await office.nothing_more()
    await office.shows("available", "1001", "1002")
    assert office.history("1002") == ["available"]
    assert office.live_legs() == []


async def test_a_held_call_is_still_a_call(office):
    lab = await office.lab()
    phone = office.phone("1002", phone_answers())
    caller = office.call("1001", "1002", caller_talks("1001", talk=500, hold=1000))
    await lab.sees("Hold")
    await office.shows("on-call", "1001", "1002")
    assert [leg[0] for leg in office.live_legs()] == ["1001", "1002"]
    await lab.sees("Unhold")
    await office.shows("available", "1001", "1002")
    await office.finished(caller, phone)
    await office.nothing_more()
    assert office.history("1001") == office.history("1002") == ONE_CALL


async def test_of_two_calls_the_last_to_end_frees_the_person(office):
    phone = office.phone("1002", phone_answers(), calls=2)
    long = office.call("1001", "1002", caller_talks("1001", talk=2500))
    short = office.call("1003", "1002", caller_talks("1003", talk=1000))
    await office.shows("on-call", "1001", "1002", "1003")
    await office.finished(short)
    await office.shows("available", "1003")
    assert office.history("1002") == ["available", "on-call"]
    await office.shows("available", "1001", "1002")
    await office.finished(long, phone)
    await office.nothing_more()
    assert office.history("1002") == ONE_CALL
    assert office.live_legs() == []


async def test_a_conference_is_a_meeting(office):
    first = office.call("1001", "3000", caller_talks("1001", talk=2500))
    second = office.call("1002", "3000", caller_talks("1002", talk=1000))
    await office.shows("busy", "1001", "1002")
    assert {leg[2] for leg in office.live_legs()} == {"meeting"}
    await office.finished(second)
    await office.shows("available", "1002")
    await office.shows("busy", "1001")
    await office.finished(first)
    await office.shows("available", "1001")
    assert office.live_legs() == []


async def test_a_meeting_is_still_one_after_offhook_started_anew(office):
    caller = office.call("1001", "3000", caller_waits("1001"))
    await office.shows("busy", "1001")
    assert await asyncio.to_thread(office.offhook.stop) == 0
    await asyncio.to_thread(office.offhook.start)
    await office.linked(times=2)
    await office.shows("busy", "1001")
    await office.cli("channel request hangup all")
    await office.finished(caller)
    await office.shows("available", "1001")


async def test_a_phone_that_leaves_is_offline_until_it_is_back(office):
    await office.register("1002", seconds=0)
    await office.shows("offline", "1002")
    await office.register("1002")
    await office.shows("available", "1002")
    assert office.history("1001") == ["available"]


async def test_a_phone_that_leaves_in_a_call_is_offline_after_it(office):
    caller, phone = await talking(office, talk=1500)
    await office.register("1002", seconds=0)
    await office.nothing_more()
    assert office.history("1002") == ["available", "on-call"]
    await office.finished(caller, phone)
    await office.shows("offline", "1002")
    await office.shows("available", "1001")


async def test_do_not_disturb_of_the_phone_does_not_hide_a_call_it_makes(office):
    lab = await office.lab()
    await office.finished(office.call("1001", "*78", caller_waits("1001")))
    await lab.sees("ExtensionStatus", Exten="1001", Status="2")
    await office.wait_for_legs([])
    phone = office.phone("1002", phone_answers())
    caller = office.call("1001", "1002", caller_talks("1001", talk=1000))
    await office.shows("on-call", "1002")
    await office.wait_for_legs([("1001", "active", "call"), ("1002", "active", "call")])
    assert lab.seen("ExtensionStatus", Exten="1001")[-1]["Status"] == "2", "Asterisk itself hides it"
    await office.finished(caller, phone)
    await office.wait_for_legs([])


async def test_reloads_during_a_call_change_nothing(office):
    lab = await office.lab()
    caller, phone = await talking(office)
    before = {extension: len(office.alice.history(office.contacts[extension])) for extension in ("1001", "1002")}
    for number in range(10):
        await office.cli("dialplan reload" if number % 2 else "core reload")
    await lab.wait_for("all hints again", lambda: len(lab.seen("ExtensionStatus", Exten="1002", Status="1")) >= 5)
    await office.nothing_more()
    for extension, stanzas in before.items():
        assert len(office.alice.history(office.contacts[extension])) == stanzas
    assert len(office.live_legs()) == 2
    await office.cli("channel request hangup all")
    await office.shows("available", "1001", "1002")


async def test_a_restart_waits_for_the_call_and_the_next_call_is_seen(office):
    caller, phone = await talking(office, talk=2000)
    lab = await office.lab()
    lab.send("Command", Command="core restart gracefully")
    await office.nothing_more()
    await office.shows("on-call", "1001", "1002")
    await office.finished(caller, phone)
    await office.linked(times=2)
    await office.shows("available", "1001", "1002")
    assert office.history("1002")[:3] == ONE_CALL
    caller, phone = await talking(office, talk=500)
    await office.shows("available", "1001", "1002")
    await office.finished(caller, phone)


async def test_a_restart_at_once_ends_the_call(office):
    caller, phone = await talking(office)
    lab = await office.lab()
    lab.send("Command", Command="core restart now")
    await office.linked(times=2)
    await office.shows("available", "1001", "1002")
    assert office.live_legs() == []
    assert "on-call" not in office.history("1002")[2:]
    caller.stop()
    phone.stop()
    caller, phone = await talking(office, talk=500)
    await office.shows("available", "1001", "1002")
    await office.finished(caller, phone)


async def test_a_crash_in_a_call_ends_it_when_asterisk_is_back(office):
    caller, phone = await talking(office)
    await asyncio.to_thread(office.asterisk.kill)
    caller.stop()
    phone.stop()
    await asyncio.sleep(1)
    await office.shows("on-call", "1001", "1002")
    await asyncio.to_thread(office.asterisk.start_again)
    await office.linked(times=2)
    for extension in ("1001", "1002", "1003"):
        await office.register(extension)
    await office.shows("available", "1001", "1002")
    assert office.live_legs() == []
    caller, phone = await talking(office, talk=500)
    await office.shows("available", "1001", "1002")
    await office.finished(caller, phone)


async def test_asterisk_frozen_and_thawed_in_a_call_loses_nothing(office):
    caller, phone = await talking(office)
    office.asterisk.freeze()
    await asyncio.sleep(1)
    office.asterisk.thaw()
    await office.cli("channel request hangup all")
    await office.shows("available", "1001", "1002")
    assert office.history("1001") == office.history("1002") == ONE_CALL


async def test_twenty_calls_leave_no_leg(office):
    phone = office.phone("1002", phone_answers(ring=20), calls=20)
    caller = office.call("1001", "1002", caller_talks("1001", talk=200), calls=20, rate=4)
    await office.shows("on-call", "1001", "1002")
    await office.finished(caller, phone)
    await office.shows("available", "1001", "1002")
    await office.nothing_more()
    assert office.live_legs() == []
    assert await asyncio.to_thread(office.asterisk.channels) == []


async def test_the_link_needs_no_more_rights_than_documented(office):
    assert not re.search(r"\S+ warn +pbx hq", office.offhook.log()), office.offhook.log()[-2000:]
