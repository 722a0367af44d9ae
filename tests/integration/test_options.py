"""The command line and the configuration file: what it says about mistakes."""

import re

import pytest


def check(program, text=None, environment=None, arguments=("--check",)):
    program.write_config()
    if text is not None:
        program.config_path.write_text(text)
    return program.run("--config", program.config_path, *arguments, environment=environment)


def test_version_and_help(offhook_cli):
    version = offhook_cli.run("--version")
    assert version.returncode == 0 and re.fullmatch(r"offhook \d+\.\d+\.\d+\n", version.stdout)
    usage = offhook_cli.run("--help")
    assert usage.returncode == 0
    for option in ("--config", "--check", "--migrate", "--new-token", "--version"):
        assert option in usage.stdout


@pytest.mark.parametrize("arguments", [["--nonsense"], ["--config"], ["extra"]])
def test_wrong_usage_is_exit_2_with_a_hint(offhook_cli, arguments):
    result = offhook_cli.run(*arguments)
    assert result.returncode == 2 and "--help" in result.stderr and result.stdout == ""


def test_a_new_token_comes_with_its_sha256(offhook_cli):
    import hashlib
    words = re.findall(r"[A-Za-z0-9_+/=-]{32,}", offhook_cli.run("--new-token").stdout)
    assert len(words) == 2
    token, digest = words
    assert hashlib.sha256(token.encode()).hexdigest() == digest
    assert token not in offhook_cli.run("--new-token").stdout


def test_a_good_configuration_passes(offhook_cli):
    result = check(offhook_cli)
    assert (result.returncode, result.stderr) == (0, ""), result


def test_the_example_configuration_passes(offhook_cli, tmp_path):
    from servers import ROOT
    text = (ROOT / "config.example.toml").read_text()
    for name in re.findall(r'^\s*\w+_file = "([^"]+)"', text, re.MULTILINE):
        path = tmp_path / name.strip("/").replace("/", "_")
        path.write_text("a-secret-0123456789abcdef\n")
        path.chmod(0o600)
        text = text.replace(f'"{name}"', f'"{path}"')
    result = check(offhook_cli, text, {name: "from-the-environment" for name in re.findall(r"\$\{(\w+)\}", text)})
    assert result.returncode == 0, result


GOOD = """[database]
url = "postgresql:///offhook"
[http]
listen = "127.0.0.1:8088"
[[tenant]]
domain = "example.org"
component = "presence.example.org"
server = "127.0.0.1:5347"
secret = "hush-hush"
admins = ["admin@example.org"]
[[pbx]]
name = "hq"
tenant = "example.org"
type = "webhook"
token = "0123456789abcdef0123"
"""


@pytest.mark.parametrize("old, new, line, key", [
    ("[http]", "[http]\nlisten_on = 1", 4, "listen_on"),
    ("[http]", "[htp]", 3, "htp"),
    ('"127.0.0.1:8088"', "8088", 4, "listen"),
    ('"127.0.0.1:8088"', '"127.0.0.1:99999"', 4, "listen"),
    ('"127.0.0.1:8088"', '"0.0.0.0:8088"', 4, "listen"),
    ('"127.0.0.1:5347"', '"127.0.0.1"', 8, "server"),
    ('domain = "example.org"\ncomponent', 'domain = "exa mple.org"\ncomponent', 6, "domain"),
    ('admins = ["admin@example.org"]', 'admins = "admin@example.org"', 10, "admins"),
    ('admins = ["admin@example.org"]', 'admins = ["admin"]', 10, "admins"),
    ('tenant = "example.org"', 'tenant = "example.net"', 13, "tenant"),
    ('type = "webhook"', 'type = "carrier-pigeon"', 14, "type"),
    ('name = "hq"', 'name = "H Q"', 12, "name"),
    ('secret = "hush-hush"', 'secret = "${OFFHOOK_NOT_SET}"', 9, "secret"),
    ('secret = "hush-hush"', 'secret_file = "/nonexistent/secret"', 9, "secret_file"),
    ('secret = "hush-hush"\n', "", 5, "secret"),
    ('token = "0123456789abcdef0123"', 'token_sha256 = "abc"', 15, "token_sha256"),
    ('url = "postgresql:///offhook"', 'url = "postgresql:///offhook', 2, ""),
])
def test_a_mistake_is_named_with_file_line_column_key_and_reason(offhook_cli, old, new, line, key):
    assert old in GOOD
    result = check(offhook_cli, GOOD.replace(old, new, 1))
    assert result.returncode == 2, result
    name = re.escape(str(offhook_cli.config_path))
    first = result.stderr.splitlines()[0]
    assert re.search(rf"{name}:{line}:\d+: .*{key}.*", first), first
    assert len(re.sub(rf".*{name}:\d+:\d+: ", "", first)) > len(key) + 5, "there is a reason"


def test_the_good_file_of_these_tests_is_good(offhook_cli):
    assert check(offhook_cli, GOOD).returncode == 0


def test_mistakes_in_secrets_do_not_print_them(offhook_cli):
    text = GOOD.replace('token = "0123456789abcdef0123"', 'token = "very-private-thing\\u0001"')
    result = check(offhook_cli, text.replace('secret = "hush-hush"', 'secret = "very-private-thing"\nsecret_file = "x"'))
    assert result.returncode == 2 and "very-private-thing" not in result.stderr + result.stdout


def test_a_secret_file_that_others_may_read_is_refused(offhook_cli):
    path = offhook_cli.directory / "open.secret"
    path.write_text("s3cret\n")
    path.chmod(0o644)
    result = check(offhook_cli, GOOD.replace('secret = "hush-hush"', 'secret_file = "open.secret"'))
    assert result.returncode == 2 and "secret_file" in result.stderr
    path.chmod(0o600)
    assert check(offhook_cli, GOOD.replace('secret = "hush-hush"', 'secret_file = "open.secret"')).returncode == 0


def test_values_come_from_the_environment(offhook_cli):
    text = GOOD.replace('"127.0.0.1:5347"', '"${OFFHOOK_TEST_SERVER}"')
    assert check(offhook_cli, text, {"OFFHOOK_TEST_SERVER": "127.0.0.1:5347"}).returncode == 0
    assert check(offhook_cli, text, {"OFFHOOK_TEST_SERVER": "nowhere"}).returncode == 2


def test_a_missing_file_is_exit_2(offhook_cli):
    result = offhook_cli.run("--config", offhook_cli.directory / "absent.toml", "--check")
    assert result.returncode == 2 and "absent.toml" in result.stderr


def test_a_file_that_is_not_text_is_exit_2(offhook_cli):
    offhook_cli.config_path.write_bytes(b"\xff\xfe\x00[database]\n" * 100)
    result = offhook_cli.run("--config", offhook_cli.config_path, "--check")
    assert result.returncode == 2 and result.stderr


def test_migrate_makes_the_tables_once(postgres, offhook_cli):
    database = postgres.create_database()
    offhook_cli.config["database"]["url"] = postgres.url(database)
    first = check(offhook_cli, arguments=("--migrate",))
    assert first.returncode == 0, first
    versions = postgres.query(database, "SELECT version FROM schema_version ORDER BY version")
    assert versions and [row[0] for row in versions] == list(range(1, len(versions) + 1))
    assert len(first.stdout.splitlines()) >= len(versions)
    again = check(offhook_cli, arguments=("--migrate",))
    assert again.returncode == 0
    assert postgres.query(database, "SELECT version FROM schema_version ORDER BY version") == versions


def test_a_newer_schema_is_refused(postgres, offhook_cli):
    database = postgres.create_database()
    offhook_cli.config["database"]["url"] = postgres.url(database)
    assert check(offhook_cli, arguments=("--migrate",)).returncode == 0
    postgres.query(database, "INSERT INTO schema_version (version, name, sha256) VALUES (9999, 'later', 'x')")
    result = check(offhook_cli, arguments=("--migrate",))
    assert result.returncode == 1 and "newer" in result.stderr


def test_a_migration_that_was_changed_afterwards_is_refused(postgres, offhook_cli):
    database = postgres.create_database()
    offhook_cli.config["database"]["url"] = postgres.url(database)
    assert check(offhook_cli, arguments=("--migrate",)).returncode == 0
    postgres.query(database, "UPDATE schema_version SET sha256 = 'tampered' WHERE version = 1")
    assert check(offhook_cli, arguments=("--migrate",)).returncode == 1


def test_migrate_without_a_database_is_exit_1(offhook_cli):
    result = check(offhook_cli, arguments=("--migrate",))
    assert result.returncode == 1 and result.stderr
