"""The dial plan of docs/pbx/dialplan.md, as it stands there, in a real Asterisk: who does not take calls is spared them."""

import asyncio

from phones import caller_talks, caller_waits, phone_answers, phone_rings


async def choose(office, extension, status):
    answer = await office.world.request("PUT", f"/v1/people/{office.user(extension)}/status", {"status": status},
                                        token=office.offhook.writer_token)
    assert answer.status == 200, answer
    await office.shows(status, extension)


async def rings(office):
    """A call through the documented dial plan reaches the phone."""
    phone = office.phone("1002", phone_answers())
    caller = office.call("1001", "91002", caller_talks("1001", talk=300))
    await office.finished(caller, phone)


async def test_who_takes_calls_is_rung(office):
    lab = await office.lab()
    await rings(office)
    assert not lab.seen("Newexten", Application="VoiceMail")
    assert lab.seen("VarSet", Variable="OFFHOOK_ACTION", Value="none")


async def test_who_does_not_want_to_be_disturbed_gets_a_voicemail(office):
    lab = await office.lab()
    await choose(office, "1002", "dnd")
    caller = office.call("1001", "91002", caller_talks("1001", talk=1000))
    await lab.sees("Newexten", Application="VoiceMail", AppData="1002@default,b")
    await office.finished(caller)
    assert not lab.seen("Newexten", Application="Dial")
    assert not lab.seen("DeviceStateChange", Device="PJSIP/1002", State="RINGING")
    await choose(office, "1002", "available")
    await rings(office)


async def test_by_policy_who_is_offline_gets_a_voicemail(office):
    lab = await office.lab()
    result = await (await office.world.admin()).command("policy", offline_to_voicemail=True)
    assert result.status == "completed" and not result.error, result
    await office.register("1002", seconds=0)
    await office.shows("offline", "1002")
    caller = office.call("1001", "91002", caller_talks("1001", talk=500))
    await lab.sees("Newexten", Application="VoiceMail", AppData="1002@default,b")
    await office.finished(caller)
    assert not lab.seen("Newexten", Application="Dial")


async def test_who_is_to_be_followed_is(office):
    lab = await office.lab()
    client = await office.world.client("bob", available=False)
    result = await client.command("preferences", action_dnd="follow-me")
    assert result.status == "completed" and not result.error, result
    await choose(office, "1001", "dnd")
    phone = office.phone("1003", phone_rings())
    caller = office.call("1002", "91001", caller_waits("1002"))
    await lab.sees("Newexten", Application="FollowMe", AppData="1001")
    await lab.sees("DeviceStateChange", Device="PJSIP/1003", State="RINGING")
    await office.cli("channel request hangup all")
    await office.finished(caller, phone)
    assert not lab.seen("DeviceStateChange", Device="PJSIP/1001", State="RINGING")


async def test_a_person_on_call_is_rung_nevertheless(office):
    busy = office.call("1002", "3000", caller_talks("1002", talk=2500))
    await office.shows("busy", "1002")
    await rings(office)
    await office.finished(busy)


async def test_without_an_answer_the_phone_rings(office):
    await choose(office, "1002", "dnd")
    assert await asyncio.to_thread(office.offhook.stop) == 0
    await rings(office)


async def test_the_keys_of_a_phone_set_a_status_and_clear_it(office):
    await office.finished(office.call("1001", "9*78", caller_waits("1001")))
    await office.shows("dnd", "1001")
    await office.finished(office.call("1001", "9*79", caller_waits("1001")))
    await office.shows("available", "1001")
    assert office.history("1002") == ["available"]
