/*
 * Signatures with a time that were taken already, so that whoever overhears one cannot use it again.
 *
 * Of each PBX the last LIMIT_SIGNATURES within their time window are remembered. When there are more, those as
 * old as a forgotten one are refused as well: what cannot be told from a replay is one. The memory ends
 * with the process.
 */
#ifndef OFFHOOK_HTTP_REPLAYS_H
#define OFFHOOK_HTTP_REPLAYS_H

#include "base/signature.h"

struct replays;

struct replays *replays_new(void);
void replays_free(struct replays *replays); /* NULL is allowed */
/* Remembers it; false when it may have been there before. */
bool replays_add(
	struct replays *replays, const char *pbx, const struct signature *signature, usec_t now) must_check;
/* What it signed was not taken after all (503), and will be sent again. */
void replays_forget(struct replays *replays, const char *pbx, const char *key);

#endif
