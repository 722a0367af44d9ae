/*
 * What the forms that edit the catalogue have in common: picking a status, and reading the fields `name`, `show`,
 * `icon`, `color`, `text`, `activity`, `default_expiry`, `when_offline` and `call_action`.
 */
#ifndef OFFHOOK_XMPP_CATALOGUE_FORM_H
#define OFFHOOK_XMPP_CATALOGUE_FORM_H

#include "core/status_edit.h"
#include "xmpp/status_form.h"

/* field.offer: the tenant's own statuses, hidden ones as well. `arg` is the call. */
void offer_custom(struct options *options, void *arg);
/* field.offer: what may be hidden. */
void offer_hideable(struct options *options, void *arg);
/* field.offer: icons that many want, and none. */
void offer_icons(struct options *options, void *arg);

#define ICON_DESC "One of these, or any other single emoji or letter"
#define COLOR_DESC "Such as #2E7D32"
#define TEXT_DESC "Shown with the status when the person gives no message"
#define ACTIVITY_DESC "An activity of XEP-0108, such as working or talking/on_the_phone"
#define EXPIRY_DESC "Minutes after which the status ends when nobody says otherwise"

/* The status that the field `status` names, by id or name; the field then holds the id. NULL: there is none, and
 * the field was refused. */
const struct status *read_status_field(struct command_call *call) must_check;
/* Reads the fields into `edit`, which was begun and borrows from the answers. "" leaves a field as it is, "-" clears
 * it. False: a field was refused. */
bool read_edit(struct command_call *call, struct status_edit *edit) must_check;
/* "☕ Coffee" of what the field `status` holds, deleted or not, and `words` behind it: completes the call. */
void say_of_status(struct command_call *call, const char *words);

#endif
