/*
 * Signatures are remembered here, per PBX in the order in which they came.
 */
#include "http/replays.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "base/map.h"
#include "base/memory.h"

struct taken {
	char key[SHA256_TEXT];
	usec_t at;
	struct taken *next;
};

struct signer {
	char *pbx;
	struct map keys;
	struct taken *oldest, *newest;
	size_t count;
	usec_t floor; /* not later than this: could be one that was forgotten */
};

struct replays {
	struct map signers;
};

struct replays *replays_new(void)
{
	struct replays *replays = mem_new(sizeof(*replays));
	map_init(&replays->signers);
	return replays;
}

static void forget_oldest(struct signer *signer)
{
	struct taken *taken = signer->oldest;
	signer->oldest = taken->next;
	if (signer->oldest == NULL)
		signer->newest = NULL;
	signer->count--;
	if (map_get(&signer->keys, taken->key) == taken)
		map_remove(&signer->keys, taken->key);
	free(taken);
}

void replays_free(struct replays *replays)
{
	struct signer *signer;
	if (replays == NULL)
		return;
	for (size_t at = 0; (signer = map_next(&replays->signers, &at)) != NULL;) {
		while (signer->oldest != NULL)
			forget_oldest(signer);
		map_done(&signer->keys);
		free(signer->pbx);
		free(signer);
	}
	map_done(&replays->signers);
	free(replays);
}

static struct signer *signer_get(struct replays *replays, const char *pbx)
{
	struct signer *signer = map_get(&replays->signers, pbx);
	if (signer != NULL)
		return signer;
	signer = mem_new(sizeof(*signer));
	signer->pbx = mem_string(pbx);
	map_init(&signer->keys);
	map_put(&replays->signers, signer->pbx, signer);
	return signer;
}

bool replays_add(struct replays *replays, const char *pbx, const struct signature *signature, usec_t now)
{
	struct signer *signer = signer_get(replays, pbx);
	while (signer->oldest != NULL && signer->oldest->at < now - LIMIT_SIGNATURE_SECONDS * SECOND)
		forget_oldest(signer);
	if (signature->at <= signer->floor || map_get(&signer->keys, signature->key) != NULL)
		return false;
	if (signer->oldest != NULL && signer->count == LIMIT_SIGNATURES) {
		if (signer->oldest->at > signer->floor)
			signer->floor = signer->oldest->at;
		forget_oldest(signer);
	}
	struct taken *taken = mem_new(sizeof(*taken));
	memcpy(taken->key, signature->key, sizeof(taken->key));
	taken->at = signature->at;
	*(signer->newest != NULL ? &signer->newest->next : &signer->oldest) = taken;
	signer->newest = taken;
	signer->count++;
	map_put(&signer->keys, taken->key, taken);
	return true;
}

/* Its place in the order stays until its turn comes. */
void replays_forget(struct replays *replays, const char *pbx, const char *key)
{
	struct signer *signer = map_get(&replays->signers, pbx);
	if (signer != NULL)
		map_remove(&signer->keys, key);
}
