/*
 * A PostgreSQL of the test's own: in a temporary directory, on a socket there, gone at the end.
 *
 * PostgreSQL refuses to run as root; then it runs as the user postgres.
 */
#ifndef OFFHOOK_TESTS_PG_CLUSTER_H
#define OFFHOOK_TESTS_PG_CLUSTER_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/loop.h"

struct pg_cluster {
	char directory[64];
	pid_t server;
	int databases;
	char url[256]; /* of the last database made */
};

static inline void pg_program(const char *name, char path[256])
{
	glob_t found;
	char pattern[128];

	snprintf(pattern, sizeof(pattern), "/usr/lib/postgresql/*/bin/%s", name);
	ck_assert_msg(glob(pattern, 0, NULL, &found) == 0, "PostgreSQL's %s is not installed", name);
	snprintf(path, 256, "%s", found.gl_pathv[found.gl_pathc - 1]);
	globfree(&found);
}

/* Starts a program of PostgreSQL as somebody it agrees to run as; it ends with the test. */
static inline pid_t pg_spawn(const struct pg_cluster *cluster, char *const arguments[])
{
	const struct passwd *user = getpwnam("postgres");
	char log[96];

	snprintf(log, sizeof(log), "%s/log", cluster->directory);
	pid_t pid = fork();
	if (pid != 0)
		return pid;
	if (geteuid() == 0 && (!user || setgroups(0, NULL) != 0 ||
				      setresgid(user->pw_gid, user->pw_gid, user->pw_gid) != 0 ||
				      setresuid(user->pw_uid, user->pw_uid, user->pw_uid) != 0))
		_exit(126);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
	int out = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (chdir(cluster->directory) == 0)
		execv(arguments[0], arguments);
	_exit(127);
}

static inline bool pg_ready(const struct pg_cluster *cluster)
{
	char url[160];
	snprintf(url, sizeof(url), "host=%s user=postgres dbname=postgres connect_timeout=2",
		cluster->directory);
	return PQping(url) == PQPING_OK;
}

/* Tried again while processes of a killed server still hold its memory. */
static inline void pg_start(struct pg_cluster *cluster)
{
	char program[256], data[96];

	pg_program("postgres", program);
	snprintf(data, sizeof(data), "%s/data", cluster->directory);
	char *const arguments[] = {program, "-D", data, "-k", cluster->directory, "-c",
		"listen_addresses=", "-c", "fsync=off", "-c", "max_connections=30", "-c",
		"shared_buffers=16MB", NULL};
	for (int tries = 0; tries < 200; tries++) {
		if (cluster->server == 0)
			cluster->server = pg_spawn(cluster, arguments);
		usleep(50000);
		if (waitpid(cluster->server, NULL, WNOHANG) != 0)
			cluster->server = 0;
		else if (pg_ready(cluster))
			return;
	}
	ck_abort_msg("PostgreSQL does not start");
}

static inline void pg_create(struct pg_cluster *cluster)
{
	const struct passwd *user = getpwnam("postgres");
	char program[256], data[96];
	int status;

	*cluster = (struct pg_cluster){.directory = "/tmp/offhook-pg-XXXXXX"};
	ck_assert(mkdtemp(cluster->directory) != NULL);
	if (geteuid() == 0)
		ck_assert(user && chown(cluster->directory, user->pw_uid, user->pw_gid) == 0);
	pg_program("initdb", program);
	snprintf(data, sizeof(data), "%s/data", cluster->directory);
	char *const arguments[] = {program, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
		"--locale=C.UTF-8", "--no-sync", NULL};
	pid_t pid = pg_spawn(cluster, arguments);
	ck_assert(waitpid(pid, &status, 0) == pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "initdb failed");
	pg_start(cluster);
}

static inline void pg_kill(struct pg_cluster *cluster, int how)
{
	if (cluster->server == 0)
		return;
	kill(cluster->server, how);
	waitpid(cluster->server, NULL, 0);
	cluster->server = 0;
}

static inline int pg_remove(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
	(void)stat;
	(void)kind;
	(void)walk;
	return remove(path);
}

static inline void pg_destroy(struct pg_cluster *cluster)
{
	pg_kill(cluster, SIGINT);
	nftw(cluster->directory, pg_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Runs SQL as somebody with psql would, and gives the first value of the last result. */
static inline const char *pg_run(const char *url, const char *sql)
{
	static char value[4096];
	PGconn *conn = PQconnectdb(url);
	PGresult *result = PQexec(conn, sql);
	ExecStatusType status = PQresultStatus(result);

	ck_assert_msg(
		status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, PQerrorMessage(conn));
	snprintf(value, sizeof(value), "%s", PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");
	PQclear(result);
	PQfinish(conn);
	return value;
}

/* A new, empty database; its URL stays until the next. */
static inline const char *pg_database(struct pg_cluster *cluster)
{
	char sql[64];

	snprintf(cluster->url, sizeof(cluster->url), "postgresql:///postgres?host=%s&user=postgres",
		cluster->directory);
	snprintf(sql, sizeof(sql), "CREATE DATABASE test%d TEMPLATE template0", ++cluster->databases);
	pg_run(cluster->url, sql);
	snprintf(cluster->url, sizeof(cluster->url), "postgresql:///test%d?host=%s&user=postgres",
		cluster->databases, cluster->directory);
	return cluster->url;
}

struct pg_wait {
	struct loop *loop;
	bool (*met)(void *arg);
	void *arg;
	bool late;
};

static inline void pg_wait_turn(void *arg)
{
	struct pg_wait *wait = arg;
	if (wait->met(wait->arg) || wait->late)
		loop_stop(wait->loop);
}

static inline void pg_wait_late(void *arg)
{
	struct pg_wait *wait = arg;
	wait->late = true;
}

/* Turns the loop until the condition holds; false when it did not within `most`. */
static inline bool turn_until(struct loop *loop, bool (*met)(void *arg), void *arg, usec_t most)
{
	struct pg_wait wait = {.loop = loop, .met = met, .arg = arg};
	struct loop_timer *timer = loop_timer_new(loop, pg_wait_late, &wait);

	loop_timer_set(timer, most);
	loop_add_step(loop, pg_wait_turn, &wait);
	loop_again(loop);
	loop_run(loop);
	loop_remove_step(loop, pg_wait_turn, &wait);
	loop_timer_free(timer);
	return met(arg);
}

static inline bool never(void *arg)
{
	(void)arg;
	return false;
}

static inline void turn_for(struct loop *loop, usec_t time)
{
	(void)turn_until(loop, never, NULL, time);
}

#endif
