/*
 * The program turns here.
 */
#include "base/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/metrics.h"

/* A turn that is worth a line in the log. */
#define LONG_TURN (SECOND / 50)

struct step {
	void (*run)(void *arg); /* NULL: removed while steps run */
	void *arg;
};

struct steps {
	struct step *list;
	size_t count, room;
};

struct loop {
	struct event_base *base;
	struct steps steps, last_steps;
	bool in_steps;
	bool again;
	bool stop;
	int alarm_fd;
	struct event *alarm;
	usec_t alarm_at; /* 0: not armed, or it rang */
	void (*alarm_fn)(void *arg);
	void *alarm_arg;
	usec_t spent;          /* CPU time until the end of the last turn */
	usec_t minute;         /* the one that is counted */
	usec_t longest, older; /* turn of this minute, of the last */
};

struct loop_timer {
	struct event *event;
	void (*fn)(void *arg);
	void *arg;
};

static _Noreturn void give_up(const char *what)
{
	log_error("loop", "%s: %s", what, strerror(errno));
	abort();
}

/* Both an expiry and a set clock end here: each means that the owner should look at the time. */
static void on_alarm(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct loop *loop = arg;
	uint64_t expirations;

	/* ECANCELED tells of a set clock; the timer itself stays armed. */
	ssize_t length = read(fd, &expirations, sizeof(expirations));
	(void)length;
	loop->alarm_at = 0;
	if (loop->alarm_fn != NULL)
		loop->alarm_fn(loop->alarm_arg);
}

/* Sockets are asked about anew by several calls in a turn; the kernel is told what came of it, once. */
static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	if (config == NULL)
		return NULL;
	event_config_set_flag(config, EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
	struct event_base *base = event_base_new_with_config(config);
	event_config_free(config);
	return base;
}

struct loop *loop_new(void)
{
	/* A peer that went away is an error of write(2), not the end of the process. */
	signal(SIGPIPE, SIG_IGN);

	struct loop *loop = mem_new(sizeof(*loop));
	loop->base = base_new();
	if (loop->base == NULL)
		give_up("cannot make an event base");
	loop->alarm_fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	if (loop->alarm_fd < 0)
		give_up("cannot make a timer");
	loop->alarm = event_new(loop->base, loop->alarm_fd, EV_READ | EV_PERSIST, on_alarm, loop);
	if (loop->alarm == NULL || event_add(loop->alarm, NULL) != 0)
		give_up("cannot watch the timer");
	return loop;
}

void loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	event_free(loop->alarm);
	close(loop->alarm_fd);
	event_base_free(loop->base);
	free(loop->steps.list);
	free(loop->last_steps.list);
	free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
	return loop->base;
}

static void add_step(struct steps *steps, void (*step)(void *arg), void *arg)
{
	if (steps->count == steps->room) {
		steps->room = steps->room > 0 ? 2 * steps->room : 8;
		steps->list = mem_resize(steps->list, steps->room, sizeof(*steps->list));
	}
	steps->list[steps->count++] = (struct step){.run = step, .arg = arg};
}

void loop_add_step(struct loop *loop, void (*step)(void *arg), void *arg)
{
	add_step(&loop->steps, step, arg);
}

void loop_add_last_step(struct loop *loop, void (*step)(void *arg), void *arg)
{
	add_step(&loop->last_steps, step, arg);
}

static void drop_removed_steps(struct steps *steps)
{
	size_t kept = 0;
	for (size_t i = 0; i < steps->count; i++) {
		if (steps->list[i].run != NULL)
			steps->list[kept++] = steps->list[i];
	}
	steps->count = kept;
}

static bool remove_step(struct steps *steps, void (*step)(void *arg), void *arg)
{
	for (size_t i = 0; i < steps->count; i++) {
		if (steps->list[i].run == step && steps->list[i].arg == arg) {
			steps->list[i].run = NULL;
			return true;
		}
	}
	return false;
}

void loop_remove_step(struct loop *loop, void (*step)(void *arg), void *arg)
{
	if (!remove_step(&loop->steps, step, arg))
		(void)remove_step(&loop->last_steps, step, arg);
	if (loop->in_steps)
		return;
	drop_removed_steps(&loop->steps);
	drop_removed_steps(&loop->last_steps);
}

static void run_list(const struct steps *steps)
{
	for (size_t i = 0; i < steps->count; i++) {
		struct step step = steps->list[i];
		if (step.run != NULL)
			step.run(step.arg);
	}
}

/* A step may add steps, which run in this turn if they stand behind it, and remove any, itself as well. */
static void run_steps(struct loop *loop)
{
	loop->in_steps = true;
	run_list(&loop->steps);
	run_list(&loop->last_steps);
	loop->in_steps = false;
	drop_removed_steps(&loop->steps);
	drop_removed_steps(&loop->last_steps);
}

void loop_again(struct loop *loop)
{
	loop->again = true;
}

static usec_t cpu_time(void)
{
	struct timespec time;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
	return time.tv_sec * SECOND + time.tv_nsec / 1000;
}

/* Waiting takes no CPU time, so that the end of one turn serves as the beginning of the next. */
static void measure_turn(struct loop *loop)
{
	usec_t spent = cpu_time(), turn = spent - loop->spent, minute = clock_monotonic() / MINUTE;

	loop->spent = spent;
	if (minute != loop->minute) {
		loop->older = minute == loop->minute + 1 ? loop->longest : 0;
		loop->longest = 0;
		loop->minute = minute;
	}
	if (turn > loop->longest)
		loop->longest = turn;
	metrics_set(METRIC_LOOP_TURN_MAX, loop->longest > loop->older ? loop->longest : loop->older);
	if (turn > LONG_TURN)
		log_debug("loop", "a turn took %lld.%03lld ms", (long long)(turn / 1000),
			(long long)(turn % 1000));
}

void loop_run(struct loop *loop)
{
	loop->spent = cpu_time();
	while (!loop->stop) {
		/* EVLOOP_NONBLOCK alone goes on for as long as anything happens. */
		int wait = loop->again ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE;
		loop->again = false;
		if (event_base_loop(loop->base, wait) < 0)
			give_up("cannot wait for events");
		run_steps(loop);
		measure_turn(loop);
	}
	loop->stop = false;
}

void loop_stop(struct loop *loop)
{
	loop->stop = true;
}

void loop_alarm(struct loop *loop, usec_t at, void (*fn)(void *arg), void *arg)
{
	struct itimerspec when = {0};
	int flags = TFD_TIMER_ABSTIME;

	loop->alarm_fn = at != 0 ? fn : NULL;
	loop->alarm_arg = arg;
	if (at == loop->alarm_at)
		return;
	loop->alarm_at = at;
	if (at != 0) {
		usec_t instant = at > 0 ? at : 1;
		when.it_value.tv_sec = instant / SECOND;
		when.it_value.tv_nsec = instant % SECOND * 1000;
		flags |= TFD_TIMER_CANCEL_ON_SET;
	}
	if (timerfd_settime(loop->alarm_fd, flags, &when, NULL) == 0)
		return;
	/* The clock was set since the last call: the timer is armed all the same, but that news is only told
	 * once, and this was it. */
	if (errno != ECANCELED)
		give_up("cannot set the timer");
	event_active(loop->alarm, EV_READ, 0);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct loop_timer *timer = arg;
	timer->fn(timer->arg);
}

struct loop_timer *loop_timer_new(struct loop *loop, void (*fn)(void *arg), void *arg)
{
	struct loop_timer *timer = mem_new(sizeof(*timer));
	timer->fn = fn;
	timer->arg = arg;
	timer->event = evtimer_new(loop->base, on_timer, timer);
	if (timer->event == NULL)
		give_up("cannot make a timer");
	return timer;
}

void loop_timer_set(struct loop_timer *timer, usec_t after)
{
	usec_t wait = after > 0 ? after : 0;
	struct timeval interval = {.tv_sec = wait / SECOND, .tv_usec = wait % SECOND};
	if (evtimer_add(timer->event, &interval) != 0)
		give_up("cannot set a timer");
}

void loop_timer_stop(struct loop_timer *timer)
{
	evtimer_del(timer->event);
}

void loop_timer_free(struct loop_timer *timer)
{
	if (timer == NULL)
		return;
	event_free(timer->event);
	free(timer);
}

usec_t loop_backoff(unsigned attempt, usec_t first, usec_t most)
{
	usec_t delay = attempt >= 62 || first > most >> attempt ? most : first << attempt;
	uint64_t random;

	arc4random_buf(&random, sizeof(random));
	return delay - delay / 4 + (usec_t)(random % ((uint64_t)(delay / 2) + 1));
}
