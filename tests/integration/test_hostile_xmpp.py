"""Bad input over XMPP: answered or ignored, and the component stream stays the same one."""

import pytest_asyncio

from client import COMMANDS, FORM

SMALL = "<query xmlns='urn:example:unknown'/>"
EMPTY_FIELD = "<field var='status'/>"


@pytest_asyncio.fixture
async def scene(world):
    """Alice watches bob; afterwards the stream must be the same, and presence must still flow."""
    alice, bob = await world.watched()
    port = world.offhook.stream_port()
    assert port is not None
    yield world, alice, bob
    await alice.settle()
    assert world.offhook.stream_port() == port, "the component stream was closed"
    await world.event("answered")
    await alice.sees(bob, id="on-call")


def raw_iq(alice, payload, kind="set", to=None):
    """Sends text that no library would build; the answer comes back through ask's id."""
    iq = alice.make_iq(itype=kind, ito=to or alice.component)
    return alice.ask_raw(iq["id"], f"<iq type='{kind}' id='{iq['id']}' to='{to or alice.component}'>{payload}</iq>")


async def test_an_oversized_stanza_is_refused(scene):
    _, alice, bob = scene
    answer = await raw_iq(alice, f"<query xmlns='urn:example:unknown'>{'x' * 400000}</query>")
    assert answer.get("type") == "error"


async def test_a_deep_stanza_is_refused(scene):
    _, alice, bob = scene
    answer = await raw_iq(alice, f"<query xmlns='urn:example:unknown'>{'<a>' * 200}{'</a>' * 200}</query>")
    assert answer.get("type") == "error"


async def test_a_stanza_with_too_many_elements_is_refused(scene):
    _, alice, bob = scene
    answer = await raw_iq(alice, f"<query xmlns='urn:example:unknown'>{'<a/>' * 20000}</query>")
    assert answer.get("type") == "error"


async def test_oversized_presence_and_messages_are_ignored(scene):
    _, alice, bob = scene
    alice.send_raw(f"<presence to='{bob}'><status>{'x' * 300000}</status></presence>")
    alice.send_raw(f"<message to='{bob}' type='chat'><body>{'x' * 300000}</body></message>")
    alice.send_raw(f"<message to='{bob}' type='error'><body>no answer to this</body></message>")
    await alice.settle()


async def test_presence_of_every_odd_kind_is_survived(scene):
    _, alice, bob = scene
    for address in (bob, f"{bob}/offhook", alice.component, f"nobody@{alice.component}"):
        for text in (f"<presence to='{address}'/>", f"<presence to='{address}' type='unavailable'/>",
                     f"<presence to='{address}' type='error'/>", f"<presence to='{address}' type='subscribed'/>",
                     f"<presence to='{address}' type='unsubscribed'/>",
                     f"<presence to='{address}'><priority>-129</priority><show>lunch</show></presence>"):
            alice.send_raw(text)
    await alice.settle()


async def test_broken_commands_and_forms_get_an_error(scene):
    _, alice, bob = scene
    # An attribute of 4 KB and more gets stuck in ejabberd itself, whose expat waits for more input.
    for payload in (
            f"<command xmlns='{COMMANDS}'/>",
            f"<command xmlns='{COMMANDS}' node=''/>",
            f"<command xmlns='{COMMANDS}' node='{'x' * 1500}'/>",
            f"<command xmlns='{COMMANDS}' node='nonsense'/>",
            f"<command xmlns='{COMMANDS}' node='set-status' action='explode'/>",
            f"<command xmlns='{COMMANDS}' node='set-status' sessionid='invented' action='complete'/>"):
        answer = await raw_iq(alice, payload)
        assert answer.get("type") == "error", payload
    opened = await alice.command_step("set-status")
    for form in (f"<x xmlns='{FORM}'/>", f"<x xmlns='{FORM}' type='bogus'/>",
                 f"<x xmlns='{FORM}' type='submit'><field/></x>",
                 f"<x xmlns='{FORM}' type='submit'><field var='status'/></x>",
                 f"<x xmlns='{FORM}' type='submit'>{EMPTY_FIELD * 200}</x>",
                 f"<x xmlns='{FORM}' type='submit'><field var='status'><value>{'x' * 9000}</value></field></x>"):
        await raw_iq(alice, f"<command xmlns='{COMMANDS}' node='set-status' action='complete' "
                            f"sessionid='{opened.session}'>{form}</command>")
    assert (await alice.command("my-status")).error is None


async def test_messages_with_markup_and_odd_characters_come_out_as_text(scene):
    world, alice, bob = scene
    client = await world.client("bob")
    await client.watch(bob)
    text = "<&>\"' ]]> \U0001f9d1\u200d\U0001f680 e\u0301"
    result = await client.command("set-status", status="lunch-break", message=text)
    assert result.status == "completed", result
    seen = await alice.sees(bob, id="lunch-break")
    assert seen.message == text and text in seen.status
    await client.command("clear-status")
    await alice.sees(bob, id="available")
    for character in ("\u202e", "\u0085", "\n"):
        result = await client.command("set-status", status="lunch-break", message=f"a{character}b")
        assert result.status == "executing" and "message" in result.descriptions, (character, result)
    await alice.settle()
    assert alice.view(bob).id == "available"


async def test_a_flood_of_requests_is_answered(scene):
    _, alice, bob = scene
    import asyncio
    answers = await asyncio.gather(*(alice.query("get", alice.component, SMALL) for _ in range(300)))
    assert {answer.get("type") for answer in answers} == {"error"}
