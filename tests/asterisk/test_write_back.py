"""What people choose reaches a real Asterisk as FreePBX would set it, and what is set in Asterisk is a choice of theirs."""

import asyncio

import pytest

from phones import caller_talks, caller_waits, phone_answers
from servers import wait_until

FISHING = "away,,gone fishing till Monday"
PRESENCE = {extension: f"PRESENCE_STATE(CustomPresence:{extension})" for extension in ("1001", "1002", "1003")}


async def choose(office, extension, status, **more):
    answer = await office.world.request("PUT", f"/v1/people/{office.user(extension)}/status", {"status": status, **more},
                                        token=office.offhook.writer_token)
    assert answer.status == 200, answer


async def console(office, command, *wanted, absent=()):
    """Waits until what the console prints has all that is wanted and nothing of what is to be absent."""
    for _ in range(100):
        said = await office.cli(command)
        if all(text in said for text in wanted) and not any(text in said for text in absent):
            return
        await asyncio.sleep(0.1)
    raise AssertionError(f"{command} has not {wanted}, or has {absent}: {said}")


async def hint(office, extension, state):
    """Waits for what a lamp of another phone shows of the extension."""
    def agrees():
        lines = office.asterisk.cli("core show hints").splitlines()
        return any(line.split("@")[0].strip() == extension and f"State:{state} " in line for line in lines)
    await asyncio.to_thread(wait_until, f"the hint of {extension} is {state}", agrees, 15, 0.1)


async def presence(office, lab, extension, state):
    """Waits for the presence that Asterisk has of an extension; the answer."""
    for _ in range(100):
        answer = await lab.action("PresenceState", Provider=f"CustomPresence:{extension}")
        if answer.get("State") == state:
            return answer
        await asyncio.sleep(0.1)
    raise AssertionError(f"CustomPresence:{extension} is not {state}: {answer}")


async def test_do_not_disturb_is_that_of_freepbx_and_ends(office):
    lab = await office.lab()
    await choose(office, "1001", "dnd")
    await console(office, "database show DND", "/DND/1001", "YES")
    await hint(office, "1001", "Busy")
    await presence(office, lab, "1001", "dnd")
    assert lab.seen("DeviceStateChange", Device="Custom:DND1001", State="BUSY")
    await choose(office, "1001", "available")
    await console(office, "database show DND", absent=["/DND/1001"])
    await hint(office, "1001", "Idle")
    await presence(office, lab, "1001", "available")
    assert lab.seen("DeviceStateChange", Device="Custom:DND1001")[-1]["State"] == "UNAVAILABLE"
    assert office.history("1001") == ["available", "dnd", "available"]


@pytest.mark.parametrize("message", [
    "back at 3, or 4, perhaps",
    'he said "no", she said \'yes\'; 100 % & <b>',
    "Zürich – ☕ 日本語 🏖️",
    r"\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/1002 \ ${SHELL(id)}",
])
async def test_a_text_arrives_as_it_is(office, message):
    lab = await office.lab()
    await choose(office, "1001", "lunch-break", message=message)
    answer = await presence(office, lab, "1001", "away")
    assert message in answer["PresenceMessage"], answer
    await office.nothing_more()
    assert office.history("1001") == ["available", "lunch-break"]
    told = await asyncio.to_thread(office.offhook.presence, office.user("1001"))
    assert told["message"] == message


async def test_a_presence_set_in_asterisk_is_a_choice(office):
    lab = await office.lab()
    answer = await lab.action("Setvar", Variable=PRESENCE["1001"], Value=FISHING)
    assert answer["Response"] == "Success", answer
    await office.shows("away", "1001")
    told = await asyncio.to_thread(office.offhook.presence, office.user("1001"))
    assert (told["message"], told["automatic"]) == ("gone fishing till Monday", False)
    await lab.action("Setvar", Variable=PRESENCE["1001"], Value="available,,")
    await office.shows("available", "1001")
    assert office.history("1001") == ["available", "away", "available"]


async def test_a_presence_set_on_the_console_is_a_choice(office):
    await office.cli(f'dialplan set global {PRESENCE["1002"]} "dnd,,on a deadline"')
    await office.shows("dnd", "1002")
    await console(office, "database show DND", "/DND/1002")
    await choose(office, "1002", "available")
    await console(office, "database show DND", absent=["/DND/1002"])


async def test_do_not_disturb_of_a_phone_is_a_choice(office):
    await office.finished(office.call("1001", "*78", caller_waits("1001")))
    await office.shows("dnd", "1001")
    await office.finished(office.call("1001", "*79", caller_waits("1001")))
    await office.shows("available", "1001")
    await console(office, "database show DND", absent=["/DND/1001"])
    seen = [status for status in office.history("1001") if status != "on-call"]  # dialling the code is a call
    assert [status for at, status in enumerate(seen) if at == 0 or seen[at - 1] != status] == ["available", "dnd", "available"]


async def test_the_last_change_wins_whoever_made_it(office):
    lab = await office.lab()
    await choose(office, "1001", "dnd")
    await presence(office, lab, "1001", "dnd")
    await lab.action("Setvar", Variable=PRESENCE["1001"], Value="xa,,out of office")
    await office.shows("extended-away", "1001")
    await console(office, "database show DND", absent=["/DND/1001"])
    await choose(office, "1001", "lunch-break")
    await presence(office, lab, "1001", "away")
    await office.nothing_more()
    assert office.history("1001") == ["available", "dnd", "extended-away", "lunch-break"]


async def test_an_asterisk_that_lost_its_database_gets_it_again(office):
    await choose(office, "1001", "dnd", message="until three")
    await console(office, "database show DND", "/DND/1001")
    await asyncio.to_thread(office.asterisk.kill)
    office.asterisk.forget()
    await asyncio.to_thread(office.asterisk.start_again)
    await office.linked(times=2)
    await console(office, "database show DND", "/DND/1001")
    await hint(office, "1001", "Busy")
    lab = await office.lab()
    assert "until three" in (await presence(office, lab, "1001", "dnd"))["PresenceMessage"]
    await office.shows("dnd", "1001")


async def test_what_was_chosen_while_asterisk_was_away_reaches_it(office):
    await choose(office, "1001", "dnd")
    await console(office, "database show DND", "/DND/1001")
    await asyncio.to_thread(office.asterisk.kill)
    await choose(office, "1001", "available")
    await choose(office, "1002", "dnd")
    await asyncio.to_thread(office.asterisk.start_again)
    await console(office, "database show DND", "/DND/1002", absent=["/DND/1001"])
    for extension in ("1001", "1002", "1003"):
        await office.register(extension)
    await office.shows("available", "1001")
    await office.shows("dnd", "1002")


async def test_a_call_is_not_written(office):
    lab = await office.lab()
    await office.nothing_more()
    before = len(lab.seen("PresenceStateChange"))
    phone = office.phone("1002", phone_answers())
    caller = office.call("1001", "1002", caller_talks("1001", talk=500))
    await office.shows("on-call", "1001", "1002")
    await office.finished(caller, phone)
    await office.shows("available", "1001", "1002")
    await office.nothing_more()
    assert len(lab.seen("PresenceStateChange")) == before
    assert not [e for e in lab.seen("DeviceStateChange") if e["Device"].startswith("Custom:") and e["State"] == "BUSY"]


async def test_nothing_echoes(office):
    lab = await office.lab()
    for number in range(10):
        await choose(office, "1001", ("dnd", "away")[number % 2], message=f"{number}")
        await lab.action("Setvar", Variable=PRESENCE["1002"], Value=f"{('xa', 'away')[number % 2]},,{number}")
    await asyncio.sleep(3)
    first = lab.seen("PresenceStateChange", Presentity="CustomPresence:1001")
    second = lab.seen("PresenceStateChange", Presentity="CustomPresence:1002")
    assert 1 <= len(first) <= 20, len(first)
    assert 10 <= len(second) <= 30, len(second)
    await asyncio.sleep(2)
    assert len(lab.seen("PresenceStateChange")) == len(first) + len(second), "and it is quiet afterwards"
    await office.shows("away", "1002")


async def test_follow_me_is_switched_as_in_freepbx(office):
    await office.cli("database put AMPUSER 1001/followme/ddial EXTENSION")
    client = await office.world.client("bob", available=False)
    result = await client.command("preferences", action_away="follow-me")
    assert result.status == "completed" and not result.error, result
    await choose(office, "1001", "away")
    await console(office, "database show AMPUSER", "/1001/followme/ddial", ": DIRECT")
    await choose(office, "1001", "available")
    await console(office, "database show AMPUSER", "/1001/followme/ddial", ": EXTENSION")


WARNING = "Do Not Disturb reaches Asterisk's device states only"


class TestNarrowRights:
    """Without the class `system`, FreePBX's database stays as it is, and lamps show Do Not Disturb all the same."""

    @pytest.fixture
    def rights(self):
        return "call,reporting"

    async def test_lamps_show_do_not_disturb_all_the_same(self, office):
        lab = await office.lab()
        assert WARNING in office.offhook.log()
        await choose(office, "1001", "dnd")
        await hint(office, "1001", "Busy")
        await presence(office, lab, "1001", "dnd")
        assert "/DND/1001" not in await office.cli("database show DND")
        await choose(office, "1001", "available")
        await hint(office, "1001", "Idle")


class TestSmallDialplan:
    """The dial plan of docs/pbx/asterisk.md, as it stands there, needs no more than the narrow rights."""

    @pytest.fixture
    def rights(self):
        return "call,reporting"

    @pytest.fixture
    def small(self):
        return True

    async def test_who_does_not_want_to_be_disturbed_gets_a_voicemail(self, office):
        lab = await office.lab()
        assert WARNING not in office.offhook.log()
        await choose(office, "1002", "dnd")
        await hint(office, "1002", "Busy")
        caller = office.call("1001", "91002", caller_talks("1001", talk=500))
        await lab.sees("Newexten", Application="VoiceMail", AppData="1002@default,b")
        await office.finished(caller)
        assert not lab.seen("Newexten", Application="Dial")
        await choose(office, "1002", "available")
        await hint(office, "1002", "Idle")
        phone = office.phone("1002", phone_answers())
        caller = office.call("1001", "91002", caller_talks("1001", talk=300))
        await office.finished(caller, phone)

    async def test_its_keys_are_choices(self, office):
        await office.finished(office.call("1001", "9*78", caller_waits("1001")))
        await office.shows("dnd", "1001")
        await office.finished(office.call("1001", "9*79", caller_waits("1001")))
        await office.shows("available", "1001")
