-- The audit for people who read it with SQL: one row for each change, what it changed as a line for each field.

-- Values that are lists, such as extensions or an order, are told as JSON; what became empty is "none".
CREATE FUNCTION audit_changes(before jsonb, after jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
	SELECT CASE
		WHEN jsonb_typeof(old) <> 'object' OR jsonb_typeof(new) <> 'object'
		THEN coalesce(old::text, 'none') || E' \u2192 ' || coalesce(new::text, 'none')
		ELSE coalesce((
			SELECT string_agg(k.key || ': ' || CASE
				WHEN old IS NULL OR NOT old ? k.key THEN new ->> k.key
				WHEN new IS NULL THEN old ->> k.key
				ELSE coalesce(nullif(old ->> k.key, ''), 'none') || E' \u2192 '
					|| coalesce(nullif(new ->> k.key, ''), 'none')
			END, E'\n' ORDER BY k.key)
			FROM (SELECT jsonb_object_keys(old) AS key UNION SELECT jsonb_object_keys(new)) AS k
			WHERE old ->> k.key IS DISTINCT FROM new ->> k.key
		), '')
	END
	FROM (SELECT nullif(before, 'null'), nullif(after, 'null')) AS x (old, new)
);
COMMENT ON FUNCTION audit_changes(jsonb, jsonb) IS
	'What differs, a line for each field, such as name: old, arrow, new; of a thing added or deleted all its fields';

CREATE VIEW audit_log AS
	SELECT a.id, t.domain, a.at, a.actor, a.action, a.subject, audit_changes(a.before, a.after) AS changes
	FROM audit a JOIN tenants t ON t.id = a.tenant_id;
COMMENT ON VIEW audit_log IS 'Who changed what, to be read: the table audit has before and after as JSON';
COMMENT ON COLUMN audit_log.id IS 'Grows with time; order by it';
COMMENT ON COLUMN audit_log.at IS 'When it was committed';
COMMENT ON COLUMN audit_log.domain IS 'The tenant';
COMMENT ON COLUMN audit_log.actor IS 'A bare JID; api:NAME is a client of the HTTP interface, auto the program itself';
COMMENT ON COLUMN audit_log.action IS 'The command, such as add-status, or end-call';
COMMENT ON COLUMN audit_log.subject IS 'What it was done to: a status''s id, a contact, an account, pbx:number';
COMMENT ON COLUMN audit_log.changes IS 'A line for each field that changed; empty when the action says it all';
