/*
 * What the forms about statuses have in common: lists of statuses and of expiries, and reading them.
 */
#ifndef OFFHOOK_XMPP_STATUS_FORM_H
#define OFFHOOK_XMPP_STATUS_FORM_H

#include "xmpp/command.h"

/* field.offer: the statuses that a person may set, in order, labelled "icon name". `arg` is the call. */
void offer_statuses(struct options *options, void *arg);
/* field.choices of `expires`. */
extern const struct choice_option expiry_choices[];
#define EXPIRES_DESC "How long: 30m, 1h, 4h, today, 15:30 or a time such as 2026-11-22T15:30:00Z"
enum { EXPIRES_CHARACTERS = 40 };

/* Adds `status` to the options. */
void options_add_status(struct options *options, const struct status *status);
/* The field `expires`, in the time zone of the call's person. False: it was refused. */
bool read_expires(struct command_call *call, usec_t *until) must_check;
/* The fields `status`, `message` and `expires` as a choice of `person` (NULL while that is not known), in
 * whose time zone they are; all but the source. It borrows from the answers. False: one was refused. */
bool read_choice(struct command_call *call, struct person *person, struct fact_choice *choice) must_check;
/* Completes the call with `first` (a sentence, or "") and say_presence. */
void answer_presence(struct command_call *call, const char *first);

#endif
