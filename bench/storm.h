/*
 * What an XMPP server tells a component when everybody comes online at once, as bytes.
 *
 * People p0, p1, … of the domain have the devices "desktop" and "laptop" of one kind of client (the example of
 * XEP-0115). A person's turn is some probes of contacts and some presences for the component; the contacts are
 * those whose watchers bench/lab.py makes in advance.
 */
#ifndef OFFHOOK_BENCH_STORM_H
#define OFFHOOK_BENCH_STORM_H

#include <stddef.h>

#include "base/buf.h"

#define STORM_CAPS_NODE "http://code.google.com/p/exodus"
#define STORM_CAPS_VER "QgayPKawpkPSDYmwT/WM94uAlu0="
#define STORM_END "storm-end" /* id of the request that ends every storm */

struct storm {
	const char *domain, *component;
	size_t people, contacts, presences; /* of each person: probes, presences */
	const char *type; /* of what goes to contacts: "probe"; "unavailable" needs no answer */
};

/* Without the stream's header; `out` is to have a large enough maximum. */
void storm_write(const struct storm *storm, struct buf *out);
size_t storm_stanzas(const struct storm *storm); /* the request at the end included */

#endif
