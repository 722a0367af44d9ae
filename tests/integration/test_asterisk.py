"""An Asterisk, played by a fake manager: its calls become presence, and nothing it sends does harm."""

import asyncio

import pytest

from manager import block, hint

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)


def statuses(client, contact):
    """The ids that were seen, one after the other."""
    seen = [presence.id or "offline" for presence in client.history(contact)]
    return [status for at, status in enumerate(seen) if at == 0 or seen[at - 1] != status]


async def everybody(world):
    """1001, 1002 and 1003 as persons, and alice who watches them."""
    alice = await world.client("alice")
    contacts = {}
    for extension in ("1001", "1002", "1003"):
        contacts[extension] = await world.add_person(f"p{extension}", [extension])
        await alice.watch(contacts[extension], id="available")
    return alice, contacts


async def test_a_call_shows_on_call_and_ends(linked, manager):
    await manager.linked()
    alice, bob = await linked.watched()
    manager.device("PJSIP/1001", "RINGING")
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    manager.device("PJSIP/1001", "NOT_INUSE")
    await alice.sees(bob, id="available")
    login = manager.actions[0]
    assert login["Action"] == "Login" and login["Events"] == "system,call"
    assert manager.password not in linked.offhook.log()


@pytest.mark.parametrize("trace, expected", [
    ("s01_ring_no_answer", {"1001": ["on-call"]}),
    ("s03_answered_hangup_by_caller", {"1001": ["on-call"], "1002": ["on-call"]}),
    ("s06_hold_resume", {"1001": ["on-call"], "1002": ["on-call"]}),
    ("s09_conference", {e: ["on-call", "busy"] for e in ("1001", "1002", "1003")}),
    ("s12_two_calls_one_extension", {e: ["on-call"] for e in ("1001", "1002", "1003")}),
    ("s20_presence_state", {"1001": ["away", "dnd", "extended-away", "chat", "offline", "away"]}),
    ("s21_device_state_custom", {"1001": ["dnd"]}),
    ("s22_lists", {"1001": ["on-call"], "1002": ["on-call"]}),
    ("s26_ami_reconnect_midcall", {"1001": ["on-call"], "1002": ["on-call"]}),
    ("s27_narrow_user.narrow", {"1001": ["on-call"], "1002": ["on-call"]}),
    ("s31_injection", {"1001": ["away", "available", "on-call"]}),
])
async def test_a_recorded_stream_shows_what_the_phones_did(linked, manager, trace, expected):
    await manager.linked()
    alice, contacts = await everybody(linked)
    await manager.replay(trace)
    await asyncio.sleep(0.5)
    await alice.settle()
    for extension, contact in contacts.items():
        during = expected.get(extension, [])
        assert statuses(alice, contact) == ["available"] + during + (["available"] if during else []), extension


async def test_recorded_sessions_that_begin_in_the_middle_of_calls_see_them(linked, manager):
    """Two recordings in one file, of sessions that logged in while 1001 and 1002 talked, and at first 1003 too."""
    await manager.linked()
    alice, contacts = await everybody(linked)
    for lines, up in ((range(1, 1330), ("1001", "1002", "1003")), (range(1330, 2629), ("1001", "1002"))):
        manager.drop()
        manager.recall("s26_ami_reconnect_midcall.newsession", lines.start, lines.stop - 1)
        await manager.linked()
        for extension, contact in contacts.items():
            await alice.sees(contact, id="on-call" if extension in up else "available")
        await manager.replay("s26_ami_reconnect_midcall.newsession", first=lines.start, last=lines.stop - 1)
        await alice.sees(contacts["1002"], id="available")
    await alice.sees(contacts["1001"], id="available")
    assert statuses(alice, contacts["1001"]) == ["available", "on-call", "available"], "over both sessions"
    assert statuses(alice, contacts["1002"]) == ["available", "on-call"] * 2 + ["available"]
    assert statuses(alice, contacts["1003"]) == ["available", "on-call", "available"]


async def test_a_recorded_kill_ends_the_calls_when_asterisk_is_back(linked, manager):
    await manager.linked()
    alice, contacts = await everybody(linked)
    killed = 1675  # the line that says so
    await manager.replay("s29_crash_kill9_midcall", last=killed)
    for extension in ("1001", "1002"):
        await alice.sees(contacts[extension], id="on-call")
    await manager.stop()
    manager.recall("s29_crash_kill9_midcall", killed)
    await asyncio.sleep(0.5)
    assert [statuses(alice, contact)[-1] for contact in contacts.values()] == ["on-call", "on-call", "available"]
    await manager.start()
    for extension in ("1001", "1002"):
        await alice.sees(contacts[extension], id="available")
    await manager.linked()
    await manager.replay("s29_crash_kill9_midcall", first=killed)
    await alice.settle()
    for extension, contact in contacts.items():
        assert statuses(alice, contact) == ["available", "on-call", "available"][:3 if extension != "1003" else 1]


async def test_a_call_that_is_up_when_we_come_is_seen(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    before = len(alice.history(bob))
    manager.drop()
    await manager.linked()
    await alice.settle()
    assert len(alice.history(bob)) == before, "losing the link for a moment is nobody's business"


async def test_a_call_that_became_another_without_the_link_only_rings(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    await manager.stop()
    manager.devices["PJSIP/1001"] = "RINGING"
    await manager.start()
    await alice.sees(bob, id="available")
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")


async def test_calls_that_a_crash_ended_are_over(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    await manager.stop()
    await asyncio.sleep(0.5)
    assert statuses(alice, bob)[-1] == "on-call"
    manager.devices = {}
    await manager.start()
    await alice.sees(bob, id="available", timeout=10)


async def test_a_shutdown_ends_all_calls(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")
    manager.send(block(Event="Shutdown", Privilege="system,all", Shutdown="Cleanly", Restart="False"))
    await alice.sees(bob, id="available")


async def test_do_not_disturb_of_the_pbx_is_no_call_and_hides_none(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    before = len(alice.history(bob))
    manager.status("1001", 2)
    await alice.settle()
    assert len(alice.history(bob)) == before
    manager.set_dnd("1001", True)
    await alice.sees(bob, id="dnd")
    manager.device("PJSIP/1001", "INUSE")
    await alice.settle()
    assert statuses(alice, bob) == ["available", "dnd"]
    manager.set_dnd("1001", False)
    await alice.sees(bob, id="on-call")


async def test_forged_blocks_change_nothing(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    before = len(alice.history(bob))
    manager.send(block("Event: DeviceStateChange", "Device: PJSIP/1001", "State: INUSE"))
    manager.send(block("Event: DeviceStateChange", "ActionID: 1-3", "Device: PJSIP/1001", "State: INUSE"))
    manager.send(b"Event: VarSet\r\nPrivilege: dialplan,all\r\nValue: x\nEvent: DeviceStateChange\n"
                 b"Device: PJSIP/1001\nState: INUSE\n\r\n\r\n")
    manager.send(block("Event: PresenceStatus", "Privilege: call,all", "Exten: 1001", "Context: ext-local",
                       f"Hint: {hint('1001')}", "Status: away", "Message: evil", "Device: PJSIP/1001",
                       "State: INUSE"))
    manager.send(b"\xff\xfe\x00: \x00\r\n" * 100 + b"\r\n")
    manager.send(block("Event: DeviceStateChange", "Privilege: call,all", f"Device: PJSIP/{'9' * 5000}", "State: INUSE"))
    await alice.settle()
    assert len(alice.history(bob)) == before
    assert manager.sessions == 1
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")


@pytest.mark.parametrize("line", [b"x" * 65536, b"Name: value\r\n" * 5000])
async def test_lines_without_end_remake_the_link(linked, manager, line):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.listed.clear()
    before = len(alice.history(bob))
    for _ in range(2 * 1024 * 1024 // len(line)):
        manager.send(line)
    await manager.linked()
    assert manager.sessions == 2
    assert "this is no manager interface" in linked.offhook.log()
    assert len(alice.history(bob)) == before
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")


async def test_a_refused_login_is_said_and_tried_again(linked, manager):
    await manager.linked()
    manager.password = "another"
    manager.drop()
    await asyncio.sleep(1)
    assert linked.offhook.log().count("the login is refused: Authentication failed") == 1


async def test_without_the_lists_of_devices_extensions_do(quiet_world, manager):
    manager.denied = {"DeviceStateList", "Filter"}
    manager.extensions["1001"] = 1
    manager.serve(quiet_world.offhook)
    await asyncio.to_thread(quiet_world.start)
    await manager.linked()
    contact = await quiet_world.add_person("bob", ["1001"])
    alice = await quiet_world.client("alice")
    await alice.watch(contact, id="on-call")
    assert "DeviceStateList is refused: Permission denied" in quiet_world.offhook.log()
