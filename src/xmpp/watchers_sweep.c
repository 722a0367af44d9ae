/*
 * Subscriptions of which nothing was heard for long are dropped here, and those that are no longer allowed.
 */
#include <string.h>

#include "xmpp/watchers_inside.h"

enum { ANY_DAY = UINT16_MAX + 1 };

/* Drops what is older than `oldest`. From the end, so that little has to move. True when the watcher is done
 * with. */
static bool sweep_watcher(struct watchers *watchers, struct watcher *watcher, unsigned oldest, size_t *left,
	void (*dropped)(void *ctx, const char *contact, const char *jid), void *ctx)
{
	for (uint32_t place = watcher->count; place > 0; place--) {
		if (watcher->days[place - 1] >= oldest)
			continue;
		if (*left == 0)
			return false;
		(*left)--;
		const struct target *target = watchers->targets.items[watcher->targets[place - 1]];
		dropped(ctx, target->contact, watcher->jid);
		if (watchers_unlink(watchers, watcher, place - 1))
			break;
	}
	return true;
}

static size_t count_stale(const struct watcher *watcher, uint16_t oldest)
{
	size_t stale = 0;
	for (uint32_t place = 0; place < watcher->count; place++)
		stale += watcher->days[place] < oldest;
	return stale;
}

static void begin_sweep(struct watchers *watchers, usec_t now)
{
	usec_t limit = now - LIMIT_WATCHER_DAYS * DAY;
	if (watchers->sweep.begun)
		return;
	memset(&watchers->sweep, 0, sizeof(watchers->sweep));
	watchers->sweep.begun = true;
	watchers->sweep.oldest = limit > 0 ? watchers_day(limit) : 0;
}

static enum sweep end_sweep(struct watchers *watchers)
{
	size_t stale = watchers->sweep.stale;

	watchers->sweep.next = 0;
	if (watchers->sweep.counted) {
		watchers->sweep.begun = false;
		return SWEEP_DONE;
	}
	watchers->sweep.counted = true;
	watchers->sweep.begun = stale <= LIMIT_WATCHERS_DROPPED || stale <= watchers->count / 10;
	return watchers->sweep.begun ? SWEEP_MORE : SWEEP_REFUSED;
}

enum sweep watchers_sweep(struct watchers *watchers, usec_t now, size_t most,
	void (*dropped)(void *ctx, const char *contact, const char *jid), void *ctx)
{
	size_t left = most;

	begin_sweep(watchers, now);
	for (size_t looked = 0; looked < most && watchers->sweep.next < watchers->names.room; looked++) {
		struct watcher *watcher = watchers->names.items[watchers->sweep.next];
		if (watcher != NULL && !watchers->sweep.counted)
			watchers->sweep.stale += count_stale(watcher, watchers->sweep.oldest);
		else if (watcher != NULL &&
			 !sweep_watcher(watchers, watcher, watchers->sweep.oldest, &left, dropped, ctx))
			return SWEEP_MORE;
		watchers->sweep.next++;
	}
	return watchers->sweep.next < watchers->names.room ? SWEEP_MORE : end_sweep(watchers);
}

bool watchers_screen(struct watchers *watchers, uint32_t *at, size_t most,
	bool (*keep)(void *ctx, const char *jid),
	void (*dropped)(void *ctx, const char *contact, const char *jid), void *ctx)
{
	size_t left = most;

	for (size_t looked = 0; looked < most && *at < watchers->names.room; looked++) {
		struct watcher *watcher = watchers->names.items[*at];
		if (watcher != NULL && !keep(ctx, watcher->jid) &&
			!sweep_watcher(watchers, watcher, ANY_DAY, &left, dropped, ctx))
			return false;
		(*at)++;
	}
	return *at >= watchers->names.room;
}
