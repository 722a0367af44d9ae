"""A tenant of 1,000 statuses of its own and 20,000 people: everything is listed, and one edit of a status that
5,000 people have holds up nobody."""

import asyncio
import re

import pytest
import pytest_asyncio

pytestmark = pytest.mark.any_server

STATUSES, PEOPLE, HOLDERS = 1000, 20000, 5000

# p0 … p19999; the first 5,000 have the status own-500, each with a watcher who is never online.
SQL = """
INSERT INTO tenants (domain, component) VALUES (%(domain)s, %(component)s);
INSERT INTO policies (tenant_id, key, value) SELECT id, 'sign_off', 'no' FROM tenants;
INSERT INTO statuses (tenant_id, slug, name, name_folded, show, kind, icon, color, text, position)
    SELECT t.id, 'own-' || n, 'Own ' || n, 'own ' || n, 'away', 'custom', '🍵', '#00FF00', 'text ' || n, 1000 + n
    FROM tenants t, generate_series(1, %(statuses)s) n;
INSERT INTO people (tenant_id, contact, account, name)
    SELECT t.id, 'p' || n, 'p' || n || '@' || t.domain, 'Person ' || n
    FROM tenants t, generate_series(0, %(people)s - 1) n;
INSERT INTO choices (tenant_id, person_id, standing_status, standing_source, standing_at)
    SELECT p.tenant_id, p.id, s.id, 'person', now() FROM people p JOIN statuses s ON s.slug = 'own-500'
    WHERE substr(p.contact, 2)::int < %(holders)s;
INSERT INTO watchers (tenant_id, contact, watcher, heard_at)
    SELECT t.id, 'p' || n, 'ghost' || n || '@' || t.domain, now() FROM tenants t, generate_series(0, %(holders)s - 1) n;
ANALYZE
"""


@pytest_asyncio.fixture
async def large_world(quiet_world):
    import psycopg
    world, offhook = quiet_world, quiet_world.offhook
    offhook.write_config()
    assert offhook.run("--config", offhook.config_path, "--migrate").returncode == 0
    values = {"domain": world.xmpp.domain, "component": world.xmpp.component, "statuses": STATUSES, "people": PEOPLE,
              "holders": HOLDERS}
    with psycopg.connect(world.postgres.url(world.database), cursor_factory=psycopg.ClientCursor) as connection:
        connection.execute(SQL, values)
    await asyncio.to_thread(world.start)
    return world


def metric(world, name):
    text = world.offhook.request("GET", "/metrics", token=world.offhook.reader_token).body.decode()
    return float(re.search(rf"^{name} (\S+)$", text, re.MULTILINE).group(1))


async def published(world):
    """Everybody was told the first time."""
    for _ in range(600):
        if await asyncio.to_thread(metric, world, "offhook_stanzas_out_total") >= HOLDERS:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the first publication took too long")


async def walk(client, node, pages):
    """All rows of all pages; what is asked for at the same time."""
    rows = []
    for first in range(1, pages + 1, 4):
        numbers = range(first, min(first + 4, pages + 1))
        results = await asyncio.gather(*(client.command_step(node, values={"page": str(n)}) for n in numbers))
        for result in results:
            assert result.status == "completed" and 0 < len(result.rows) <= 100, result
            rows += result.rows
    return rows


async def test_pages_hold_everybody_exactly_once(large_world):
    world = large_world
    admin = await world.admin()
    form = await admin.command("list-statuses")
    assert form.field("page") is not None
    rows = await walk(admin, "list-statuses", 11)
    assert [row["id"] for row in rows][11:] == [f"own-{n}" for n in range(1, STATUSES + 1)]
    assert len(rows) == STATUSES + 11 == len({row["id"] for row in rows})
    beyond = await admin.command_step("list-statuses", values={"page": "12"})
    assert beyond.status == "executing" and "the last page is 11" in beyond.descriptions["page"]
    contacts = [row["contact"] for row in await walk(admin, "list-people", PEOPLE // 100)]
    assert contacts == sorted(f"p{n}" for n in range(PEOPLE))
    assert (await admin.command_step("list-people", values={"page": str(PEOPLE // 100 + 1)})).rows == []


async def test_commands_stay_usable_with_a_thousand_statuses(large_world):
    world = large_world
    admin, bob = await world.admin(), await world.client("bob")
    for node in ("set-status", "edit-status", "hide-status", "delete-status"):
        form = await (bob if node == "set-status" else admin).command(node)
        assert form.field("status").get("type") == "text-single", node
    assert (await bob.command("set-status", status="own-777")).status == "completed"
    assert (await bob.command("set-status", status="🍵 own 778")).status == "completed"
    assert world.offhook.presence(world.user("bob"))["status"] == "own-778"
    order = (await admin.command("order-statuses")).fields["order"]
    assert order[:2] == ["available", "chat"] and 500 <= len(order) <= 1000
    moved = [*reversed(order[10:]), *order[:10]]
    assert (await admin.command("order-statuses", order=moved)).status == "completed"
    listed = [row["id"] for row in await walk(admin, "list-statuses", 11)]
    assert listed[:len(moved)] == moved and len(set(listed)) == STATUSES + 11
    seen, after = [], ""
    while True:
        answer = await bob.query("get", bob.component, "<pubsub xmlns='http://jabber.org/protocol/pubsub'>"
                                 "<items node='urn:offhook:1:statuses'/><set xmlns='http://jabber.org/protocol/rsm'>"
                                 f"<max>1000</max>{after}</set></pubsub>")
        ids = [item.get("id") for item in answer.iter("{http://jabber.org/protocol/pubsub}item")]
        assert len(ids) <= 100
        seen += ids
        if not ids:
            break
        after = f"<after>{ids[-1]}</after>"
    assert seen == listed
    page = await admin.command("audit", page="1")
    assert [row["action"] for row in page.rows] == ["order-statuses", "add-person"]


async def test_an_edit_of_what_5000_have_holds_up_nobody(large_world):
    world = large_world
    await published(world)
    bob = await world.add_person("bob", ["1001"])
    carol = await world.client("carol")
    await carol.watch(bob, id="available")
    watched = [f"p{n}" for n in range(0, HOLDERS, 499)]
    for person in watched:
        await carol.watch(person, id="own-500")
    admin = await world.admin()
    done, meanwhile = asyncio.Event(), 0

    async def calls():
        """Bob's phone is in use, and is not, and is …"""
        nonlocal meanwhile
        number = 0
        while not done.is_set() or number < 2:
            for event in ("answered", "ended"):
                await world.event(event, call=f"call-{number}")
                meanwhile += not done.is_set()
            number += 1

    ringing = asyncio.create_task(calls())
    result = await admin.command_step("edit-status", values={"status": "own-500", "name": "Siesta", "icon": "😴"})
    assert result.status == "completed", result
    for person in watched:
        await carol.sees(person, id="own-500", status="😴 Siesta (text 500)")
    done.set()
    await ringing
    await carol.sees(bob, id="available")
    await world.event("answered", call="last")
    await carol.sees(bob, id="on-call")
    assert meanwhile >= 2, "calls are answered while thousands are told of the edit"

    result = await admin.command_step("delete-status", values={"status": "own-500", "confirm": True})
    assert result.status == "completed", result
    for person in watched:
        await carol.sees(person, id="available")
    for _ in range(200):
        if world.query("SELECT count(*) FROM choices WHERE standing_status IS NOT NULL") == [(0,)]:
            break
        await asyncio.sleep(0.05)
    else:
        raise AssertionError("choices of the deleted status are still stored")
