/* What Asterisk answers to what was written is taken here. */
#include <string.h>

#include "base/log.h"
#include "pbx/asterisk_mirror_inside.h"

static void on_rights(struct asterisk_mirror *mirror, bool denied)
{
	struct entry *entry;
	size_t at = 0;
	mirror->database = denied ? RIGHTS_NO : RIGHTS_YES;
	mirror->asks_snippet = denied;
	while (!denied && (entry = map_next(&mirror->entries, &at)))
		mirror_look_at(mirror, entry);
}

static void on_snippet(struct asterisk_mirror *mirror, const char *value)
{
	if (value[0] || mirror->warned)
		return;
	mirror->warned = true;
	log_warn(mirror->subject,
		"Do Not Disturb reaches Asterisk's device states only, which a dial plan need not look at: "
		"give the manager user write = system as well, or use our dial plan, which sets OFFHOOK_DND");
}

static void warn_refused(struct asterisk_mirror *mirror, const struct entry *entry, const char *message)
{
	if (mirror->warned_refused)
		return;
	mirror->warned_refused = true;
	log_warn(mirror->subject, "what was written for extension %s is refused: %s", entry->number, message);
}

static void write_answered(
	struct asterisk_mirror *mirror, struct entry *entry, const struct ami_block *block, usec_t now)
{
	bool good = strcmp(ami_text(block, "Response"), "Error") != 0;
	bool has_echo = entry->axis == AXIS_PRESENCE || entry->axis == AXIS_DND;
	if (!good && has_echo)
		warn_refused(mirror, entry, ami_text(block, "Message"));
	if (entry->axis == AXIS_FOLLOW_ME)
		entry->follows_us = good && !entry->follows_us;
	if (entry->axis == AXIS_FOLLOW_ME_READ)
		entry->may_follow = strcmp(ami_text(block, "Val"), "EXTENSION") == 0;
	entry->answered = good;
	if (good && has_echo && !entry->echoed)
		mirror_enter(mirror, entry, PLACE_ECHO, now + LIMIT_ASTERISK_ECHO_MS * MILLISECOND);
	else
		mirror_settle(mirror, entry);
}

void asterisk_mirror_answer(
	struct asterisk_mirror *mirror, uint64_t serial, const struct ami_block *block, usec_t now)
{
	struct slot *slot = mirror->slots, *end = slot + LIMIT_ASTERISK_WRITES;
	while (slot < end && slot->serial != serial)
		slot++;
	if (slot == end || serial == 0)
		return;
	bool reads = slot->axis == AXIS_FOLLOW_ME_READ;
	if (reads && strcmp(ami_text(block, "Response"), "Success") == 0)
		return; /* what was read follows */
	if (slot->axis == AXIS_PROBE)
		on_rights(mirror, strcmp(ami_text(block, "Message"), "Permission denied") == 0);
	else if (slot->axis == AXIS_SNIPPET)
		on_snippet(mirror, ami_text(block, "Value"));
	else if (slot->entry->axis == slot->axis)
		write_answered(mirror, slot->entry, block, now);
	mirror_free_slot(mirror, slot);
}
