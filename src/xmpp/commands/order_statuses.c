/* The command order-statuses: all ids, one a line, in the order in which they are offered. */
#include <stdlib.h>

#include "base/memory.h"
#include "xmpp/catalogue_form.h"

static const struct field fields[] = {
	{.var = "order",
		.label = "Order",
		.type = FIELD_TEXTS,
		.required = true,
		.length = LIMIT_SLUG,
		.count = LIMIT_STATUSES,
		.desc = "Ids, one a line; those left out follow as they stand"},
	{0},
};
static const struct form form = {"order-statuses", "Order the statuses", NULL, fields};

static bool fill(struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const struct answer *answer = answers_get(&call->answers, "order");

	if (answer->given || answer->problem || answer->count > 0)
		return true;
	for (size_t i = 0; i < catalogue->count && i < LIMIT_ORDER_SHOWN; i++)
		answers_add(&call->answers, "order", catalogue->ordered[i]->id);
	return true;
}

static void ordered(struct command_call *call, struct person *person)
{
	(void)person;
	command_say(call, "The statuses are in their new order.");
}

static void submit(struct command_call *call)
{
	const struct catalogue *catalogue = &call->engine->catalogue;
	const struct answer *answer = answers_get(&call->answers, "order");
	const char **order = mem_new(catalogue->count * sizeof(*order));
	struct change change = {.kind = CHANGE_STATUS_ORDER, .order = order, .order_count = catalogue->count};
	struct error error;

	if (status_order_make(catalogue, (const char *const *)answer->values, answer->count, order, &error)) {
		command_change(call, &change, ordered);
	} else {
		answers_refuse_error(&call->answers, &error);
		command_again(call);
	}
	free(order);
}

const struct command command_order_statuses = {
	.node = "order-statuses",
	.name = "Order the statuses",
	.who = COMMAND_ADMIN,
	.form = &form,
	.fill = fill,
	.submit = submit,
};
