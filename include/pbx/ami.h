/*
 * Asterisk's manager interface (AMI): blocks of "Name: value" lines, each line ended by CR LF, each block by an
 * empty line.
 *
 * Reading is incremental and bounded. What is beyond the limits, or has control characters in it, is passed over
 * as a whole block; only bytes without end are an error. Asterisk puts texts of others into some events as they
 * are, CR LF included, so a block may be forged: take only events with a `Privilege`, or with the ActionID of a
 * question of our own, and the first of equal names.
 *
 * Writing makes a block of a name of an action, its id and its fields; control characters become blanks, so that
 * no value ever makes a line.
 */
#ifndef OFFHOOK_PBX_AMI_H
#define OFFHOOK_PBX_AMI_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/error.h"
#include "base/limits.h"

struct ami_block {
	struct {
		const char *name, *value;
	} fields[LIMIT_AMI_FIELDS];
	size_t count;
};

/* The value of the first field of that name, in any case; NULL when there is none. */
const char *ami_get(const struct ami_block *block, const char *name);
/* The same, "" when there is none. */
const char *ami_text(const struct ami_block *block, const char *name);

struct ami_reader {
	struct ami_block block; /* the last one, until the next call */
	size_t used, line;      /* in `text`: its end, and where the line under way begins */
	size_t since_block;     /* bytes */
	size_t passed_over;     /* blocks */
	bool bad, emitted;
	char text[LIMIT_AMI_BLOCK_BYTES];
};

enum ami_read {
	AMI_BLOCK, /* reader->block; call again for the rest of the bytes */
	AMI_MORE,  /* all bytes are read */
	AMI_ENDLESS,
};

void ami_reader_init(struct ami_reader *reader);
/* Reads from *bytes up to the end of a block, and moves *bytes and *length along. */
enum ami_read ami_reader_read(struct ami_reader *reader, const char **bytes, size_t *length) must_check;

void ami_begin(struct buf *out, const char *action, const char *id);
void ami_add(struct buf *out, const char *name, const char *value);
void ami_end(struct buf *out);

#endif
