"""Starting, stopping, reloading, standing by."""

import asyncio
import os
import signal

from servers import wait_until


def healthy(offhook):
    try:
        return offhook.request("GET", "/healthz").status == 200
    except OSError:
        return False


async def test_a_clean_shutdown_says_unavailable_and_a_start_says_the_truth(world):
    alice, bob = await world.watched()
    assert await asyncio.to_thread(world.offhook.stop) == 0
    await alice.sees(bob, type="unavailable")
    await asyncio.to_thread(world.offhook.start)
    await alice.sees(bob, id="available")


async def test_a_shutdown_writes_what_it_took(world):
    await asyncio.gather(*(world.event("answered", extension="1999", call=f"call-{n}") for n in range(50)))
    assert await asyncio.to_thread(world.offhook.stop) == 0
    assert world.query("SELECT count(*) FROM legs WHERE extension = '1999'") == [(50,)]


async def test_a_second_process_stands_by_and_takes_over(world):
    alice, bob = await world.watched()
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    standby = world.program("standby")
    standby.spawn()
    await asyncio.to_thread(wait_until, "standby is alive", lambda: healthy(standby))
    assert standby.request("GET", "/readyz").status == 503
    refused = standby.event("ended", "1001", "call-1")
    assert refused.status == 503 and refused.headers["Retry-After"]
    world.offhook.kill()
    await asyncio.to_thread(standby.wait_ready, 5)
    world.offhook = standby
    await world.event("ended")
    await alice.sees(bob, id="available", timeout=5)


async def test_sighup_takes_new_tokens_and_keeps_the_stream(world):
    alice, bob = await world.watched()
    before = world.offhook.stream_port()
    new = "another-token-0123456789abcdef"
    world.offhook.config["pbx"][0]["token"] = new
    world.offhook.write_config()
    world.offhook.child.send_signal(signal.SIGHUP)

    def taken():
        return world.offhook.request("POST", "/v1/pbx/hq/events", body=[], token=new).status == 200
    await asyncio.to_thread(wait_until, "the new token is taken", taken, 5)
    old = await world.event("answered", expect=None)
    assert old.status == 401
    world.offhook.token = new
    await world.event("answered")
    await alice.sees(bob, id="on-call")
    assert world.offhook.stream_port() == before


async def test_sighup_with_a_broken_file_changes_nothing_and_says_why(world):
    alice, bob = await world.watched()
    world.offhook.allow_errors(r"offhook\.toml:\d+:\d+")
    world.offhook.config_path.write_text("[log]\nlevel = 7\n")
    world.offhook.child.send_signal(signal.SIGHUP)
    await asyncio.to_thread(wait_until, "the reason is logged",
                            lambda: "offhook.toml:2:" in world.offhook.log(), 5)
    await world.event("answered")
    await alice.sees(bob, id="on-call")


async def test_secrets_are_not_logged(world):
    await world.watched()
    await world.event("answered", call="call-9")
    await world.request("GET", "/v1/statuses", token="a-wrong-token-0123456789")
    log = world.offhook.log()
    for secret in ("s3cret", world.offhook.token, world.offhook.reader_token, "a-wrong-token-0123456789"):
        assert secret not in log


async def test_a_stop_during_the_start_is_clean(quiet_world):
    program = quiet_world.offhook
    program.spawn()
    await asyncio.to_thread(wait_until, "it has said something", lambda: program.log() != "" or not program.running, 10)
    assert await asyncio.to_thread(program.stop) == 0


async def test_a_wrong_component_secret_is_said_and_the_process_goes_on(quiet_world):
    program = quiet_world.offhook
    program.config["tenant"][0]["secret"] = "wrong"
    program.allow_errors(r" xmpp ")
    program.spawn()
    await asyncio.to_thread(wait_until, "the refusal is logged", lambda: "not-authorized" in program.log(), 10)
    ready = await asyncio.to_thread(program.request, "GET", "/readyz")
    assert ready.status == 503 and quiet_world.xmpp.domain in ready.body.decode()
    assert program.running


async def test_metrics_are_open_on_loopback(world):
    await world.watched()
    await world.event("answered")
    response = await world.request("GET", "/metrics")
    assert response.status == 200
    names = {line.split("{")[0].split(" ")[0] for line in response.body.decode().splitlines() if line[:1] not in ("#", "")}
    assert names and all(name.startswith(("offhook_", "process_")) for name in names)


async def test_it_does_not_leave_descriptors_behind(world):
    alice, bob = await world.watched()
    await world.event("answered")
    before = len(os.listdir(f"/proc/{world.offhook.child.pid}/fd"))
    for n in range(200):
        await world.event("ringing", call=f"many-{n}")
    wait_until("connections are closed", lambda: len(os.listdir(f"/proc/{world.offhook.child.pid}/fd")) <= before + 2, 5)
