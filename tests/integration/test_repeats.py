"""An event that is sent again before the first is committed: both are answered together, and alike."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from servers import wait_until
from test_store_faults import alone  # noqa: F401 (a fixture)


def waits_for_the_table(alone):
    return alone.query("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'offhook'"
                       " AND datname = %s", alone.database)


@pytest.mark.parametrize("accepted", [True, False])
def test_a_repeated_event_shares_the_fate_of_the_first(alone, accepted):  # noqa: F811
    alone.offhook.allow_errors("refuses a row")
    with alone.connection() as database, ThreadPoolExecutor() as senders:
        database.execute("LOCK TABLE legs IN ACCESS EXCLUSIVE MODE")
        first = senders.submit(alone.offhook.event, "answered", "1001", "bad", id="one")
        wait_until("the first event waits", lambda: waits_for_the_table(alone))
        again = senders.submit(alone.offhook.event, "answered", "1001", "bad", id="one")
        wait_until("the second one is taken", lambda: "offhook_events_duplicate_total 1" in alone.offhook.request(
            "GET", "/metrics").body.decode())
        assert not first.done() and not again.done()
        if not accepted:
            database.execute("ALTER TABLE legs ADD CONSTRAINT no CHECK (call <> 'bad')")
        database.commit()
        first, again = first.result(), again.result()
    if accepted:
        assert (first.status, first.json["duplicates"]) == (200, 0), first
        assert (again.status, again.json["duplicates"]) == (200, 1), again
        return
    assert first.status == 500, first
    assert again.status == 503 and again.headers["Retry-After"] == "1", again
    alone.query("ALTER TABLE legs DROP CONSTRAINT no")
    once_more = alone.offhook.event("answered", "1001", "bad", id="one")
    assert (once_more.status, once_more.json["accepted"]) == (200, 1), once_more
    assert alone.query("SELECT id FROM event_ids") == [("one",)]
