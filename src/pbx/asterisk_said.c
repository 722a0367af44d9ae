/* Presence states of Asterisk are read, made, and understood as choices here. */
#include "pbx/asterisk_said.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"

#define MARK "offhook "

/* --- reading */

/* Undoes what C calls escapes; in place. */
static void unescape(char *text)
{
	static const char letters[] = "abfnrtv", meanings[] = "\a\b\f\n\r\t\v";
	char *to = text;
	for (const char *from = text; *from; from++) {
		const char *letter = NULL;
		if (*from == '\\' && from[1])
			letter = strchr(letters, *++from);
		*to++ = letter ? meanings[letter - letters] : *from;
	}
	*to = '\0';
}

/* One line of at most LIMIT_ASTERISK_TEXT characters, without blanks around it; the caller frees it. */
static char *read_text(const char *value)
{
	char *text = mem_string(value);
	unescape(text);
	char *clean = text_clean(text, strlen(text), LIMIT_ASTERISK_TEXT);
	char *trimmed = text_trim(clean);
	free(text);
	free(clean);
	return trimmed;
}

char *said_read(const struct ami_block *block)
{
	enum show show;
	if (!show_parse(ami_text(block, "Status"), &show))
		return NULL;
	char *subtype = read_text(ami_text(block, "Subtype")),
	     *message = read_text(ami_text(block, "Message"));
	struct buf said;
	buf_init(&said, LIMIT_AMI_BLOCK_BYTES);
	buf_addf(&said, "%s\n%s\n%s", show_to_text(show), subtype, message);
	free(subtype);
	free(message);
	return buf_take(&said);
}

/* --- its parts */

static const char *subtype_of(const char *said, size_t *length)
{
	const char *subtype = strchr(said, '\n') + 1;
	*length = strcspn(subtype, "\n");
	return subtype;
}

static const char *message_of(const char *said)
{
	return strrchr(said, '\n') + 1;
}

enum show said_show(const char *said)
{
	char word[16];
	size_t length = said ? strcspn(said, "\n") : 0;
	enum show show;
	if (length >= sizeof(word))
		return SHOW_UNAVAILABLE;
	memcpy(word, said ? said : "", length);
	word[length] = '\0';
	return show_parse(word, &show) ? show : SHOW_UNAVAILABLE;
}

bool said_is_ours(const char *said)
{
	size_t length;
	return said && strncmp(subtype_of(said, &length), MARK, strlen(MARK)) == 0;
}

enum call_action said_held(const char *said)
{
	enum call_action action;
	size_t length;
	const char *subtype = subtype_of(said, &length);
	char word[16] = "";
	const char *space = memchr(subtype + strlen(MARK), ' ', length - strlen(MARK));
	size_t rest = space ? (size_t)(subtype + length - space - 1) : 0;
	if (rest >= sizeof(word))
		return ACTION_NONE;
	memcpy(word, space ? space + 1 : "", rest);
	return call_action_parse(word, &action) ? action : ACTION_NONE;
}

/* --- writing */

static void cut(char *text, size_t most)
{
	if (strlen(text) <= most)
		return;
	while (((unsigned char)text[most] & 0xC0) == 0x80)
		most--;
	text[most] = '\0';
}

char *said_render(const struct presence *presence, enum call_action held)
{
	struct buf said, message;
	bool offline = presence_is_offline(presence);
	buf_init(&said, LIMIT_AMI_BLOCK_BYTES);
	buf_init(&message, LIMIT_AMI_BLOCK_BYTES);
	if (!offline)
		buf_add_text(&message, presence->status->name);
	if (!offline && presence->message[0])
		buf_addf(&message, " (%s)", presence->message);
	buf_addf(&said, "%s\n" MARK "%s", show_to_text(presence->status->show), presence->status->id);
	if (held != ACTION_NONE)
		buf_addf(&said, " %s", call_action_to_text(held));
	char *clean = text_clean(buf_text(&message), message.length, LIMIT_ASTERISK_TEXT);
	cut(clean, LIMIT_ASTERISK_TEXT_BYTES);
	char *trimmed = text_trim(clean);
	buf_addf(&said, "\n%s", trimmed);
	free(clean);
	free(trimmed);
	buf_done(&message);
	return buf_take(&said);
}

static void add_base64(struct buf *out, const char *text, size_t length)
{
	char *encoded = mem_new(4 * ((length + 2) / 3) + 1);
	buf_add_text(out, secret_base64((const unsigned char *)text, length, false, encoded));
	free(encoded);
}

void said_value(const char *said, struct buf *out)
{
	size_t length;
	const char *subtype = subtype_of(said, &length), *message = message_of(said);
	buf_addf(out, "%s,", show_to_text(said_show(said)));
	add_base64(out, subtype, length);
	buf_add_char(out, ',');
	add_base64(out, message, strlen(message));
	buf_add_text(out, ",e");
}

/* --- understanding */

static const struct status *of_show(enum show show, const struct catalogue *catalogue)
{
	const struct status *const exact[] = {
		[SHOW_CHAT] = catalogue->chat,
		[SHOW_AWAY] = catalogue->away,
		[SHOW_XA] = catalogue->extended_away,
		[SHOW_DND] = catalogue->dnd,
		[SHOW_UNAVAILABLE] = catalogue->invisible,
	};
	if (show == SHOW_XA && !status_selectable(exact[show]))
		return catalogue->away;
	return exact[show];
}

static const struct status *by_subtype(const char *said, const struct catalogue *catalogue)
{
	size_t length;
	const char *subtype = subtype_of(said, &length);
	char id[LIMIT_SLUG + 1];
	if (length == 0 || length > LIMIT_SLUG)
		return NULL;
	memcpy(id, subtype, length);
	id[length] = '\0';
	const struct status *status = catalogue_get(catalogue, id);
	return status && status_selectable(status) ? status : NULL;
}

static bool is_name_of(const char *text, const struct status *status, const struct catalogue *catalogue)
{
	return text[0] && catalogue_by_name(catalogue, text) == status;
}

bool said_choice(
	const char *said, const struct catalogue *catalogue, const struct status **status, char **message)
{
	const char *text = message_of(said);
	const struct status *found = by_subtype(said, catalogue);
	if (!found && text[0])
		found = catalogue_by_name(catalogue, text);
	*message = NULL;
	*status = NULL;
	if (!found || !status_selectable(found))
		found = said_show(said) == SHOW_AVAILABLE ? catalogue->available
							  : of_show(said_show(said), catalogue);
	if (found == catalogue->available || (found == catalogue->chat && !status_selectable(found)))
		return true; /* which takes no message */
	if (!status_selectable(found))
		return false;
	*status = found;
	if (text[0] && !is_name_of(text, found, catalogue))
		*message = text_clean(text, strlen(text), LIMIT_MESSAGE);
	return true;
}
