/*
 * The last `version` of dialog-info (RFC 4235 section 4.1.2) of each entity of each PBX, by which documents
 * that come late are told from news.
 *
 * A document of the same version is news again: it may be one that was refused before. So is a full one of
 * version 0, as it begins a new subscription, and a full one of any version once nothing was heard of the
 * entity for LIMIT_DIALOG_QUIET_SECONDS, or the clock was set back since. The last LIMIT_DIALOG_ENTITIES
 * entities are remembered.
 */
#ifndef OFFHOOK_PBX_DIALOG_VERSIONS_H
#define OFFHOOK_PBX_DIALOG_VERSIONS_H

#include "base/clock.h"

struct dialog_versions;

struct dialog_versions *dialog_versions_new(void);
void dialog_versions_free(struct dialog_versions *versions); /* NULL is allowed */
/* False: it is late. Else it is remembered. */
bool dialog_versions_take(struct dialog_versions *versions, const char *pbx, const char *entity,
	uint32_t version, bool full, usec_t now) must_check;

#endif
