/* policy_shape.h -- a resource as a table: name, kind, place and bounds of each member. Internal to policy_resource*.c. */
#ifndef POLICY_SHAPE_H
#define POLICY_SHAPE_H

#include "policy_resource.h"

enum kind { TEXT, ENUM, BOOL, I64, TIME, FLAGS, LIST, OBJECT, U64, OBJECTS, PAIRS, RAW };

struct policy_shape;

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
	int64_t min, max;                  /* I64; -1 as the default: may be absent. `max` of OBJECTS: how many, 0: 32 */
	const struct field *members;       /* OBJECT; ends with a NULL name. Offsets are of the whole resource */
	const struct policy_shape *of;     /* OBJECTS: each */
};

struct policy_shape {
	const struct field *fields;
	const void *defaults;
	size_t size;
	es_status (*check)(const void *resource, struct policy_fault *fault); /* between members */
};

/* What more than one file's tables are made of. */
bool policy_is_label(struct es_slice text);
bool policy_is_url(struct es_slice text);
bool policy_is_plmn(struct es_slice text);
bool policy_is_word(struct es_slice text);
bool policy_is_section_or_none(struct es_slice text);
#define IS_LABEL policy_is_label, "UTF-8 text of at most 128 octets"
#define IS_URL policy_is_url, "an http or https URL of at most 1024 octets"
bool policy_is_text(struct es_slice text);
#define IS_TEXT policy_is_text, "a language of two lower-case letters, a colon and a text: \"en: Pay by phone bill\""
#define IS_WORD policy_is_word, "1 to 31 of a-z, 0-9, _ and -"
#define IS_PLMN policy_is_plmn, "MCC and MNC, 5 or 6 digits"

/* policy_resource_data.c: ap2010 and ap2016 */
extern const struct field policy_tenant_data_fields[], policy_tenant_satellite_fields[];
extern const struct field policy_plan_data_fields[], policy_plan_satellite_fields[];
extern const struct policy_shape policy_usage_shape, policy_line_boost_shape, policy_line_addon_shape;
es_status policy_plan_data_check(const struct policy_plan *plan, struct policy_fault *fault) ES_MUST_USE;
es_status policy_line_data_check(const struct policy_line_data *data, struct policy_fault *fault) ES_MUST_USE;
/* policy_resource_sheet.c: web sheets. */
extern const struct field policy_tenant_sheets[], policy_tenant_brand[];
bool policy_is_text_of_language(struct es_slice text, size_t max);
es_status policy_sheets_check(const struct policy_tenant *tenant, struct policy_fault *fault) ES_MUST_USE;
/* policy_resource_dcb.c: ap2012 and ap2013. */
extern const struct field policy_tenant_billing[], policy_tenant_private_identity[], policy_subscriber_billing[];
/* policy_resource_life.c */
extern const struct field policy_tenant_history[];
/* policy_resource_equipment.c */
extern const struct field policy_tenant_equipment[];
es_status policy_equipment_settings_check(const struct policy_equipment_settings *settings,
                                          struct policy_fault *fault) ES_MUST_USE;
es_status policy_billing_check(const struct policy_billing *billing, struct policy_fault *fault) ES_MUST_USE;
/* policy_resource_bss.c */
extern const struct field policy_tenant_bss_fields[];
es_status policy_tenant_bss_check(const struct policy_tenant_bss *bss, struct policy_fault *fault) ES_MUST_USE;
/* policy_resource_qos.c */
extern const struct field policy_tenant_qos_fields[];
es_status policy_tenant_qos_check(const struct policy_tenant_qos *qos, struct policy_fault *fault) ES_MUST_USE;
/* policy_resource_esim.c */
extern const struct field policy_tenant_esim_fields[], policy_plan_esim_fields[];
bool policy_is_iccid_or_none(struct es_slice text);
es_status policy_tenant_esim_check(const struct policy_tenant *tenant, struct policy_fault *fault) ES_MUST_USE;

#endif
