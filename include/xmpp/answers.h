/*
 * What was typed into a form: for each field its values, whether it was given, and what is wrong with
 * it. Starts with the defaults of the declaration. Naming a field that the form does not have is a
 * mistake of the program and ends it.
 */
#ifndef OFFHOOK_XMPP_ANSWERS_H
#define OFFHOOK_XMPP_ANSWERS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

struct form;

struct answer {
	char **values;
	size_t count;
	bool given;    /* it was in the submission, if only empty */
	char *problem; /* NULL: none */
};

struct answers {
	const struct form *form;
	struct answer list[LIMIT_FORM_FIELDS]; /* in the order of the form's fields */
	char *problem;                         /* of the form as a whole */
};

void answers_init(struct answers *answers, const struct form *form); /* form may be NULL: no fields */
void answers_done(struct answers *answers);

/* The first value; "" when there is none. */
const char *answers_text(const struct answers *answers, const char *var);
bool answers_yes(const struct answers *answers, const char *var); /* of a boolean */
const struct answer *answers_get(const struct answers *answers, const char *var);
void answers_set(struct answers *answers, const char *var, const char *value);
void answers_add(struct answers *answers, const char *var, const char *value);
/* Sets what the person has neither given nor been asked to correct. */
void answers_suggest(struct answers *answers, const char *var, const char *value);

/* Notes what is wrong with a field, as words that follow its label ("must not be empty"). The first
 * problem of a field stays. A var that the form does not have, "" or NULL: the form as a whole. */
void answers_refuse(struct answers *answers, const char *var, const char *format, ...) printf_like(3, 4);
/* The same with a text of any length, such as a list. */
void answers_refuse_text(struct answers *answers, const char *var, const char *problem);
void answers_refuse_error(struct answers *answers, const struct error *error);
bool answers_refused(const struct answers *answers);
/* All problems in one sentence for a <note/>. */
void answers_problems(const struct answers *answers, struct buf *out);

/* For form.c. */
void answer_clear(struct answer *answer);
void answer_add(struct answer *answer, const char *value);
void answer_refuse(struct answer *answer, const char *problem);

#endif
