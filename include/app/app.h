/*
 * The program: configuration, store, engines, components and HTTP wired together on one loop.
 */
#ifndef OFFHOOK_APP_APP_H
#define OFFHOOK_APP_APP_H

#include "base/config.h"
#include "base/error.h"

struct app;

/* Takes over `config`. `path` is read again at SIGHUP. NULL and a reason when it cannot start (the HTTP
 * address is taken); PostgreSQL and the XMPP servers may come later. */
struct app *app_new(const char *path, struct config *config, struct error *error) must_check;
/* Runs until SIGTERM or SIGINT (returns 0, after a clean goodbye) or until it cannot go on (returns 1). */
int app_run(struct app *app);
void app_free(struct app *app);

#endif
