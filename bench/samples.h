/*
 * Measured intervals in microseconds, and what is said of them: percentiles by rank, in milliseconds.
 */
#ifndef OFFHOOK_BENCH_SAMPLES_H
#define OFFHOOK_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdio.h>

#include "base/clock.h"

struct samples {
	usec_t *values;
	size_t count, room;
};

void samples_add(struct samples *samples, usec_t value);
void samples_done(struct samples *samples);
/* Writes `{"n": …, "p50": …, "p99": …, "p999": …, "max": …}`; sorts. */
void samples_print(struct samples *samples, FILE *out);

#endif
