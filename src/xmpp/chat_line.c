/* Chat lines are understood here. */
#include "xmpp/chat_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

/* ---- statuses ---- */

enum likeness { LIKE_NOT, LIKE_START, LIKE_ID, LIKE_NAME };

/* Follows an emoji or not, and looks the same. */
#define VARIATION_SELECTOR "\xEF\xB8\x8F"

/* What follows the status's icon; NULL when the text does not begin with that. A letter as icon has to stand
 * alone, or "Away" would begin with the icon of A. */
static const char *after_icon(const struct status *status, const char *text)
{
	size_t selector = strlen(VARIATION_SELECTOR), length = strlen(status->icon);

	if (length > selector && strcmp(status->icon + length - selector, VARIATION_SELECTOR) == 0)
		length -= selector;
	if (length == 0 || strncmp(text, status->icon, length) != 0)
		return NULL;
	text += length;
	if (strncmp(text, VARIATION_SELECTOR, selector) == 0)
		text += selector;
	if ((unsigned char)status->icon[0] < 0x80 && *text != ' ' && *text != '\0')
		return NULL;
	return text + strspn(text, " ");
}

static enum likeness like_plain(const struct status *status, const char *folded)
{
	size_t length = strlen(folded);

	if (strcmp(folded, status->folded) == 0)
		return LIKE_NAME;
	if (strcmp(folded, status->id) == 0)
		return LIKE_ID;
	return strncmp(folded, status->folded, length) == 0 || strncmp(folded, status->id, length) == 0
		       ? LIKE_START
		       : LIKE_NOT;
}

/* The first words of a line, and folded once for all statuses: as they are, and behind an icon. */
struct words {
	char *text, *folded;
	const char *behind; /* NULL: no icon was found yet */
	char *behind_folded;
};

static enum likeness like(const struct status *status, struct words *words)
{
	enum likeness plain = like_plain(status, words->folded), named = LIKE_NOT;
	const char *behind = after_icon(status, words->text);

	if (behind != NULL && behind != words->behind) {
		free(words->behind_folded);
		words->behind = behind;
		words->behind_folded = text_fold(behind);
	}
	if (behind != NULL && words->behind_folded != NULL)
		named = like_plain(status, words->behind_folded);
	return named > plain ? named : plain;
}

/* How the statuses fit the first words of a line, the more words the better. */
struct search {
	const struct status *whole; /* the one called exactly so, and how many bytes of the line that took */
	size_t whole_length;
	const struct status *candidates[LIMIT_CHAT_CANDIDATES]; /* those that begin so */
	size_t candidate_count;
	size_t length;
};

/* False: no status begins like the first `length` bytes. */
static bool search_words(
	struct search *search, const struct catalogue *catalogue, const char *text, size_t length)
{
	struct words words = {.text = mem_bytes(text, length)};
	enum likeness best = LIKE_START;
	size_t count = 0;

	words.folded = text_fold(words.text);
	for (size_t i = 0; words.folded && i < catalogue->count; i++) {
		const struct status *status = catalogue->ordered[i];
		enum likeness likeness = status_selectable(status) ? like(status, &words) : LIKE_NOT;
		if (likeness == LIKE_NOT)
			continue;
		if (count < LIMIT_CHAT_CANDIDATES)
			search->candidates[count] = status;
		count++;
		if (likeness > best) {
			best = likeness;
			search->whole = status;
			search->whole_length = length;
		}
	}
	free(words.text);
	free(words.folded);
	free(words.behind_folded);
	if (count > 0) {
		search->candidate_count = count;
		search->length = length;
	}
	return count > 0;
}

/* A status that fits some words fits the first of them as well, so the search ends where none does. */
static void search_line(struct search *search, const struct catalogue *catalogue, const char *text)
{
	size_t length = 0;

	memset(search, 0, sizeof(*search));
	do {
		length += strcspn(text + length + (length > 0), " :,") + (length > 0);
	} while (length > 0 && length <= LIMIT_NAME * 4 + LIMIT_ICON_BYTES + 1 &&
		 search_words(search, catalogue, text, length) && text[length] != '\0');
}

/* ---- lines ---- */

enum { TIME_WORDS = 9 }; /* "for 1 week 2 days 3 hours 4 minutes" */

struct reading {
	struct chat_line *line;
	const struct chat_world *world;
	struct error *error;
};

static void set_text(struct chat_line *line, const char *text)
{
	free(line->text);
	line->text = text_trim(text);
}

/* Blanks, and what people put between a status and what they say of it. */
static const char *skip_separator(const char *text)
{
	static const char *const marks[] = {":", ",", ";", "- ", "– ", "— "};

	text += strspn(text, " ");
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++) {
		size_t length = strlen(marks[i]);
		if (strncmp(text, marks[i], length) == 0)
			return text + length + strspn(text + length, " ");
	}
	return text;
}

/* A time at the start of `*text`, which moves on. False: it is a bad one. */
static bool read_time(struct reading *reading, const char **text, bool worded)
{
	const struct chat_world *world = reading->world;
	size_t length;

	switch (chat_time_read(
		*text, worded, world->zone, world->now, &reading->line->until, &length, reading->error)) {
	case CHAT_TIME_READ:
		reading->line->timed = true;
		*text += length;
		*text = skip_separator(*text + (**text == '.'));
		return true;
	case CHAT_TIME_NONE:
		return true;
	case CHAT_TIME_BAD:
		break;
	}
	reading->line->verb = CHAT_BAD;
	return false;
}

/* "on a deadline until 15:00": the last words are a time and nothing follows it. */
static void cut_time(struct reading *reading, char *text)
{
	const struct chat_world *world = reading->world;
	char *found = NULL, *word = text + strlen(text);

	for (int words = 0; word > text && words < TIME_WORDS; words++) {
		size_t length;
		usec_t until;

		do {
			word--;
		} while (word > text && *word != ' ');
		if (*word == ' ' &&
			chat_time_read(word + 1, true, world->zone, world->now, &until, &length, NULL) ==
				CHAT_TIME_READ &&
			until != 0 && word[1 + length + strspn(word + 1 + length, ".!")] == '\0') {
			reading->line->timed = true;
			reading->line->until = until;
			found = word;
		}
	}
	if (found != NULL)
		*found = '\0';
}

static void read_message(struct reading *reading, const char *text)
{
	set_text(reading->line, text);
	size_t length = text_length(reading->line->text);
	if (length <= LIMIT_MESSAGE)
		return;
	error_set(reading->error, NULL, "the message has %zu characters, the most is %d", length,
		LIMIT_MESSAGE);
	reading->line->verb = CHAT_BAD;
}

static void read_set(struct reading *reading, const struct status *status, const char *rest)
{
	struct chat_line *line = reading->line;

	line->verb = CHAT_SET;
	line->status = status;
	rest = skip_separator(rest);
	if (!read_time(reading, &rest, false))
		return;
	char *text = mem_string(rest);
	if (!line->timed)
		cut_time(reading, text);
	read_message(reading, text);
	free(text);
}

/* `search` is that of `text`. False: no status begins so. */
static bool read_found(struct reading *reading, const char *text, const struct search *search)
{
	struct chat_line *line = reading->line;

	if (search->whole) {
		read_set(reading, search->whole, text + search->whole_length);
	} else if (search->candidate_count == 1) {
		read_set(reading, search->candidates[0], text + search->length);
	} else if (search->candidate_count > 1) {
		line->verb = CHAT_AMBIGUOUS;
		line->candidate_count = search->candidate_count;
		memcpy(line->candidates, search->candidates, sizeof(line->candidates));
	}
	return search->candidate_count > 0;
}

static bool read_status(struct reading *reading, const char *text)
{
	struct search search;

	search_line(&search, reading->world->catalogue, text);
	return read_found(reading, text, &search);
}

/* ---- verbs ---- */

static bool take_message(struct reading *reading, const char *rest)
{
	const char *text = rest;

	reading->line->verb = CHAT_MESSAGE;
	if (!read_time(reading, &text, true))
		return true;
	/* A time alone is what the person wants to be read. */
	if (*text == '\0' && reading->line->timed) {
		reading->line->timed = false;
		reading->line->until = 0;
		text = rest;
	}
	read_message(reading, text);
	return true;
}

static bool take_who(struct reading *reading, const char *rest)
{
	reading->line->verb = CHAT_WHO;
	set_text(reading->line, rest);
	return true;
}

/* "clear message" and "clear my status" as well. */
static bool take_clear(struct reading *reading, const char *rest)
{
	static const struct {
		const char *what;
		enum chat_verb verb;
	} what[] = {
		{"", CHAT_CLEAR}, {"status", CHAT_CLEAR}, {"message", CHAT_MESSAGE}, {"msg", CHAT_MESSAGE}};

	if (strncasecmp(rest, "my ", 3) == 0)
		rest += 3;
	for (size_t i = 0; i < sizeof(what) / sizeof(*what); i++) {
		if (strcasecmp(rest, what[i].what) == 0) {
			reading->line->verb = what[i].verb;
			return true;
		}
	}
	return false;
}

static bool take_status(struct reading *reading, const char *rest)
{
	if (*rest)
		return read_status(reading, rest);
	reading->line->verb = CHAT_STATUS;
	return true;
}

static bool take_set(struct reading *reading, const char *rest)
{
	return *rest && read_status(reading, rest);
}

static bool take_list(struct reading *reading, const char *rest)
{
	reading->line->verb = CHAT_LIST;
	return *rest == '\0';
}

static bool take_help(struct reading *reading, const char *rest)
{
	reading->line->verb = CHAT_HELP;
	return *rest == '\0';
}

/* Each returns false when the line is none of its own after all. */
static const struct {
	const char *word;
	bool (*take)(struct reading *reading, const char *rest);
} verbs[] = {
	{"msg", take_message},
	{"message", take_message},
	{"clear", take_clear},
	{"status", take_status},
	{"set", take_set},
	{"who", take_who},
	{"list", take_list},
	{"help", take_help},
	{"/help", take_help},
	{"?", take_help},
	{"", take_help},
};

static bool read_verb(struct reading *reading, const char *text)
{
	size_t length = strcspn(text, " :");

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strlen(verbs[i].word) == length && strncasecmp(verbs[i].word, text, length) == 0 &&
			verbs[i].take(reading, skip_separator(text + length)))
			return true;
	}
	return false;
}

/* A copy with single blanks for all white space and line ends, and nothing that a message may not have. */
static char *tidy(const char *bytes, size_t length)
{
	char *clean =
		text_clean(bytes, length < LIMIT_CHAT_BYTES ? length : LIMIT_CHAT_BYTES, LIMIT_CHAT_BYTES);
	char *text = text_trim(clean), *to = text;

	free(clean);
	for (const char *from = text; *from; from++) {
		if (*from != ' ' || (to > text && to[-1] != ' '))
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

/* A status that is called like a verb and something more ("Help Desk") is meant as such. */
static bool is_longer_than_verb(const struct search *search, const char *text)
{
	return search->whole && search->whole_length > strcspn(text, " :");
}

void chat_line_parse(struct chat_line *line, const char *bytes, size_t length, const struct chat_world *world,
	struct error *error)
{
	struct reading reading = {line, world, error};
	char *text = tidy(bytes, length);
	struct search search;

	memset(line, 0, sizeof(*line));
	line->text = mem_string("");
	search_line(&search, world->catalogue, text);
	if ((is_longer_than_verb(&search, text) || !read_verb(&reading, text)) &&
		!read_found(&reading, text, &search)) {
		line->verb = CHAT_UNKNOWN;
		set_text(line, text);
	}
	free(text);
}

void chat_line_done(struct chat_line *line)
{
	free(line->text);
	memset(line, 0, sizeof(*line));
}
