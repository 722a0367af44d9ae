-- Whoever changes people, statuses or policy tells it on the channel "offhook", with the tenant's id and
-- nothing else: the listener reads what is true by then.

CREATE FUNCTION tell_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('offhook', t.tenant_id::text) FROM (SELECT DISTINCT tenant_id FROM changed) AS t;
	RETURN NULL;
END
$$;

DO $$
DECLARE
	watched text;
BEGIN
	FOREACH watched IN ARRAY ARRAY['policies', 'statuses', 'people', 'extensions', 'admins'] LOOP
		EXECUTE format('CREATE TRIGGER tell_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS changed
			FOR EACH STATEMENT EXECUTE FUNCTION tell_tenant()', watched);
		EXECUTE format('CREATE TRIGGER tell_update AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed
			FOR EACH STATEMENT EXECUTE FUNCTION tell_tenant()', watched);
		EXECUTE format('CREATE TRIGGER tell_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS changed
			FOR EACH STATEMENT EXECUTE FUNCTION tell_tenant()', watched);
	END LOOP;
END
$$;
