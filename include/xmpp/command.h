/*
 * Ad-hoc commands (XEP-0050): a command is one file with its form declared once; the declaration renders
 * the form, reads and checks the answer, and becomes the session's step.
 *
 * Sessions are keyed by (session id, full JID), expire after LIMIT_COMMAND_SESSION_MINUTES, and are at
 * most LIMIT_COMMAND_SESSIONS (the oldest goes). An id that is not the sender's gets `bad-sessionid`, one
 * that was and expired `session-expired`. Every command works in a single step: "execute" with a submitted
 * form at once is as good as asking for the form first.
 *
 * A new command is one file in src/xmpp/commands, and its row in the table of command.c.
 */
#ifndef OFFHOOK_XMPP_COMMAND_H
#define OFFHOOK_XMPP_COMMAND_H

#include "xmpp/form.h"
#include "xmpp/route.h"

struct commands;
struct commands *commands_new(struct component *component);
/* Forgets the calls that still wait for an answer from the ports. */
void commands_free(struct commands *commands);
/* The routes of XEP-0050 (iq set `command`) and the answer to disco#items of node
 * "http://jabber.org/protocol/commands" are in command.c: */
extern const struct route command_routes[];
void commands_add_items(struct request *request, xmpp_stanza_t *query);
/* disco#info of a command node: fills `query` and returns true when the asker may run `node`. */
bool commands_add_info(struct request *request, const char *node, xmpp_stanza_t *query);

/* For the files in src/xmpp/commands. */

/* One execution. Lives until it is answered: after command_say, command_answer, command_again or
 * command_error, after a false from command_submit, and after command_change and command_read_audit, it is
 * gone. */
struct command_call {
	struct component *component;
	struct engine *engine;
	const struct command *command;
	const char *sender; /* bare JID */
	bool admin;
	struct person *person; /* the sender; NULL when the sender is nobody (never in submit of a command
	                            that `needs_person`). Gone stale after a wait */
	usec_t now;
	struct answers answers;
	xmpp_stanza_t *payload; /* of the answer, while it is put together; released with the call */
	char *result;           /* what to say when a change is committed; freed with the call */

	struct commands *commands; /* from here on for command.c alone */
	struct request request;    /* enough of it for the answer */
	xmpp_stanza_t *stanza;
	char *session; /* its id */
	void (*then)(struct command_call *call, struct person *person);
	void (*read_row)(struct command_call *call, const struct audit_row *row);
	void (*read_then)(struct command_call *call);
	struct command_call *before, *after; /* among all calls of the component */
};

enum command_who { COMMAND_PERSON /* anybody of the tenant */, COMMAND_ADMIN };

struct command {
	const char *node, *name;
	enum command_who who;
	bool needs_person;       /* who is nobody yet becomes a person first (policy auto_people) */
	const struct form *form; /* NULL: nothing to ask */
	void (*declare)(void); /* makes a form whose fields stand in another table; called before first use */
	/* Suggests what is known already, before the form is shown, also when it is shown again. False: there
	 * is nothing to ask, go on to submit. NULL: the defaults do. */
	bool (*fill)(struct command_call *call);
	/* Every field has passed its declaration's check. Ends with one of the answers below. */
	void (*submit)(struct command_call *call);
};

/* Completed, with a note. */
void command_say(struct command_call *call, const char *format, ...) printf_like(2, 3);
/* Completed, with a payload, which is taken, and a note ("" for none). */
void command_answer(struct command_call *call, xmpp_stanza_t *payload, const char *note);
/* The form again, with the values and the problems in the answers. */
void command_again(struct command_call *call);
/* A stanza error; with type "wait" the session goes on. */
void command_error(struct command_call *call, const char *type, const char *condition, const char *text);
/* ports.submit of one fact. False: it was not applied, and the call is answered (form again, or wait). */
bool command_submit(struct command_call *call, struct fact *fact) must_check;
/* ports.change in the sender's name; `then` is called when it is committed, with the person added or edited,
 * or NULL. When it is refused, the form comes again. */
void command_change(struct command_call *call, struct change *change,
	void (*then)(struct command_call *call, struct person *person));

/* ports.read_audit; `then` is called when all rows were. When it fails, the form comes again. */
void command_read_audit(struct command_call *call, size_t skip, size_t limit,
	void (*row)(struct command_call *call, const struct audit_row *row),
	void (*then)(struct command_call *call));

extern const struct command command_set_status, command_clear_status, command_set_message, command_my_status,
	command_list_statuses, command_list_people, command_add_person, command_edit_person,
	command_delete_person, command_set_person_status, command_active_calls, command_policy,
	command_add_admin, command_remove_admin, command_audit, command_add_status, command_edit_status,
	command_delete_status, command_order_statuses, command_hide_status, command_import_people,
	command_preferences;

#endif
