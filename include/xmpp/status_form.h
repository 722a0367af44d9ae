/*
 * What the forms about statuses have in common: lists of statuses and of expiries, and reading them.
 */
#ifndef OFFHOOK_XMPP_STATUS_FORM_H
#define OFFHOOK_XMPP_STATUS_FORM_H

#include "xmpp/command.h"

/* field.offer: the statuses that a person may set, in order, labelled "icon name". `arg` is the call. */
void offer_statuses(struct options *options, void *arg);
/* The same, but first what the call's person chose last. */
void offer_own_statuses(struct options *options, void *arg);
/* field.choices of `expires`. */
extern const struct choice_option expiry_choices[];
enum { STATUS_CHARACTERS = LIMIT_NAME + LIMIT_ICON_BYTES, EXPIRES_CHARACTERS = 40 };
/* The fields that these forms share. */
#define STATUS_FIELD(offers)                                                                                 \
	{                                                                                                    \
		.var = "status", .label = "Status", .type = FIELD_LIST, .required = true,                    \
		.length = STATUS_CHARACTERS, .offer = (offers),                                              \
	}
#define MESSAGE_FIELD(says)                                                                                  \
	{                                                                                                    \
		.var = "message", .label = "Message", .type = FIELD_TEXT, .length = LIMIT_MESSAGE,           \
		.desc = (says),                                                                              \
	}
/* `empty`: what nothing means, .nothing or .standard of struct field. */
#define EXPIRES_FIELD(and, empty)                                                                            \
	{                                                                                                    \
		.var = "expires", .label = "Expires", .type = FIELD_LIST, .open = true,                      \
		.length = EXPIRES_CHARACTERS, .choices = expiry_choices,                                     \
		.desc = "How long: 30m, 1h, 4h, today, 15:30 or a time such as 2026-11-22T15:30:00Z" and,    \
		empty,                                                                                       \
	}

/* Adds `status` to the options. */
void options_add_status(struct options *options, const struct status *status);
/* The status that the field names by id or by name, if a person may set it; else NULL. */
const struct status *pick_status(const struct command_call *call, const char *var) must_check;
/* The field `expires`, in the time zone of the call's person. False: it was refused. */
bool read_expires(struct command_call *call, usec_t *until) must_check;
/* The fields `status`, `message` and `expires` as a choice of `person` (NULL while that is not known), in
 * whose time zone they are; all but the source. It borrows from the answers. False: one was refused. */
bool read_choice(struct command_call *call, struct person *person, struct fact_choice *choice) must_check;
/* Completes the call with `first` (a sentence, or "") and say_presence. */
void answer_presence(struct command_call *call, const char *first);

#endif
