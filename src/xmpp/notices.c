/* Messages to people wait here, the oldest first. */
#include "xmpp/notices.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/memory.h"

/* The same text often goes to many, one after the other. */
struct words {
	size_t users;
	char text[];
};

struct notice {
	struct notice *next;
	struct words *words;
	char account[];
};

static struct words *words_of(struct notices *notices, const char *text)
{
	struct words *words = notices->last ? notices->last->words : NULL;
	size_t size = strlen(text) + 1;

	if (!words || strcmp(words->text, text) != 0) {
		words = mem_new(sizeof(*words) + size);
		memcpy(words->text, text, size);
	}
	words->users++;
	return words;
}

static void notice_free(struct notice *notice)
{
	if (!notice)
		return;
	if (--notice->words->users == 0)
		free(notice->words);
	free(notice);
}

bool notices_add(struct notices *notices, const char *account, const char *text)
{
	size_t size = strlen(account) + 1;
	struct notice *notice;

	if (notices->count >= LIMIT_NOTICES) {
		notices->dropped++;
		return false;
	}
	notice = mem_new(sizeof(*notice) + size);
	memcpy(notice->account, account, size);
	notice->words = words_of(notices, text);
	if (notices->last)
		notices->last->next = notice;
	else
		notices->first = notice;
	notices->last = notice;
	notices->count++;
	return true;
}

bool notices_next(struct notices *notices, const char **account, const char **text)
{
	struct notice *notice = notices->first;

	notice_free(notices->taken);
	notices->taken = notice;
	if (!notice) {
		notices->dropped = 0;
		return false;
	}
	notices->first = notice->next;
	if (!notices->first)
		notices->last = NULL;
	notices->count--;
	*account = notice->account;
	*text = notice->words->text;
	return true;
}

bool notices_waiting(const struct notices *notices)
{
	return notices->count > 0;
}

void notices_done(struct notices *notices)
{
	const char *account, *text;

	while (notices_next(notices, &account, &text))
		;
}
