/*
 * Allocation that ends the process instead of failing.
 */
#include "base/memory.h"

#include <malloc.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void out_of_memory(void)
{
	static const char message[] = "offhook: out of memory\n";
	/* The process ends either way; there is nobody left to tell. */
	ssize_t written = write(STDERR_FILENO, message, sizeof(message) - 1);
	(void)written;
	abort();
}

/* glibc goes through all small pieces in its fast bins whenever it gets a large one back, and a batch of rows and a
 * request are large: with 1,000 events in a request this took a third of all CPU time. */
void mem_tune(void)
{
	mallopt(M_MXFAST, 0);
}

void *mem_new(size_t size)
{
	void *memory = calloc(1, size > 0 ? size : 1);
	if (memory == NULL)
		out_of_memory();
	return memory;
}

void *mem_resize(void *memory, size_t count, size_t size)
{
	/* A size of 0 would free the memory and return NULL. */
	bool empty = count == 0 || size == 0;
	void *resized = reallocarray(memory, empty ? 1 : count, empty ? 1 : size);
	if (resized == NULL)
		out_of_memory();
	return resized;
}

char *mem_string(const char *text)
{
	return mem_bytes(text, strlen(text));
}

char *mem_bytes(const char *bytes, size_t length)
{
	char *copy = malloc(length + 1);
	if (copy == NULL)
		out_of_memory();
	if (length > 0)
		memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

void mem_replace(char **slot, const char *text)
{
	char *copy = text != NULL ? mem_string(text) : NULL;
	free(*slot);
	*slot = copy;
}
