/*
 * Things of the engine as rows of a batch. Each row is the whole state of its key.
 */
#ifndef OFFHOOK_STORE_PUT_H
#define OFFHOOK_STORE_PUT_H

#include "base/limits.h"
#include "core/person.h"
#include "store/batch.h"

void put_leg(struct batch *batch, int64_t tenant, const struct leg *leg);
void put_phone(struct batch *batch, int64_t tenant, const struct extension *extension);
void put_choices(struct batch *batch, int64_t tenant, const struct person *person);
void put_message(struct batch *batch, int64_t tenant, const struct person *person);
void put_feed(struct batch *batch, int64_t tenant, const char *account, enum feed feed);
void put_event_id(struct batch *batch, int64_t tenant, const char *pbx, const char *id, usec_t at);
/* Takes the key of such a row apart; false when it is none. */
bool put_event_id_parse(const char *key, char pbx[LIMIT_PBX_NAME + 1], const char **id) must_check;
/* 0 removes. */
void put_watcher(struct batch *batch, int64_t tenant, const char *contact, const char *watcher, usec_t heard);
/* 0: not known. That is written as any other digest, as it is for nearly every call, and swept away later. */
void put_published(struct batch *batch, int64_t tenant, const char *contact, uint64_t digest);

#endif
