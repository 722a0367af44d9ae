/*
 * The keys of each section of the configuration file, design section 8. A new key is a row in one of
 * these tables and the function that checks its value.
 *
 * The target of the reader is the `struct config`, the object the section's own struct; [log],
 * [database] and [http] fill the config itself. What concerns several keys or sections at once is
 * checked in config.c.
 */
#ifndef OFFHOOK_BASE_CONFIG_KEYS_H
#define OFFHOOK_BASE_CONFIG_KEYS_H

#include "base/reader.h"

extern const struct reader_key config_log_keys[];
extern const struct reader_key config_database_keys[];
extern const struct reader_key config_http_keys[];
extern const struct reader_key config_tenant_keys[];
extern const struct reader_key config_pbx_keys[];
extern const struct reader_key config_client_keys[];

#endif
