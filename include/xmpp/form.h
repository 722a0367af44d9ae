/*
 * Data forms (XEP-0004), declared once: the declaration renders the form, reads what comes back and
 * checks it.
 *
 * A form is a table of fields that ends with a NULL `var`, at most LIMIT_FORM_FIELDS of them. What was
 * typed into one, and what is wrong with it, is a `struct answers` (xmpp/answers.h). FORM_TYPE
 * (XEP-0068) is "urn:offhook:1:" and the form's node; a submission without it is taken, one with
 * another is not. Fields carry the hints of XEP-0122.
 *
 * Reading: values are trimmed; fields that the declaration does not know are ignored (XEP-0004 section
 * 3.2); a field given twice, a required one missing, more values than allowed, a wrong type, control
 * characters or too many characters are problems of that field. A field that was not given keeps the
 * value it had in the answers (its default).
 *
 * Of a field with more than LIMIT_FORM_LINES no value is shown, as a part of what was typed would be taken for all
 * of it; the form says so. Most clients could not send as many back (LIMIT_STANZA_CHILDREN).
 *
 * What real clients need (tests/integration/test_profanity.py): an option is never empty, and something is
 * chosen in every list-single, so where nothing is there is the option FORM_NOTHING, which is read as no value;
 * a refused form says in its instructions what is wrong; a table has each row as a line of text besides.
 */
#ifndef OFFHOOK_XMPP_FORM_H
#define OFFHOOK_XMPP_FORM_H

#include <strophe.h>

#include "base/limits.h"
#include "xmpp/answers.h"

#define NS_FORM "jabber:x:data"
#define NS_VALIDATE "http://jabber.org/protocol/xdata-validate"
#define FORM_NOTHING "..." /* neither a slug nor an icon nor a time */

enum field_type {
	FIELD_TEXT,    /* text-single */
	FIELD_TEXTS,   /* text-multi: one value a line, empty lines left out */
	FIELD_LIST,    /* list-single */
	FIELD_LISTS,   /* list-multi */
	FIELD_BOOLEAN, /* answers hold "1" or "0" */
	FIELD_HIDDEN,
	FIELD_FIXED, /* text between fields; never read */
};

enum datatype {
	DATATYPE_STRING,
	DATATYPE_INTEGER, /* within field.min and field.max */
	DATATYPE_TIME,    /* xs:dateTime */
};

/* What may be picked in a list. `many`: more than LIMIT_CHOICES_IN_LIST were offered; the list is then
 * rendered as text-single or text-multi, and whoever submits checks the value. */
struct options {
	struct option {
		char *value, *label;
	} list[LIMIT_CHOICES_IN_LIST];
	size_t count;
	bool many;
};
void options_add(struct options *options, const char *value, const char *label); /* copies */

struct choice_option {
	const char *value, *label;
};

struct field {
	const char *var, *label;
	const char *desc;                              /* NULL: none; or */
	void (*describe)(struct buf *desc, void *arg); /* says it; `arg` is that of render */
	enum field_type type;
	bool required;
	enum datatype datatype;
	bool verbatim; /* FIELD_TEXTS: lines as they are, also empty ones; whoever submits checks them */
	bool open;     /* lists: a value of one's own is allowed besides those offered */
	const char *nothing;  /* FIELD_LIST: label of FORM_NOTHING; NULL: "Choose one" or "None" */
	long long min, max;   /* DATATYPE_INTEGER */
	const char *standard; /* the default, NULL: none */
	size_t length;        /* characters of a value at most; 0: LIMIT_FORM_CHARACTERS */
	size_t count;         /* values of a FIELD_TEXTS or FIELD_LISTS at most */
	const struct choice_option *choices;               /* of a list, ended by a NULL value; or */
	void (*offer)(struct options *options, void *arg); /* adds them; `arg` is that of render and read */
};

struct form {
	const char *node; /* ends FORM_TYPE */
	const char *title;
	const char *instructions; /* NULL: none */
	const struct field *fields;
};

/* Adds <x type='form'/> below `parent`: the fields with the values of `answers`, and instead of its
 * description the problem of each bad field; all of them before the instructions. */
void form_render(const struct answers *answers, void *arg, xmpp_stanza_t *parent);
/* Reads <x type='submit'/> into `answers`, which were initialised for the form. False: `x` is no
 * submission of this form. On true, look at answers_refused. */
bool form_read(struct answers *answers, xmpp_stanza_t *x, void *arg, struct error *error) must_check;

/* Result forms: <x type='result'/> with single fields, or as a table. Owner of the new one: the caller.
 * In a cell of a FIELD_TEXTS column, values are separated by newlines. */
struct column {
	const char *var, *label;
	enum field_type type;
};
xmpp_stanza_t *form_result(xmpp_ctx_t *context, const char *node, const char *title);
void form_result_add(xmpp_stanza_t *x, const char *var, const char *label, const char *value);
/* Several values, separated by newlines. */
void form_result_add_lines(xmpp_stanza_t *x, const char *var, const char *label, const char *lines);
/* Columns end with a NULL var. */
xmpp_stanza_t *form_table(
	xmpp_ctx_t *context, const char *node, const char *title, const struct column *columns);
void form_table_add(xmpp_stanza_t *x, const struct column *columns, const char *const *cells);

#endif
