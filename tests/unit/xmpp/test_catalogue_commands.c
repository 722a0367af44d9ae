/* The commands that edit the catalogue, from the request to what they change in a real engine. */
#include "xmpp/fake_component.h"

#define ADMIN "alice@example.org/desk"
#define BOB "bob@example.org/desk"
#define FIELD(var, value) "<field var='" var "'><value>" value "</value></field>"
#define COMPLETED "status=\"completed\""
#define EXECUTING "status=\"executing\""

static const char *run(const char *from, const char *node, const char *fields)
{
	static char payload[16384];

	snprintf(payload, sizeof(payload),
		"<command xmlns='http://jabber.org/protocol/commands' node='%s'>%s%s%s</command>", node,
		fields ? "<x xmlns='jabber:x:data' type='submit'>" : "", fields ? fields : "",
		fields ? "</x>" : "");
	return ask(command_routes, from, payload);
}

/* The answer after the commit. */
static const char *committed(const char *node, const char *fields)
{
	const char *answer = run(ADMIN, node, fields);

	ck_assert_msg(fake.done != NULL, "not changed: %s", answer);
	commit();
	return fake.sent;
}

static bool says(const char *answer, const char *part)
{
	bool found = strstr(answer, part) != NULL;
	if (!found)
		fprintf(stderr, "no %s in %s\n", part, answer);
	return found;
}

static const struct status *status(const char *id)
{
	return catalogue_get(&engine->catalogue, id);
}

static void given_tea(void)
{
	committed("add-status",
		FIELD("name", "Tea") FIELD("show", "away") FIELD("icon", "🍵") FIELD("text", "hot"));
}

START_TEST(a_status_is_added_with_all_its_fields)
{
	const char *answer = run(ADMIN, "add-status", NULL);
	ck_assert(says(answer, "<option label=\"☕ Coffee\"><value>☕</value></option>"));
	ck_assert(says(answer, "<open/></validate>"));
	ck_assert(says(answer, "<range "));
	answer = committed("add-status",
		FIELD("name", "Coffee &amp; Cake") FIELD("show", "xa") FIELD("icon", "🍰")
			FIELD("color", "#abcdef") FIELD("text", "yum")
				FIELD("activity", "eating/having_a_snack") FIELD("default_expiry", "20")
					FIELD("when_offline", "true") FIELD("call_action", "dnd"));
	ck_assert(says(answer, COMPLETED));
	ck_assert(says(answer, "Coffee &amp; Cake is added. Its id is coffee-cake."));
	const struct status *cake = status("coffee-cake");
	ck_assert_str_eq(cake->name, "Coffee & Cake");
	ck_assert_int_eq(cake->show, SHOW_XA);
	ck_assert_str_eq(cake->icon, "🍰");
	ck_assert_str_eq(cake->color, "#ABCDEF");
	ck_assert_str_eq(cake->text, "yum");
	ck_assert_str_eq(cake->activity, "eating/having_a_snack");
	ck_assert_uint_eq(cake->default_expiry, 20);
	ck_assert(cake->when_offline);
	ck_assert_int_eq(cake->call_action, ACTION_DND);
	ck_assert(says(run(BOB, "set-status", FIELD("status", "coffee-cake")), "🍰 Coffee &amp; Cake (yum)"));
}
END_TEST

START_TEST(every_bad_field_is_told_at_once_and_nothing_is_added)
{
	size_t before = engine->catalogue.count;
	const char *answer = run(ADMIN, "add-status",
		FIELD("name", "Bad") FIELD("icon", "ab") FIELD("color", "red") FIELD("activity", "x"));
	ck_assert(says(answer, EXECUTING));
	ck_assert(says(answer, "<desc>must be a single emoji or letter</desc>"));
	ck_assert(says(answer, "<desc>must be six hexadecimal digits after a #, such as #2E7D32</desc>"));
	ck_assert(says(answer, "<desc>must begin with an activity of XEP-0108, such as working</desc>"));
	ck_assert(says(answer, "<value>ab</value>"));
	ck_assert(says(run(ADMIN, "add-status", FIELD("name", "")), "Name: must not be empty"));
	ck_assert(says(run(ADMIN, "add-status", FIELD("name", "-")), "Name: cannot be cleared"));
	ck_assert(says(run(ADMIN, "add-status", FIELD("name", "lunch BREAK")),
		"belongs to &quot;Lunch Break&quot; (lunch-break) already"));
	ck_assert_uint_eq(engine->catalogue.count, before);
}
END_TEST

START_TEST(an_edit_leaves_what_is_empty_and_clears_what_is_a_dash)
{
	given_tea();
	const char *answer = committed("edit-status",
		FIELD("status", "tea") FIELD("name", "Green Tea") FIELD("show", "") FIELD("icon", "")
			FIELD("text", "-") FIELD("when_offline", "1"));
	ck_assert(says(answer, "🍵 Green Tea is changed."));
	const struct status *tea = status("tea");
	ck_assert_str_eq(tea->name, "Green Tea");
	ck_assert_int_eq(tea->show, SHOW_AWAY);
	ck_assert_str_eq(tea->icon, "🍵");
	ck_assert_str_eq(tea->text, "");
	ck_assert(tea->when_offline);
	committed("edit-status", FIELD("status", "tea") FIELD("icon", "-") FIELD("when_offline", "-"));
	ck_assert_str_eq(status("tea")->icon, "");
	ck_assert(!status("tea")->when_offline);
	ck_assert(says(run(ADMIN, "edit-status", FIELD("status", "tea")), "nothing was given to change"));
	ck_assert(says(run(ADMIN, "edit-status", FIELD("status", "tea") FIELD("color", "-")),
		"Color: cannot be cleared"));
	ck_assert(says(run(ADMIN, "edit-status", FIELD("status", "dnd") FIELD("name", "X")),
		"Status: must be one of those offered"));
	ck_assert(says(run(ADMIN, "edit-status", FIELD("name", "X")), "Status: must not be empty"));
}
END_TEST

START_TEST(a_status_is_deleted_only_when_that_is_confirmed)
{
	given_tea();
	ck_assert(says(run(ADMIN, "delete-status", FIELD("status", "tea")), "must not be empty"));
	ck_assert(says(run(ADMIN, "delete-status", FIELD("status", "tea") FIELD("confirm", "0")),
		"nothing was deleted"));
	ck_assert_ptr_nonnull(status("tea"));
	ck_assert(says(committed("delete-status", FIELD("status", "tea") FIELD("confirm", "1")),
		"🍵 Tea is deleted."));
	ck_assert_ptr_null(status("tea"));
	ck_assert(says(run(ADMIN, "delete-status", FIELD("status", "tea") FIELD("confirm", "1")), EXECUTING));
}
END_TEST

START_TEST(a_hidden_status_stays_with_who_has_it_and_is_not_offered)
{
	given_tea();
	ck_assert(chooses(bob, "tea", 0));
	ck_assert(says(
		committed("hide-status", FIELD("status", "tea") FIELD("hidden", "1")), "Tea is hidden."));
	sees(bob, "tea");
	ck_assert_ptr_null(strstr(run(BOB, "set-status", NULL), "<option label=\"🍵 Tea\">"));
	ck_assert(says(run(BOB, "set-status", FIELD("status", "tea")), EXECUTING));
	ck_assert(says(committed("hide-status", FIELD("status", "tea") FIELD("hidden", "0")),
		"Tea is offered again."));
	ck_assert(says(run(BOB, "set-status", FIELD("status", "tea")), COMPLETED));
	ck_assert(says(committed("hide-status", FIELD("status", "invisible")), "Invisible is hidden."));
	ck_assert(says(run(ADMIN, "hide-status", FIELD("status", "available")), EXECUTING));
}
END_TEST

START_TEST(the_order_is_filled_in_and_changed)
{
	const char *answer = run(ADMIN, "order-statuses", NULL);
	ck_assert(says(answer, "<value>available</value><value>chat</value><value>away</value>"));
	answer = committed(
		"order-statuses", "<field var='order'><value>busy</value><value>dnd</value></field>");
	ck_assert(says(answer, COMPLETED));
	ck_assert_str_eq(engine->catalogue.ordered[0]->id, "busy");
	ck_assert_str_eq(engine->catalogue.ordered[1]->id, "dnd");
	ck_assert_str_eq(engine->catalogue.ordered[2]->id, "available");
	answer = run(ADMIN, "order-statuses", FIELD("order", "nothing"));
	ck_assert(says(answer, "there is no status nothing"));
	ck_assert(says(answer, "<value>nothing</value>"));
	ck_assert(says(run(ADMIN, "order-statuses", FIELD("order", "busy\ndnd\nbusy")), "busy comes twice"));
	ck_assert(says(run(ADMIN, "order-statuses", FIELD("order", "")), "must not be empty"));
}
END_TEST

START_TEST(a_long_catalogue_is_typed_by_id_or_name)
{
	char fields[256];

	for (size_t i = 0; i <= LIMIT_CHOICES_IN_LIST; i++) {
		snprintf(fields, sizeof(fields), FIELD("name", "Own %zu"), i);
		committed("add-status", fields);
	}
	ck_assert(says(run(ADMIN, "edit-status", NULL), "type=\"text-single\" var=\"status\""));
	ck_assert(says(committed("edit-status", FIELD("status", "own-7") FIELD("icon", "7")), "7 Own 7"));
	ck_assert(says(committed("edit-status", FIELD("status", "OWN 8") FIELD("icon", "8")), "8 Own 8"));
	ck_assert(says(run(ADMIN, "edit-status", FIELD("status", "dnd") FIELD("icon", "8")),
		"Do Not Disturb is built in and cannot be edited"));
	ck_assert(says(run(ADMIN, "delete-status", FIELD("status", "dnd") FIELD("confirm", "1")),
		"Do Not Disturb is built in and cannot be deleted"));
	ck_assert(says(run(ADMIN, "hide-status", FIELD("status", "dnd")), "Do Not Disturb cannot be hidden"));
	ck_assert(says(run(ADMIN, "edit-status", FIELD("status", "gone") FIELD("icon", "8")),
		"there is no such status"));
}
END_TEST

START_TEST(others_are_forbidden)
{
	static const char *const nodes[] = {
		"add-status", "edit-status", "delete-status", "order-statuses", "hide-status"};

	for (size_t i = 0; i < sizeof(nodes) / sizeof(*nodes); i++)
		ck_assert(says(run(BOB, nodes[i], FIELD("name", "Tea")), "<forbidden"));
	ck_assert_ptr_null(status("tea"));
}
END_TEST

int main(void)
{
	TCase *test = tcase_create("catalogue commands");
	tcase_add_checked_fixture(test, fake_begin, fake_end);
	tcase_set_timeout(test, 60);
	tcase_add_test(test, a_status_is_added_with_all_its_fields);
	tcase_add_test(test, every_bad_field_is_told_at_once_and_nothing_is_added);
	tcase_add_test(test, an_edit_leaves_what_is_empty_and_clears_what_is_a_dash);
	tcase_add_test(test, a_status_is_deleted_only_when_that_is_confirmed);
	tcase_add_test(test, a_hidden_status_stays_with_who_has_it_and_is_not_offered);
	tcase_add_test(test, the_order_is_filled_in_and_changed);
	tcase_add_test(test, a_long_catalogue_is_typed_by_id_or_name);
	tcase_add_test(test, others_are_forbidden);
	Suite *suite = suite_create("catalogue_commands");
	suite_add_tcase(suite, test);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
