/* Rendering, reading and checking of data forms, all three from the declaration. */
#include "xmpp/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "xmpp/namespaces.h"
#include "xmpp/route.h"

#define FORM_TYPE NS_OFFHOOK ":"
#define BETWEEN_CELLS " | "
enum { LINE_CHARACTERS = 240, PROBLEMS_BYTES = LIMIT_FORM_FIELDS * sizeof(struct error) };

static bool is_list(const struct field *field)
{
	return field->type == FIELD_LIST || field->type == FIELD_LISTS;
}

static bool is_multi(const struct field *field)
{
	return field->type == FIELD_TEXTS || field->type == FIELD_LISTS;
}

void options_add(struct options *options, const char *value, const char *label)
{
	if (options->count == LIMIT_CHOICES_IN_LIST) {
		options->many = true;
		return;
	}
	options->list[options->count].value = mem_string(value);
	options->list[options->count++].label = mem_string(label);
}

static void options_of(const struct field *field, void *arg, struct options *options)
{
	memset(options, 0, sizeof(*options));
	for (const struct choice_option *choice = field->choices; choice && choice->value; choice++)
		options_add(options, choice->value, choice->label);
	if (field->offer)
		field->offer(options, arg);
}

static void options_done(struct options *options)
{
	for (size_t i = 0; i < options->count; i++) {
		free(options->list[i].value);
		free(options->list[i].label);
	}
}

static bool options_have(const struct options *options, const char *value)
{
	for (size_t i = 0; i < options->count; i++)
		if (strcmp(options->list[i].value, value) == 0)
			return true;
	return false;
}

static void add_text(xmpp_stanza_t *parent, const char *name, const char *text)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(parent);
	element_text(element_new(context, parent, name, NULL, NULL), text);
}

static xmpp_stanza_t *add_x(xmpp_ctx_t *context, xmpp_stanza_t *parent, const char *type, const char *title,
	const char *instructions, const char *node)
{
	xmpp_stanza_t *x = element_new(context, parent, "x", NS_FORM, "type", type, NULL);
	xmpp_stanza_t *form_type;
	char text[sizeof(FORM_TYPE) + 64];

	snprintf(text, sizeof(text), "%s%s", FORM_TYPE, node);
	add_text(x, "title", title);
	if (instructions)
		add_text(x, "instructions", instructions);
	form_type = element_new(context, x, "field", NULL, "var", "FORM_TYPE", "type", "hidden", NULL);
	add_text(form_type, "value", text);
	return x;
}

/* Rendering */

/* `many`: a list that is too long to be one. */
static const char *type_name(enum field_type type, bool many)
{
	switch (type) {
	case FIELD_TEXT:
		return "text-single";
	case FIELD_TEXTS:
		return "text-multi";
	case FIELD_LIST:
		return many ? "text-single" : "list-single";
	case FIELD_LISTS:
		return many ? "text-multi" : "list-multi";
	case FIELD_BOOLEAN:
		return "boolean";
	case FIELD_HIDDEN:
		return "hidden";
	case FIELD_FIXED:
		return "fixed";
	}
	return "text-single";
}

static void render_validate(const struct field *field, xmpp_stanza_t *element)
{
	static const char *const names[] = {"xs:string", "xs:integer", "xs:dateTime"};
	xmpp_ctx_t *context = xmpp_stanza_get_context(element);
	xmpp_stanza_t *validate;
	char min[24], max[24];

	if (field->datatype == DATATYPE_STRING && !field->open)
		return;
	validate = element_new(
		context, element, "validate", NS_VALIDATE, "datatype", names[field->datatype], NULL);
	if (field->open) {
		element_new(context, validate, "open", NULL, NULL);
	} else if (field->datatype == DATATYPE_INTEGER) {
		snprintf(min, sizeof(min), "%lld", field->min);
		snprintf(max, sizeof(max), "%lld", field->max);
		element_new(context, validate, "range", NULL, "min", min, "max", max, NULL);
	} else {
		element_new(context, validate, "basic", NULL, NULL);
	}
}

/* A value that a closed list does not offer would leave clients with nothing selectable, and Gajim does not show
 * a form at all in which a boolean is neither. */
static bool shows_value(const struct field *field, const struct options *options, const char *value)
{
	if (field->type == FIELD_BOOLEAN)
		return strcmp(value, "1") == 0 || strcmp(value, "0") == 0;
	return !is_list(field) || field->open || options->many || options_have(options, value);
}

/* A stanza must carry what is shown, with the reason why it is shown again. */
static bool is_showable(const struct answer *answer)
{
	struct buf text;

	if (answer->count > LIMIT_FORM_LINES)
		return false;
	buf_init(&text, LIMIT_FORM_LINES_BYTES);
	for (size_t i = 0; i < answer->count && !text.overflow; i++)
		buf_add_xml(&text, answer->values[i]);
	bool fits = !text.overflow;
	buf_done(&text);
	return fits;
}

static void say_not_shown(const struct answer *answer, struct buf *out)
{
	if (!is_showable(answer))
		buf_add_text(out,
			" There is too much to be shown here again: correct it where it came from, and "
			"send all of it.");
}

static size_t render_values(const struct field *field, const struct options *options,
	const struct answer *answer, xmpp_stanza_t *element)
{
	size_t shown = 0;

	if (!is_showable(answer))
		return 0;
	for (size_t i = 0; i < answer->count; i++) {
		if (!shows_value(field, options, answer->values[i]))
			continue;
		add_text(element, "value", answer->values[i]);
		shown++;
	}
	return shown;
}

static void render_option(xmpp_stanza_t *element, const char *value, const char *label)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(element);
	add_text(element_new(context, element, "option", NULL, "label", label, NULL), "value", value);
}

static void render_list(const struct field *field, const struct options *options, const struct answer *answer,
	xmpp_stanza_t *element)
{
	size_t shown = render_values(field, options, answer, element);
	const char *nothing = field->required ? "Choose one" : "None";

	/* Profanity shows no options, and browsers choose the first, while none is chosen. */
	if (shown == 0 && field->type == FIELD_LIST) {
		add_text(element, "value", FORM_NOTHING);
		render_option(element, FORM_NOTHING, field->nothing ? field->nothing : nothing);
	} else if (shown > 0 && field->open && !options_have(options, answer->values[0])) {
		render_option(element, answer->values[0], answer->values[0]);
	}
	for (size_t i = 0; i < options->count; i++)
		render_option(element, options->list[i].value, options->list[i].label);
}

static void render_desc(
	const struct field *field, const struct answer *answer, void *arg, xmpp_stanza_t *element)
{
	struct buf desc;

	buf_init(&desc, PROBLEMS_BYTES);
	if (answer->problem)
		buf_add_text(&desc, answer->problem);
	else if (field->describe)
		field->describe(&desc, arg);
	else if (field->desc)
		buf_add_text(&desc, field->desc);
	if (desc.length)
		add_text(element, "desc", buf_text(&desc));
	buf_done(&desc);
}

static void render_field(const struct field *field, const struct answer *answer, void *arg, xmpp_stanza_t *x)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(x);
	xmpp_stanza_t *element;
	struct options options;

	options_of(field, arg, &options);
	element = element_new(context, x, "field", NULL, "var", field->var, "type",
		type_name(field->type, options.many), "label", field->label, NULL);
	render_desc(field, answer, arg, element);
	if (field->required)
		element_new(context, element, "required", NULL, NULL);
	if (is_list(field) && !options.many)
		render_list(field, &options, answer, element);
	else
		render_values(field, &options, answer, element);
	if (!options.many)
		render_validate(field, element);
	options_done(&options);
}

void form_render(const struct answers *answers, void *arg, xmpp_stanza_t *parent)
{
	const struct form *form = answers->form;
	xmpp_ctx_t *context = xmpp_stanza_get_context(parent);
	xmpp_stanza_t *x;
	struct buf text;

	/* Profanity and Converse.js show neither the note of a form nor the descriptions of its fields. */
	buf_init(&text, PROBLEMS_BYTES);
	if (answers_refused(answers)) {
		answers_problems(answers, &text);
		for (size_t i = 0; form->fields[i].var; i++)
			say_not_shown(&answers->list[i], &text);
		if (form->instructions)
			buf_add_char(&text, ' ');
	}
	if (form->instructions)
		buf_add_text(&text, form->instructions);
	x = add_x(context, parent, "form", form->title, text.length ? buf_text(&text) : NULL, form->node);
	buf_done(&text);
	for (size_t i = 0; form->fields[i].var; i++)
		render_field(&form->fields[i], &answers->list[i], arg, x);
}

/* Reading */

/* The text of an element without its children's; the caller frees it. */
static char *text_of(xmpp_stanza_t *element)
{
	char *text = xmpp_stanza_get_text(element);
	char *copy = mem_string(text ? text : "");
	if (text)
		xmpp_free(xmpp_stanza_get_context(element), text);
	return copy;
}

static void add_trimmed(const struct field *field, struct answer *answer, const char *value)
{
	char *trimmed = text_trim(value);
	if (trimmed[0] && (field->type != FIELD_LIST || strcmp(trimmed, FORM_NOTHING) != 0))
		answer_add(answer, trimmed);
	free(trimmed);
}

static void answer_add_line(const struct field *field, struct answer *answer, const char *line)
{
	if (field->verbatim)
		answer_add(answer, line);
	else
		add_trimmed(field, answer, line);
}

/* Some clients send all lines of a text-multi in one <value/>. Reads one value more than allowed, so that
 * the check can see it. */
static void read_values(const struct field *field, xmpp_stanza_t *element, struct answer *answer)
{
	size_t most = is_multi(field) ? field->count : 1;
	xmpp_stanza_t *child = xmpp_stanza_get_children(element);

	for (; child && answer->count <= most; child = xmpp_stanza_get_next(child)) {
		const char *name = xmpp_stanza_get_name(child);
		char *text, *rest, *line;
		if (!name || strcmp(name, "value") != 0)
			continue;
		text = rest = text_of(child);
		if (field->type != FIELD_TEXTS)
			add_trimmed(field, answer, text);
		else
			while (answer->count <= most &&
				(line = strsep(&rest, field->verbatim ? "\n" : "\r\n")))
				answer_add_line(field, answer, line);
		free(text);
	}
}

static bool check_boolean(char **value)
{
	bool yes = strcmp(*value, "1") == 0 || strcmp(*value, "true") == 0;
	if (!yes && strcmp(*value, "0") != 0 && strcmp(*value, "false") != 0)
		return false;
	mem_replace(value, yes ? "1" : "0");
	return true;
}

static bool check_value(
	const struct field *field, const struct options *options, char **value, struct error *error)
{
	long long number;
	usec_t at;

	if (!text_check(*value, 0, field->length ? field->length : LIMIT_FORM_CHARACTERS, field->var, error))
		return false;
	if (field->type == FIELD_BOOLEAN && !check_boolean(value))
		return error_set(error, field->var, "must be 1 or 0");
	if (is_list(field) && !field->open && !options->many && !options_have(options, *value))
		return error_set(error, field->var, "must be one of those offered");
	if (field->datatype == DATATYPE_INTEGER && !text_number(*value, field->min, field->max, &number))
		return error_set(error, field->var, "must be a whole number from %lld to %lld", field->min,
			field->max);
	if (field->datatype == DATATYPE_TIME && !clock_parse(*value, &at))
		return error_set(error, field->var, "must be a time such as 2026-11-22T10:00:00Z");
	return true;
}

/* What is refused goes back to the person, in a size and with characters that a stanza can carry. */
static void refuse(struct answer *answer, const char *problem)
{
	answer_refuse(answer, problem);
	for (size_t i = 0; i < answer->count; i++) {
		char *value = answer->values[i];
		answer->values[i] = text_clean(value, strlen(value), LIMIT_FORM_CHARACTERS);
		free(value);
	}
}

static void check_field(const struct field *field, struct answer *answer, void *arg)
{
	size_t most = is_multi(field) ? field->count : 1;
	struct options options;
	struct error error;
	char problem[64];

	if (field->required && answer->count == 0)
		refuse(answer, "must not be empty");
	if (!answer->given)
		return;
	if (answer->count > most) {
		snprintf(problem, sizeof(problem), "takes at most %zu value%s", most, most == 1 ? "" : "s");
		refuse(answer, problem);
	}
	options_of(field, arg, &options);
	for (size_t i = 0; i < answer->count && !answer->problem && !field->verbatim; i++)
		if (!check_value(field, &options, &answer->values[i], &error))
			refuse(answer, error.text);
	options_done(&options);
}

static bool check_form_type(const struct form *form, xmpp_stanza_t *element, struct error *error)
{
	xmpp_stanza_t *value = xmpp_stanza_get_child_by_name(element, "value");
	char *text = value ? text_of(value) : mem_string("");
	size_t length = strlen(FORM_TYPE);
	bool same = strncmp(text, FORM_TYPE, length) == 0 && strcmp(text + length, form->node) == 0;

	free(text);
	return same || error_set(error, "FORM_TYPE", "this is another form");
}

static void read_field(struct answers *answers, const char *var, xmpp_stanza_t *element)
{
	const struct field *field = answers->form->fields;
	struct answer *answer = answers->list;

	for (; field->var && strcmp(field->var, var) != 0; field++)
		answer++;
	if (!field->var || field->type == FIELD_FIXED)
		return;
	if (answer->given) {
		answer_refuse(answer, "is given twice");
		return;
	}
	answer->given = true;
	answer_clear(answer);
	read_values(field, element, answer);
}

bool form_read(struct answers *answers, xmpp_stanza_t *x, void *arg, struct error *error)
{
	const char *name = xmpp_stanza_get_name(x), *ns = xmpp_stanza_get_ns(x),
		   *type = xmpp_stanza_get_type(x);

	if (!name || strcmp(name, "x") != 0 || !ns || strcmp(ns, NS_FORM) != 0 || !type ||
		strcmp(type, "submit") != 0)
		return error_set(error, NULL, "this is not a submitted form");
	for (xmpp_stanza_t *child = xmpp_stanza_get_children(x); child; child = xmpp_stanza_get_next(child)) {
		const char *child_name = xmpp_stanza_get_name(child);
		const char *var = xmpp_stanza_is_tag(child) ? xmpp_stanza_get_attribute(child, "var") : NULL;
		if (!child_name || strcmp(child_name, "field") != 0 || !var)
			continue;
		if (strcmp(var, "FORM_TYPE") != 0)
			read_field(answers, var, child);
		else if (!check_form_type(answers->form, child, error))
			return false;
	}
	for (size_t i = 0; answers->form->fields[i].var; i++)
		check_field(&answers->form->fields[i], &answers->list[i], arg);
	return true;
}

/* Results */

xmpp_stanza_t *form_result(xmpp_ctx_t *context, const char *node, const char *title)
{
	return add_x(context, NULL, "result", title, NULL, node);
}

/* Without its values. */
static xmpp_stanza_t *add_result_field(
	xmpp_stanza_t *parent, const char *var, const char *label, const char *type)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(parent);
	if (label)
		return element_new(
			context, parent, "field", NULL, "var", var, "type", type, "label", label, NULL);
	return element_new(context, parent, "field", NULL, "var", var, NULL);
}

void form_result_add(xmpp_stanza_t *x, const char *var, const char *label, const char *value)
{
	add_text(add_result_field(x, var, label, "text-single"), "value", value);
}

/* For clients that do not know tables, such as Profanity. Those that do ignore what stands besides. */
static void add_line(xmpp_stanza_t *x, const char *text)
{
	xmpp_ctx_t *context = xmpp_stanza_get_context(x);
	char *line = text_clean(text, strlen(text), LINE_CHARACTERS);

	add_text(element_new(context, x, "field", NULL, "type", "fixed", NULL), "value", line);
	free(line);
}

static void add_cell(
	struct buf *line, const struct column *column, const struct column *first, const char *text)
{
	if (column != first)
		buf_add_text(line, BETWEEN_CELLS);
	for (; *text; text++)
		if (*text == '\n')
			buf_add_text(line, ", ");
		else
			buf_add_char(line, *text);
}

static void add_lines(xmpp_stanza_t *field, const char *lines)
{
	char *copy = mem_string(lines), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		add_text(field, "value", line);
	free(copy);
}

void form_result_add_lines(xmpp_stanza_t *x, const char *var, const char *label, const char *lines)
{
	add_lines(add_result_field(x, var, label, "text-multi"), lines);
}

xmpp_stanza_t *form_table(
	xmpp_ctx_t *context, const char *node, const char *title, const struct column *columns)
{
	xmpp_stanza_t *x = form_result(context, node, title);
	xmpp_stanza_t *reported = element_new(context, x, "reported", NULL, NULL);

	struct buf line;

	buf_init(&line, LIMIT_STANZA_BYTES);
	for (const struct column *column = columns; column->var; column++) {
		add_result_field(reported, column->var, column->label, type_name(column->type, false));
		add_cell(&line, column, columns, column->label);
	}
	add_line(x, buf_text(&line));
	buf_done(&line);
	return x;
}

void form_table_add(xmpp_stanza_t *x, const struct column *columns, const char *const *cells)
{
	xmpp_stanza_t *item = element_new(xmpp_stanza_get_context(x), x, "item", NULL, NULL);
	struct buf text;

	buf_init(&text, LIMIT_STANZA_BYTES);
	for (size_t i = 0; columns[i].var; i++) {
		add_cell(&text, &columns[i], columns, cells[i]);
		xmpp_stanza_t *field = add_result_field(item, columns[i].var, NULL, NULL);
		if (columns[i].type == FIELD_TEXTS)
			add_lines(field, cells[i]);
		else
			add_text(field, "value", cells[i]);
	}
	add_line(x, buf_text(&text));
	buf_done(&text);
}
