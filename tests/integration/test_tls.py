"""HTTP over TLS: versions, certificates that change and certificates that are wrong."""

import http.client
import json
import os
import re
import socket
import ssl
import subprocess

import pytest

from servers import wait_until
from test_store_faults import Alone


def make_certificate(directory, name, *options):
    """A self-signed certificate and its key."""
    cert, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert,
                    *(options or ["-nodes"])], check=True, capture_output=True)
    key.chmod(0o600)
    return cert, key


def context_for(cert):
    return ssl.create_default_context(cafile=cert)


def connect(offhook, context):
    connection = socket.create_connection(("127.0.0.1", offhook.http_port), timeout=20)
    return context.wrap_socket(connection, server_hostname="127.0.0.1")


def request(offhook, cert, method, path, body=None, token=None):
    connection = http.client.HTTPSConnection("127.0.0.1", offhook.http_port, timeout=20, context=context_for(cert))
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {})}
    connection.request(method, path, body=body, headers=headers)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def peer_name(offhook, cert):
    with connect(offhook, context_for(cert)) as connection:
        return dict(part[0] for part in connection.getpeercert()["subject"])["commonName"]


@pytest.fixture
def secure(postgres, tmp_path):
    """An Offhook that speaks TLS, and serves."""
    alone = Alone(tmp_path, postgres)
    alone.cert, alone.key = make_certificate(tmp_path, "first")
    alone.offhook.config["http"] |= {"tls_cert": alone.cert.name, "tls_key": str(alone.key)}

    def serving():
        try:
            return request(alone.offhook, alone.cert, "GET", "/v1/statuses", token=alone.offhook.reader_token)[0] == 200
        except OSError:
            return False

    alone.serving = serving
    alone.start()
    yield alone
    alone.offhook.finish()
    postgres.drop_database(alone.database)


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_requests_are_answered_over_tls(secure, version):
    context = context_for(secure.cert)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with connect(secure.offhook, context) as connection:
        assert connection.version() == version.replace("_", ".")
        for _ in range(3):  # on one connection
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: offhook\r\n\r\n")
            answer = http.client.HTTPResponse(connection)
            answer.begin()
            assert (answer.status, json.loads(answer.read())) == (200, {"status": "ok"})
    event = b'{"event":"answered","call":"c1","extension":"1001"}'
    assert request(secure.offhook, secure.cert, "POST", "/v1/pbx/hq/events", event, secure.offhook.token)[0] == 200
    many = b"[" + b",".join([event] * 1000) + b"]"
    assert request(secure.offhook, secure.cert, "POST", "/v1/pbx/hq/events", many, secure.offhook.token)[0] == 200
    assert request(secure.offhook, secure.cert, "POST", "/v1/pbx/hq/events", b" " * (1024 * 1024 + 1),
                   secure.offhook.token)[0] == 413


def test_old_versions_and_plain_http_are_refused_and_broken_handshakes_do_no_harm(secure):
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connect(secure.offhook, old)
    for bytes_sent in (b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n", b"", b"\x16\x03\x01", b"\x16\x03\x01\x02\x00\x01", os.urandom(5000)):
        for _ in range(5):
            with socket.create_connection(("127.0.0.1", secure.offhook.http_port), timeout=20) as connection:
                connection.sendall(bytes_sent)
                if bytes_sent[:3] == b"GET":
                    try:
                        assert not connection.recv(1000).startswith(b"HTTP")
                    except ConnectionResetError:
                        pass
    for _ in range(5):  # left in the middle of a request
        with connect(secure.offhook, context_for(secure.cert)) as connection:
            connection.sendall(b"POST /v1/pbx/hq/events HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n[")
    assert secure.serving()


def test_a_new_certificate_is_taken_at_sighup_and_a_broken_one_is_not(secure, tmp_path):
    offhook = secure.offhook
    offhook.allow_errors("not reloaded: tls_key")
    assert peer_name(offhook, secure.cert) == "first"
    held = connect(offhook, context_for(secure.cert))
    second, key = make_certificate(tmp_path, "second")
    secure.cert.write_bytes(second.read_bytes())
    offhook.child.send_signal(1)
    wait_until("it is not taken: the key is another's", lambda: "not reloaded: tls_key" in offhook.log())
    with pytest.raises(ssl.SSLCertVerificationError):
        peer_name(offhook, second)
    secure.key.write_bytes(key.read_bytes())
    offhook.child.send_signal(1)
    wait_until("it is taken", lambda: "configuration reloaded" in offhook.log())
    assert peer_name(offhook, second) == "second"
    with held:
        held.sendall(b"GET /healthz HTTP/1.1\r\nHost: offhook\r\n\r\n")
        assert held.recv(1000).startswith(b"HTTP/1.1 200")


def test_the_stream_is_heard_over_tls_and_ends_in_order(secure):
    offhook = secure.offhook
    for goodbye in (False, True):
        connection = connect(offhook, context_for(secure.cert))
        connection.sendall(f"GET /v1/stream HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {offhook.reader_token}\r\n\r\n".encode())
        text = b""
        while b"event: complete" not in text:
            part = connection.recv(10000)
            assert part, text
            text += part
        if not goodbye:
            connection.close()
            continue
        offhook.child.terminate()
        while not text.endswith(b"0\r\n\r\n"):
            part = connection.recv(10000)
            assert part, text
            text += part
        connection.close()
        assert offhook.child.wait(20) == 0


@pytest.mark.parametrize("wrong, reason", [
    ("no certificate", "tls_cert .*nowhere.pem: No such file or directory"),
    ("no key", "tls_key .*nowhere.key: No such file or directory"),
    ("not a certificate", "tls_cert .*first.key: has none in PEM form"), ("not a key", "tls_key .*first.pem: has none in PEM form"),
    ("another's key", "tls_key .*second.key: key values mismatch"),
    ("a passphrase", "tls_key .*locked.key: is locked by a passphrase"), ("an open key", "tls_key .*first.key: must not be open to others"),
    ("a folder", "tls_cert .*: is not a regular file")])
def test_what_is_wrong_with_certificate_or_key_is_said_at_the_start(offhook_cli, tmp_path, wrong, reason):
    cert, key = make_certificate(tmp_path, "first")
    if wrong == "no certificate":
        cert = tmp_path / "nowhere.pem"
    elif wrong == "no key":
        key = tmp_path / "nowhere.key"
    elif wrong == "not a certificate":
        cert = key
    elif wrong == "not a key":
        key = cert
        key.chmod(0o600)
    elif wrong == "another's key":
        key = make_certificate(tmp_path, "second")[1]
    elif wrong == "a passphrase":
        cert, key = make_certificate(tmp_path, "locked", "-passout", "pass:hunter2")
    elif wrong == "an open key":
        key.chmod(0o644)
    elif wrong == "a folder":
        cert = tmp_path
    offhook_cli.config["http"] |= {"listen": "0.0.0.0:" + offhook_cli.config["http"]["listen"].split(":")[1],
                                   "tls_cert": str(cert), "tls_key": str(key)}
    offhook_cli.write_config()
    for options, status in (([], 1), (["--check"], 2)):
        result = offhook_cli.run("--config", offhook_cli.config_path, *options)
        assert result.returncode == status, result
        assert re.search(reason, result.stderr), result
        assert "hunter2" not in result.stderr
