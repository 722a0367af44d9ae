/* Contact addresses are written as the shared contact list of an XMPP server. */
#include "xmpp/shared_roster.h"

#include <string.h>

static const char group_name[] = "Colleagues"; /* as it stands in people's contact lists */

bool roster_server_parse(const char *text, enum roster_server *server)
{
	*server = strcmp(text, "prosody") == 0 ? ROSTER_PROSODY : ROSTER_EJABBERD;
	return *server == ROSTER_PROSODY || strcmp(text, "ejabberd") == 0;
}

/* An Erlang binary as source text. Bytes of other characters are written as numbers, as Mnesia reads its text
 * files without an encoding. */
static void add_binary(struct buf *out, const char *text)
{
	buf_add_text(out, "<<\"");
	for (; *text; text++) {
		unsigned char byte = (unsigned char)*text;
		if (byte == '"' || byte == '\\')
			buf_addf(out, "\\%c", byte);
		else if (byte >= ' ' && byte < 0x7f)
			buf_add_char(out, (char)byte);
		else
			buf_addf(out, "\",%u,\"", byte);
	}
	buf_add_text(out, "\">>");
}

/* The names stand alone on their lines, where the shell takes nothing in them for its own. */
static void begin_script(const struct shared_roster *roster)
{
	buf_addf(roster->out,
		"#!/bin/sh\n"
		"# Everybody with an account on %s gets the contact addresses of %s.\n"
		"# For ejabberd with mod_shared_roster and its own database. Run it on ejabberd's machine, "
		"again\n"
		"# whenever people were added or removed.\n"
		"set -eu\n"
		"umask 022\n"
		"ctl=${EJABBERDCTL:-ejabberdctl}\n"
		"list=$(mktemp \"${EJABBERD_SPOOL:-/var/lib/ejabberd}/offhook-roster.XXXXXX\")\n"
		"trap 'rm -f \"$list\"' EXIT\n"
		"chmod 0644 \"$list\"\n"
		"cat > \"$list\" <<'END'\n"
		"{tables, [{sr_group, [{attributes, [group_host, opts]}]},\n"
		" {sr_user, [{type, bag}, {attributes, [us, group_host]}]}]}.\n"
		"{sr_group, {<<\"offhook-people\">>, ",
		roster->domain, roster->component);
	add_binary(roster->out, roster->domain);
	buf_addf(roster->out, "}, [{label, <<\"%s\">>}, {displayed_groups, []}, {description, <<>>}]}.\n",
		group_name);
}

void shared_roster_begin(struct shared_roster *roster)
{
	if (roster->server == ROSTER_PROSODY)
		buf_addf(roster->out, "[+%s]\n", group_name);
	else
		begin_script(roster);
}

/* mod_groups knows no quoting: the first = ends the address, and what is in brackets is a group. */
static bool fits_groups_file(const char *contact)
{
	return contact[0] != '[' && !strchr(contact, '=');
}

bool shared_roster_add(struct shared_roster *roster, const char *contact, const char *name)
{
	struct buf *out = roster->out;

	if (roster->server == ROSTER_PROSODY) {
		if (!fits_groups_file(contact))
			return false;
		buf_addf(out, "%s@%s=%s\n", contact, roster->component, name);
		return true;
	}
	buf_add_text(out, "{sr_user, {");
	add_binary(out, contact);
	buf_add_text(out, ", ");
	add_binary(out, roster->component);
	buf_add_text(out, "}, {<<\"offhook-people\">>, ");
	add_binary(out, roster->domain);
	buf_add_text(out, "}}.\n");
	return true;
}

void shared_roster_end(struct shared_roster *roster)
{
	if (roster->server == ROSTER_PROSODY)
		return;
	buf_addf(roster->out,
		"END\n"
		"host='%s'\n"
		"\"$ctl\" srg_delete offhook-people \"$host\"\n"
		"\"$ctl\" load \"$list\"\n"
		"\"$ctl\" srg_create offhook-accounts \"$host\" Accounts Accounts offhook-people\n"
		"\"$ctl\" srg_user_add @all@ \"$host\" offhook-accounts \"$host\"\n",
		roster->domain);
}
