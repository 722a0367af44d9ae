/* Activities are told from other words here. */
#include "core/activity.h"

#include <string.h>

static const char *const generals[] = {"doing_chores", "drinking", "eating", "exercising", "grooming",
	"having_appointment", "inactive", "relaxing", "talking", "traveling", "undefined", "working", NULL};

static const char *const specifics[] = {"at_the_spa", "brushing_teeth", "buying_groceries", "cleaning",
	"coding", "commuting", "cooking", "cycling", "dancing", "day_off", "doing_maintenance",
	"doing_the_dishes", "doing_the_laundry", "driving", "fishing", "gaming", "gardening",
	"getting_a_haircut", "going_out", "hanging_out", "having_a_beer", "having_a_snack",
	"having_breakfast", "having_coffee", "having_dinner", "having_lunch", "having_tea", "hiding",
	"hiking", "in_a_car", "in_a_meeting", "in_real_life", "jogging", "on_a_bus", "on_a_plane",
	"on_a_train", "on_a_trip", "on_the_phone", "on_vacation", "on_video_phone", "other", "partying",
	"playing_sports", "praying", "reading", "rehearsing", "running", "running_an_errand",
	"scheduled_holiday", "shaving", "shopping", "skiing", "sleeping", "smoking", "socializing",
	"studying", "sunbathing", "swimming", "taking_a_bath", "taking_a_shower", "thinking", "walking",
	"walking_the_dog", "watching_a_movie", "watching_tv", "working_out", "writing", NULL};

static const char *find(const char *const *names, const char *text, size_t length)
{
	for (; *names; names++)
		if (strncmp(*names, text, length) == 0 && (*names)[length] == '\0')
			return *names;
	return NULL;
}

bool activity_parse(const char *text, struct activity *activity)
{
	size_t general = strcspn(text, "/");
	const char *specific = text[general] ? text + general + 1 : NULL;

	*activity = (struct activity){0};
	if (text[0] == '\0')
		return true;
	activity->general = find(generals, text, general);
	if (!activity->general || !specific)
		return activity->general;
	activity->specific = find(specifics, specific, strlen(specific));
	return activity->specific;
}
