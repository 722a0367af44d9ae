"""Bad input over HTTP: each gets a clear error and changes nothing."""

import asyncio
import json
import re
import socket
import time

import pytest

# This border does not know which XMPP server there is.
pytestmark = pytest.mark.parametrize("xmpp", ["prosody"], indirect=True)

EVENTS = "/v1/pbx/hq/events"
GOOD = {"event": "answered", "call": "call-1", "extension": "1001"}


def is_problem(response, status):
    assert response.status == status, response
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json["status"] == status and response.json["title"]
    return response.json


async def nothing_changed(world, alice, bob, history):
    await alice.settle()
    assert len(alice.history(bob)) == history
    assert world.query("SELECT count(*) FROM legs") == [(0,)]


@pytest.mark.parametrize("body, names", [
    (b"", ""),
    (b"{", ""),
    (b'{"event":"answered"', ""),
    (b"null", ""),
    (b'"text"', ""),
    (b"[1]", "[0]"),
    (b"\xff\xfe", ""),
    (b'{"event":"answered","call":"\xc3\x28","extension":"1001"}', ""),
    (b'{"event":"answered","call":"a","call":"b","extension":"1001"}', ""),
    (b"[" * 100000, ""),
    (b'{"event":' + b"[" * 5000 + b"]" * 5000 + b"}", ""),
    ({**GOOD, "event": "exploded"}, "event"),
    ({**GOOD, "event": 7}, "event"),
    ({**GOOD, "call": 7}, "call"),
    ({**GOOD, "call": ""}, "call"),
    ({**GOOD, "call": "x" * 256}, "call"),
    ({**GOOD, "call": "line\nbreak"}, "call"),
    (b'{"event":"answered","call":"nul\\u0000","extension":"1001"}', ""),
    ({**GOOD, "call": "escape\x1b[31m"}, "call"),
    ({**GOOD, "extension": "1" * 65}, "extension"),
    ({**GOOD, "extension": None}, "extension"),
    ({**GOOD, "extension": ["1001"]}, "extension"),
    ({"event": "answered", "extension": "1001"}, "call"),
    ({"event": "answered", "call": "a"}, "extension"),
    ({**GOOD, "direction": "sideways"}, "direction"),
    ({**GOOD, "kind": "seance"}, "kind"),
    ({**GOOD, "at": "yesterday"}, "at"),
    ({**GOOD, "at": 1234567890}, "at"),
    ({**GOOD, "id": "x" * 256}, "id"),
    ([GOOD, {**GOOD, "event": "exploded"}], "[1].event"),
])
async def test_a_bad_event_is_400_names_the_field_and_changes_nothing(world, body, names):
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    response = await world.request("POST", EVENTS, body=body, token=world.offhook.token)
    problem = is_problem(response, 400)
    assert names in json.dumps(problem)
    await nothing_changed(world, alice, bob, history)
    await world.event("answered")
    await alice.sees(bob, id="on-call")


async def test_tokens_and_scopes_are_told_apart(world):
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    for headers in ({}, {"Authorization": "Bearer wrong-token-0123456789"}, {"Authorization": "Basic YTpi"},
                    {"Authorization": "Bearer "}, {"Authorization": "Bearer " + "x" * 4000}):
        response = await world.request("POST", EVENTS, body=GOOD, headers=headers)
        is_problem(response, 401)
        assert "Bearer" in response.headers["WWW-Authenticate"]
    is_problem(await world.request("POST", EVENTS, body=GOOD, token=world.offhook.reader_token), 403)
    is_problem(await world.request("GET", f"/v1/people/{world.user('bob')}/presence", token=world.offhook.token), 403)
    await nothing_changed(world, alice, bob, history)


async def test_another_pbx_is_403_and_an_unknown_one_404(quiet_world):
    world = quiet_world
    world.offhook.config["pbx"].append({"name": "branch", "tenant": world.xmpp.domain, "type": "webhook",
                                        "token": "branch-token-0123456789"})
    await asyncio.to_thread(world.start)
    is_problem(await world.request("POST", "/v1/pbx/branch/events", body=GOOD, token=world.offhook.token), 403)
    unknown = await world.request("POST", "/v1/pbx/nowhere/events", body=GOOD, token=world.offhook.token)
    assert unknown.status in (403, 404)
    is_problem(await world.request("GET", "/v1/people/nobody/presence", token=world.offhook.reader_token), 404)
    is_problem(await world.request("GET", "/nowhere", token=world.offhook.reader_token), 404)


async def test_wrong_methods_and_types_are_named(world):
    response = await world.request("GET", EVENTS, token=world.offhook.token)
    is_problem(response, 405)
    assert "POST" in response.headers["Allow"]
    response = await world.request("POST", EVENTS, body=b"event=answered", token=world.offhook.token,
                                   headers={"Content-Type": "application/x-www-form-urlencoded"})
    is_problem(response, 415)
    response = await world.request("POST", EVENTS, body=json.dumps([GOOD]).encode(), token=world.offhook.token,
                                   headers={"Content-Type": "application/json; charset=utf-8"})
    assert response.status == 200


async def test_too_much_is_413(world):
    alice, bob = await world.watched()
    history = len(alice.history(bob))
    is_problem(await world.request("POST", EVENTS, body=[{**GOOD, "call": f"c{n}"} for n in range(1001)],
                                   token=world.offhook.token), 413)
    large = json.dumps({**GOOD, "padding": "x" * (1024 * 1024)}).encode()
    try:
        response = await world.request("POST", EVENTS, body=large, token=world.offhook.token)
        assert response.status == 413
    except OSError:
        pass  # the server may close before it has read all of it
    await nothing_changed(world, alice, bob, history)


@pytest.mark.parametrize("path", [
    "/v1/people/%00/presence", "/v1/people/%ff/presence", "/v1/people/%/presence", "/v1/people/../presence",
    "/v1/people/" + "x" * 5000 + "/presence", "/v1//people", "/v1/people?limit=-1", "/v1/people?limit=abc",
    "/v1/people?cursor=%27%3B--", "/v1/people?limit=99999999999999999999", "//", "/v1/people/%E2%82/presence",
])
async def test_a_strange_path_is_a_client_error(world, path):
    response = await world.request("GET", path, token=world.offhook.reader_token)
    assert 400 <= response.status < 500, response


def talk(port, data, timeout=5, pause=None):
    """Sends raw bytes, returns what comes back until the server closes or nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        connection.sendall(data)
        answer = b""
        try:
            while True:
                piece = connection.recv(65536)
                if not piece:
                    break
                answer += piece
                if pause is None and b"\r\n\r\n" in answer:
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


@pytest.mark.parametrize("request_bytes", [
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 60000 + b"\r\n\r\n",
    b"GET /" + b"y" * 60000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
    b"GET\r\n\r\n",
    b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n",
])
async def test_broken_http_is_refused_and_the_server_goes_on(world, request_bytes):
    answer = await asyncio.to_thread(talk, world.offhook.http_port, request_bytes, 3)
    assert answer == b"" or re.match(rb"HTTP/1\.[01] (400|404|405|408|411|413|414|431|501)", answer), answer[:200]
    assert (await world.request("GET", "/healthz")).status == 200


async def test_a_slow_client_is_cut_off_and_delays_nobody(world):
    alice, bob = await world.watched()

    def drip():
        begun = time.monotonic()
        with socket.create_connection(("127.0.0.1", world.offhook.http_port), timeout=5) as connection:
            connection.sendall(b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nX: ")
            connection.settimeout(0.5)
            while time.monotonic() - begun < 40:
                try:
                    connection.sendall(b"y")
                    if connection.recv(4096) == b"":
                        return time.monotonic() - begun
                except TimeoutError:
                    continue
                except OSError:
                    return time.monotonic() - begun
        return None

    dripping = asyncio.ensure_future(asyncio.to_thread(drip))
    response = await world.event("answered")
    assert response.milliseconds < 1000
    await alice.sees(bob, id="on-call")
    lasted = await dripping
    assert lasted is not None and 5 < lasted < 30, lasted


async def test_many_connections_do_not_shut_others_out_for_ever(quiet_world):
    world = quiet_world
    world.offhook.config["http"]["max_connections"] = 20
    await asyncio.to_thread(world.start)
    connections = [socket.create_connection(("127.0.0.1", world.offhook.http_port), timeout=5) for _ in range(60)]
    for connection in connections:
        connection.close()
    assert (await world.request("GET", "/healthz")).status == 200


async def test_guessing_tokens_is_slowed_down(world):
    statuses = []
    for n in range(30):
        response = await world.request("GET", "/v1/statuses", token=f"guess-{n}-0123456789")
        statuses.append(response.status)
    assert statuses[0] == 401 and statuses[-1] == 429
    limited = await world.request("GET", "/v1/statuses", token="guess-0123456789")
    assert int(limited.headers["Retry-After"]) >= 1
    assert (await world.event("answered")).status == 200, "who has a token is not locked out by who has not"
