/* Contact addresses become a groups file of Prosody and a script for ejabberd. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "xmpp/shared_roster.h"

static struct buf out;
static struct shared_roster roster;

static void begin(enum roster_server server)
{
	roster = (struct shared_roster){
		.server = server, .domain = "example.org", .component = "presence.example.org", .out = &out};
	shared_roster_begin(&roster);
}

static void setup(void)
{
	buf_init(&out, 65536);
}

static void teardown(void)
{
	buf_done(&out);
}

START_TEST(prosody_gets_one_public_group)
{
	begin(ROSTER_PROSODY);
	ck_assert(shared_roster_add(&roster, "bob", "Bob \"=\" [Müller]"));
	ck_assert(shared_roster_add(&roster, "caf\xc3\xa9\\27s", "Café"));
	ck_assert(!shared_roster_add(&roster, "a=b", "Split"));
	ck_assert(!shared_roster_add(&roster, "[x", "A group]"));
	shared_roster_end(&roster);
	ck_assert_str_eq(buf_text(&out), "[+Colleagues]\n"
					 "bob@presence.example.org=Bob \"=\" [Müller]\n"
					 "café\\27s@presence.example.org=Café\n");
}
END_TEST

START_TEST(ejabberd_gets_erlang_terms)
{
	begin(ROSTER_EJABBERD);
	ck_assert(shared_roster_add(&roster, "a=b", "Anybody"));
	ck_assert(shared_roster_add(&roster, "\xc3\xa9\\27`$(x)", "Anybody"));
	shared_roster_end(&roster);
	ck_assert_ptr_nonnull(
		strstr(buf_text(&out), "\n{sr_user, {<<\"a=b\">>, <<\"presence.example.org\">>}, "
				       "{<<\"offhook-people\">>, <<\"example.org\">>}}.\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\n{sr_user, {<<\"\",195,\"\",169,\"\\\\27`$(x)\">>, "));
	/* Between cat and END the shell takes nothing for its own. */
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "<<'END'\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "\nEND\n"));
	ck_assert_ptr_nonnull(strstr(buf_text(&out), "srg_user_add @all@"));
}
END_TEST

START_TEST(servers_have_names)
{
	enum roster_server server;
	ck_assert(roster_server_parse("prosody", &server) && server == ROSTER_PROSODY);
	ck_assert(roster_server_parse("ejabberd", &server) && server == ROSTER_EJABBERD);
	ck_assert(!roster_server_parse("openfire", &server));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("shared_roster");
	TCase *tests = tcase_create("all");
	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, prosody_gets_one_public_group);
	tcase_add_test(tests, ejabberd_gets_erlang_terms);
	tcase_add_test(tests, servers_have_names);
	suite_add_tcase(suite, tests);
	SRunner *runner = srunner_create(suite);
	srunner_run_all(runner, CK_NORMAL);
	int failures = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failures != 0;
}
