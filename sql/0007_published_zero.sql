-- Nearly every call makes what was published doubtful. That is an update of one column now, in place where the page
-- has room, and not a row that goes and comes back.

ALTER TABLE published SET (fillfactor = 70);
COMMENT ON COLUMN published.digest IS '0: not known, as if there were no row';
