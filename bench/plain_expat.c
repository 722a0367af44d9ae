/*
 * A component that does nothing with what it reads: plain expat, set up as Offhook's, with empty handlers.
 *
 * It answers the request that ends a storm, which it looks for in the last bytes of what was read, and
 * nothing else; it ends with the connection.
 */
#include <arpa/inet.h>
#include <expat.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/storm.h"

enum { INPUT_BYTES = 64 * 1024, TAIL_BYTES = 256 };

extern XML_Bool XML_SetReparseDeferralEnabled(XML_Parser parser, XML_Bool enabled) __attribute__((weak));

static void on_start(void *data, const char *name, const char **attributes)
{
	(void)data;
	(void)name;
	(void)attributes;
}

static void on_end(void *data, const char *name)
{
	(void)data;
	(void)name;
}

static void on_text(void *data, const char *text, int length)
{
	(void)data;
	(void)text;
	(void)length;
}

static XML_Parser make_parser(void)
{
	XML_Parser parser = XML_ParserCreateNS("UTF-8", '\1');
	if (XML_SetReparseDeferralEnabled)
		XML_SetReparseDeferralEnabled(parser, XML_FALSE);
	XML_SetElementHandler(parser, on_start, on_end);
	XML_SetCharacterDataHandler(parser, on_text);
	return parser;
}

static bool send_text(int fd, const char *text)
{
	return send(fd, text, strlen(text), MSG_NOSIGNAL) == (ssize_t)strlen(text);
}

static bool run(int fd)
{
	static const char marker[] = " id='" STORM_END "'";
	static char input[TAIL_BYTES + INPUT_BYTES]; /* begins with the last bytes before these */
	XML_Parser parser = make_parser();
	ssize_t length;
	bool ok = send_text(fd, "<stream:stream to='plain'><handshake></handshake>");
	while (ok && (length = read(fd, input + TAIL_BYTES, INPUT_BYTES)) > 0) {
		ok = XML_Parse(parser, input + TAIL_BYTES, (int)length, XML_FALSE) == XML_STATUS_OK;
		memmove(input, input + length, TAIL_BYTES);
		if (!ok || !memmem(input, TAIL_BYTES, marker, strlen(marker)))
			continue;
		ok = send_text(fd, "<iq type='result' id='" STORM_END "'></iq>");
		memset(input, 0, TAIL_BYTES);
	}
	if (!ok)
		fprintf(stderr, "bench_plain_expat: %s\n", XML_ErrorString(XML_GetErrorCode(parser)));
	XML_ParserFree(parser);
	return ok;
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	if (argc != 2 || atoi(argv[1]) <= 0) {
		fputs("Usage: bench_plain_expat PORT\n", stderr);
		return 2;
	}
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		perror("bench_plain_expat");
		return 1;
	}
	bool ok = run(fd);
	close(fd);
	return ok ? 0 : 1;
}
