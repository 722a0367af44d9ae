/*
 * A component's first words are exchanged here.
 */
#include "bench/login.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static _Noreturn void die(const char *what)
{
	perror(what);
	exit(1);
}

void login_write(int fd, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t written = send(fd, bytes, length, MSG_NOSIGNAL);
		if (written <= 0)
			die("writing to the XMPP server");
		bytes += written;
		length -= (size_t)written;
	}
}

void login_expect(int fd, const char *end, char *text, size_t room)
{
	size_t length = 0;
	do {
		if (length + 1 == room) {
			memmove(text, text + room / 2, length - room / 2);
			length -= room / 2;
		}
		ssize_t count = recv(fd, text + length, room - 1 - length, 0);
		if (count <= 0)
			die("reading from the XMPP server");
		length += (size_t)count;
		text[length] = '\0';
	} while (!strstr(text, end));
}

static void send_handshake(int fd, const char *id, const char *secret)
{
	char text[1024], hash[2 * SHA_DIGEST_LENGTH + 1];
	unsigned char digest[SHA_DIGEST_LENGTH];
	int length = snprintf(text, sizeof(text), "%s%s", id, secret);
	SHA1((const unsigned char *)text, (size_t)length, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
	length = snprintf(text, sizeof(text), "<handshake>%s</handshake>", hash);
	login_write(fd, text, (size_t)length);
}

int login(uint16_t port, const char *component, const char *secret)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	char text[4096], id[256];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		die("connecting to the XMPP server");
	int length = snprintf(text, sizeof(text),
		"<stream:stream xmlns='jabber:component:accept' "
		"xmlns:stream='http://etherx.jabber.org/streams' to='%s'>",
		component);
	login_write(fd, text, (size_t)length);
	login_expect(fd, " id=", text, sizeof(text));
	if (sscanf(strstr(text, " id=") + 5, "%255[^'\"]", id) != 1)
		die("the stream has no id");
	send_handshake(fd, id, secret);
	login_expect(fd, "<handshake", text, sizeof(text));
	return fd;
}
