/*
 * toml++ parses, and its tree becomes C structs here; no exception and no C++ type leaves this file.
 */

/* The packaged shared library is built with exceptions; without them the headers must bring the code. */
#undef TOML_HEADER_ONLY
#undef TOML_SHARED_LIB
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_ENABLE_FORMATTERS 0
#define TOML_MAX_NESTED_VALUES 16
#include <toml++/toml.h>

#include <cstdlib>
#include <cstring>
#include <string_view>

extern "C" {
#include "base/memory.h"
#include "base/toml.h"
}

namespace
{

using std::string_view;

constexpr size_t most_dots = 32;

/* Behind the string whose first quote is at `at`; a string on one line ends with the line at the latest. */
size_t skip_string(string_view bytes, size_t at)
{
	const char quote = bytes[at];
	const string_view triple = quote == '"' ? "\"\"\"" : "'''";
	const bool multiline = bytes.substr(at, 3) == triple;

	for (at += multiline ? 3 : 1; at < bytes.size(); at++) {
		if (bytes[at] == '\\' && quote == '"') {
			at++;
		} else if (!multiline && (bytes[at] == '\n' || bytes[at] == quote)) {
			return bytes[at] == quote ? at + 1 : at;
		} else if (multiline && bytes.substr(at, 3) == triple) {
			at = bytes.find_first_not_of(quote, at); /* two more may belong to the text */
			return at == string_view::npos ? bytes.size() : at;
		}
	}
	return bytes.size();
}

/* toml++ limits the nesting of values but not that of keys, a.b.c, and frees its tree by recursion: a
 * megabyte of dots would exhaust the stack. Gives the line with too many, or 0. */
unsigned line_too_deep(string_view bytes)
{
	unsigned line = 1;
	size_t dots = 0;

	for (size_t at = 0; at < bytes.size();) {
		const char c = bytes[at];

		if (c == '"' || c == '\'') {
			const size_t end = skip_string(bytes, at);

			for (; at < end; at++)
				line += bytes[at] == '\n';
			continue;
		}
		if (c == '#') {
			at = bytes.find('\n', at);
			if (at == string_view::npos)
				return 0;
			continue;
		}
		if (c == '.' && ++dots > most_dots)
			return line;
		if (c == '\n') {
			line++;
			dots = 0;
		}
		at++;
	}
	return 0;
}

/* What toml++ says, without what it quotes of the file, except for keys and its own grammar. */
string_view without_values(string_view reason)
{
	const string_view opening = "Error while parsing ", grammar = "expected ";
	size_t quote;

	if (reason.substr(0, opening.size()) == opening)
		reason.remove_prefix(opening.size());
	if (reason.find("cannot redefine ") != string_view::npos)
		return reason;
	reason = reason.substr(0, reason.find(", saw "));
	quote = reason.find('\'');
	if (quote != string_view::npos &&
		(quote < grammar.size() || reason.substr(quote - grammar.size(), grammar.size()) != grammar))
		reason = reason.substr(0, quote);
	while (!reason.empty() && (reason.back() == ' ' || reason.back() == ':'))
		reason.remove_suffix(1);
	return reason;
}

void place(toml_node *out, toml::source_position position)
{
	out->line = position.line;
	out->column = position.column;
}

bool fill(toml_node *out, const toml::node &node, int depth, const char *file, error *error);

toml_node *room_for(toml_node *out, size_t count)
{
	out->items = static_cast<toml_node *>(mem_new(count * sizeof(*out->items)));
	out->count = count;
	return out->items;
}

bool take_text(char **out, const toml_node *node, const std::string &text, const char *file, error *error)
{
	if (text.find('\0') != std::string::npos)
		return error_set(error, nullptr, "%s:%u:%u: not valid here: a NUL character", file, node->line,
			node->column);
	*out = mem_bytes(text.data(), text.size());
	return true;
}

bool fill_table(toml_node *out, const toml::table &table, int depth, const char *file, error *error)
{
	toml_node *item = room_for(out, table.size());

	for (const auto &[key, value] : table) {
		/* A [header] stands for the table, a key for everything else. */
		place(item, value.is_table() ? value.source().begin : key.source().begin);
		if (!take_text(&item->key, item, std::string(key.str()), file, error) ||
			!fill(item, value, depth, file, error))
			return false;
		item++;
	}
	return true;
}

bool fill_array(toml_node *out, const toml::array &array, int depth, const char *file, error *error)
{
	toml_node *item = room_for(out, array.size());

	for (const toml::node &value : array) {
		place(item, value.source().begin);
		if (!fill(item, value, depth, file, error))
			return false;
		item++;
	}
	return true;
}

/* Recursion ends at TOML_DEPTH, whatever the input. */
bool fill(toml_node *out, const toml::node &node, int depth, const char *file, error *error)
{
	out->kind = TOML_KIND_OTHER;
	if (const auto *text = node.as_string()) {
		out->kind = TOML_KIND_STRING;
		return take_text(&out->text, out, text->get(), file, error);
	}
	if (const auto *integer = node.as_integer()) {
		out->kind = TOML_KIND_INTEGER;
		out->integer = integer->get();
	} else if (const auto *boolean = node.as_boolean()) {
		out->kind = TOML_KIND_BOOLEAN;
		out->boolean = boolean->get();
	} else if (depth < TOML_DEPTH && node.is_array()) {
		out->kind = TOML_KIND_ARRAY;
		return fill_array(out, *node.as_array(), depth + 1, file, error);
	} else if (depth < TOML_DEPTH && node.is_table()) {
		out->kind = TOML_KIND_TABLE;
		return fill_table(out, *node.as_table(), depth + 1, file, error);
	}
	return true;
}

void clear(toml_node *node)
{
	for (size_t i = 0; i < node->count; i++)
		clear(&node->items[i]);
	std::free(node->items);
	std::free(node->key);
	std::free(node->text);
}

} // namespace

struct toml_node *toml_read(const char *bytes, size_t length, const char *file, struct error *error)
{
	const string_view document(bytes, length);

	if (const unsigned line = line_too_deep(document)) {
		error_set(error, nullptr, "%s:%u:1: not valid TOML: too many dots", file, line);
		return nullptr;
	}
	toml::parse_result result = toml::parse(document);
	if (!result) {
		const toml::source_position at = result.error().source().begin;
		const string_view reason = without_values(result.error().description());

		error_set(error, nullptr, "%s:%u:%u: not valid TOML: %.*s", file, at.line, at.column,
			static_cast<int>(reason.size()), reason.data());
		return nullptr;
	}

	auto *root = static_cast<toml_node *>(mem_new(sizeof(toml_node)));
	root->line = root->column = 1;
	if (fill(root, result.table(), 0, file, error))
		return root;
	toml_free(root);
	return nullptr;
}

void toml_free(struct toml_node *document)
{
	if (document == nullptr)
		return;
	clear(document);
	std::free(document);
}

const struct toml_node *toml_member(const struct toml_node *table, const char *key)
{
	for (size_t i = 0; i < table->count; i++) {
		const toml_node *item = &table->items[i];

		if (item->key != nullptr && std::strcmp(item->key, key) == 0)
			return item;
	}
	return nullptr;
}
