/* policy_shape.h -- a resource as a table: name, kind, place and bounds of each member. Internal to policy_resource*.c. */
#ifndef POLICY_SHAPE_H
#define POLICY_SHAPE_H

#include "policy_resource.h"

enum kind { TEXT, ENUM, BOOL, I64, TIME, FLAGS, LIST, OBJECT, U64 };

enum {
	READ_ONLY = 1,
	REQUIRED = 2,
	NOT_HERE = 4, /* passed over when read, written by others */
	PRIVATE = 8,  /* a change is told by name, without the value */
};

struct field {
	const char *name;
	enum kind kind;
	unsigned flags;
	size_t offset;
	const char *const *names;          /* ENUM, FLAGS */
	bool (*is_valid)(struct es_slice); /* TEXT, LIST: each */
	const char *expected;              /* what is valid, for people */
	int64_t min, max;                  /* I64 */
	const struct field *members;       /* OBJECT; ends with a NULL name. Offsets are of the whole resource */
};

struct policy_shape {
	const struct field *fields;
	const void *defaults;
	size_t size;
	es_status (*check)(const void *resource, struct policy_fault *fault); /* between members */
};

#endif
