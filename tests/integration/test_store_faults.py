"""Faults around the database that a review proved, against the whole program; no XMPP server is needed."""

import contextlib
import threading

import psycopg
import pytest

from servers import Offhook, wait_until

LOCK_CLASS = 0x0FF40000  # first key of Offhook's advisory locks; the second is the tenant's id


class Nowhere:
    domain = "example.test"
    component = "presence.example.test"
    component_port = 1


class Alone:
    """An Offhook on a database of its own."""

    def __init__(self, directory, postgres):
        self.postgres = postgres
        self.database = postgres.create_database()
        self.offhook = Offhook(directory, Nowhere(), postgres.url(self.database))

    def serving(self):
        try:
            return self.offhook.request("GET", "/v1/statuses", token=self.offhook.reader_token).status == 200
        except OSError:
            return False

    def start(self):
        self.offhook.spawn()
        wait_until("Offhook serves", self.serving)

    def restart(self):
        assert self.offhook.stop() == 0
        self.start()

    def query(self, sql, *parameters):
        return self.postgres.query(self.database, sql, *parameters)

    @contextlib.contextmanager
    def connection(self, **options):
        with contextlib.closing(psycopg.connect(self.postgres.url(self.database), **options)) as connection:
            yield connection

    def tenant(self):
        return self.query("SELECT id FROM tenants")[0][0]


@pytest.fixture
def alone(postgres, tmp_path):
    alone = Alone(tmp_path, postgres)
    alone.start()
    yield alone
    alone.offhook.finish()
    postgres.drop_database(alone.database)


def test_a_lead_lost_while_loading_is_taken_again_when_it_is_free(alone):
    offhook, row = alone.offhook, alone.tenant()
    assert offhook.stop() == 0
    with alone.connection() as blocker, alone.connection(autocommit=True) as rival:
        blocker.execute("LOCK TABLE published IN ACCESS EXCLUSIVE MODE")
        offhook.spawn()
        wait_until("Offhook loads", lambda: alone.query(
            "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%%published%%'"
            " AND application_name = 'offhook' AND datname = %s", alone.database))
        taking = threading.Thread(target=rival.execute, args=(f"SELECT pg_advisory_lock({LOCK_CLASS}, {row})",))
        taking.start()
        wait_until("the rival waits", lambda: alone.query(
            "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"))
        alone.query("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                    " AND objid = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
                    row)
        taking.join()
        wait_until("Offhook gives up", lambda: "another process leads" in offhook.log())
        blocker.rollback()
        assert not alone.serving()
    wait_until("Offhook leads again", alone.serving)


def test_an_event_whose_row_is_refused_can_come_again(alone):
    alone.query("ALTER TABLE legs ADD CONSTRAINT no CHECK (call <> 'bad')")
    alone.offhook.allow_errors("refuses a row")
    assert alone.offhook.event("answered", "1001", "bad", id="one").status == 500
    assert alone.query("SELECT id FROM event_ids") == []
    alone.query("ALTER TABLE legs DROP CONSTRAINT no")
    again = alone.offhook.event("answered", "1001", "bad", id="one")
    assert (again.status, again.json["accepted"]) == (200, 1), again
    assert alone.query("SELECT call, state FROM legs") == [("bad", "active")]
    assert alone.query("SELECT id FROM event_ids") == [("one",)]


def test_a_trigger_that_objects_to_one_row_stops_no_other(alone):
    alone.query("CREATE FUNCTION object() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN"
                " IF NEW.call = 'bad' THEN RAISE EXCEPTION 'no'; END IF; RETURN NEW; END$$")
    alone.query("CREATE TRIGGER object BEFORE INSERT ON legs FOR EACH ROW EXECUTE FUNCTION object()")
    alone.offhook.allow_errors("refuses a row")
    assert alone.offhook.event("answered", "1001", "bad").status == 500
    assert alone.offhook.event("answered", "1002", "good").status == 200
    assert alone.query("SELECT call FROM legs") == [("good",)]


def test_a_lease_without_end_keeps_nothing_from_being_loaded(alone):
    assert alone.offhook.event("answered", "1001", "c1").status == 200
    alone.query("UPDATE legs SET lease_until = 'infinity', changed_at = '-infinity'")
    alone.restart()
    assert alone.offhook.event("ended", "1001", "c1").status == 200


@pytest.mark.parametrize("user", ["offhook:hunter2@Secret!tail", "offhook:hunter2/x", "offhook:4711/hunter2"])
def test_a_password_that_is_not_encoded_is_nowhere_repeated(offhook_cli, user):
    offhook_cli.config["database"]["url"] = f"postgresql://{user}@127.0.0.1/offhook"
    offhook_cli.write_config()
    said = ""
    for option in ([], ["--migrate"]):
        result = offhook_cli.run("--config", offhook_cli.config_path, *option)
        assert result.returncode != 0
        said += result.stdout + result.stderr
    assert "percent-encode" in said
    for part in ("hunter2", "Secret", "tail", "4711"):
        assert part not in said
