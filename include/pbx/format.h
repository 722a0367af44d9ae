/*
 * PBX formats: one file each, a pure function from the bytes of a request to facts, and one row in the
 * table of pbx/format.c. A new format is one such file and one such row.
 */
#ifndef OFFHOOK_PBX_FORMAT_H
#define OFFHOOK_PBX_FORMAT_H

#include "core/fact.h"

struct dialog_versions;

struct pbx_source {
	const char *pbx;        /* name, copied into the facts */
	uint32_t lease_seconds; /* of its configuration */
	usec_t received;        /* when the body came: what formats without a time of their own go by */
	struct dialog_versions *versions; /* of dialog-info, see pbx/dialog_versions.h; NULL: all are news */
};

struct pbx_format {
	const char *name;
	const char *content_type;
	bool own; /* a PBX's own, posted to /v1/pbx/{pbx}/events/NAME */
	/* Appends facts to `list`. False: nothing usable, error->field is the path of the member at fault
	 * ("[3].call"); `*too_many` is set when there are more than LIMIT_EVENTS_PER_POST. */
	bool (*parse)(const char *bytes, size_t length, const struct pbx_source *source,
		struct fact_list *list, bool *too_many, struct error *error);
};

const struct pbx_format *pbx_format_find(const char *name); /* NULL */

/* The generic formats of design section 7. */
bool pbx_events_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error) must_check;
bool pbx_calls_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error) must_check;

/* What PBXes send by themselves, see docs/pbx. What they contain besides calls of extensions makes no facts. */
bool pbx_yeastar_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error) must_check;
bool pbx_kamailio_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error) must_check;
bool pbx_dialog_info_parse(const char *bytes, size_t length, const struct pbx_source *source,
	struct fact_list *list, bool *too_many, struct error *error) must_check;

#endif
