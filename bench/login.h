/*
 * Logs a component in at an XMPP server on this machine (XEP-0114), waiting for each answer; for programs that
 * only have to be quick afterwards. Both end the program with a message when something fails.
 */
#ifndef OFFHOOK_BENCH_LOGIN_H
#define OFFHOOK_BENCH_LOGIN_H

#include <stddef.h>
#include <stdint.h>

/* The connected socket, which blocks. */
int login(uint16_t port, const char *component, const char *secret);
void login_write(int fd, const char *bytes, size_t length); /* all of it */
/* Reads until `end` has come; the last of what came is in `text`. */
void login_expect(int fd, const char *end, char *text, size_t room);

#endif
