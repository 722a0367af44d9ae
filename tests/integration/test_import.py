"""People come in as comma-separated values: by command and from the shell, good, bad and hostile."""

import asyncio
import getpass
import pathlib
import time

import pytest

from servers import FOREIGN_DOMAIN

pytestmark = pytest.mark.any_server

MANY = 20000


def csv(*lines):
    return "\n".join(lines) + "\n"


def people(world):
    """(contact, account, name, time zone, extensions) of everybody, by contact; without alice, who looks on and becomes a person by herself."""
    return world.query("SELECT p.contact, p.account, p.name, p.time_zone,"
                       " coalesce((SELECT string_agg(e.pbx || ':' || e.number, ' ' ORDER BY e.number)"
                       "  FROM extensions e WHERE e.person_id = p.id), '') FROM people p"
                       " WHERE p.contact NOT LIKE 'alice%%' ORDER BY p.contact")


def audit(world):
    return world.query("SELECT actor, subject, before, after FROM audit WHERE action = 'import-people' ORDER BY id")


def file(world, text, name="people.csv"):
    path = pathlib.Path(world.directory) / f"{world.number}-{name}"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


async def shell(world, path, *more, stdin=None, program=None):
    program = program or world.offhook
    program.write_config()
    process = await asyncio.create_subprocess_exec(
        program.binary, "--config", program.config_path, "--import-people", path, *more,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=program.environment())
    out, err = await process.communicate(stdin.encode() if stdin else None)
    return process.returncode, out.decode(), err.decode()


async def import_by_command(client, text):
    return await client.command_step("import-people", values={"csv": text.split("\n")})


# --- the command ---------------------------------------------------------------------------------


async def test_an_administrator_imports_people(world):
    admin, alice = await world.admin(), await world.client("alice")
    bob = await world.add_person("bob", ["1001"])
    await alice.watch(bob, id="available")
    user = world.user
    result = await import_by_command(admin, csv(
        "contact,jid,name,extensions,time_zone",
        f"{user('zoe')},{world.account('zoe')},Zoë,hq:1002 hq:1003,Europe/Berlin",
        f"{user('li')},,李雷,,",
        f'{user("bob")},{world.account("bob")},"Baker, Bob",hq:1001,'))
    assert (result.status, result.note) == ("completed", "2 people added, 1 changed, 0 unchanged."), result
    assert people(world) == [
        (user("bob"), world.account("bob"), "Baker, Bob", None, "hq:1001"),
        (user("li"), None, "李雷", None, ""),
        (user("zoe"), world.account("zoe"), "Zoë", "Europe/Berlin", "hq:1002 hq:1003")]
    rows = audit(world)
    assert [(actor, subject) for actor, subject, _, _ in rows] == [
        (world.account("admin"), user(name)) for name in ("zoe", "li", "bob")]
    assert rows[0][2] is None and rows[0][3]["extensions"] == ["hq:1002", "hq:1003"]
    assert (rows[2][2]["name"], rows[2][3]["name"]) == ("Bob", "Baker, Bob")

    # They are there at once: a call of an imported extension is seen.
    await alice.watch(world.contact("zoe"), id="available")
    await world.event("answered", extension="1003")
    await alice.sees(world.contact("zoe"), id="on-call")

    again = await import_by_command(admin, csv("Name;contact", f"Zoë;{user('zoe')}", f"Lei;{user('li')}"))
    assert again.note == "0 people added, 1 changed, 1 unchanged.", again
    assert len(audit(world)) == 4


async def test_extensions_and_accounts_are_swapped_within_one_file(world):
    admin = await world.admin()
    await world.add_person("bob", ["1001"])
    await world.add_person("eve", ["1002"])
    alice = await world.client("alice")
    await alice.watch(world.contact("bob"), id="available")
    await alice.watch(world.contact("eve"), id="available")
    await world.event("answered", extension="1001")
    await alice.sees(world.contact("bob"), id="on-call")
    result = await import_by_command(admin, csv(
        "contact,extensions,jid", f"{world.user('bob')},hq:1002,{world.account('eve')}",
        f"{world.user('eve')},hq:1001,{world.account('bob')}"))
    assert result.note == "0 people added, 2 changed, 0 unchanged.", result
    await alice.sees(world.contact("bob"), id="available")
    await alice.sees(world.contact("eve"), id="on-call")
    assert [row[4] for row in people(world)] == ["hq:1002", "hq:1001"]


async def test_all_or_nothing_and_errors_by_line(world):
    admin = await world.admin()
    await world.add_person("bob", ["1001"])
    before = people(world)
    result = await import_by_command(admin, csv(
        "contact,jid,extensions,time_zone", f"{world.user('good')},,,", "",
        f"{world.user('a')},x@{FOREIGN_DOMAIN},hq:1001,", f"{world.user('b')},,1002,Mars"))
    user = world.user("bob")
    problems = [f"line 4: jid: must be an account of {world.xmpp.domain}",
                f"line 4: extensions: hq:1001 belongs to Bob ({user})",
                "line 5: extensions: 1002: must be pbx:number, such as hq:1001",
                "line 5: time_zone: is not a time zone such as Europe/Berlin"]
    assert result.status == "executing" and result.notes[0][0] == "error", result
    for problem in problems:
        assert problem in result.note and problem in result.descriptions["csv"], result
    # What was typed is still there, and can be corrected in the same session.
    assert result.fields["csv"][1] == f"{world.user('good')},,,"
    assert people(world) == before and audit(world) == []
    mended = await admin.command_step("import-people", session=result.session, action="complete",
                                      values={"csv": ["contact", world.user("good")]})
    assert mended.note == "1 person added, 0 changed, 0 unchanged.", mended


HOSTILE = [
    "", "\n\n\n", "nonsense", "contact,contact\nx,y", "name\nBob", "contact\n\"unclosed", 'contact\n"a"b',
    "contact\n" + "x" * 300, "contact\na@b/c", "contact,name\nx," + "y" * 65, "contact,name\nx,a\u202eb",
    "contact\nx,y", "contact," + "," * 100, "contact\nx\nX", "contact,jid\nx,nobody", "contact\n'; DROP TABLE people--",
]


async def test_hostile_input_is_refused_and_changes_nothing(world):
    admin = await world.admin()
    for text in HOSTILE:
        result = await import_by_command(admin, text)
        assert result.status == "executing" and result.descriptions.get("csv"), (text, result)
    assert people(world) == [] and audit(world) == []
    for text in ("contact,jid,name,extensions,time_zone", "contact\n"):
        result = await import_by_command(admin, text)
        assert result.note == "0 people added, 0 changed, 0 unchanged.", result


async def test_as_much_as_a_stanza_carries_is_imported(world):
    admin = await world.admin()
    lines = [f"{world.user('p')}-{i},Person {i},hq:{i}" for i in range(1000)]
    result = await import_by_command(admin, "\n".join(["contact,name,extensions"] + lines))
    assert result.note == "1000 people added, 0 changed, 0 unchanged.", result
    # As one value, the way some clients send it, there may be more lines.
    more = "\n".join(["contact,name"] + [f"{world.user('q')}-{i},Person {i}" for i in range(5000)])
    result = await admin.command_step("import-people", values={"csv": more})
    assert result.note == "5000 people added, 0 changed, 0 unchanged.", result
    assert world.query("SELECT count(*) FROM people") == [(6000,)]


@pytest.mark.parametrize("domain", [None, FOREIGN_DOMAIN])
async def test_nobody_else_may_import(world, domain):
    await world.admin()
    mallory = await world.client("mallory", domain=domain)
    result = await import_by_command(mallory, csv("contact", world.user("mallory")))
    assert result.error == "forbidden", result
    assert people(world) == []


# --- the shell -----------------------------------------------------------------------------------


async def test_the_shell_imports_while_the_program_runs(world):
    alice = await world.client("alice")
    await world.add_person("bob", ["1001"])
    path = file(world, csv("contact,jid,name,extensions", f"{world.user('zoe')},{world.account('zoe')},Zoë,hq:1002",
                           f"{world.user('bob')},{world.account('bob')},Bob,hq:1001"))
    assert await shell(world, path) == (0, "1 person added, 0 changed, 1 unchanged\n", "")
    assert [(actor, subject) for actor, subject, _, _ in audit(world)] == [
        (f"shell:{getpass.getuser()}", world.user("zoe"))]
    # The program learns of it by itself.
    await alice.watch(world.contact("zoe"))
    await alice.sees(world.contact("zoe"), id="available")
    await world.event("answered", extension="1002")
    await alice.sees(world.contact("zoe"), id="on-call")
    assert await shell(world, path) == (0, "0 people added, 0 changed, 2 unchanged\n", "")


async def test_the_shell_needs_no_running_program(quiet_world):
    world = quiet_world
    text = csv("contact,name", f"{world.user('li')},李雷")
    status, out, err = await shell(world, "-", "--tenant", world.xmpp.domain, stdin=text)
    assert (status, out) == (0, "1 person added, 0 changed, 0 unchanged\n"), err
    world.start()
    alice = await world.client("alice")
    await alice.watch(world.contact("li"))
    assert [row[2] for row in people(world)] == ["李雷"]


async def test_the_shell_says_what_is_wrong(world):
    await world.add_person("bob", ["1001"])
    before = people(world)
    path = file(world, csv("contact,extensions", "ok,hq:1", "a,hq:1001"))
    status, out, err = await shell(world, path)
    assert (status, out) == (1, "")
    assert err.splitlines() == [f"{path}:3: extensions: hq:1001 belongs to Bob ({world.user('bob')})",
                                "offhook: nobody was imported"]
    for text, words in [(b"contact,name\nx,Zo\xeb\n", ":2: name: is not valid UTF-8"),
                        (b"contact\nx\0y\n", ":2: has a NUL character"), (b"", ":1: is empty"),
                        ("contact\n".encode("utf-16"), ":1: has a NUL character"),
                        (b"contact,extensions\n" + b"".join(b"p%d,x\n" % i for i in range(30)), "… and 10 more"),
                        (b"contact\n" + b"x" * 1024 * 1024, ":2: contact: "),
                        (b"\"" * (1024 * 1024 + 1), ":1: "), (b"x" * (17 * 1024 * 1024), "longer than 16 MiB")]:
        status, out, err = await shell(world, file(world, text, "bad.csv"))
        assert (status, out) == (1, "") and words in err, (text[:40], err)
    assert people(world) == before
    assert await shell(world, file(world, "contact\n")) == (0, "0 people added, 0 changed, 0 unchanged\n", "")


async def test_the_shell_says_what_it_needs(quiet_world):
    world = quiet_world
    path = file(world, "contact\nx\n")
    status, _, err = await shell(world, path, "--tenant", "elsewhere.test")
    assert status == 2 and "there is no tenant elsewhere.test" in err
    status, _, err = await shell(world, "/nonexistent.csv")
    assert status == 1 and "/nonexistent.csv" in err
    second = dict(world.offhook.config["tenant"][0], domain=FOREIGN_DOMAIN, component=world.xmpp.components[1])
    world.offhook.config["tenant"].append(second)
    status, _, err = await shell(world, path)
    assert status == 2 and "--tenant DOMAIN" in err
    world.offhook.config["database"]["url"] = "postgresql:///nowhere?host=/nonexistent"
    status, _, err = await shell(world, path, "--tenant", world.xmpp.domain)
    assert status == 1 and "/nonexistent" in err


def many(world, extension=lambda i: f"hq:{i}"):
    return csv("contact,jid,name,extensions,time_zone", *(
        f"{world.user('p')}-{i},{world.user('p')}-{i}@{world.xmpp.domain},Person {i},{extension(i)},Europe/Berlin"
        for i in range(MANY)))


async def test_twenty_thousand_people_come_while_the_program_works(world):
    alice, _ = await world.watched()
    last = f"{world.user('p')}-{MANY - 1}@{world.xmpp.component}"
    milliseconds = []

    async def call_until(done):
        """Calls go on, and are answered, until then."""
        while not done():
            number = len(milliseconds)
            response = await world.event("ended" if number % 2 else "answered", call=f"call-{number // 2}")
            milliseconds.append(response.milliseconds)

    began = time.monotonic()
    importing = asyncio.create_task(shell(world, file(world, many(world, lambda i: f"hq:{i + 10000}"))))
    await asyncio.wait_for(call_until(importing.done), 120)
    assert importing.result() == (0, f"{MANY} people added, 0 changed, 0 unchanged\n", "")
    print(f"written after {time.monotonic() - began:.1f} s")
    alice.subscribe(last)
    await asyncio.wait_for(call_until(lambda: alice.view(last) and alice.view(last).id == "available"), 60)
    print(f"known after {time.monotonic() - began:.1f} s; {len(milliseconds)} events, the slowest 5 in ms:",
          sorted(milliseconds)[-5:])

    # Each gets the extension of the next: all are changed at once, and none of it may conflict on the way.
    path = file(world, many(world, lambda i: f"hq:{(i + 1) % MANY + 10000}"))
    assert await shell(world, path) == (0, f"0 people added, {MANY} changed, 0 unchanged\n", "")
    assert world.query("SELECT count(*) FROM audit WHERE action = 'import-people'") == [(2 * MANY,)]
    await world.event("answered", extension="10000", call="the-last")
    await alice.sees(last, id="on-call", timeout=60)


async def test_the_shell_and_an_administrator_at_the_same_time_lose_nothing(world):
    admin = await world.admin()
    for i in range(4):
        await world.add_person(f"p{i}")
    path = file(world, csv("contact,time_zone", *(f"{world.user(f'p{i}')},Europe/Paris" for i in range(4))))
    importing = asyncio.create_task(shell(world, path))
    edits = []
    while not importing.done():
        for i in range(4):
            edits.append((i, len(edits), await admin.command_step("edit-person", values={
                "contact": world.user(f"p{i}"), "name": f"Name {len(edits)}"})))
    status, out, err = await importing
    assert status == 0, (out, err)
    last = {i: number for i, number, result in edits if result.status == "completed"}
    assert [(row[2], row[3]) for row in people(world)] == [(f"Name {last[i]}", "Europe/Paris") for i in range(4)]
