"""What somebody sets at a phone of an Asterisk is that person's choice."""

import pytest

from office import AVAILABLE, DND, LUNCH, OFF, ON
from manager import Presence, block

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)


@pytest.mark.parametrize("key, status, message", [
    (("away", "lunch-break", ""), "lunch-break", ""),
    (("xa", "lunch-break", "back at 2"), "lunch-break", "back at 2"),
    (("away", "", "Lunch Break"), "lunch-break", ""),
    (("away", "", "LUNCH break"), "lunch-break", ""),
    (("chat", "", ""), "chat", ""),
    (("away", "", "gone fishing"), "away", "gone fishing"),
    (("xa", "vacation", "till Monday"), "extended-away", "till Monday"),
    (("dnd", "", ""), "dnd", ""),
    (("away", "on-call", ""), "away", ""),
    (("away", "offline", ""), "away", ""),
])
async def test_a_presence_key_is_a_choice(office, manager, key, status, message):
    manager.set_presence("1001", *key)
    seen = await office.alice.sees(office.bob, id=status)
    assert (seen.message or "") == message
    await manager.quiet()
    assert office.choice() == (status, message, "phone")
    assert manager.complaints == []


async def test_unavailable_at_the_phone_is_invisible(office, manager):
    manager.set_presence("1001", "unavailable")
    await office.alice.sees(office.bob, type="unavailable")
    await manager.quiet()
    assert office.choice() == ("invisible", "", "phone")
    assert manager.presences["1001"].show == "unavailable"


async def test_available_at_the_phone_is_automatic_again(office, manager):
    await office.choose("lunch-break")
    await office.stands(LUNCH)
    await manager.quiet()
    manager.set_presence("1001", "available")
    await office.alice.sees(office.bob, id="available")
    await manager.quiet()
    assert office.choice() is None
    manager.device("PJSIP/1001", "INUSE")
    await office.alice.sees(office.bob, id="on-call")


async def test_a_presence_that_is_taken_away_is_written_again(office, manager):
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    manager.set_presence("1001", "not_set")
    await office.in_step(LUNCH)
    assert office.choice() == ("lunch-break", "", "api")


async def test_the_extension_that_it_came_from_keeps_its_own_words(office, manager):
    before = len(manager.written)
    manager.set_presence("1001", "away", "vacation", "gone fishing")
    await office.alice.sees(office.bob, id="away", message="gone fishing")
    await manager.quiet()
    assert manager.writes("1001", before) == []
    assert manager.presences["1001"] == Presence("away", "vacation", "gone fishing")


async def test_the_other_extensions_of_that_person_follow(office, manager):
    carol = await office.add("carol", "1002", "1003")
    manager.set_presence("1002", "away", "", "Lunch Break")
    await office.alice.sees(carol, id="lunch-break")
    await office.in_step(LUNCH, OFF, "1003")
    manager.set_dnd("1003", True)
    await office.alice.sees(carol, id="dnd")
    await office.in_step(DND, ON, "1002")
    assert manager.has_dnd("1003") == ON
    manager.set_dnd("1002", False)
    await office.alice.sees(carol, id="available")
    for extension in ("1002", "1003"):
        await office.in_step(AVAILABLE, OFF, extension)


async def test_do_not_disturb_by_a_feature_code_is_a_choice(office, manager):
    before = len(office.alice.history(office.bob))
    manager.set_dnd("1001", True)
    await office.alice.sees(office.bob, id="dnd")
    await office.in_step(DND, ON)
    assert office.choice() == ("dnd", "", "phone")
    manager.set_dnd("1001", False)
    await office.alice.sees(office.bob, id="available")
    await office.in_step(AVAILABLE, OFF)
    assert office.choice() is None
    assert len(office.alice.history(office.bob)) == before + 2
    assert manager.complaints == []


async def test_the_same_on_two_ways_is_one_choice(office, manager):
    before = len(office.alice.history(office.bob))
    manager.set_presence("1001", "dnd")
    manager.set_dnd("1001", True)
    first = await office.alice.sees(office.bob, id="dnd")
    made = office.world.query("SELECT standing_at FROM choices WHERE standing_status IS NOT NULL")
    await manager.quiet()
    assert office.world.query("SELECT standing_at FROM choices WHERE standing_status IS NOT NULL") == made
    assert office.alice.view(office.bob).rich["since"] == first.rich["since"]
    assert len(office.alice.history(office.bob)) == before + 1
    manager.set_presence("1001", "available")
    manager.set_dnd("1001", False)
    await office.alice.sees(office.bob, id="available")
    await manager.quiet()
    assert len(office.alice.history(office.bob)) == before + 2
    assert (manager.presences["1001"].show, manager.has_dnd("1001")) == ("available", OFF)


async def test_do_not_disturb_that_ends_takes_no_other_choice_with_it(office, manager):
    await office.choose("lunch-break")
    await office.stands(LUNCH)
    await manager.quiet()
    manager.device("Custom:DND1001", "NOT_INUSE")
    manager.device("Custom:DND1001", "UNAVAILABLE")
    await manager.quiet()
    await office.alice.settle()
    assert office.alice.view(office.bob).id == "lunch-break"


async def test_the_last_change_wins(office, manager):
    manager.set_presence("1001", "away")
    await office.alice.sees(office.bob, id="away")
    await office.choose("lunch-break")
    await office.in_step(LUNCH)
    manager.set_presence("1001", "xa")
    await office.alice.sees(office.bob, id="extended-away")
    await office.choose("dnd")
    await office.in_step(DND, ON)
    manager.set_dnd("1001", False)
    await office.in_step(AVAILABLE)
    await office.alice.sees(office.bob, id="available")


async def test_what_asterisk_escaped_is_read_as_it_was(office, manager):
    text = 'say "hi"\\now, it\'s é中?'
    manager.set_presence("1001", "away", "", text)
    seen = await office.alice.sees(office.bob, id="away")
    assert seen.message == text


async def test_control_characters_go_no_further(office, manager):
    carol = await office.add("carol", "1002", "1003")
    manager.set_presence("1002", "away", "", "a\r\nEvent: PresenceStateChange\r\nPresentity: CustomPresence:1001\v\b")
    seen = await office.alice.sees(carol, id="away")
    await manager.until("1003", lambda: manager.presences["1003"].show == "away")
    await manager.quiet()
    for text in (seen.message, seen.status, manager.presences["1003"].message):
        assert text and all(ord(character) >= 32 and ord(character) != 127 for character in text), text
    assert office.alice.view(office.bob).id == "available"
    manager.set_presence("1003", "dnd", "", "raw \x1b[31m, which Asterisk does not escape")
    await manager.quiet()
    await office.alice.settle()
    assert office.alice.view(carol).id == "away", "such a block is passed over"


async def test_a_text_that_is_too_long_is_cut(office, manager):
    manager.set_presence("1001", "away", "x" * 300, "é" * 300)
    seen = await office.alice.sees(office.bob, id="away")
    assert seen.message and set(seen.message.rstrip("…")) == {"é"} and len(seen.message) <= 140


async def test_a_forged_block_is_no_phone(office, manager):
    before = len(office.alice.history(office.bob))
    fields = ("Presentity: CustomPresence:1001", "Status: dnd", "Subtype: ", "Message: evil")
    manager.send(block("Event: PresenceStateChange", *fields))
    manager.send(block("Event: PresenceStateChange", "ActionID: 1-3", *fields))
    manager.send(block("Event: DeviceStateChange", "Device: Custom:DND1001", "State: BUSY"))
    manager.send(block("Event: PresenceStatus", "Privilege: call,all", "Exten: 1001", *fields))
    manager.event("PresenceStateChange", Presentity="CustomPresence:1001", Status="bogus", Subtype="", Message="x")
    manager.event("PresenceStateChange", Presentity="CustomPresence:", Status="dnd", Subtype="", Message="x")
    manager.event("PresenceStateChange", Presentity="PJSIP:1001", Status="dnd", Subtype="", Message="x")
    await manager.quiet()
    await office.alice.settle()
    assert len(office.alice.history(office.bob)) == before
    assert office.choice() is None
