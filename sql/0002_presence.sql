-- What is known of people: choices, messages, calls, phones; and who watches whom. One row is the whole
-- state of its key, so that writing it twice does no harm.

CREATE TABLE choices (
	tenant_id bigint NOT NULL,
	person_id bigint NOT NULL,
	standing_status bigint,
	standing_message text NOT NULL DEFAULT '',
	standing_source text,
	standing_at timestamptz,
	timed_status bigint,
	timed_message text NOT NULL DEFAULT '',
	timed_source text,
	timed_at timestamptz,
	timed_until timestamptz,
	PRIMARY KEY (tenant_id, person_id),
	FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE,
	FOREIGN KEY (tenant_id, standing_status) REFERENCES statuses (tenant_id, id),
	FOREIGN KEY (tenant_id, timed_status) REFERENCES statuses (tenant_id, id),
	CHECK ((timed_status IS NULL) = (timed_until IS NULL))
);
COMMENT ON TABLE choices IS 'What a person picked: a standing choice and a timed one that covers it. No row: never chose';
COMMENT ON COLUMN choices.standing_status IS 'Null: none, that is Available';

CREATE TABLE messages (
	tenant_id bigint NOT NULL,
	person_id bigint NOT NULL,
	text text NOT NULL,
	until_at timestamptz,
	PRIMARY KEY (tenant_id, person_id),
	FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
COMMENT ON TABLE messages IS 'A person''s own standing text';

CREATE TABLE phones (
	tenant_id bigint NOT NULL REFERENCES tenants,
	pbx text COLLATE "C" NOT NULL,
	number text COLLATE "C" NOT NULL,
	registered boolean NOT NULL,
	changed_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, pbx, number)
);
COMMENT ON TABLE phones IS 'Whether a phone of that number is registered, as the PBX says; also for numbers that are nobody''s';

CREATE TABLE legs (
	tenant_id bigint NOT NULL REFERENCES tenants,
	pbx text COLLATE "C" NOT NULL,
	call text COLLATE "C" NOT NULL,
	leg text COLLATE "C" NOT NULL,
	extension text COLLATE "C" NOT NULL,
	state text NOT NULL CHECK (state IN ('ringing', 'active', 'held', 'ended')),
	kind text NOT NULL CHECK (kind IN ('call', 'meeting')),
	direction text NOT NULL CHECK (direction IN ('', 'inbound', 'outbound')),
	at timestamptz,
	changed_at timestamptz NOT NULL,
	since timestamptz,
	lease_until timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, pbx, call, leg, extension)
);
CREATE INDEX legs_forgotten ON legs (lease_until) WHERE state = 'ended';
COMMENT ON TABLE legs IS 'An extension''s part in a call, also of extensions that are nobody''s';
COMMENT ON COLUMN legs.leg IS 'The PBX''s id of the leg; empty when it gives none';
COMMENT ON COLUMN legs.at IS 'The PBX''s time of the last event that had one';
COMMENT ON COLUMN legs.lease_until IS 'When a live leg ends by itself, when an ended one is forgotten';

CREATE TABLE event_ids (
	tenant_id bigint NOT NULL REFERENCES tenants,
	pbx text COLLATE "C" NOT NULL,
	id text COLLATE "C" NOT NULL,
	at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, pbx, id)
);
CREATE INDEX event_ids_newest ON event_ids (tenant_id, pbx, at);
CREATE INDEX event_ids_at ON event_ids (at);
COMMENT ON TABLE event_ids IS 'Idempotency ids of call events, kept seven days';

CREATE TABLE watchers (
	tenant_id bigint NOT NULL REFERENCES tenants,
	contact text COLLATE "C" NOT NULL,
	watcher text COLLATE "C" NOT NULL,
	heard_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, contact, watcher)
);
COMMENT ON TABLE watchers IS 'Who gets the presence of a contact address, which may be nobody''s yet';
COMMENT ON COLUMN watchers.heard_at IS 'When the watcher was last heard of';

CREATE TABLE published (
	tenant_id bigint NOT NULL REFERENCES tenants,
	contact text COLLATE "C" NOT NULL,
	digest bigint NOT NULL,
	PRIMARY KEY (tenant_id, contact)
);
COMMENT ON TABLE published IS 'Digest of what was last handed out completely to the watchers of a contact';
