/*
 * The words of a login storm are put together here.
 */
#include "bench/storm.h"

static const char *const devices[] = {"desktop", "laptop"};

/* A stride, as in bench/lab.py: who watches person n is (n + stride * 1), (n + stride * 2), … */
enum { STRIDE = 7919 };

static void write_contacts(const struct storm *storm, size_t person, struct buf *out)
{
	for (size_t i = 1; i <= storm->contacts; i++) {
		size_t back = i * STRIDE % storm->people;
		buf_addf(out, "<presence type='%s' from='p%zu@%s/%s' to='p%zu@%s'/>", storm->type, person,
			storm->domain, devices[i % 2], (person + storm->people - back) % storm->people,
			storm->component);
	}
}

/* Each differs from the last of that device, and colleagues see the same. */
static void write_presences(const struct storm *storm, size_t person, struct buf *out)
{
	for (size_t i = 0; i < storm->presences; i++)
		buf_addf(out,
			"<presence from='p%zu@%s/%s' to='%s' xml:lang='en'><show>away</show>"
			"<status>In the workshop until four</status><priority>%zu</priority>"
			"<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='" STORM_CAPS_NODE
			"' ver='" STORM_CAPS_VER "'/></presence>",
			person, storm->domain, devices[i % 2], storm->component, i / 2 % 2 + 5);
}

void storm_write(const struct storm *storm, struct buf *out)
{
	for (size_t person = 0; person < storm->people; person++) {
		write_contacts(storm, person, out);
		write_presences(storm, person, out);
	}
	buf_addf(out,
		"<iq type='get' id='" STORM_END "' from='%s' to='%s'><ping xmlns='urn:xmpp:ping'/></iq>",
		storm->domain, storm->component);
}

size_t storm_stanzas(const struct storm *storm)
{
	return storm->people * (storm->contacts + storm->presences) + 1;
}
