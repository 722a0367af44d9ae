"""Bodies at the limit and over it, in one piece and in chunks, and signatures that are not what they seem: a clear
answer, and nothing changed."""

import asyncio
import hashlib
import hmac
import http.client
import json
import socket
import time

import pytest

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

MOST = 1024 * 1024
SECRET = "signature-secret-0123456789abcdef"
ANSWERED = json.dumps({"event": "answered", "call": "c1", "extension": "1001"}).encode()
ROUTES = {
    "events": ("POST", "/v1/pbx/hq/events", ANSWERED),
    "calls": ("PUT", "/v1/pbx/hq/calls",
              json.dumps({"at": "2026-11-22T10:00:00Z", "calls": [{"call": "c1", "extension": "1001", "state": "active"}]}).encode()),
    "kamailio": ("POST", "/v1/pbx/hq/events/kamailio",
                 json.dumps({"event": "answered", "time": time.time(), "callid": "c1", "caller": "1001", "callee": "4711"}).encode()),
}


async def unchanged(world, alice, bob, history):
    await alice.settle()
    assert len(alice.history(bob)) == history
    assert world.query("SELECT count(*) FROM legs") == [(0,)]


def send(offhook, method, path, body, chunk=None, headers=()):
    """One request; with `chunk`, in chunks of so many bytes. The status, and the problem it names."""
    connection = http.client.HTTPConnection("127.0.0.1", offhook.http_port, timeout=10)
    pieces = [body[at:at + chunk] for at in range(0, len(body), chunk)] if chunk else body
    try:
        connection.request(method, path, body=pieces, encode_chunked=bool(chunk), headers=dict({
            "Content-Type": "application/json", "Authorization": f"Bearer {offhook.token}",
            **({"Transfer-Encoding": "chunked"} if chunk else {})}, **dict(headers)))
    except (BrokenPipeError, ConnectionResetError):
        pass  # it is refused before all is read; the answer is there nevertheless
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


@pytest.mark.parametrize("route", list(ROUTES))
@pytest.mark.parametrize("chunk", [None, 60000])
async def test_a_body_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(world, route, chunk):
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    method, path, body = ROUTES[route]
    status, content = await asyncio.to_thread(send, world.offhook, method, path, body.ljust(MOST + 1), chunk)
    assert status == 413, content
    await unchanged(world, alice, bob, history)
    status, content = await asyncio.to_thread(send, world.offhook, method, path, body.ljust(MOST), chunk)
    assert status == 200, content
    await alice.sees(bob, id="on-call")


async def test_who_announces_too_much_and_sends_nothing_is_not_waited_for(world):
    alice, bob = await world.watched()
    history = len(alice.history(bob))

    def ask(length):
        with socket.create_connection(("127.0.0.1", world.offhook.http_port), timeout=20) as connection:
            connection.sendall(b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                               b"Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n" %
                               (world.offhook.token.encode(), length))
            return connection.recv(4096)

    begun = time.monotonic()
    answers = await asyncio.gather(*(asyncio.to_thread(ask, length)
                                     for length in (MOST + 1, 99999999999, 2**63 - 1, 2**64 + 5, 10**22)))
    for answer in answers:
        assert answer == b"" or answer.split(b" ")[1] in (b"400", b"408", b"413"), answer
    assert time.monotonic() - begun < 19
    await unchanged(world, alice, bob, history)


async def test_a_body_that_breaks_off_is_nothing(world):
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    head = (b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nAuthorization: Bearer " +
            world.offhook.token.encode() + b"\r\n")

    def ask(rest):
        with socket.create_connection(("127.0.0.1", world.offhook.http_port), timeout=5) as connection:
            connection.sendall(head + rest)
            connection.shutdown(socket.SHUT_WR)
            return connection.recv(4096)

    chunk = b"%x\r\n%s\r\n" % (len(ANSWERED), ANSWERED)
    for rest in (b"Content-Length: %d\r\n\r\n%s" % (len(ANSWERED) + 1, ANSWERED),
                 b"Transfer-Encoding: chunked\r\n\r\n" + chunk,
                 b"Transfer-Encoding: chunked\r\n\r\n" + chunk + b"zz\r\n"):
        answer = await asyncio.to_thread(ask, rest)
        assert answer == b"" or answer.split(b" ")[1] in (b"400", b"413"), answer
    await unchanged(world, alice, bob, history)


# --- signatures


def sign(text):
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


@pytest.mark.parametrize("timed", [False, True])
async def test_a_signature_that_is_not_what_it_seems_is_refused(quiet_world, timed):
    world = quiet_world
    world.offhook.config["pbx"][0] = {
        "name": "hq", "tenant": world.xmpp.domain, "type": "webhook", "signature_timestamp": timed,
        "signature_secret_file": world.offhook._secret("signature", SECRET)}
    await asyncio.to_thread(world.start)
    alice, bob = await world.watched()
    now = int(time.time())
    good = f"t={now},v1={sign(f'{now}.'.encode() + ANSWERED)}" if timed else sign(ANSWERED)
    digest = sign(f"{now}.".encode() + ANSWERED)
    bad = [good[:-1], good + "0", good[:-1] + "g", " ".join(good), "0" * 64, "=" * 64, good * 50, "t=1,v1=" * 500,
           "\xff" * 64]
    if timed:
        bad += [f"v1={digest}", f"t={now}", f"t=,v1={digest}", f"t={now}x,v1={digest}", f"t=-{now},v1={digest}",
                f"t=99999999999999999999,v1={digest}", f"t={now}.0,v1={digest}", f"t={now + 1},v1={digest}",
                f"t={now},v1={sign(ANSWERED)}", f"t={now - 400},v1={sign(f'{now - 400}.'.encode() + ANSWERED)}",
                f"t={now},v0={digest}"]

    async def post(header, body=ANSWERED):
        return await world.request("POST", "/v1/pbx/hq/events", body=body, headers={"X-Signature": header})

    for count, header in enumerate(bad):
        if count == 15:  # so many in a minute are not 401, but 429, which is tested elsewhere
            assert await asyncio.to_thread(world.offhook.stop) == 0
            await asyncio.to_thread(world.start)
        response = await post(header)
        assert response.status == 401 and response.json["status"] == 401, (header, response)
    response = await post(good, ANSWERED + b" ")
    assert response.status == 401, response
    assert world.query("SELECT count(*) FROM legs") == [(0,)]
    await alice.sees(bob, id="available")
    response = await post(good)
    assert response.status == 200, response
    await alice.sees(bob, id="on-call")
    again = await post(good)
    assert again.status == (401 if timed else 200), again
    assert SECRET not in world.offhook.log()
