"""Offhook and Asterisk agree again after either was away, whatever changed meanwhile on both sides."""

import asyncio

import pytest

from office import AVAILABLE, AWAY, DND, LUNCH, OFF, ON
from manager import Presence

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)


async def test_what_was_chosen_without_the_link_is_written_when_it_is_back(office, manager):
    await manager.stop()
    await office.choose("dnd")
    await manager.start()
    await office.in_step(DND, ON)
    await manager.stop()
    await office.clear()
    await manager.start()
    await office.in_step(AVAILABLE)


async def test_nothing_is_written_before_the_login(office, manager):
    for status in ("dnd", "lunch-break", "dnd", "away"):
        await manager.stop()
        await office.choose(status)
        await manager.start()
        await manager.linked()
    await office.in_step(AWAY)
    assert manager.complaints == []


async def test_what_was_set_at_the_phone_without_the_link_is_a_choice(office, manager):
    await manager.stop()
    manager.set_presence("1001", "away", "", "gone fishing")
    await manager.start()
    await office.alice.sees(office.bob, id="away", message="gone fishing")
    await manager.quiet()
    assert manager.presences["1001"] == Presence("away", "", "gone fishing")
    await manager.stop()
    manager.set_dnd("1001", True)
    await manager.start()
    await office.alice.sees(office.bob, id="dnd")
    await office.in_step(DND, ON)
    await manager.stop()
    manager.set_dnd("1001", False)
    await manager.start()
    await office.alice.sees(office.bob, id="available")
    await office.in_step(AVAILABLE)


async def test_when_both_changed_the_persons_own_choice_wins(office, manager):
    await manager.stop()
    manager.set_presence("1001", "xa")
    await office.choose("lunch-break")
    await manager.start()
    await office.in_step(LUNCH)
    assert office.choice() == ("lunch-break", "", "api")
    assert office.alice.view(office.bob).id == "lunch-break"


async def test_a_lost_astdb_is_written_again(office, manager):
    await office.choose("dnd")
    await office.in_step(DND, ON)
    await manager.stop()
    manager.restore()
    await manager.start()
    await office.in_step(DND, ON)
    assert office.choice() == ("dnd", "", "api")
    assert office.alice.view(office.bob).id == "dnd"


async def test_an_astdb_from_before_is_written_again(office, manager):
    await office.choose("dnd")
    await office.in_step(DND, ON)
    backup = manager.saved()
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    await manager.stop()
    manager.restore(backup)
    await manager.start()
    await office.in_step(LUNCH)
    assert office.choice() == ("lunch-break", "", "api")
    assert office.alice.view(office.bob).id == "lunch-break"


async def test_an_astdb_from_before_ends_no_do_not_disturb(office, manager):
    await office.choose("dnd")
    await office.in_step(DND, ON)
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    backup = manager.saved()
    await office.choose("dnd")
    await office.in_step(DND, ON)
    await manager.stop()
    manager.restore(backup)
    await manager.start()
    await office.in_step(DND, ON)
    assert office.choice() == ("dnd", "", "api")


async def test_a_short_loss_writes_nothing(office, manager):
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    before, seen = len(manager.written), len(office.alice.history(office.bob))
    for _ in range(3):
        manager.drop()
        await manager.linked()
    await manager.quiet()
    assert manager.written[before:] == []
    assert len(office.alice.history(office.bob)) == seen


async def test_an_offhook_that_was_killed_knows_its_own_writes(office, manager):
    await office.choose("dnd", message="deadline")
    await office.in_step(DND._replace(message="Do Not Disturb (deadline)"), ON)
    before = len(manager.written)
    office.world.offhook.kill()
    manager.listed.clear()
    await office.restart()
    await manager.linked()
    await manager.quiet()
    assert manager.writes("1001", before) in ([], [("DB(DND/1001)", "YES")]), "no event tells what the AstDB has"
    assert office.choice() == ("dnd", "deadline", "api")
    await office.clear()
    await office.in_step(AVAILABLE)


async def test_what_the_phone_said_while_offhook_was_dead_is_heard(office, manager):
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    office.world.offhook.kill()
    manager.set_presence("1001", "xa", "", "at the dentist")
    await office.restart()
    await office.alice.sees(office.bob, id="extended-away", message="at the dentist")
    await manager.quiet()
    assert office.choice() == ("extended-away", "at the dentist", "phone")


async def test_a_phone_that_only_says_available_wins_over_no_choice_of_before(office, manager):
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    office.world.offhook.kill()
    manager.set_presence("1001", "available")
    await office.restart()
    await office.in_step(LUNCH)
    assert office.choice() == ("lunch-break", "", "api")


async def test_what_expired_while_offhook_was_dead_ends_at_the_phone_too(office, manager):
    await office.choose("dnd", seconds=3)
    await office.stands(DND)
    await office.dnd_is(ON)
    office.world.offhook.kill()
    await asyncio.sleep(3)
    await office.restart()
    await office.in_step(AVAILABLE, OFF)


async def test_a_kill_in_the_middle_of_writes_leaves_no_half(office, manager):
    manager.hold()
    await office.choose("dnd")
    await manager.until("a write", lambda: manager.held)
    office.world.offhook.kill()
    manager.held = None
    await office.restart()
    await office.in_step(DND, ON)
    assert office.choice() == ("dnd", "", "api")


async def test_a_person_who_gets_an_extension_is_in_step_with_it(office, manager):
    manager.set_presence("1002", "available")
    manager.set_presence("1003", "available")
    admin = await office.world.admin()
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    result = await admin.command("edit-person", contact=office.world.user("bob"), extensions=["hq:1001", "hq:1002"])
    assert result.status == "completed", result
    await office.in_step(LUNCH, OFF, "1002")
    assert manager.writes("1003") == []
    manager.set_presence("1002", "away")
    await office.alice.sees(office.bob, id="away")
    await office.in_step(AWAY)
