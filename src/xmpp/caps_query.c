/*
 * Answers of clients about themselves are read and hashed here.
 */
#include "xmpp/caps_query.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/memory.h"
#include "xmpp/form.h"
#include "xmpp/namespaces.h"

/* Stands for what separates parts until they are sorted: it sorts before everything that XML can have. */
#define PART '\1'

struct list {
	char **items;
	size_t count;
	bool bad;
};

/* A string under construction, which goes into a list at its end. */
struct part {
	struct buf text;
	bool bad;
};

static void list_done(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
}

static void list_add(struct list *list, struct part *part)
{
	list->items = mem_resize(list->items, list->count + 1, sizeof(*list->items));
	list->items[list->count++] = mem_string(buf_text(&part->text));
	list->bad = list->bad || part->bad || part->text.overflow;
	buf_done(&part->text);
}

static void part_begin(struct part *part)
{
	part->bad = false;
	buf_init(&part->text, LIMIT_STANZA_BYTES);
}

static void part_add(struct part *part, const char *text)
{
	part->bad = part->bad || (text != NULL && strchr(text, '<') != NULL);
	buf_add_text(&part->text, text != NULL ? text : "");
}

static void part_end(struct part *part)
{
	buf_add_char(&part->text, PART);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void list_sort(struct list *list)
{
	if (list->count > 0)
		qsort(list->items, list->count, sizeof(*list->items), by_bytes);
}

/* How many bytes come before the end of the first part. */
static size_t first_part(const char *item)
{
	return strcspn(item, "\1");
}

/* Sorted; whether two are the same, or begin with the same part. */
static bool has_twins(const struct list *list, bool first)
{
	for (size_t i = 1; i < list->count; i++) {
		const char *a = list->items[i - 1], *b = list->items[i];
		size_t length = first_part(a);
		if (strcmp(a, b) == 0 || (first && length == first_part(b) && strncmp(a, b, length) == 0))
			return true;
	}
	return false;
}

static void add_all(struct buf *out, const struct list *list, char separator)
{
	for (size_t i = 0; i < list->count; i++)
		for (const char *at = list->items[i]; *at; at++)
			buf_add_char(out, *at != PART ? *at : at[1] == '\0' ? '<' : separator);
}

static xmpp_stanza_t *next_named(xmpp_stanza_t *element, const char *name)
{
	while (element != NULL &&
		(!xmpp_stanza_is_tag(element) || strcmp(xmpp_stanza_get_name(element), name) != 0))
		element = xmpp_stanza_get_next(element);
	return element;
}

static xmpp_stanza_t *first_named(xmpp_stanza_t *parent, const char *name)
{
	return next_named(xmpp_stanza_get_children(parent), name);
}

static bool is(xmpp_stanza_t *element, const char *attribute, const char *value)
{
	const char *found = xmpp_stanza_get_attribute(element, attribute);
	return found != NULL && strcmp(found, value) == 0;
}

static void list_identities(xmpp_stanza_t *query, struct list *list)
{
	static const char *const attributes[] = {"category", "type", "xml:lang", "name"};

	for (xmpp_stanza_t *identity = first_named(query, "identity"); identity != NULL;
		identity = next_named(xmpp_stanza_get_next(identity), "identity")) {
		struct part part;
		part_begin(&part);
		for (size_t i = 0; i < 4; i++) {
			part_add(&part, xmpp_stanza_get_attribute(identity, attributes[i]));
			part_end(&part);
		}
		list_add(list, &part);
	}
}

static void list_features(xmpp_stanza_t *query, struct list *list)
{
	for (xmpp_stanza_t *feature = first_named(query, "feature"); feature != NULL;
		feature = next_named(xmpp_stanza_get_next(feature), "feature")) {
		struct part part;
		part_begin(&part);
		part_add(&part, xmpp_stanza_get_attribute(feature, "var"));
		part_end(&part);
		list_add(list, &part);
	}
}

static void list_values(xmpp_stanza_t *field, struct list *list)
{
	for (xmpp_stanza_t *value = first_named(field, "value"); value != NULL;
		value = next_named(xmpp_stanza_get_next(value), "value")) {
		struct part part;
		char *text = xmpp_stanza_get_text(value);
		part_begin(&part);
		part_add(&part, text);
		part_end(&part);
		list_add(list, &part);
		if (text != NULL)
			xmpp_free(xmpp_stanza_get_context(value), text);
	}
	list_sort(list);
}

static void join(struct part *part, const struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		buf_add_text(&part->text, list->items[i]);
	part->bad = part->bad || list->bad;
}

/* False: a form without a FORM_TYPE, which does not count. */
static bool read_form(xmpp_stanza_t *form, struct part *whole)
{
	struct list fields = {0};
	bool typed = false;

	for (xmpp_stanza_t *field = first_named(form, "field"); field != NULL;
		field = next_named(xmpp_stanza_get_next(field), "field")) {
		struct list values = {0};
		list_values(field, &values);
		if (is(field, "var", "FORM_TYPE") && is(field, "type", "hidden")) {
			whole->bad = whole->bad || typed || values.count != 1;
			typed = true;
			join(whole, &values);
		} else {
			struct part part;
			part_begin(&part);
			part_add(&part, xmpp_stanza_get_attribute(field, "var"));
			part_end(&part);
			join(&part, &values);
			list_add(&fields, &part);
		}
		list_done(&values);
	}
	list_sort(&fields);
	join(whole, &fields);
	list_done(&fields);
	return typed;
}

static void list_forms(xmpp_stanza_t *query, struct list *list)
{
	for (xmpp_stanza_t *form = first_named(query, "x"); form != NULL;
		form = next_named(xmpp_stanza_get_next(form), "x")) {
		const char *namespace_ = xmpp_stanza_get_ns(form);
		struct part part;
		if (namespace_ == NULL || strcmp(namespace_, NS_FORM) != 0)
			continue;
		part_begin(&part);
		if (read_form(form, &part))
			list_add(list, &part);
		else
			buf_done(&part.text);
	}
}

static void hash(xmpp_ctx_t *context, const struct buf *all, char text[CAPS_TEXT])
{
	unsigned char digest[20];

	xmpp_sha1_digest((const unsigned char *)all->data, all->length, digest);
	char *encoded = xmpp_base64_encode(context, digest, sizeof(digest));
	snprintf(text, CAPS_TEXT, "%s", encoded);
	xmpp_free(context, encoded);
}

bool caps_verification(xmpp_stanza_t *query, char text[CAPS_TEXT])
{
	struct list identities = {0}, features = {0}, forms = {0};
	struct buf all;

	list_identities(query, &identities);
	list_features(query, &features);
	list_forms(query, &forms);
	list_sort(&identities);
	list_sort(&features);
	list_sort(&forms);
	buf_init(&all, (size_t)2 * LIMIT_STANZA_BYTES);
	buf_add_text(&all, "");
	add_all(&all, &identities, '/');
	add_all(&all, &features, '<');
	add_all(&all, &forms, '<');
	bool good = !identities.bad && !features.bad && !forms.bad && !all.overflow &&
		    !has_twins(&identities, false) && !has_twins(&features, false) &&
		    !has_twins(&forms, true);
	if (good)
		hash(xmpp_stanza_get_context(query), &all, text);
	buf_done(&all);
	list_done(&identities);
	list_done(&features);
	list_done(&forms);
	return good;
}

struct caps_class caps_class_of(xmpp_stanza_t *query)
{
	struct caps_class class = {0};

	for (xmpp_stanza_t *child = first_named(query, "identity"); child != NULL;
		child = next_named(xmpp_stanza_get_next(child), "identity"))
		if (is(child, "category", "client") &&
			(is(child, "type", "phone") || is(child, "type", "handheld")))
			class.mobile = true;
	for (xmpp_stanza_t *child = first_named(query, "feature"); child != NULL;
		child = next_named(xmpp_stanza_get_next(child), "feature"))
		class.wants_activity = class.wants_activity || is(child, "var", NS_ACTIVITY_NOTIFY);
	return class;
}
