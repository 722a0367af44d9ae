"""Who answers at the manager's port is no Asterisk, or one gone mad: said in the log, the link is made again, and
nothing changed."""

import asyncio

import pytest

from manager import GREETING, block, hint

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)


def memory(world):
    with open(f"/proc/{world.offhook.child.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


async def works_again(world, manager, alice, bob, history):
    """The link stands, and until now nobody saw a thing."""
    await manager.linked()
    await alice.settle()
    assert len(alice.history(bob)) == history
    assert world.query("SELECT count(*) FROM legs WHERE state <> 'ended'") == [(0,)]
    manager.device("PJSIP/1001", "INUSE")
    await alice.sees(bob, id="on-call")


@pytest.mark.parametrize("greeting", [
    b"x" * 3 * 1024 * 1024, b"HTTP/1.1 400 Bad Request\r\n\r\n" + b"<p>\r\n" * 400000, bytes(2 * 1024 * 1024),
], ids=["letters", "lines", "zeros"])
async def test_what_greets_without_end_is_left(linked, manager, greeting):
    alice, bob = await linked.watched()
    await manager.linked()
    history, before = len(alice.history(bob)), memory(linked)
    manager.greeting = greeting
    manager.drop()
    sessions = manager.sessions
    while manager.sessions < sessions + 2:
        await asyncio.sleep(0.05)
    assert "this is no manager interface" in linked.offhook.log()
    assert memory(linked) - before < 64 * 1024 * 1024, "with what the sanitizers keep"
    manager.greeting = GREETING
    manager.drop()
    await works_again(linked, manager, alice, bob, history)


async def test_answers_that_nobody_asked_for_change_nothing(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    history = len(alice.history(bob))
    numbers = [action["ActionID"] for action in manager.actions]
    up = ("Device: PJSIP/1001", "State: INUSE", f"Hint: {hint('1001')}", "Exten: 1001", "Context: ext-local", "Status: 1")
    for number in numbers + [numbers[0][:-1] + "99", numbers[0].split("-")[0] + "-w1", "x" * 4000, "-1", ""]:
        for event in ("DeviceStateChange", "ExtensionStatus"):
            manager.send(block(f"Event: {event}", f"ActionID: {number}", *up))
        manager.send(block("Response: Error", f"ActionID: {number}", "Message: Permission denied"))
        manager.send(block("Response: Success", f"ActionID: {number}", "EventList: start", "Message: will follow"))
        manager.send(block("Event: DeviceStateListComplete", f"ActionID: {number}", "EventList: Complete"))
        manager.send(block("Response: Success", f"ActionID: {number}", "Event: Shutdown", "Privilege: system,all"))
    await asyncio.sleep(0.5)
    assert manager.sessions == 1
    await works_again(linked, manager, alice, bob, history)


async def test_a_flood_of_devices_and_extensions_takes_bounded_memory(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    history, before = len(alice.history(bob)), memory(linked)
    for begin in range(0, 100000, 1000):
        manager.send(b"".join(block("Event: DeviceStateChange", "Privilege: call,all", f"Device: PJSIP/{'9' * 100}{number}",
                                    "State: RINGING") for number in range(begin, begin + 1000)))
        for writer in manager.writers:
            await writer.drain()
    await alice.settle()
    manager.device("PJSIP/1001", "NOT_INUSE")
    await alice.settle()
    assert memory(linked) - before < 128 * 1024 * 1024, "50,000 are looked at, with what the sanitizers keep"
    assert manager.sessions == 1
    await works_again(linked, manager, alice, bob, history)


async def test_a_link_that_breaks_in_the_middle_of_a_block_brings_no_half(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    history = len(alice.history(bob))
    for cut in (10, 40, 60, 80):
        sessions = manager.sessions
        whole = block("Event: DeviceStateChange", "Privilege: call,all", "Device: PJSIP/1001", "State: INUSE")
        manager.send(whole[:cut])
        for writer in manager.writers:
            await writer.drain()
        manager.drop()
        await manager.linked()
        assert manager.sessions > sessions
    await works_again(linked, manager, alice, bob, history)


async def test_a_manager_that_never_answers_holds_nobody_up(linked, manager):
    alice, bob = await linked.watched()
    await manager.linked()
    manager.hold()
    manager.drop()
    await asyncio.sleep(1)
    client = await linked.client("bob")
    result = await client.command("set-status", status="lunch-break")
    assert result.status == "completed", result
    await alice.sees(bob, id="lunch-break")
    assert (await linked.request("GET", "/readyz")).status == 200
    manager.held = None
    manager.drop()
    await manager.linked()
    await manager.until("lunch", lambda: manager.presences.get("1001", [""])[0] == "away")


async def test_a_refusal_after_the_login_gives_no_rights(linked, manager):
    """As when the administrator takes rights away in manager.conf while we are logged in."""
    alice, bob = await linked.watched()
    await manager.linked()
    manager.denied |= {"DeviceStateList", "ExtensionStateList", "PresenceStateList", "CoreShowChannels", "Setvar", "Filter"}
    manager.drop()
    while not any(action["Action"] == "CoreShowChannels" for action in manager.actions[-8:]):
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    manager.device("PJSIP/1001", "INUSE")
    manager.status("1001", 1)
    await alice.sees(bob, id="on-call")
    assert "are needed" in linked.offhook.log()
