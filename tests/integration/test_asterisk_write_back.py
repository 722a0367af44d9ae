"""What a person chose reaches the Asterisk: presence, Do Not Disturb and follow-me, and nothing else does."""

import asyncio

import pytest

from office import AVAILABLE, AWAY, DND, LUNCH, OFF, ON
from manager import Presence

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

WARNING = "Do Not Disturb reaches Asterisk's device states only"


async def test_a_choice_is_written_with_a_mark_and_its_text(office, manager):
    await office.choose("lunch-break", message="back at 2")
    await office.in_step(LUNCH._replace(message="Lunch Break (back at 2)"))
    await office.clear()
    await office.in_step(AVAILABLE)
    assert manager.complaints == []


@pytest.mark.parametrize("status, wanted", [
    ("chat", Presence("chat", "offhook chat", "Free for Chat")),
    ("extended-away", Presence("xa", "offhook extended-away", "Extended Away")),
    ("busy", Presence("dnd", "offhook busy", "Busy")),
    ("invisible", Presence("unavailable", "offhook offline", "")),
])
async def test_each_show_is_written_and_turns_no_calls_away(office, manager, status, wanted):
    await office.choose(status)
    await office.in_step(wanted)
    assert all("DND" not in target or value in ("UNAVAILABLE", None) for target, value in manager.writes("1001"))
    assert manager.complaints == []


async def test_a_call_is_not_written(office, manager):
    before = len(manager.written)
    for state in ("RINGING", "INUSE", "ONHOLD"):
        manager.device("PJSIP/1001", state)
    await office.alice.sees(office.bob, id="on-call")
    await manager.quiet()
    assert manager.writes("1001", before) == []
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    await office.clear()
    await office.alice.sees(office.bob, id="on-call")
    await office.in_step(AVAILABLE)


async def test_do_not_disturb_is_switched_as_freepbx_does(office, manager):
    before = len(manager.written)
    await office.choose("dnd")
    await office.in_step(DND, ON)
    assert {("DEVICE_STATE(Custom:DND1001)", "BUSY"), ("DB(DND/1001)", "YES")} < set(manager.writes("1001", before))
    before = len(manager.written)
    await office.clear()
    await office.in_step(AVAILABLE)
    assert {("DEVICE_STATE(Custom:DND1001)", "UNAVAILABLE"), ("DB(DND/1001)", None)} < set(manager.writes("1001", before))
    assert office.alice.view(office.bob).id == "available"
    assert manager.complaints == []


@pytest.mark.parametrize("before, during", [("EXTENSION", "DIRECT"), ("DIRECT", "DIRECT"), (None, None)])
async def test_follow_me_is_switched_on_only_if_it_is_off_and_then_off_again(office, manager, before, during):
    key = "AMPUSER/1001/followme/ddial"
    if before:
        manager.database[key] = before
    admin = await office.world.admin()
    result = await admin.command("add-status", name="Out", show="away", color="#00897B", call_action="follow-me")
    assert result.status == "completed", result
    await office.choose("out")
    held = " follow-me" if before == "EXTENSION" else ""
    await office.in_step(Presence("away", f"offhook out{held}", "Out"))
    assert manager.database.get(key) == during
    await office.clear()
    await office.in_step(AVAILABLE)
    assert manager.database.get(key) == before
    puts = [value for target, value in manager.writes("1001") if "followme" in target]
    assert puts == (["DIRECT", "EXTENSION"] if before == "EXTENSION" else [])


async def test_whether_the_astdb_may_be_written_is_found_out_without_harm(office, manager):
    probes = [action for action in manager.actions if action["Action"] == "DBDel" and action["Family"] == "OFFHOOK"]
    assert [probe["Key"] for probe in probes] == ["probe"]
    assert manager.database == {}
    assert WARNING not in office.world.offhook.log()


@pytest.mark.parametrize("snippet", [False, True])
async def test_who_may_not_write_the_astdb_is_told_unless_the_dial_plan_helps(quiet_world, manager, snippet):
    manager.narrow()
    if snippet:
        manager.globals["OFFHOOK_DND"] = "1"
    manager.serve(quiet_world.offhook)
    await asyncio.to_thread(quiet_world.start)
    contact = await quiet_world.add_person("bob", ["1001"])
    alice = await quiet_world.client("alice")
    await alice.watch(contact, id="available")
    response = await quiet_world.request("PUT", f"/v1/people/{quiet_world.user('bob')}/status", body={"status": "dnd"},
                                         token=quiet_world.offhook.writer_token)
    assert response.status == 200
    await manager.until("the device state", lambda: manager.devices.get("Custom:DND1001") == "BUSY")
    await manager.until("the presence", lambda: manager.presences.get("1001") == DND)
    await manager.quiet()
    assert not any(action["Action"] in ("DBPut", "DBDel") and action["Family"] != "OFFHOOK" for action in manager.actions)
    asked = [action["Variable"] for action in manager.actions if action["Action"] == "Getvar"]
    assert asked == ["OFFHOOK_DND"]
    warned = quiet_world.offhook.log().count(WARNING)
    assert warned == (0 if snippet else 1)


async def test_a_timed_choice_ends_at_the_phone_too(office):
    await office.choose("dnd", seconds=4)
    await office.stands(DND)
    await office.dnd_is(ON)
    await office.in_step(AVAILABLE)
    await office.alice.sees(office.bob, id="available")


@pytest.mark.parametrize("message", ['a, "b"; c=d \\ e', "é中 📞 it's? 50 %", "x" * 140, "📞" * 140])
async def test_any_text_arrives_as_it_is(office, manager, message):
    await office.choose("lunch-break", message=message)
    await office.stands(LUNCH._replace(message=f"Lunch Break ({message})"))
    await manager.quiet()
    assert manager.complaints == []
    seen = await office.alice.sees(office.bob, id="lunch-break")
    assert seen.message == message, "and its echo changed nothing"


async def test_a_name_and_a_message_beyond_what_asterisk_reads_are_cut(office, manager):
    admin = await office.world.admin()
    name, message = "長" * 64, "📞" * 140
    assert (await admin.command("add-status", name=name, show="away", color="#00897B")).status == "completed"
    slug = next(row["id"] for row in (await admin.command("list-statuses")).rows if row["name"] == name)
    await office.choose(slug, message=message)
    await manager.until("it", lambda: manager.presences["1001"].show == "away")
    await manager.quiet()
    assert manager.complaints == []
    written = manager.presences["1001"].message
    assert f"{name} ({message})".startswith(written.rstrip("…)")) and len(written) > 100


async def test_people_do_not_get_each_others(office, manager):
    await office.add("carol", "1002")
    before = len(manager.written)
    await office.choose("dnd", name="carol")
    await office.in_step(DND, ON, "1002")
    assert manager.writes("1001", before) == []
    assert (manager.presences["1001"], manager.has_dnd("1001")) == (AVAILABLE, OFF)


async def test_all_extensions_of_a_person_are_written(office, manager):
    await office.add("carol", "1002", "1003")
    await office.choose("dnd", name="carol")
    for extension in ("1002", "1003"):
        await office.in_step(DND, ON, extension)
    await office.clear(name="carol")
    for extension in ("1002", "1003"):
        await office.in_step(AVAILABLE, OFF, extension)


async def test_nothing_is_written_for_what_is_nobodys(office, manager):
    admin = await office.world.admin()
    manager.set_presence("1003", "away", "", "nobody")
    manager.set_dnd("1003", True)
    await manager.quiet()
    assert manager.writes("1003") == manager.writes("1002") == []
    result = await admin.command("delete-person", contact=office.world.user("bob"), confirm=True)
    assert result.status == "completed", result
    await manager.quiet()
    before = len(manager.written)
    manager.set_presence("1001", "dnd")
    manager.set_dnd("1001", True)
    await manager.quiet()
    assert manager.written[before:] == []


async def test_a_refused_write_is_not_tried_again_until_something_changes(office, manager):
    manager.denied |= {"Setvar"}
    before = len(manager.actions)
    await office.choose("lunch-break")
    await asyncio.sleep(3)
    assert sum(action["Action"] == "Setvar" for action in manager.actions[before:]) == 1
    manager.denied.discard("Setvar")
    await office.choose("away")
    await office.in_step(AWAY)


@pytest.mark.parametrize("events_first, delay, mute", [
    (False, 0, False), (True, 0, False), (False, 0.3, False), (True, 0.3, False), (False, 0, True)])
async def test_nothing_goes_round_in_circles(office, manager, events_first, delay, mute):
    manager.events_first, manager.delay, manager.mute = events_first, delay, mute
    for status in ("lunch-break", "dnd", "away", "dnd", "lunch-break", "busy", "away", "lunch-break"):
        await office.choose(status, message="soup" if status == "away" else "")
    await office.stands(LUNCH, timeout=20)
    await manager.quiet(2)
    assert (manager.presences["1001"], manager.has_dnd("1001")) == (LUNCH, OFF)
    assert office.choice() == ("lunch-break", "", "api"), "no echo became a choice"
    written, actions = len(manager.written), len(manager.actions)
    assert written < 40
    await asyncio.sleep(3)
    assert len(manager.written) == written and len(manager.actions) - actions <= 1
    assert office.alice.view(office.bob).id == "lunch-break"
    assert manager.complaints == []


async def test_many_people_at_once_are_written_at_a_pace(linked, manager):
    await manager.linked()
    people, first = 150, 2000
    rows = [f"n{number},Person {number},hq:{first + number}" for number in range(people)]
    manager.hold()
    result = await (await linked.admin()).command_step("import-people", values={"csv": ["contact,name,extensions", *rows]})
    assert result.status == "completed", result
    await asyncio.sleep(2)
    waiting = len(manager.held)
    assert 0 < waiting <= 32, "so many wait for an answer"
    manager.release()
    await manager.until("everybody", lambda: len(manager.presences) == people, timeout=20)
    await manager.quiet()
    assert set(manager.presences.values()) == {AVAILABLE}
    assert len([write for write in manager.written if "PRESENCE" in write.target]) == people, "each once"
    times = sorted(action["at"] for action in manager.actions if action["Action"] == "Setvar")
    most = max(sum(begin <= at < begin + 1 for at in times) for begin in times)
    assert most <= 61 + 25, "50 a second, after a pause ten at once, and this machine may be late by half a second"
    assert times[-1] - times[0] >= (people - 50) / 50
    assert manager.complaints == []
