"""People and catalogue out into files and back, and shared contact lists on real servers."""

import asyncio
import csv
import getpass
import io
import json
import os
import subprocess
import sys

import pytest

from conftest import World
from servers import Ejabberd, Prosody, Workshop, free_port
from test_catalogue import add, catalogue

COLUMNS = ["id", "name", "show", "icon", "color", "text", "activity", "default_expiry", "when_offline", "call_action",
           "position", "kind", "enabled"]


async def run(world, *arguments, program=None):
    """The program as an administrator runs it from a shell, beside the one that serves."""
    program = program or world.offhook
    return await asyncio.to_thread(program.run, "--config", program.config_path, *arguments)


async def good(world, *arguments, program=None):
    result = await run(world, *arguments, program=program)
    assert result.returncode == 0, result
    return result


def file_of(world, name, text):
    path = world.offhook.directory / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def actions(world):
    return world.query("SELECT actor, action, subject FROM audit WHERE action <> 'add-person' ORDER BY id")


async def test_people_are_exported_in_both_formats(world):
    await world.add_person("bob", ["1002", "1001"])
    await world.add_person("ann", [], account=False)
    text = (await good(world, "--export-people")).stdout
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [list(row) for row in rows] == [["contact", "jid", "name", "extensions", "time_zone"]] * 2
    assert rows == [
        {"contact": world.user("ann"), "jid": "", "name": "Ann", "extensions": "", "time_zone": ""},
        {"contact": world.user("bob"), "jid": world.account("bob"), "name": "Bob",
         "extensions": "hq:1001 hq:1002", "time_zone": ""}]
    path = world.offhook.directory / "people.json"
    assert (await good(world, "--export-people", path)).stdout == ""
    assert json.loads(path.read_text())[1] == {
        "contact": world.user("bob"), "jid": world.account("bob"), "name": "Bob",
        "extensions": ["hq:1001", "hq:1002"], "time_zone": None}
    assert (await good(world, "--export-people", "--format", "json", "-")).stdout == path.read_text()


@pytest.mark.parametrize("ending", ["csv", "json"])
async def test_a_catalogue_goes_out_and_into_an_empty_tenant(quiet_world, ending):
    world = quiet_world
    await asyncio.to_thread(world.start)
    admin = await world.admin()
    await add(admin, name="Kaffee, \"Küchen\"; & <x>", show="away", icon="👩‍👩‍👧‍👦", color="#6f4e37", text="gleich\\zurück",
              activity="eating/having_a_snack", default_expiry="20", when_offline=True, call_action="follow-me")
    for name in ("Deleted", "=1+1", "Ünïcode", "Last"):
        await add(admin, name=name, show="unavailable")
    await admin.command_step("delete-status", values={"status": "deleted", "confirm": True})
    await admin.command_step("edit-status", values={"status": "last", "name": "Renamed"})
    await admin.command_step("order-statuses", values={"order": ["unicode", "away"]})
    await admin.command_step("hide-status", values={"status": "lunch-break", "hidden": True})
    first = world.offhook.directory / f"catalogue.{ending}"
    await good(world, "--export-catalogue", first)
    if ending == "csv":
        rows = list(csv.DictReader(io.StringIO(first.read_text())))
        assert list(rows[0]) == COLUMNS and len(rows) == 11 + 4
        assert (rows[0]["id"], rows[0]["kind"]) == ("unicode", "custom")
    else:
        assert list(json.loads(first.read_text())[0]) == COLUMNS

    before = actions(world)
    assert "15 already so" in (await good(world, "--import-catalogue", first)).stdout
    assert actions(world) == before

    other = world.program("other")
    other.config["tenant"][0].update(domain="other.test", component=world.xmpp.components[1], admins=[])
    other.config["pbx"], other.config["client"] = [], []
    other.config["database"]["url"] = world.postgres.url(world.postgres.create_database())
    await asyncio.to_thread(other.start)
    result = await good(world, "--import-catalogue", first, "--tenant", "other.test", program=other)
    assert "4 added, 1 changed, 10 already so" in result.stdout
    second = other.directory / f"catalogue.{ending}"
    await good(world, "--export-catalogue", second, program=other)
    assert second.read_bytes() == first.read_bytes()
    again = await good(world, "--import-catalogue", first, program=other)
    assert "0 added, 0 changed, 15 already so" in again.stdout and "reordered" not in again.stdout


async def test_the_running_process_shows_what_was_imported(world):
    alice, contact = await world.watched()
    admin, bob = await world.admin(), await world.client("bob")
    await add(admin, name="Tea", icon="🍵", show="away")
    await bob.command("set-status", status="tea")
    await alice.sees(contact, id="tea", status="🍵 Tea")
    path = file_of(world, "change.csv", "id,name,show,icon,position\ntea,Green Tea,xa,🫖,5\n,Milk,away,🥛,\n")
    result = await good(world, "--import-catalogue", path, "--tenant", world.xmpp.domain)
    assert "1 added, 1 changed" in result.stdout and "reordered" in result.stdout
    await alice.sees(contact, id="tea", status="🫖 Green Tea", show="xa")
    rows = await catalogue(admin)
    assert list(rows)[0] == "tea" and rows["milk"]["icon"] == "🥛"
    actor = f"shell:{getpass.getuser()}"
    assert actions(world)[1:] == [(actor, "edit-status", "tea"), (actor, "add-status", "milk"),
                                  (actor, "order-statuses", "statuses")]
    assert (await good(world, "--import-catalogue", path)).stdout.startswith("0 added, 0 changed, 2 already so")
    assert len(actions(world)) == 4


async def test_wrong_files_change_nothing(world):
    before = (await good(world, "--export-catalogue")).stdout
    path = file_of(world, "bad.csv", "id,name,color\nfine,Fine,#112233\nx,X,red\nlunch-break,Pizza,\nfine,Fine,\n")
    result = await run(world, "--import-catalogue", path)
    assert result.returncode == 1
    lines = result.stderr.splitlines()
    assert lines[0].startswith(f"{path}:3: color: must be")
    assert lines[1].startswith(f"{path}:4: status: Lunch Break is built in")
    assert lines[2:] == [f"{path}:5: is the same status as line 2", "offhook: nothing was imported"]
    path = file_of(world, "bad.json", json.dumps([{"id": "fine", "name": "Fine"}, {"id": "x", "name": "X", "show": "gone"}]))
    result = await run(world, "--import-catalogue", path)
    assert result.returncode == 1 and f"{path}: item 2: show: must be" in result.stderr
    for name, content in (("empty.csv", ""), ("utf16.csv", "id,name\n".encode("utf-16")), ("no.json", "{"),
                          ("deep.json", "[" * 100000), ("binary.csv", bytes(range(1, 256)) * 50),
                          ("open.csv", 'id,name\n"x'), ("huge.csv", "id,name\n" + "x" * (17 << 20))):
        result = await run(world, "--import-catalogue", file_of(world, name, content))
        assert result.returncode == 1 and result.stderr.startswith("offhook: "), (name, result.stderr[:300])
    assert (await good(world, "--export-catalogue")).stdout == before
    assert actions(world) == []


async def test_a_used_id_is_not_used_again(world):
    admin = await world.admin()
    await add(admin, name="Tea")
    path = world.offhook.directory / "kept.csv"
    await good(world, "--export-catalogue", path)
    await admin.command_step("delete-status", values={"status": "tea", "confirm": True})
    result = await good(world, "--import-catalogue", path)
    assert ": added as tea-2, as the id tea was used before\n" in result.stdout
    again = await good(world, "--import-catalogue", path)
    assert "0 added, 0 changed, 12 already so" in again.stdout, again
    assert world.query("SELECT slug FROM statuses WHERE name = 'Tea' AND deleted_at IS NULL") == [("tea-2",)]


async def test_a_freepbx_list_is_taken(world):
    path = file_of(world, "freepbx.csv", "type,message\navailable,\nchat,\naway,\ndnd,\nxa,\nunavailable,\n"
                                         "dnd,In der Küche\naway,Lunch Break\nxa,\"Gone, fishing\"\n")
    result = await good(world, "--import-catalogue", path)
    assert "2 added, 0 changed, 0 already so, 7 skipped" in result.stdout
    assert "skipped, as Free for Chat is built in" in result.stdout
    assert (await run(world, "--import-catalogue", path)).stdout.endswith("0 added, 0 changed, 2 already so, 7 skipped\n")
    stored = dict((row[0], row[1:]) for row in world.query(
        "SELECT slug, name, show, icon, call_action FROM statuses WHERE kind = 'custom'"))
    assert stored == {"in-der-kuche": ("In der Küche", "dnd", "⛔", "dnd"),
                      "gone-fishing": ("Gone, fishing", "xa", "🚪", "none")}


async def test_wrong_usage_and_a_database_that_is_away(world):
    for arguments, word in ((["--export-people", "--tenant", "nobody.test"], "no tenant nobody.test"),
                            (["--export-catalogue", "--format", "xml"], "csv or json"),
                            (["--export-roster", "openfire"], "prosody or ejabberd"),
                            (["--export-people", "a", "b"], "unexpected argument 'b'")):
        result = await run(world, *arguments)
        assert result.returncode == 2 and word in result.stderr, result
    result = await run(world, "--export-people", world.offhook.directory / "nowhere" / "people.csv")
    assert result.returncode == 1 and "cannot write" in result.stderr
    result = await run(world, "--import-catalogue", world.offhook.directory / "absent.csv")
    assert result.returncode == 1 and "No such file" in result.stderr
    two = world.program("two")
    two.config["tenant"].append(dict(two.config["tenant"][0], domain="other.test", component=world.xmpp.components[1]))
    two.write_config()
    result = await run(world, "--export-people", program=two)
    assert result.returncode == 2 and "--tenant" in result.stderr
    result = await run(world, "--export-people", "--tenant", "other.test", program=two)
    assert result.returncode == 1 and "does not know other.test yet" in result.stderr
    two.config["database"]["url"] = "postgresql:///x?host=/nonexistent"
    two.write_config()
    kept = file_of(world, "kept.csv", "as it was")
    result = await run(world, "--export-people", kept, "--tenant", "other.test", program=two)
    assert result.returncode == 1 and kept.read_text() == "as it was"


def test_help_names_the_options(offhook_cli):
    usage = offhook_cli.run("--help").stdout
    for option in ("--export-people", "--export-catalogue", "--import-catalogue", "--export-roster", "--tenant", "--format"):
        assert option in usage


# --- shared contact lists ------------------------------------------------------------------------

class GroupsProsody(Prosody):
    """With mod_groups, once there is a groups file."""

    def write_config(self):
        super().write_config()
        path = self.directory / "groups.txt"
        if path.exists():
            config = self.directory / "prosody.cfg.lua"
            host = f'VirtualHost "{self.domain}"\n'
            config.write_text(config.read_text().replace(
                host, host + f'  modules_enabled = {{ "groups" }}\n  groups_file = "{path}"\n'))

    def share(self, exported):
        (self.directory / "groups.txt").write_text(exported)
        self.stop()
        self.start()


class GroupsEjabberd(Ejabberd):
    """With mod_shared_roster. Its commands are given over HTTP, as there is no Erlang node to connect to."""

    def write_config(self):
        super().write_config()
        self.api_port = free_port()
        config = self.directory / "ejabberd.yml"
        config.write_text(config.read_text().replace("modules:\n", f'''  - port: {self.api_port}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {{/api: mod_http_api}}
api_permissions:
  "test": {{who: {{ip: 127.0.0.1/8}}, what: "*"}}
modules:
  mod_admin_extra: {{}}
  mod_shared_roster: {{}}
'''))

    def share(self, exported):
        control = self.directory / "control"
        control.write_text(f"""#!{sys.executable}
import json, sys, urllib.request
names = {{"srg_delete": ["group", "host"], "srg_create": ["group", "host", "label", "description", "display"],
         "srg_user_add": ["user", "host", "group", "grouphost"], "load": ["file"]}}
command, *values = sys.argv[1:]
assert len(values) == len(names[command])
request = urllib.request.Request("http://127.0.0.1:{self.api_port}/api/" + command,
                                 json.dumps(dict(zip(names[command], values))).encode())
print(command, urllib.request.urlopen(request).read())
""")
        control.chmod(0o755)
        script = self.directory / "roster.sh"
        script.write_text(exported)
        for _ in range(2):  # a second time does no harm
            subprocess.run(["sh", script], check=True, timeout=60, env=dict(
                os.environ, EJABBERDCTL=str(control), EJABBERD_SPOOL=str(self.directory / "spool")))
        assert not list((self.directory / "spool").glob("offhook-roster*"))


@pytest.mark.parametrize("server", [GroupsProsody, GroupsEjabberd])
async def test_colleagues_with_a_shared_list_see_each_other_without_subscriptions(server, postgres):
    with Workshop("offhook-test-") as workshop:
        xmpp = workshop.add(server(workshop.directory / server.name)).start()
        world = World(workshop.directory, xmpp, postgres).start()
        try:
            await see_each_other(world)
        finally:
            await world.close()


async def see_each_other(world):
    names = ["ann", "bob", "carl", "dora", "emil"]
    contacts = {name: await world.add_person(name, [f"100{number}"]) for number, name in enumerate(names)}
    await world.client("zoe", available=False)
    added = await (await world.admin()).command("add-person", contact="tür o'brien".replace(" ", "\\20").replace("'", "\\27"),
                                                name='Dür "O" = [Brien]', extensions=["hq:1009"])
    assert added.status == "completed", added
    door = f"tür\\20o\\27brien@{world.xmpp.component}"
    for client in world.clients:
        await client.logout()
    world.clients.clear()
    exported = (await good(world, "--export-roster", world.xmpp.name)).stdout
    await asyncio.to_thread(world.xmpp.share, exported)
    await asyncio.to_thread(world.offhook.wait_ready)

    clients = {name: await world.client(name) for name in [*names, "zoe"]}
    for client in clients.values():
        roster = client.client_roster
        listed = {jid: roster[jid]["groups"] for jid in roster if roster[jid]["subscription"] != "none"}
        assert listed == {contact: ["Colleagues"] for contact in [*contacts.values(), door]}
        for contact in [*contacts.values(), door]:
            await client.sees(contact, id="available")
    if world.xmpp.name == "prosody":
        assert clients["ann"].client_roster[door]["name"] == 'Dür "O" = [Brien]'
    assert (await clients["bob"].command("set-status", status="lunch-break")).status == "completed"
    await world.event("answered", extension="1009")
    for client in clients.values():
        await client.sees(contacts["bob"], id="lunch-break", timeout=2)
        await client.sees(door, id="on-call", timeout=2)
    assert not any(seen.type in ("subscribe", "subscribed", "unsubscribed", "error")
                   and seen.sender != world.xmpp.component
                   for client in clients.values() for seen in client.seen)
