-- A lock that is free does not say whether somebody had it meanwhile; a number that each lead leaves behind does.

ALTER TABLE tenants ADD lead bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tenants.lead IS 'How many times a process began to lead; who led before an outage sees whether another did since';
