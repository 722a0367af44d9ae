/*
 * Intervals are collected and summed up here.
 */
#include "bench/samples.h"

#include <stdlib.h>

#include "base/memory.h"

void samples_add(struct samples *samples, usec_t value)
{
	if (samples->count == samples->room) {
		samples->room = samples->room ? 2 * samples->room : 1024;
		samples->values = mem_resize(samples->values, samples->room, sizeof(*samples->values));
	}
	samples->values[samples->count++] = value;
}

void samples_done(struct samples *samples)
{
	free(samples->values);
	*samples = (struct samples){0};
}

static int compare(const void *a, const void *b)
{
	usec_t left = *(const usec_t *)a, right = *(const usec_t *)b;
	return (left > right) - (left < right);
}

/* The smallest value that at least `thousandths` of all do not exceed. */
static double percentile(const struct samples *samples, size_t thousandths)
{
	if (samples->count == 0)
		return 0;
	size_t rank = (samples->count * thousandths + 999) / 1000;
	return (double)samples->values[rank > 0 ? rank - 1 : 0] / 1000;
}

void samples_print(struct samples *samples, FILE *out)
{
	if (samples->count > 0)
		qsort(samples->values, samples->count, sizeof(*samples->values), compare);
	fprintf(out, "{\"n\": %zu, \"p50\": %.3f, \"p99\": %.3f, \"p999\": %.3f, \"max\": %.3f}",
		samples->count, percentile(samples, 500), percentile(samples, 990), percentile(samples, 999),
		percentile(samples, 1000));
}
