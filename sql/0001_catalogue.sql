-- Who there is and what they may choose: tenants, policy, statuses, people, administrators, audit.
-- Keys of text are in the collation "C": they are compared as bytes, and no change of the operating
-- system's locale data can disturb their indexes.

CREATE TABLE schema_version (
	version integer PRIMARY KEY,
	name text NOT NULL,
	sha256 text NOT NULL,
	applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE schema_version IS 'Migrations that were applied, with the SHA-256 of their text';

-- The program counts time in microseconds since 1970 (usec_t). Instants travel as such numbers.
CREATE FUNCTION instant(usec bigint) RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE
	RETURN timestamptz 'epoch' + usec * interval '1 microsecond';
CREATE FUNCTION usec(at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
	RETURN (date_part('epoch', at) * 1000000)::bigint;

CREATE TABLE tenants (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	domain text COLLATE "C" NOT NULL CONSTRAINT tenants_domain UNIQUE,
	component text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenants IS 'One XMPP domain whose people see each other, and the component address that serves it';

CREATE TABLE policies (
	tenant_id bigint NOT NULL REFERENCES tenants,
	key text COLLATE "C" NOT NULL,
	value text NOT NULL,
	PRIMARY KEY (tenant_id, key)
);
COMMENT ON TABLE policies IS 'How a tenant bends the rules of presence; a key that is missing has its default';

CREATE TABLE statuses (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenant_id bigint NOT NULL REFERENCES tenants,
	slug text COLLATE "C" NOT NULL CHECK (slug ~ '^[a-z0-9-]{1,64}$'),
	name text NOT NULL CHECK (length(name) BETWEEN 1 AND 64),
	name_folded text COLLATE "C" NOT NULL,
	show text NOT NULL CHECK (show IN ('available', 'chat', 'away', 'xa', 'dnd', 'unavailable')),
	kind text NOT NULL CHECK (kind IN ('builtin', 'automatic', 'custom')),
	call_action text NOT NULL DEFAULT 'none' CHECK (call_action IN ('none', 'dnd', 'follow-me')),
	icon text NOT NULL DEFAULT '' CHECK (octet_length(icon) <= 64),
	color text NOT NULL CHECK (color ~ '^#[0-9A-F]{6}$'),
	text text NOT NULL DEFAULT '' CHECK (length(text) <= 80),
	activity text NOT NULL DEFAULT '',
	default_expiry integer CHECK (default_expiry > 0),
	when_offline boolean NOT NULL DEFAULT false,
	position integer NOT NULL DEFAULT 0 CHECK (position >= 0),
	enabled boolean NOT NULL DEFAULT true,
	deleted_at timestamptz,
	UNIQUE (tenant_id, id),
	CONSTRAINT statuses_slug UNIQUE (tenant_id, slug)
);
CREATE UNIQUE INDEX statuses_name ON statuses (tenant_id, name_folded) WHERE deleted_at IS NULL;
COMMENT ON TABLE statuses IS 'The catalogue; a slug is never used again, so deleted statuses stay';
COMMENT ON COLUMN statuses.name_folded IS 'The name, case-folded by the program: what makes names unique';
COMMENT ON COLUMN statuses.default_expiry IS 'Minutes';

CREATE TABLE people (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenant_id bigint NOT NULL REFERENCES tenants,
	contact text COLLATE "C" NOT NULL CHECK (contact <> ''),
	account text COLLATE "C",
	name text NOT NULL,
	time_zone text,
	feed text NOT NULL DEFAULT 'none' CHECK (feed IN ('none', 'asked', 'active', 'refused')),
	preferences jsonb NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	UNIQUE (tenant_id, id),
	CONSTRAINT people_contact UNIQUE (tenant_id, contact),
	CONSTRAINT people_account UNIQUE (tenant_id, account)
);
COMMENT ON TABLE people IS 'Somebody of a tenant: contact address, account if there is one, name';
COMMENT ON COLUMN people.account IS 'Bare JID; null for somebody who has only a desk phone';
COMMENT ON COLUMN people.time_zone IS 'IANA name; null: the tenant''s';

CREATE TABLE extensions (
	tenant_id bigint NOT NULL,
	pbx text COLLATE "C" NOT NULL,
	number text COLLATE "C" NOT NULL CHECK (number <> '' AND number !~ '[[:cntrl:]]'),
	person_id bigint NOT NULL,
	CONSTRAINT extensions_number PRIMARY KEY (tenant_id, pbx, number),
	FOREIGN KEY (tenant_id, person_id) REFERENCES people (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX extensions_person ON extensions (tenant_id, person_id);
COMMENT ON TABLE extensions IS 'Whose a number on a PBX is; it belongs to at most one person';

CREATE TABLE admins (
	tenant_id bigint NOT NULL REFERENCES tenants,
	jid text COLLATE "C" NOT NULL,
	PRIMARY KEY (tenant_id, jid)
);
COMMENT ON TABLE admins IS 'Administrators added to those of the configuration file';

CREATE TABLE audit (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	tenant_id bigint NOT NULL REFERENCES tenants,
	at timestamptz NOT NULL DEFAULT now(),
	actor text NOT NULL,
	action text NOT NULL,
	subject text NOT NULL,
	before jsonb,
	after jsonb
);
CREATE INDEX audit_tenant ON audit (tenant_id, id);
COMMENT ON TABLE audit IS 'Who changed what, in the transaction of the change';
