"""What scripts/screens runs: example data, each command in Profanity, and docs/commands.md of what was seen."""

import asyncio
import dataclasses
import logging
import pathlib
import sys

sys.dont_write_bytecode = True
logging.disable(logging.CRITICAL)
ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from client import COMMANDS, FORM, Client  # noqa: E402
from profanity import Profanity  # noqa: E402
from servers import Offhook, Postgres, Prosody, Workshop  # noqa: E402

DOMAIN = "example.org"
COLUMNS = 100
ITEMS = "http://jabber.org/protocol/disco#items"
VALIDATE = "http://jabber.org/protocol/xdata-validate"
NOTHING = "..."
MANY = 12

HEAD = f"""# Commands

What people and administrators can do from their chat client, by ad-hoc commands (XEP-0050) of the component's
address, here `presence.{DOMAIN}`. Gajim and Converse.js show them as dialogues, Profanity as below;
other clients have [chat lines](chat.md). A colleague's view is ordinary presence.

In Profanity, `/cmd list presence.{DOMAIN}` lists what you may run and `/cmd exec set-status presence.{DOMAIN}`
runs one. Fill in fields with `/field1 dnd`, `/field2 "back at 2"`, `/field4 add hq:1001` or `/field8 on`; `/form help
field1` explains one; `/form submit` sends. Two limits are Profanity's own: of a list it takes only what is offered
(elsewhere, `icon` and `expires` take a value of your own), and it knows no tables: their rows come as lines of text
besides, which are cut at 240 characters.

A value that is not taken brings the form back, with the reason above the fields; nothing has changed then. What
`{NOTHING}` stands for in a list is that nothing was chosen.

`scripts/screens` has written this file: it ran the program and read forms and screens.
"""


@dataclasses.dataclass
class Command:
    """One section: what it is for, what is filled in as (field number, value), and what the answer shows."""
    node: str
    purpose: str
    fill: tuple = ()
    shows: str = ""  # besides "completed"; or of the table's window

    @property
    def answer(self):
        return self.shows or f"{self.node} completed"


COMMANDS_OF_DESIGN = [
    Command("set-status", "Pick what colleagues see, with a message and for how long.",
            ((1, "lunch-break"), (2, '"back at 2"'), (3, "1h"))),
    Command("clear-status", "Go back to automatic: what is shown follows from calls and devices."),
    Command("set-message", "A text of your own that is shown with every status.", ((1, '"working from home"'),)),
    Command("my-status", "What colleagues see of you, and why.", shows="Form title: Your status"),
    Command("preferences", "When you are away, what coming and going does, whether calls are hidden, what calls do.",
            ((1, "5"), (3, "business-trip"), (5, "on"))),
    Command("list-statuses", "The statuses that there are.", shows="Form title: Statuses"),
    Command("add-status", "A new status for everybody to pick.",
            ((1, '"Focus Time"'), (2, "dnd"), (3, "🎯"), (4, "#3949AB"), (7, "90"))),
    Command("edit-status", "Change a status; who has it is shown with the change at once.",
            ((1, "focus-time"), (6, '"no interruptions"'))),
    Command("hide-status", "Take a status off the list, or put it back.", ((1, "invisible"),)),
    Command("order-statuses", "The order in which statuses are offered.", ((1, "remove val2"),)),
    Command("delete-status", "Delete a status of your own; who has it is Available again and told so.",
            ((1, "focus-time"), (2, "on"))),
    Command("list-people", "Who there is, with extensions and status.", ((1, "hq:"),), "Contact | Account"),
    Command("add-person", "A person with an account, a phone, or both.",
            ((1, "reception"), (3, '"Front Desk"'), (4, "add hq:1000"))),
    Command("edit-person", "Change name, account, extensions or time zone.", ((1, "reception"), (5, "Europe/Berlin"))),
    Command("delete-person", "Remove somebody; contact address and extensions are free again.",
            ((1, "reception"), (2, "on"))),
    Command("import-people", "Add and change people from comma-separated values, all or nothing.",
            ((1, "add contact,name,extensions"), (1, "add lobby,Lobby,hq:1100"))),
    Command("set-person-status", "Pick a status for somebody else.", ((1, "bob"), (2, "business-trip"))),
    Command("active-calls", "Calls that go on; ends those whose hangup was missed.", (), "Id | Person"),
    Command("policy", "The organisation's rules.", ((1, "call"), (4, "Europe/Berlin"))),
    Command("add-admin", "Make somebody an administrator.", ((1, f"alice@{DOMAIN}"),)),
    Command("remove-admin", "Take that back.", ((1, f"alice@{DOMAIN}"),)),
    Command("audit", "Who changed what.", (), "Time | Who"),
]


# --- what a form says of its fields -----------------------------------------------------------------


def legal_values(field):
    kind = field.get("type")
    options = [option.findtext(f"{{{FORM}}}value") for option in field.findall(f"{{{FORM}}}option")]
    options = [f"`{value}`" for value in options if value != NOTHING]
    limits = field.find(f"{{{VALIDATE}}}validate/{{{VALIDATE}}}range")
    if options:
        shown = ", ".join(options[:MANY]) + (", …" if len(options) > MANY else "")
        if kind == "list-multi":
            shown = "any of " + shown
        is_open = field.find(f"{{{VALIDATE}}}validate/{{{VALIDATE}}}open") is not None
        return shown + (", or your own" if is_open else "")
    if limits is not None:
        return f"{limits.get('min')} to {limits.get('max')}"
    return {"boolean": "yes or no", "text-multi": "text, several lines"}.get(kind, "text")


def default_value(field):
    values = [value.text or "" for value in field.findall(f"{{{FORM}}}value")]
    if field.find(f"{{{FORM}}}required") is not None and values in ([], [NOTHING]):
        return "(required)"
    if field.get("type") == "boolean":
        return "yes" if values == ["1"] else "no"
    shown = [f"`{value}`" for value in values if value != NOTHING]
    return ", ".join(shown[:3]) + (", …" if len(shown) > 3 else "")


def field_table(form):
    lines = ["| field | meaning | values | default |", "|---|---|---|---|"]
    for field in form.findall(f"{{{FORM}}}field"):
        if field.get("type") not in ("hidden", "fixed"):
            desc = field.findtext(f"{{{FORM}}}desc")
            meaning = field.get("label") + (f": {desc[0].lower()}{desc[1:]}" if desc else "")
            cells = [f"`{field.get('var')}`", meaning, legal_values(field), default_value(field)]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


def block(text):
    lines = text.strip("\n").splitlines()
    return "```\n" + "\n".join(line for line in lines if line.strip()) + "\n```"


# --- example data and the walk ----------------------------------------------------------------------


class Walk:
    def __init__(self, workshop):
        add, self.directory = workshop.add, workshop.directory
        postgres = add(Postgres(self.directory / "postgres")).start()
        self.xmpp = add(Prosody(self.directory / "prosody", domain=DOMAIN)).start()
        self.offhook = add(Offhook(self.directory / "offhook", self.xmpp, postgres.url(postgres.create_database()),
                                   admins=[f"admin@{DOMAIN}"]))
        self.offhook.start()
        for user in ("admin", "alice", "bob"):
            self.xmpp.register(user)

    async def begin(self):
        self.admin = await Client(self.xmpp, "admin", resource="screens").login()
        self.bob = await Client(self.xmpp, "bob", resource="screens").login()
        for values in ({"contact": "alice", "name": "Alice", "jid": f"alice@{DOMAIN}", "extensions": ["hq:1002"]},
                       {"contact": "bob", "name": "Bob", "jid": f"bob@{DOMAIN}", "extensions": ["hq:1001"]}):
            await self.admin.command_step("add-person", values=values)
        await self.bob.wait_for("the request", lambda: any(seen.type == "subscribe" for seen in self.bob.seen))
        self.bob.send_presence(pto=self.bob.component, ptype="subscribed")
        await self.bob.settle()
        await self.admin.command_step("add-status", values={"name": "Tea Break", "icon": "☕", "show": "away"})
        await asyncio.to_thread(self.offhook.event, "answered", "1002", "4711", direction="inbound")
        self.for_people = await self.offered(self.bob)
        missing = await self.offered(self.admin) - {command.node for command in COMMANDS_OF_DESIGN}
        if missing:
            sys.exit(f"scripts/screens.py has no row for {', '.join(sorted(missing))}")

    async def offered(self, client):
        answer = await client.query("get", client.component, f"<query xmlns='{ITEMS}' node='{COMMANDS}'/>")
        return {item.get("node"): item.get("name") for item in answer.iter(f"{{{ITEMS}}}item")}.keys()

    async def section(self, command, profanity):
        personal = command.node in self.for_people
        form = (await (self.bob if personal else self.admin).command_step(command.node)).form
        lines = [f"## {command.node}", "",
                 f"{command.purpose} For {'everybody of the organisation' if personal else 'administrators'}.", ""]
        if form is not None and form.get("type") == "form":
            lines += [field_table(form), ""]
            await profanity.execute(command.node, "Use '/form submit'")
            lines += [block(profanity.text()), ""]
            typed = [f"/field{number} {value}" for number, value in command.fill] + ["/form submit"]
            await profanity.fill(*command.fill)
            await profanity.submit(command.answer)
            lines += ["After " + ", ".join(f"`{line}`" for line in typed) + ":", ""]
        else:
            lines += ["It asks for nothing.", ""]
            await profanity.execute(command.node, command.answer)
        await profanity.still()
        lines += [block(profanity.text()), ""]
        return "\n".join(lines)

    async def end(self):
        for client in (self.admin, self.bob):
            await client.logout()


async def main():
    with Workshop("offhook-screens-") as workshop:
        walk = Walk(workshop)
        await walk.begin()
        sections = []
        async with Profanity(walk.directory, walk.xmpp, "bob", COLUMNS, asked=False) as bob, \
                Profanity(walk.directory, walk.xmpp, "admin", COLUMNS, asked=False) as admin:
            for command in COMMANDS_OF_DESIGN:
                sections.append(await walk.section(command, bob if command.node in walk.for_people else admin))
        await walk.end()
    path = ROOT / "docs" / "commands.md"
    path.write_text(HEAD + "\n" + "\n".join(sections).rstrip("\n") + "\n")
    print(f"{path.relative_to(ROOT)}: {len(sections)} commands")


asyncio.run(main())
