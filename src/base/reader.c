/*
 * Tables of keys meet TOML tables here.
 */
#include "base/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"

enum { LONGEST_SHOWN_PATH = 200, LONGEST_KEY = 32, NEAR = 2, SHORTENED = 4 };

void reader_init(struct reader *reader, const char *path, void *target, struct error *error)
{
	const char *slash = strrchr(path, '/');

	memset(reader, 0, sizeof(*reader));
	reader->path = path;
	reader->file = slash && strlen(path) > LONGEST_SHOWN_PATH ? slash + 1 : path;
	reader->target = target;
	reader->error = error;
}

bool reader_fail(struct reader *reader, const struct toml_node *node, const char *format, ...)
{
	const char *dot = reader->section[0] && reader->key[0] ? "." : "";
	char name[sizeof(reader->section) + sizeof(reader->key)], reason[256];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	snprintf(name, sizeof(name), "%s%s%s", reader->section, dot, reader->key);
	return error_set(reader->error, name, "%s:%u:%u: %s: %s", reader->file, node->line, node->column,
		name, reason);
}

/* The name in "${NAME}", which the caller frees, or NULL. */
static char *variable_name(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
	size_t length;

	if (strncmp(text, "${", 2) != 0)
		return NULL;
	length = strspn(text + 2, letters);
	return length > 0 && strcmp(text + 2 + length, "}") == 0 ? mem_bytes(text + 2, length) : NULL;
}

static const char *string_of(struct reader *reader, const struct toml_node *node)
{
	const char *text = node->text;
	char *name = variable_name(text);

	if (name) {
		text = getenv(name);
		if (!text)
			reader_fail(reader, node, "the environment variable %s is not set", name);
		free(name);
		if (!text)
			return NULL;
	}
	if (!*text) {
		reader_fail(reader, node, "must not be empty");
		return NULL;
	}
	if (!text_valid(text)) {
		reader_fail(reader, node, "is not valid UTF-8 or has control characters");
		return NULL;
	}
	return text;
}

const char *reader_element(
	struct reader *reader, const struct toml_node *array, const char *key, size_t index)
{
	const struct toml_node *element = &array->items[index];

	snprintf(reader->key, sizeof(reader->key), "%s[%zu]", key, index);
	if (element->kind == TOML_KIND_STRING)
		return string_of(reader, element);
	reader_fail(reader, element, "must be a string");
	return NULL;
}

/* Levenshtein's distance, by the rows of its table. */
static size_t distance(const char *a, const char *b)
{
	size_t row[LONGEST_KEY + 1], width = strlen(b);

	if (strlen(a) > LONGEST_KEY || width > LONGEST_KEY)
		return SIZE_MAX;
	for (size_t j = 0; j <= width; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < width; j++) {
			size_t best = diagonal + (a[i] != b[j]);

			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j + 1] + 1 < best)
				best = row[j + 1] + 1;
			diagonal = row[j + 1];
			row[j + 1] = best;
		}
	}
	return row[width];
}

/* How far from the key that was meant: who writes its beginning, as "password", comes near, too. */
static size_t far_from(const char *written, const char *name)
{
	size_t apart = distance(written, name), length = strlen(written);

	if (apart <= NEAR && 2 * apart <= length)
		return apart;
	return length >= SHORTENED && strncmp(written, name, length) == 0 ? NEAR : SIZE_MAX;
}

bool reader_known(
	struct reader *reader, const struct toml_node *table, const void *names, size_t count, size_t step)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct toml_node *member = &table->items[i];
		const char *nearest = NULL;
		size_t least = NEAR + 1;

		for (size_t k = 0; k < count; k++) {
			const char *name = *(const char *const *)((const char *)names + k * step);
			size_t apart = far_from(member->key, name);

			if (apart < least) {
				least = apart;
				nearest = name;
			}
		}
		if (least == 0)
			continue;
		char *shown = text_clean(member->key, strlen(member->key), LONGEST_KEY);
		snprintf(reader->key, sizeof(reader->key), "%s", shown);
		free(shown);
		if (nearest)
			return reader_fail(reader, member, "unknown key; did you mean %s?", nearest);
		return reader_fail(reader, member, "unknown key");
	}
	return true;
}

bool reader_table(
	struct reader *reader, const struct toml_node *table, const struct reader_key *keys, void *object)
{
	static const char *const kinds[] = {
		"a string", "a whole number", "true or false", "a list", "a table"};
	size_t count = 0;

	while (keys[count].name)
		count++;
	if (!reader_known(reader, table, keys, count, sizeof(*keys)))
		return false;
	for (const struct reader_key *key = keys; key->name; key++) {
		const struct toml_node *node = toml_member(table, key->name);
		const char *text = NULL;

		snprintf(reader->key, sizeof(reader->key), "%s", key->name);
		if (!node && key->required)
			return reader_fail(reader, table, "is missing");
		if (!node)
			continue;
		if (node->kind != key->kind)
			return reader_fail(reader, node, "must be %s", kinds[key->kind]);
		if (node->kind == TOML_KIND_STRING && !(text = string_of(reader, node)))
			return false;
		if (!key->set(reader, node, text, (char *)object + key->offset))
			return false;
	}
	reader->key[0] = '\0';
	return true;
}

bool reader_one_of(struct reader *reader, const struct toml_node *table, const char *first,
	const char *second, const char *third)
{
	const char *const names[] = {first, second, third};
	size_t found = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		found += names[i] && toml_member(table, names[i]);
	if (found == 1)
		return true;
	snprintf(reader->key, sizeof(reader->key), "%s", first);
	return reader_fail(reader, table, "exactly one of %s%s%s%s%s is needed, there are %zu", first,
		third ? ", " : " and ", second, third ? " and " : "", third ? third : "", found);
}

static char *beside(const char *path, const char *file)
{
	const char *slash = strrchr(path, '/');
	size_t folder = slash && file[0] != '/' ? (size_t)(slash + 1 - path) : 0;
	size_t room = folder + strlen(file) + 1;
	char *joined = mem_new(room);

	snprintf(joined, room, "%.*s%s", (int)folder, path, file);
	return joined;
}

char *reader_path(const struct reader *reader, const char *path)
{
	return beside(reader->path, path);
}

/* `reason` NULL stands for errno. */
static char *refuse(struct reader *reader, const struct toml_node *node, int file, const char *reason)
{
	if (reason)
		reader_fail(reader, node, "the file %s", reason);
	else
		reader_fail(reader, node, "the file cannot be read: %s", strerror(errno));
	if (file >= 0)
		close(file);
	return NULL;
}

char *reader_secret(struct reader *reader, const struct toml_node *node, const char *path)
{
	char *joined = reader_path(reader, path), bytes[LIMIT_SECRET_BYTES + 3], *secret;
	int file = open(joined, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); /* a FIFO must not hold us */
	size_t length = 0;
	ssize_t got;
	struct stat state;

	free(joined);
	if (file < 0 || fstat(file, &state) < 0)
		return refuse(reader, node, file, NULL);
	if (!S_ISREG(state.st_mode))
		return refuse(reader, node, file, "is not a regular file");
	if (state.st_mode & (S_IROTH | S_IWOTH))
		return refuse(reader, node, file, "must not be open to others (chmod o-rw)");
	while ((got = read(file, bytes + length, sizeof(bytes) - 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		return refuse(reader, node, file, NULL);
	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (length > 0 && bytes[length - 1] == '\r')
		length--;
	bytes[length] = '\0';
	close(file);
	secret = NULL;
	if (length == 0)
		reader_fail(reader, node, "the file is empty");
	else if (length > LIMIT_SECRET_BYTES)
		reader_fail(reader, node, "the file has more than %d bytes", LIMIT_SECRET_BYTES);
	else if (strlen(bytes) != length || !text_valid(bytes))
		reader_fail(reader, node, "the file must be one line of text");
	else
		secret = mem_string(bytes);
	secret_wipe(bytes, sizeof(bytes));
	return secret;
}
