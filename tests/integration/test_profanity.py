"""A real Profanity in a terminal drives the commands: what stands on its screen, and what a colleague sees."""

import pytest

from profanity import Profanity

EDIT_FIRST = "Use '/form submit' to save changes."


@pytest.fixture
def profanity(world):
    """profanity("bob"): a Profanity that logs in as him, to be used with `async with`."""
    def start(name):
        world.xmpp.register(world.user(name))
        return Profanity(world.directory, world.xmpp, world.user(name), asked=name == "bob")
    return start


async def test_a_person_sets_status_and_message(world, profanity):
    alice, contact = await world.watched()
    async with profanity("bob") as bob:
        listed = await bob.commands()
        assert all(node in listed for node in ("set-status", "clear-status", "set-message", "my-status"))
        assert "policy" not in listed and "add-person" not in listed

        form = await bob.execute("set-status", "Form title: Set your status", EDIT_FIRST)
        assert "[lunch-break] 🍽️ Lunch Break" in form and "[30m] 30 minutes" in form
        await bob.fill((1, "lunch-break"), (2, '"back at 2"'), (3, "1h"))
        await bob.submit("set-status completed", "You are shown as 🍽️ Lunch Break (back at 2) until ")
        seen = await alice.sees(contact, id="lunch-break")
        assert seen.message == "back at 2" and "until" in seen.rich

        await bob.execute("set-message", "Form title: Set your message", EDIT_FIRST)
        await bob.fill((1, '"at home"'))
        await bob.submit("set-message completed", "Your message is set.")

        shown = await bob.execute("my-status", "Form title: Your status", "Your message: at home")
        assert "Status: lunch-break" in shown and "Because: you chose it" in shown

        shown = await bob.execute("list-statuses", "Form title: Statuses")
        assert "Id | Name | Show | Icon | Color | Text | Kind | Enabled" in shown
        assert "lunch-break | Lunch Break | away | 🍽️ | #8D6E63 |  | builtin | 1" in shown

        await bob.execute("clear-status", "clear-status completed", "Your status is automatic again.")
        await alice.sees(contact, id="available", message="at home")


async def test_a_wrong_value_brings_the_form_back_and_says_why(world, profanity):
    alice, contact = await world.watched()
    async with profanity("bob") as bob:
        await bob.execute("set-status", EDIT_FIRST)
        await bob.fill((1, "dnd"), (2, "x" * 141))
        await bob.submit("Supplied instructions:", "Message: has 141 characters, the most is 140.", EDIT_FIRST)
        await alice.settle()
        assert [seen.id for seen in alice.history(contact)] == ["available"]
        # Profanity prints notes as format strings: unchanged, this one would end it.
        await bob.fill((2, '"100% %s%s%n"'))
        await bob.submit("set-status completed", "Do Not Disturb (100％ ％s％s％n)")
        await alice.sees(contact, id="dnd", message="100% %s%s%n")
        await bob.execute("my-status", "Form title: Your status")
        assert bob.alive


async def test_what_is_refused_or_cancelled_changes_nothing(world, profanity):
    alice, contact = await world.watched()
    async with profanity("bob") as bob:
        for node in ("policy", "add-person", "audit"):
            await bob.execute(node, f"Error executing command {node}: forbidden")
        await bob.execute("nonsense", "Error executing command nonsense: there is no such command")
        await bob.execute("set-status", EDIT_FIRST)
        await bob.fill((1, "dnd"))
        bob.type("/form cancel")
        await bob.shows("set-status executing")
        await bob.execute("my-status", "Status: available")
    await alice.settle()
    assert alice.view(contact).id == "available"


async def test_an_administrator_edits_the_catalogue(world, profanity):
    alice, contact = await world.watched()
    bob = await world.client("bob")
    async with profanity("admin") as admin:
        await admin.execute("add-status", "Form title: Add a status", EDIT_FIRST)
        await admin.fill((1, '"Tea Time"'), (2, "away"), (3, "☕"), (4, "#6d4c41"), (8, "on"))
        await admin.submit("add-status completed", "Tea Time is added. Its id is tea-time.")
        await bob.command("set-status", status="tea-time")
        await alice.sees(contact, id="tea-time", name="Tea Time")

        form = await admin.execute("edit-status", "Form title: Edit a status", EDIT_FIRST)
        assert "[...] Choose one" in form and "[...] Unchanged" in form
        await admin.fill((1, "tea-time"), (4, "✈️"), (5, "nonsense"))
        await admin.submit("Supplied instructions:", "Color: must be six hexadecimal digits", EDIT_FIRST)
        await admin.fill((5, "#000000"))
        await admin.submit("edit-status completed", "✈️ Tea Time is changed.")
        seen = await alice.sees(contact, id="tea-time", status="✈️ Tea Time")
        assert seen.rich["color"] == "#000000"

        await admin.execute("hide-status", "Form title: Hide or show a status", EDIT_FIRST)
        await admin.fill((1, "tea-time"))
        await admin.submit("hide-status completed", "✈️ Tea Time is hidden.")

        await admin.execute("order-statuses", "Form title: Order the statuses", "[val1] available", EDIT_FIRST)
        await admin.fill((1, "remove val1"))
        await admin.submit("order-statuses completed", "The statuses are in their new order.")
        shown = await admin.execute("list-statuses", "Form title: Statuses")
        assert shown.index("tea-time | Tea Time | away | ✈️ | #000000 |  | custom | 0") < shown.index("available | Available")

        await admin.execute("delete-status", "Form title: Delete a status", EDIT_FIRST)
        await admin.fill((1, "tea-time"))
        await admin.submit("Yes, delete this status: must ", EDIT_FIRST)
        await admin.fill((2, "on"))
        await admin.submit("delete-status completed", "is deleted.")
        await alice.sees(contact, id="available")


async def test_an_administrator_looks_after_people_and_calls(world, profanity):
    alice, contact = await world.watched()
    bob, dora = world.user("bob"), world.user("dora")
    async with profanity("admin") as admin:
        await admin.execute("add-person", "Form title: Add a person", EDIT_FIRST)
        await admin.fill((1, dora), (3, '"Dora <D>"'), (4, "add hq:1001"), (4, "add hq:2002"))
        await admin.submit("Supplied instructions:", f"hq:1001 belongs to Bob ({bob})", EDIT_FIRST)
        await admin.fill((4, "remove val1"))
        await admin.submit("add-person completed", f"Dora <D> is added and can be watched at {dora}@")

        await admin.execute("edit-person", "Form title: Edit a person", EDIT_FIRST)
        await admin.fill((1, dora), (5, "Europe/Berlin"))
        await admin.submit("edit-person completed", f"Dora <D> ({dora}) is changed.")

        await admin.execute("list-people", "Form title: People", EDIT_FIRST)
        await admin.fill((1, "2002"))
        shown = await admin.submit("Contact | Account | Name | Extensions | Time zone | Status")
        assert f"{dora} |  | Dora <D> | hq:2002 | Europe/Berlin | " in shown and f"{bob} |" not in shown

        await admin.execute("set-person-status", "Form title: Set a person's status", EDIT_FIRST)
        await admin.fill((1, bob), (2, "business-trip"))
        await admin.submit("set-person-status completed", "Bob is shown as 💼 Business Trip.")
        await alice.sees(contact, id="business-trip")

        await admin.execute("policy", "Form title: Policy", EDIT_FIRST)
        await admin.fill((1, "call"))
        await admin.submit("policy completed", "The policy is saved.")
        await world.event("answered")
        await alice.sees(contact, id="on-call")

        await admin.execute("active-calls", "Form title: Calls", EDIT_FIRST)
        await admin.submit("Id | Person | Extension | State | Kind | Direction | Age | Call")
        line = next(line for line in admin.screen().splitlines() if "hq:1001" in line)
        assert f"| {bob} | hq:1001 | active | call | inbound |" in line and line.endswith("| call-1")
        call = line.split()[0]
        await admin.execute("active-calls", "[field2] End those that are stuck", EDIT_FIRST)
        await admin.fill((2, f"add {call}"))
        await admin.submit("active-calls completed", "1 call is ended.")
        await alice.sees(contact, id="business-trip")

        await admin.execute("add-admin", "Form title: Add an administrator", EDIT_FIRST)
        await admin.fill((1, world.account("bob")))
        await admin.submit("add-admin completed", "is an administrator now.")
        await admin.execute("remove-admin", "Form title: Remove an administrator", EDIT_FIRST)
        await admin.fill((1, world.account("bob")))
        await admin.submit("remove-admin completed", "is not an administrator any more.")

        await admin.execute("delete-person", "Form title: Delete a person", "[...] Choose one", EDIT_FIRST)
        await admin.fill((1, dora), (2, "on"))
        await admin.submit("delete-person completed", f"{dora} is deleted.")

        await admin.execute("audit", "Form title: Changes", EDIT_FIRST)
        shown = await admin.submit("Time | Who | Action | Subject | Changes")
        assert f"| {world.account('admin')} | delete-person | {dora} |" in shown
