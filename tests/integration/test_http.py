"""The HTTP interface at work: what programs ask and set, and colleagues see."""

import asyncio


async def test_a_program_sets_and_clears_a_status(world):
    alice, bob = await world.watched()
    path = f"/v1/people/{world.user('bob')}/status"
    token = world.offhook.writer_token
    response = await world.request("PUT", path, token=token, body={"status": "business-trip", "message": "in Ghent"})
    assert response.status == 200, response
    seen = await alice.sees(bob, id="business-trip")
    assert (seen.show, seen.status, seen.message) == ("xa", "💼 Business Trip (in Ghent)", "in Ghent")
    stored = world.query("SELECT s.slug, c.standing_message FROM choices c "
                         "JOIN statuses s ON s.id = c.standing_status AND s.tenant_id = c.tenant_id")
    assert stored == [("business-trip", "in Ghent")]
    assert (await world.request("DELETE", path, token=token)).status == 200
    await alice.sees(bob, id="available")


async def test_a_standing_message_goes_with_every_status(world):
    alice, bob = await world.watched()
    response = await world.request("PUT", f"/v1/people/{world.user('bob')}/message", token=world.offhook.writer_token,
                                   body={"message": "working from home"})
    assert response.status == 200, response
    await alice.sees(bob, status="✅ Available (working from home)")
    await world.event("answered")
    await alice.sees(bob, status="📞 On Call (working from home)")


async def test_a_desk_phone_sets_do_not_disturb(world):
    alice, bob = await world.watched()
    path = "/v1/pbx/hq/extensions/1001/status"
    assert (await world.request("PUT", path, token=world.offhook.token, body={"status": "dnd"})).status == 200
    await alice.sees(bob, id="dnd", show="dnd")
    asked = await world.request("GET", "/v1/pbx/hq/extensions/1001/presence", token=world.offhook.token)
    assert asked.json["accepts_calls"] is False and asked.json["action"] == "dnd"
    assert (await world.request("DELETE", path, token=world.offhook.token)).status == 200
    await alice.sees(bob, id="available")
    asked = await world.request("GET", "/v1/pbx/hq/extensions/1001/presence", token=world.offhook.token)
    assert asked.json["accepts_calls"] is True and asked.json["action"] == "none"


async def test_somebody_with_only_a_desk_phone_is_offline_while_it_is_not_registered(world):
    contact = await world.add_person("porter", ["1500"], account=False)
    alice = await world.client("alice")
    await alice.watch(contact, id="available")
    path = "/v1/pbx/hq/extensions/1500/registration"
    for registered, wanted in ((False, {"type": "unavailable"}), (True, {"id": "available"})):
        response = await world.request("PUT", path, token=world.offhook.token, body={"registered": registered})
        assert response.status == 200, response
        await alice.sees(contact, **wanted)
    await world.request("PUT", path, token=world.offhook.token, body={"registered": False})
    await alice.sees(contact, type="unavailable")
    await world.event("answered", extension="1500")
    await alice.sees(contact, id="on-call")


async def test_the_catalogue_is_listed(world):
    response = await world.request("GET", "/v1/statuses", token=world.offhook.reader_token)
    items = {item["id"]: item for item in response.json["items"]}
    assert {"available", "lunch-break", "on-call", "offline", "invisible"} <= set(items)
    assert (items["on-call"]["icon"], items["on-call"]["show"], items["on-call"]["kind"]) == ("📞", "dnd", "automatic")


async def test_people_are_listed_in_pages_and_can_be_searched(world):
    admin = await world.admin()
    for number in range(7):
        result = await admin.command("add-person", contact=f"person-{number}", name=f"Person {number}",
                                     extensions=[f"hq:200{number}"])
        assert result.status == "completed", result
    await world.event("answered", extension="2003")

    async def page(query):
        response = await world.request("GET", f"/v1/people?{query}", token=world.offhook.reader_token)
        assert response.status == 200, response
        return response.json

    contacts, cursor = [], ""
    while cursor is not None:
        part = await page("limit=3" + (f"&cursor={cursor}" if cursor else ""))
        assert len(part["items"]) <= 3
        contacts += [person["contact"].split("@")[0] for person in part["items"]]
        cursor = part["next"]
    assert contacts == [f"person-{number}" for number in range(7)]
    on_call = await page("status=on-call")
    assert [person["contact"].split("@")[0] for person in on_call["items"]] == ["person-3"]
    found = await page("q=Person%205")
    assert [person["name"] for person in found["items"]] == ["Person 5"]


async def test_what_was_set_is_there_after_a_restart(world):
    alice, bob = await world.watched()
    path = f"/v1/people/{world.user('bob')}"
    token = world.offhook.writer_token
    await world.request("PUT", f"{path}/status", token=token, body={"status": "lunch-break", "message": "soup"})
    await world.request("PUT", f"{path}/message", token=token, body={"message": "room 4"})
    await alice.settle()
    before = await alice.sees(bob, id="lunch-break")
    await asyncio.to_thread(world.offhook.stop)
    await alice.sees(bob, type="unavailable")
    await asyncio.to_thread(world.offhook.start)
    after = await alice.sees(bob, id="lunch-break")
    assert (after.status, after.message, after.rich["since"]) == (before.status, before.message, before.rich["since"])
    assert after.status == "🍽️ Lunch Break (soup)"
    assert (await world.request("DELETE", f"{path}/status", token=token)).status == 200
    await alice.sees(bob, status="✅ Available (room 4)")


async def test_a_choice_with_a_bad_status_or_expiry_is_refused(world):
    alice, bob = await world.watched()
    path = f"/v1/people/{world.user('bob')}/status"
    for body in ({"status": "nonsense"}, {"status": "on-call"}, {"status": "lunch-break", "expires": "soonish"},
                 {"status": "lunch-break", "expires": "2001-01-01T00:00:00Z"}, {"status": "lunch-break", "message": "x" * 141},
                 {"message": "no status"}, {"status": 5}):
        response = await world.request("PUT", path, token=world.offhook.writer_token, body=body)
        assert response.status == 400 and response.headers["Content-Type"] == "application/problem+json", (body, response)
    await alice.settle()
    assert alice.view(bob).id == "available"
