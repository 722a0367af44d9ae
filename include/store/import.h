/*
 * Many people written at once, with an audit row for each, in one transaction: all of them or none.
 *
 * What the import was checked against may have changed in the database since, by another process or by psql.
 * So whoever is changed is locked and compared with what the engine knows, and when that is not the same any more,
 * nothing is written: read again and try again.
 */
#ifndef OFFHOOK_STORE_IMPORT_H
#define OFFHOOK_STORE_IMPORT_H

#include "core/people_import.h"
#include "store/db.h"

/* Adds the statements, for a query of their own. The last one has a row when the people were written, and none when
 * they are not what they were. False: it is too much for one statement. */
bool import_add_statements(struct query *query, const struct engine *engine,
	const struct people_import *import, const char *actor, struct error *error) must_check;
/* The same answer from PostgreSQL: it refused because of what others wrote at the same time. */
bool import_met_another(const struct db_outcome *outcome) must_check;

/* The fields of a person as the audit shows them, and as BEFORE in the SQL gives them. NULL is null. */
void import_add_person(struct buf *out, const char *name, const struct fact_person *person);
/* The same of table `p`. */
#define IMPORT_PERSON_SQL                                                                                    \
	"jsonb_build_object('contact', p.contact, 'jid', p.account, 'name', p.name, 'time_zone',"            \
	" p.time_zone, 'extensions', (SELECT coalesce(jsonb_agg(e.pbx || ':' || e.number ORDER BY"           \
	" (e.pbx || ':' || e.number) COLLATE \"C\"), '[]') FROM extensions e"                                \
	" WHERE e.tenant_id = p.tenant_id AND e.person_id = p.id))"

#endif
