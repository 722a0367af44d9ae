/*
 * The database's URL is looked at here, before anybody connects to it and repeats what libpq says.
 */
#include <libpq-fe.h>
#include <string.h>

#include "store/store.h"

/* A part of the URL that is cut off in the wrong place, at a character of the password, holds the rest of
 * it. Several hosts have several ports, with commas. */
static bool is_plausible(const PQconninfoOption *option)
{
	if (!option->val)
		return true;
	if (strcmp(option->keyword, "host") == 0 || strcmp(option->keyword, "dbname") == 0)
		return !strchr(option->val, '@');
	if (strcmp(option->keyword, "port") == 0)
		return option->val[strspn(option->val, "0123456789,")] == '\0';
	return true;
}

static bool is_valid(const char *url)
{
	/* libpq takes a bare word as the name of a database. */
	if (!strchr(url, '=') && !strstr(url, "://"))
		return url[0] != '\0' && !strchr(url, '@');
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	bool valid = options != NULL;
	for (const PQconninfoOption *option = options; valid && option->keyword; option++)
		valid = is_plausible(option);
	PQconninfoFree(options);
	return valid;
}

bool store_url_valid(const char *url, struct error *error)
{
	if (is_valid(url))
		return true;
	return error_set(error, NULL,
		"database.url is not one that PostgreSQL understands: percent-encode special characters in "
		"the password");
}
