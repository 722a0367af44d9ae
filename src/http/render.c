/*
 * People and statuses become JSON here.
 */
#include "http/render.h"

static json_t *text_or_null(const char *text)
{
	return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *instant_or_null(usec_t at)
{
	char text[CLOCK_TEXT];
	return at != 0 ? json_string(clock_text(at, text)) : json_null();
}

static const struct status *shown_status(const struct engine *engine, const struct person *person)
{
	return presence_is_offline(&person->presence) ? engine->catalogue.offline : person->presence.status;
}

const char *render_status_id(const struct engine *engine, const struct person *person)
{
	return shown_status(engine, person)->id;
}

json_t *render_person(const struct engine *engine, const struct person *person)
{
	/* Of somebody offline nothing is taken from the person, who may be invisible. */
	const struct status *status = shown_status(engine, person);
	struct presence offline = {.status = status, .message = "", .automatic = true};
	const struct presence *presence =
		presence_is_offline(&person->presence) ? &offline : &person->presence;

	struct buf text;
	enum { TEXT_MOST = 16384 };
	buf_init(&text, TEXT_MOST);
	presence_text(presence, &text);

	json_t *object = json_object();
	json_object_set_new(object, "contact", json_string(person->contact));
	json_object_set_new(object, "name", text_or_null(person->name));
	json_object_set_new(object, "status", json_string(status->id));
	json_object_set_new(object, "show", json_string(show_to_text(status->show)));
	json_object_set_new(object, "icon", json_string(status->icon));
	json_object_set_new(object, "color", json_string(status->color));
	json_object_set_new(object, "text", json_string(buf_text(&text)));
	json_object_set_new(object, "message", text_or_null(presence->message));
	json_object_set_new(object, "automatic", json_boolean(presence->automatic));
	json_object_set_new(object, "since", instant_or_null(presence->since));
	json_object_set_new(object, "until", instant_or_null(presence->until));
	buf_done(&text);
	return object;
}

json_t *render_status(const struct status *status)
{
	json_t *object = json_object();
	json_object_set_new(object, "id", json_string(status->id));
	json_object_set_new(object, "name", json_string(status->name));
	json_object_set_new(object, "show", json_string(show_to_text(status->show)));
	json_object_set_new(object, "icon", json_string(status->icon));
	json_object_set_new(object, "color", json_string(status->color));
	json_object_set_new(object, "text", json_string(status->text));
	json_object_set_new(object, "default_expiry",
		status->default_expiry != 0 ? json_integer(status->default_expiry) : json_null());
	json_object_set_new(object, "kind", json_string(status_kind_to_text(status->kind)));
	json_object_set_new(object, "position", json_integer(status->position));
	return object;
}
