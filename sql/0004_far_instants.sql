-- Whoever writes rows by hand may write 'infinity', or a year that no number of microseconds holds. Reading
-- such an instant must not fail, or one row keeps everything from being loaded: it is the end of the year
-- 9999, and what lies before 1970 is the first microsecond after its beginning, as 0 would be "none".

CREATE OR REPLACE FUNCTION usec(at timestamptz) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE
	RETURN CASE
		WHEN at > timestamptz '9999-12-31 23:59:59Z' THEN 253402300799000000
		WHEN at < timestamptz 'epoch' THEN 1
		ELSE (date_part('epoch', at) * 1000000)::bigint
	END;
