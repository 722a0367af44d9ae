/* Holding what was typed into a form, and what is wrong with it. */
#include "xmpp/answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "xmpp/form.h"

void answer_add(struct answer *answer, const char *value)
{
	bool full = (answer->count & (answer->count - 1)) == 0; /* there is room for a power of two */

	if (full)
		answer->values = mem_resize(
			answer->values, answer->count > 0 ? 2 * answer->count : 1, sizeof(*answer->values));
	answer->values[answer->count++] = mem_string(value);
}

void answer_clear(struct answer *answer)
{
	for (size_t i = 0; i < answer->count; i++)
		free(answer->values[i]);
	free(answer->values);
	answer->values = NULL;
	answer->count = 0;
}

void answer_refuse(struct answer *answer, const char *problem)
{
	if (!answer->problem)
		answer->problem = mem_string(problem);
}

void answers_init(struct answers *answers, const struct form *form)
{
	memset(answers, 0, sizeof(*answers));
	answers->form = form;
	for (size_t i = 0; form && form->fields[i].var; i++) {
		if (i == LIMIT_FORM_FIELDS)
			abort();
		if (form->fields[i].standard)
			answer_add(&answers->list[i], form->fields[i].standard);
	}
}

void answers_done(struct answers *answers)
{
	for (size_t i = 0; i < LIMIT_FORM_FIELDS; i++) {
		answer_clear(&answers->list[i]);
		free(answers->list[i].problem);
	}
	free(answers->problem);
	memset(answers, 0, sizeof(*answers));
}

static size_t find(const struct answers *answers, const char *var)
{
	for (size_t i = 0; answers->form && answers->form->fields[i].var; i++)
		if (strcmp(answers->form->fields[i].var, var) == 0)
			return i;
	return LIMIT_FORM_FIELDS;
}

static size_t must_find(const struct answers *answers, const char *var)
{
	size_t i = find(answers, var);
	if (i == LIMIT_FORM_FIELDS)
		abort();
	return i;
}

const struct answer *answers_get(const struct answers *answers, const char *var)
{
	return &answers->list[must_find(answers, var)];
}

const char *answers_text(const struct answers *answers, const char *var)
{
	const struct answer *answer = answers_get(answers, var);
	return answer->count ? answer->values[0] : "";
}

bool answers_yes(const struct answers *answers, const char *var)
{
	return strcmp(answers_text(answers, var), "1") == 0;
}

void answers_set(struct answers *answers, const char *var, const char *value)
{
	answer_clear(&answers->list[must_find(answers, var)]);
	answers_add(answers, var, value);
}

void answers_add(struct answers *answers, const char *var, const char *value)
{
	answer_add(&answers->list[must_find(answers, var)], value);
}

void answers_suggest(struct answers *answers, const char *var, const char *value)
{
	const struct answer *answer = answers_get(answers, var);
	if (!answer->given && !answer->problem)
		answers_set(answers, var, value);
}

void answers_refuse(struct answers *answers, const char *var, const char *format, ...)
{
	char problem[sizeof(((struct error *)0)->text)];
	va_list args;

	va_start(args, format);
	vsnprintf(problem, sizeof(problem), format, args);
	va_end(args);
	answers_refuse_text(answers, var, problem);
}

void answers_refuse_text(struct answers *answers, const char *var, const char *problem)
{
	size_t i = find(answers, var ? var : "");

	if (i < LIMIT_FORM_FIELDS)
		answer_refuse(&answers->list[i], problem);
	else if (!answers->problem)
		answers->problem = mem_string(problem);
}

void answers_refuse_error(struct answers *answers, const struct error *error)
{
	if (error->field[0] && find(answers, error->field) == LIMIT_FORM_FIELDS)
		answers_refuse(answers, NULL, "%s: %s", error->field, error->text);
	else
		answers_refuse(answers, error->field, "%s", error->text);
}

bool answers_refused(const struct answers *answers)
{
	for (size_t i = 0; i < LIMIT_FORM_FIELDS; i++)
		if (answers->list[i].problem)
			return true;
	return answers->problem != NULL;
}

void answers_problems(const struct answers *answers, struct buf *out)
{
	const char *before = "";
	if (answers->problem) {
		buf_add_text(out, answers->problem);
		before = "; ";
	}
	for (size_t i = 0; i < LIMIT_FORM_FIELDS; i++) {
		if (!answers->list[i].problem)
			continue;
		buf_addf(out, "%s%s: %s", before, answers->form->fields[i].label, answers->list[i].problem);
		before = "; ";
	}
	buf_add_char(out, '.');
}
