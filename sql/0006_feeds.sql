-- Feeds: by which accounts the program learns of devices. They change with every first login, so they have
-- a table of their own, of which nobody is told. And what people chose last.

CREATE TABLE feeds (
	tenant_id bigint NOT NULL REFERENCES tenants,
	account text COLLATE "C" NOT NULL,
	state text NOT NULL CHECK (state IN ('asked', 'active', 'refused')),
	PRIMARY KEY (tenant_id, account)
);
COMMENT ON TABLE feeds IS 'The component''s own subscriptions to accounts; no row: none';
COMMENT ON COLUMN feeds.account IS 'Bare JID; the tenant''s domain: its server tells of all accounts unasked (XEP-0356)';

ALTER TABLE people DROP COLUMN feed;
COMMENT ON COLUMN people.preferences IS 'Those that differ from the defaults: keys and values as in the command "preferences"';

ALTER TABLE choices ADD COLUMN recent bigint[] NOT NULL DEFAULT '{}';
COMMENT ON COLUMN choices.recent IS 'Statuses that were chosen last, the latest first';
