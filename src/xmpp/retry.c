/*
 * The ends of connections are explained here, and the next ones are put off.
 */
#include "xmpp/retry.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/loop.h"
#include "xmpp/namespaces.h"

#define RETRY_FIRST (SECOND / 10)
#define RETRY_MOST (2 * SECOND)
#define RETRY_REFUSED (4 * SECOND)
#define SETTLED_AFTER (10 * SECOND) /* an up-time after which the next loss is a first one again */
#define REMIND_AFTER (10 * MINUTE)  /* until the same reason is logged again */

static const struct {
	const char *condition;
	bool refused;
	const char *text;
} advice[] = {
	{"conflict", false,
		"; another connection has this address: with Prosody set component_conflict_resolve = "
		"\"kick_old\""},
	{"not-authorized", true, "; is the secret the server's, and the component configured there?"},
	{"host-unknown", true, "; the server has no such component"},
};

void retry_read_error(struct retry *retry, xmpp_stanza_t *error, struct buf *reason)
{
	const char *condition = "undefined-condition";
	const char *text = NULL;

	for (xmpp_stanza_t *child = xmpp_stanza_get_children(error); child != NULL;
		child = xmpp_stanza_get_next(child)) {
		const char *name = xmpp_stanza_get_name(child);
		const char *namespace_ = name != NULL ? xmpp_stanza_get_ns(child) : NULL;
		if (namespace_ == NULL || strcmp(namespace_, NS_STREAM_ERRORS) != 0)
			continue;
		xmpp_stanza_t *content = xmpp_stanza_get_children(child);
		if (strcmp(name, "text") != 0)
			condition = name;
		else if (content != NULL)
			text = xmpp_stanza_get_text_ptr(content);
	}
	buf_addf(reason, "the server closed the stream: %s", condition);
	if (text != NULL)
		buf_addf(reason, " (%s)", text);
	for (size_t i = 0; i < sizeof(advice) / sizeof(*advice); i++) {
		if (strcmp(condition, advice[i].condition) != 0)
			continue;
		retry->refused = advice[i].refused;
		buf_add_text(reason, advice[i].text);
	}
}

void retry_log(struct retry *retry, const char *subject, const char *reason, bool expected)
{
	usec_t now = clock_monotonic();
	bool again = strcmp(retry->last_reason, reason) == 0 && now - retry->reason_logged < REMIND_AFTER;

	if (expected || again) {
		log_debug(subject, "%s", reason);
		return;
	}
	if (retry->refused)
		log_error(subject, "%s", reason);
	else
		log_warn(subject, "%s", reason);
	snprintf(retry->last_reason, sizeof(retry->last_reason), "%s", reason);
	retry->reason_logged = now;
}

void retry_up(struct retry *retry)
{
	retry->up_since = clock_monotonic();
	retry->last_reason[0] = '\0';
}

void retry_down(struct retry *retry)
{
	if (clock_monotonic() - retry->up_since > SETTLED_AFTER)
		retry->attempts = 0;
}

usec_t retry_delay(struct retry *retry)
{
	bool refused = retry->refused;

	retry->refused = false;
	if (refused)
		return loop_backoff(0, RETRY_REFUSED, RETRY_REFUSED);
	return loop_backoff(retry->attempts++, RETRY_FIRST, RETRY_MOST);
}

void retry_anew(struct retry *retry)
{
	retry->attempts = 0;
}
