/*
 * Requests are checked here for what evhttp overlooks.
 */
#include "http/message.h"

#include <event2/buffer.h>
#include <event2/http_struct.h>
#include <event2/keyvalq_struct.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>

#include "base/limits.h"

/* Headers that may appear only once, as two readers might each believe another one. */
static const char *const once[] = {
	"Host", "Content-Length", "Transfer-Encoding", "Content-Type", "Authorization"};
enum { HEADER_HOST, HEADER_LENGTH, HEADER_ENCODING, ONCE = sizeof(once) / sizeof(*once) };

/* A token of RFC 9110 section 5.6.2. */
static bool is_token(const char *text)
{
	static const char legal[] = "!#$%&'*+-.^_`|~0123456789"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	return text[0] != '\0' && text[strspn(text, legal)] == '\0';
}

static bool count_headers(
	struct evhttp_request *request, unsigned count[ONCE], int *status, struct error *error)
{
	const struct evkeyval *header;
	size_t bytes = 0;
	TAILQ_FOREACH(header, evhttp_request_get_input_headers(request), next)
	{
		bytes += strlen(header->key) + strlen(header->value) + 4;
		if (!is_token(header->key))
			return error_set(error, NULL, "a header has a name that is not allowed");
		for (size_t i = 0; i < ONCE; i++)
			count[i] += strcasecmp(header->key, once[i]) == 0;
	}
	for (size_t i = 0; i < ONCE; i++) {
		if (count[i] > 1)
			return error_set(error, once[i], "is given more than once");
	}
	if (bytes > LIMIT_HTTP_HEADERS) {
		*status = 431;
		return error_set(error, NULL, "the headers are longer than %d bytes", LIMIT_HTTP_HEADERS);
	}
	return true;
}

/* Of other methods evhttp leaves the body in the stream, where it would pass for the next request. */
static bool evhttp_takes_body(enum evhttp_cmd_type method)
{
	switch (method) {
	case EVHTTP_REQ_GET:
	case EVHTTP_REQ_POST:
	case EVHTTP_REQ_PUT:
	case EVHTTP_REQ_DELETE:
	case EVHTTP_REQ_OPTIONS:
	case EVHTTP_REQ_CONNECT:
	case EVHTTP_REQ_PATCH:
		return true;
	default:
		return false;
	}
}

/* Whether evhttp has taken the body as any other reader would. */
static bool check_framing(struct evhttp_request *request, const unsigned count[ONCE], struct error *error)
{
	const char *length = message_header(request, once[HEADER_LENGTH]);
	const char *encoding = message_header(request, once[HEADER_ENCODING]);

	if (count[HEADER_HOST] == 0)
		return error_set(error, once[HEADER_HOST], "is missing");
	if (length != NULL && encoding != NULL)
		return error_set(error, NULL, "Content-Length and Transfer-Encoding exclude each other");
	if (length != NULL && (length[0] == '\0' || length[strspn(length, "0123456789")] != '\0'))
		return error_set(error, once[HEADER_LENGTH], "is not a number");
	if (encoding != NULL && strcasecmp(encoding, "chunked") != 0)
		return error_set(error, once[HEADER_ENCODING], "must be chunked");

	bool has_body = encoding != NULL || (length != NULL && length[strspn(length, "0")] != '\0');
	if (has_body && !evhttp_takes_body(evhttp_request_get_command(request)))
		return error_set(error, NULL, "this method takes no body");
	return true;
}

bool message_check(struct evhttp_request *request, int *status, struct error *error)
{
	unsigned count[ONCE] = {0};
	*status = 400;
	if (!count_headers(request, count, status, error) || !check_framing(request, count, error))
		return false;
	if (evbuffer_get_length(evhttp_request_get_input_buffer(request)) > LIMIT_HTTP_BODY) {
		*status = 413;
		return error_set(error, NULL, "the body is longer than %d bytes", LIMIT_HTTP_BODY);
	}
	return true;
}

const char *message_header(struct evhttp_request *request, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(request), name);
}

bool message_has_type(struct evhttp_request *request, const char *media_type)
{
	const char *type = message_header(request, "Content-Type");
	if (type == NULL)
		return false;
	size_t length = strcspn(type, "; \t");
	return length == strlen(media_type) && strncasecmp(type, media_type, length) == 0;
}

bool message_is_forwarded(struct evhttp_request *request)
{
	return message_header(request, "Forwarded") != NULL ||
	       message_header(request, "X-Forwarded-For") != NULL;
}
