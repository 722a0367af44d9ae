/*
 * Allocation that cannot fail: out of memory ends the process, as nothing sensible could follow
 * (every size that the outside can influence is limited before it gets here).
 */
#ifndef OFFHOOK_BASE_MEMORY_H
#define OFFHOOK_BASE_MEMORY_H

#include <stddef.h>

/* For the program, before anything is allocated: sets malloc for many small pieces and now and then a large one. */
void mem_tune(void);
void *mem_new(size_t size) __attribute__((malloc, returns_nonnull)); /* zeroed */
void *mem_resize(void *memory, size_t count, size_t size) __attribute__((returns_nonnull));
char *mem_string(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_bytes(const char *bytes, size_t length) __attribute__((malloc, returns_nonnull)); /* adds a NUL */
/* Frees *slot and puts a copy of text (NULL stays NULL) in its place; text may be *slot itself. */
void mem_replace(char **slot, const char *text);

#endif
