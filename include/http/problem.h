/*
 * Problem documents: every error that a route answers with (RFC 9457).
 */
#ifndef OFFHOOK_HTTP_PROBLEM_H
#define OFFHOOK_HTTP_PROBLEM_H

/* The reason phrase of a status code, also a problem's title. */
const char *http_title(int status);
/* The document, which the caller frees. `type` is about:blank, so the title is the status code's. `field`
 * (NULL or "" for none) is the path of the member at fault; of a path into an array ("[3].call") the
 * index is also given as `item`. Whatever stands in the texts, the result is JSON. */
char *problem_render(int status, const char *detail, const char *field);

#endif
