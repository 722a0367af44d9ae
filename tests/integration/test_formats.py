"""What PBXes send by themselves, and what they sign: good, bad and hostile."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import pytest

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

SECRET = "signature-secret-0123456789abcdef"


def yeastar(kind, **msg):
    return json.dumps({"type": kind, "sn": "3631A2124XXX", "msg": json.dumps(msg)}).encode()


def member(status, number="1001"):
    return yeastar(30011, call_id="1648861726.280", members=[
        {"extension": {"number": number, "channel_id": f"PJSIP/{number}-1", "member_status": status}},
        {"inbound": {"from": "5503301", "to": number, "trunk_name": "t", "member_status": "ANSWER"}}])


def kamailio(event, **more):
    return json.dumps({"event": event, "time": time.time(), "callid": "c1@192.0.2.1", "caller": "4711",
                       "callee": "1001", **more}).encode()


def dialog_info(version, state, full=True, direction="recipient", extension="1001", held=False):
    rendering = "<local><target uri='sip:x'><param pname='+sip.rendering' pval='no'/></target></local>"
    return (f"<dialog-info xmlns='urn:ietf:params:xml:ns:dialog-info' version='{version}' "
            f"state='{'full' if full else 'partial'}' entity='sip:{extension}@pbx.example.org'>"
            f"<dialog id='{extension}' direction='{direction}'><state>{state}</state>{rendering if held else ''}"
            "</dialog></dialog-info>").encode()


async def post(world, format, body, headers=None, token=True):
    kind = "application/dialog-info+xml" if format == "dialog-info" else "application/json"
    return await world.request("POST", f"/v1/pbx/hq/events/{format}", body=body,
                               headers={"Content-Type": kind, **(headers or {})},
                               token=world.offhook.token if token else None)


# Ring, answer, hold, resume, end.
CALLS = {
    "yeastar": [member("RING"), member("ANSWER"), member("HOLD"), member("ANSWER"), member("BYE")],
    "yeastar-state": [yeastar(30008, extension="1001", status=status)
                      for status in ("Ringing", "Busy", "Busy", "Busy", "Idle")],
    "kamailio": ["ringing", "answered", "held", "resumed", "ended"],
    "dialog-info": [dialog_info(0, "early"), dialog_info(1, "confirmed"), dialog_info(2, "confirmed", held=True),
                    dialog_info(3, "confirmed"), dialog_info(4, "terminated")],
    "dialog-info-partial": [dialog_info(1, "early", False), dialog_info(2, "confirmed", False),
                            dialog_info(3, "confirmed", False, held=True), dialog_info(4, "confirmed", False),
                            dialog_info(5, "terminated", False)],
}


@pytest.mark.parametrize("name", list(CALLS))
async def test_a_call_is_seen_from_its_ring_to_its_end_and_once_more(world, name):
    alice, bob = await world.watched()
    format = name.removesuffix("-state").removesuffix("-partial")
    for turn in range(2):
        ring, answer, hold, resume, end = [
            kamailio(body, callid=f"c{turn}") if format == "kamailio" else body.replace(
                b"version='", f"version='{turn}".encode()) for body in CALLS[name]]
        before = len(alice.history(bob))

        async def tell(body):
            response = await post(world, format, body)
            assert response.status == 200, response

        await tell(ring)
        await alice.settle()
        assert len(alice.history(bob)) == before, "a phone that rings changes nothing"
        await tell(answer)
        await alice.sees(bob, id="on-call")
        await tell(hold)
        await tell(resume)
        await alice.settle()
        assert len(alice.history(bob)) == before + 1
        await tell(end)
        await alice.sees(bob, id="available")
    assert world.query("SELECT count(*) FROM legs WHERE state <> 'ended'") == [(0,)]


async def test_placing_a_call_shows_at_once(world):
    alice, bob = await world.watched()
    await post(world, "yeastar", member("ALERT"))
    await alice.sees(bob, id="on-call")
    await post(world, "yeastar", member("BYE"))
    await alice.sees(bob, id="available")
    await post(world, "kamailio", kamailio("initiated", caller="1001", callee="4711"))
    await alice.sees(bob, id="on-call")
    await post(world, "kamailio", kamailio("ended", caller="1001", callee="4711"))
    await alice.sees(bob, id="available")
    await post(world, "dialog-info", dialog_info(1, "early", direction="initiator"))
    await alice.sees(bob, id="on-call")


async def test_a_snapshot_of_kamailio_ends_what_it_leaves_out(world):
    alice, bob = await world.watched()
    await post(world, "kamailio", kamailio("answered"))
    await alice.sees(bob, id="on-call")
    empty = {"event": "snapshot", "time": time.time(), "dialogs": {"jsonrpc": "2.0", "result": [], "id": 1}}
    response = await post(world, "kamailio", json.dumps(empty).encode())
    assert response.status == 200, response
    await alice.sees(bob, id="available")


async def test_a_full_document_ends_only_the_calls_of_its_own_extension(world):
    alice, bob = await world.watched()
    carol = await world.add_person("carol", ["1002"])
    await alice.watch(carol, id="available")
    for extension in ("1001", "1002"):
        await post(world, "dialog-info", dialog_info(1, "confirmed", extension=extension))
    await alice.sees(bob, id="on-call")
    await alice.sees(carol, id="on-call")
    await post(world, "dialog-info", dialog_info(3, "terminated"))
    await alice.sees(bob, id="available")
    response = await post(world, "dialog-info", dialog_info(2, "confirmed"))
    assert response.status == 200 and response.json["accepted"] == 0, "it came late"
    await alice.settle()
    assert alice.view(bob).id == "available" and alice.view(carol).id == "on-call"


async def test_what_is_picked_at_a_phone_is_a_choice(world):
    alice, bob = await world.watched()
    for word, id in (("lunch", "lunch-break"), ("do_not_disturb", "dnd"), ("available", "available")):
        response = await post(world, "yeastar", yeastar(30009, extension="1001", status=word))
        assert response.status == 200 and response.json["accepted"] == 1, response
        await alice.sees(bob, id=id)
    response = await post(world, "yeastar", yeastar(30009, extension="9999", status="lunch"))
    assert response.status == 200 and response.json["accepted"] == 0


async def test_an_identical_body_of_kamailio_is_a_duplicate(world):
    await world.watched()
    body = kamailio("answered", seq=1)
    first, again = await post(world, "kamailio", body), await post(world, "kamailio", body)
    assert (first.json["accepted"], again.json["duplicates"]) == (2, 2)
    assert (await post(world, "kamailio", kamailio("answered", seq=1))).json["duplicates"] == 0


BOMB = (b"<!DOCTYPE a [<!ENTITY a 'aaaaaaaaaa'>" +
        b"".join(f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 10}'>".encode() for n in range(9)) +
        b"]><dialog-info>&j;</dialog-info>")


HOSTILE = [
    ("dialog-info", BOMB, 400),
    ("dialog-info", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", 400),
    ("dialog-info", b"<a>" * 300000, 400),
    ("dialog-info", b"<a " + b" ".join(b"a%d='x'" % n for n in range(90000)) + b"/>", 400),
    ("dialog-info", dialog_info(1, "confirmed")[:-3], 400),
    ("dialog-info", b"", 400),
    ("dialog-info", b" " * (1024 * 1024), 400),
    ("dialog-info", b" " * (1024 * 1024 + 1), 413),
    ("yeastar", b'{"type":30008,"msg":"{' + b"[" * 1000000, 400),
    ("yeastar", b'{"type":30008,"msg":' + b'"' * 1000000, 400),
    ("yeastar", yeastar(30008, extension="1" * 65, status="Busy"), 400),
    ("yeastar", b" " * (1024 * 1024 + 1), 413),
    ("kamailio", kamailio("exploded"), 400),
    ("kamailio", kamailio("answered", time=-1), 400),
    ("kamailio", b'{"event":"snapshot","time":1,"dialogs":{"result":[' + b"{}," * 300000 + b"{}]}}", 400),
    ("yodel", b"{}", 404),
    ("events", b"{}", 404),
]


@pytest.mark.parametrize("number", range(len(HOSTILE)))
async def test_bad_and_hostile_bodies_change_nothing(world, number):
    format, body, status = HOSTILE[number]
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    response = await post(world, format, body)
    assert response.status == status, response
    assert response.json["status"] == status and response.milliseconds < 5000
    await alice.settle()
    assert len(alice.history(bob)) == history
    assert world.query("SELECT count(*) FROM legs") == [(0,)]


async def test_the_media_type_has_to_be_that_of_the_format(world):
    assert (await post(world, "dialog-info", dialog_info(1, "early"),
                       headers={"Content-Type": "application/json"})).status == 415
    assert (await post(world, "yeastar", member("RING"), headers={"Content-Type": "text/plain"})).status == 415


async def test_the_token_may_come_as_a_password(world):
    pair = base64.b64encode(f"hq:{world.offhook.token}".encode()).decode()
    response = await post(world, "yeastar", member("RING"), {"Authorization": f"Basic {pair}"}, token=False)
    assert response.status == 200, response
    wrong = base64.b64encode(b"hq:wrong").decode()
    response = await post(world, "yeastar", member("RING"), {"Authorization": f"Basic {wrong}"}, token=False)
    assert response.status == 401


# --- signatures -----------------------------------------------------------------------------------------


def digest(body, secret=SECRET):
    return hmac.new(secret.encode(), body, hashlib.sha256).digest()


async def signing(world, **keys):
    offhook = world.offhook
    offhook.config["pbx"][0] = {"name": "hq", "tenant": world.xmpp.domain, "type": "webhook",
                                "signature_secret_file": offhook._secret("signature", SECRET), **keys}
    await asyncio.to_thread(world.start)
    return await world.watched()


@pytest.mark.parametrize("encoding, encode", [
    (None, lambda body: digest(body).hex()),
    ("base64", lambda body: base64.b64encode(digest(body)).decode()),
    ("base64url", lambda body: base64.urlsafe_b64encode(digest(body)).decode().rstrip("=")),
])
async def test_a_signature_is_taken_and_a_wrong_one_is_not(quiet_world, encoding, encode):
    world = quiet_world
    alice, bob = await signing(world, signature_encoding=encoding)
    history = len(alice.history(bob))
    body, ring = member("ANSWER"), member("RING")
    for header in ({}, {"X-Signature": ""}, {"X-Signature": encode(ring)}, {"X-Signature": encode(body)[:-2]},
                   {"X-Signature": encode(body)[:20]}, {"X-Signature": digest(body, "other").hex()},
                   {"Authorization": f"Bearer {world.offhook.token}"},
                   {"Authorization": "Bearer x", "X-Signature": encode(body)}):
        response = await post(world, "yeastar", body, header, token=False)
        assert response.status == 401 and "WWW-Authenticate" in response.headers, (header, response)
    response = await post(world, "yeastar", body + b" ", {"X-Signature": encode(body)}, token=False)
    assert response.status == 401, "one byte more"
    await alice.settle()
    assert len(alice.history(bob)) == history and world.query("SELECT count(*) FROM legs") == [(0,)]
    response = await post(world, "yeastar", body, {"X-Signature": encode(body)}, token=False)
    assert response.status == 200, response
    await alice.sees(bob, id="on-call")


async def test_a_token_alone_is_not_enough_for_a_pbx_that_signs(quiet_world):
    world = quiet_world
    alice, bob = await signing(world, token=quiet_world.offhook.token)
    body = member("ANSWER")
    assert (await post(world, "yeastar", body)).status == 401
    presence = await world.request("GET", "/v1/pbx/hq/extensions/1001/presence", token=world.offhook.token)
    assert presence.status == 200, "there is nothing to sign in a question"
    assert (await post(world, "yeastar", body, {"X-Signature": digest(body).hex()})).status == 200
    await alice.sees(bob, id="on-call")


async def test_a_signed_time_is_near_and_counts_once(quiet_world):
    world = quiet_world
    alice, bob = await signing(world, signature_header="X-PS-Signature", signature_timestamp=True)

    async def send(body, seconds=0, at=None, header="X-PS-Signature"):
        t = at or int(time.time()) + seconds
        return await post(world, "yeastar", body, {
            header: f"t={t},v1={digest(f'{t}.'.encode() + body).hex()}"}, token=False)

    answer, bye = member("ANSWER"), member("BYE")
    assert (await send(answer, -310)).status == 401
    assert (await send(answer, 310)).status == 401
    assert (await send(answer, header="X-Signature")).status == 401
    plain = await post(world, "yeastar", answer, {"X-PS-Signature": digest(answer).hex()}, token=False)
    assert plain.status == 401, "without a time"
    await alice.settle()
    assert world.query("SELECT count(*) FROM legs") == [(0,)]

    now = int(time.time())
    assert (await send(answer, at=now)).status == 200
    await alice.sees(bob, id="on-call")
    assert (await send(bye, at=now)).status == 200
    await alice.sees(bob, id="available")
    replayed = await send(bye, at=now)
    assert replayed.status == 401 and "before" in replayed.json["detail"]
    assert (await send(member("RING"), at=now)).status == 200
    assert (await send(answer, at=now)).status == 401, "heard before, and now the phone rings again"
    await alice.settle()
    assert alice.view(bob).id == "available"
