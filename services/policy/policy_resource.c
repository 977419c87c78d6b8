/* policy_resource.c -- tenant, plan and subscriber as JSON, both ways, from one table each. */
#include "policy_resource.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

enum kind { TEXT, ENUM, BOOL, I64, TIME, FLAGS, LIST, OBJECT, U64 };

enum { READ_ONLY = 1, REQUIRED = 2, NOT_HERE = 4 /* passed over when read, written by others */ };

#define LIST_MAX 256

struct field {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *const *names;          /* ENUM, FLAGS */
	bool (*is_valid)(struct es_slice); /* TEXT, LIST: each */
	const char *expected;              /* what is valid, for people */
	int64_t min, max;                  /* I64 */
	unsigned flags;
	const struct field *members; /* OBJECT; ends with a NULL name. Offsets are of the whole resource */
};

struct policy_shape {
	const struct field *fields;
	const void *defaults;
	size_t size;
	es_status (*check)(const void *resource, struct policy_fault *fault); /* between members */
};

/* ---- what a text must look like ---- */

static bool all_of(struct es_slice text, size_t min, size_t max, const char *allowed)
{
	if (text.len < min || text.len > max)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0' || strchr(allowed, text.ptr[i]) == NULL)
			return false;
	return true;
}

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

bool policy_id_is_valid(struct es_slice text)
{
	return all_of(text, 1, 31, LOWER DIGITS "-");
}

bool policy_name_is_valid(struct es_slice text)
{
	return all_of(text, 1, 63, LOWER UPPER DIGITS "._-");
}

static bool is_label(struct es_slice text)
{
	return text.len <= 128 && es_text_is_clean_utf8(text);
}

static bool is_long_text(struct es_slice text)
{
	return text.len <= 1024 && es_text_is_clean_utf8(text);
}

static bool is_host(struct es_slice text)
{
	return all_of(text, 1, 253, LOWER DIGITS ".-_:[]");
}

static bool is_plmn(struct es_slice text)
{
	return all_of(text, 5, 6, DIGITS);
}

static bool is_range(struct es_slice text)
{
	return all_of(text, 5, 15, DIGITS);
}

static bool is_gid1(struct es_slice text)
{
	return all_of(text, 1, 64, DIGITS "abcdefABCDEF");
}

static bool is_imsi(struct es_slice text)
{
	struct es_imsi imsi;
	return es_imsi_parse(text, &imsi) == ES_OK;
}

static bool is_msisdn(struct es_slice text)
{
	struct es_msisdn msisdn;
	return text.len == 0 || es_msisdn_parse(text, &msisdn) == ES_OK;
}

static bool is_language(struct es_slice text)
{
	return all_of(text, 2, 2, LOWER);
}

static bool is_url(struct es_slice text)
{
	if (text.len == 0)
		return true;
	return text.len <= 1024 && es_text_is_clean_utf8(text) && es_slice_find(text, ' ') == text.len &&
	       (es_slice_starts_with(text, ES_SLICE_LIT("https://")) ||
	        es_slice_starts_with(text, ES_SLICE_LIT("http://")));
}

/* ---- the tables ---- */

#define T(member) offsetof(struct policy_tenant, member)
#define IS_ID policy_id_is_valid, "1 to 31 of a-z, 0-9 and -"
#define IS_NAME policy_name_is_valid, "1 to 63 letters, digits, '.', '_' and '-'"
#define IS_LABEL is_label, "UTF-8 text of at most 128 octets"
#define IS_URL is_url, "an http or https URL of at most 1024 octets"

static const struct field tenant_vowifi[] = {
	{ .name = "url", TEXT, T(vowifi_url), NULL, IS_URL },
	{ .name = "terms_required", BOOL, T(vowifi_terms_required) },
	{ .name = "address_required", BOOL, T(vowifi_address_required) },
	{ .name = NULL },
};

static const struct field tenant_not_enabled[] = {
	{ .name = "url", TEXT, T(not_enabled_url), NULL, IS_URL },
	{ .name = "user_data", TEXT, T(not_enabled_user_data), NULL, is_long_text, "UTF-8 text of at most 1024 octets" },
	{ .name = NULL },
};

static const struct field tenant_fields[] = {
	{ .name = "id", TEXT, T(id), NULL, IS_ID, .flags = REQUIRED },
	{ .name = "name", TEXT, T(name), NULL, IS_LABEL },
	{ .name = "language", TEXT, T(language), NULL, is_language, "a language of two lower-case letters" },
	{ .name = "hosts", LIST, T(hosts), NULL, is_host, "host names in lower case" },
	{ .name = "plmns", LIST, T(plmns), NULL, is_plmn, "MCC and MNC, 5 or 6 digits" },
	{ .name = "imsi_ranges", LIST, T(imsi_ranges), NULL, is_range, "prefixes of 5 to 15 digits" },
	{ .name = "gid1", LIST, T(gid1), NULL, is_gid1, "hexadecimal digits" },
	{ .name = "token_ttl", I64, T(token_ttl_s), .min = 60, .max = 31536000 },
	{ .name = "validity", I64, T(validity_s), .min = 60, .max = 31536000 },
	{ .name = "vowifi", OBJECT, .members = tenant_vowifi },
	{ .name = "not_enabled", OBJECT, .members = tenant_not_enabled },
	{ .name = "ap2003_flat_after", BOOL, T(ap2003_flat_after) },
	{ .name = "decoy_challenge", BOOL, T(decoy_challenge) },
	{ .name = "eap_notifications", BOOL, T(eap_notifications) },
	{ .name = "eap_identity_request", BOOL, T(eap_identity_request) },
	{ .name = "checkcode", BOOL, T(checkcode) },
	{ .name = "version", U64, T(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_tenant tenant_defaults = {
	.id = "",
	.name = "",
	.language = "en",
	.token_ttl_s = 604800,
	.validity_s = 172800,
	.vowifi_url = "",
	.not_enabled_url = "",
	.not_enabled_user_data = "",
};

static es_status tenant_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_tenant *tenant = resource;
	bool asks = tenant->vowifi_terms_required || tenant->vowifi_address_required;
	if (asks && tenant->vowifi_url[0] == '\0') {
		*fault =
			(struct policy_fault){ "vowifi.url", "terms or an address can only be required with a page to give them" };
		return ES_MALFORMED;
	}
	return ES_OK;
}

const struct policy_shape policy_tenant_shape = { tenant_fields, &tenant_defaults, sizeof tenant_defaults,
	                                              tenant_check };

#define P(member) offsetof(struct policy_plan, member)

static const struct field plan_companion[] = {
	{ .name = "allowed", BOOL, P(companion_allowed) },
	{ .name = "services", FLAGS, P(companion_services), policy_companion_names },
	{ .name = "max", I64, P(companion_max), .min = 0, .max = 100 },
	{ .name = NULL },
};

static const struct field plan_fields[] = {
	{ .name = "id", TEXT, P(id), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "name", TEXT, P(name), NULL, IS_LABEL },
	{ .name = "volte", ENUM, P(volte), policy_scope_names },
	{ .name = "vonr", ENUM, P(vonr), policy_vonr_names },
	{ .name = "vonr_eps_fallback", BOOL, P(vonr_eps_fallback) },
	{ .name = "irat", ENUM, P(irat), policy_irat_names },
	{ .name = "vowifi", BOOL, P(vowifi) },
	{ .name = "smsoip", BOOL, P(smsoip) },
	{ .name = "companion", OBJECT, .members = plan_companion },
	{ .name = "primary_esim", BOOL, P(primary_esim) },
	{ .name = "version", U64, P(version), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_plan plan_defaults = { .tenant = "", .id = "", .name = "" };

static es_status plan_check(const void *resource, struct policy_fault *fault)
{
	const struct policy_plan *plan = resource;
	if (plan->vonr_eps_fallback && (plan->vonr & ~plan->volte) != 0) {
		*fault = (struct policy_fault){ "vonr_eps_fallback", "fallback needs volte wherever vonr is offered" };
		return ES_MALFORMED;
	}
	return ES_OK;
}

const struct policy_shape policy_plan_shape = { plan_fields, &plan_defaults, sizeof plan_defaults, plan_check };

#define S(member) offsetof(struct policy_subscriber, member)

static const struct field subscriber_voice[] = {
	{ .name = "provisioning", ENUM, S(voice_prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_sms[] = {
	{ .name = "provisioning", ENUM, S(sms_prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_vowifi[] = {
	{ .name = "terms", ENUM, S(vowifi.terms), policy_data_names },
	{ .name = "address", ENUM, S(vowifi.address), policy_data_names },
	{ .name = "address_expiry", TIME, S(vowifi.address_expiry_ms) },
	{ .name = "address_id", TEXT, S(vowifi.address_id), NULL, IS_LABEL },
	{ .name = "provisioning", ENUM, S(vowifi.prov), policy_prov_names },
	{ .name = NULL },
};

static const struct field subscriber_fields[] = {
	{ .name = "imsi", TEXT, S(imsi), NULL, is_imsi, "6 to 15 digits", .flags = REQUIRED },
	{ .name = "msisdn", TEXT, S(msisdn), NULL, is_msisdn, "'+' and 5 to 15 digits" },
	{ .name = "plan", TEXT, S(plan), NULL, IS_NAME, .flags = REQUIRED },
	{ .name = "status", ENUM, S(status), policy_status_names },
	{ .name = "opt_outs", FLAGS, S(opt_outs), policy_service_names },
	{ .name = "voice", OBJECT, .members = subscriber_voice },
	{ .name = "sms", OBJECT, .members = subscriber_sms },
	{ .name = "vowifi", OBJECT, .members = subscriber_vowifi },
	{ .name = "epoch", U64, S(epoch), .flags = READ_ONLY },
	{ .name = "version", U64, S(version), .flags = READ_ONLY },
	{ .name = "updated", TIME, S(updated_ms), .flags = READ_ONLY },
	{ .name = "devices", LIST, .flags = READ_ONLY | NOT_HERE },
	{ .name = NULL },
};

static const struct policy_subscriber subscriber_defaults = {
	.tenant = "",
	.imsi = "",
	.msisdn = "",
	.plan = "",
	.voice_prov = POLICY_NOT_TRACKED,
	.sms_prov = POLICY_NOT_TRACKED,
	.vowifi = { .terms = POLICY_NOT_AVAILABLE,
	            .address = POLICY_NOT_AVAILABLE,
	            .prov = POLICY_NOT_TRACKED,
	            .address_id = "" },
};

const struct policy_shape policy_subscriber_shape = { subscriber_fields, &subscriber_defaults,
	                                                  sizeof subscriber_defaults, NULL };

#define D(member) offsetof(struct policy_device, member)

static const struct field device_fields[] = {
	{ .name = "terminal_id", TEXT, D(terminal_id), NULL, IS_LABEL },
	{ .name = "terminal_vendor", TEXT, D(vendor), NULL, IS_LABEL },
	{ .name = "terminal_model", TEXT, D(model), NULL, IS_LABEL },
	{ .name = "terminal_sw_version", TEXT, D(sw_version), NULL, IS_LABEL },
	{ .name = "first_seen", TIME, D(first_seen_ms), .flags = READ_ONLY },
	{ .name = "last_seen", TIME, D(last_seen_ms), .flags = READ_ONLY },
	{ .name = NULL },
};

static const struct policy_device device_defaults = { .terminal_id = "", .vendor = "", .model = "", .sw_version = "" };

const struct policy_shape policy_device_shape = { device_fields, &device_defaults, sizeof device_defaults, NULL };

/* ---- reading ---- */

struct reading {
	struct es_arena *arena;
	struct policy_fault *fault;
	const char *prefix; /* "vowifi." inside that object */
	uint8_t *into;
	const uint8_t *defaults;
};

static size_t kind_size(enum kind kind)
{
	static const size_t sizes[] = { [TEXT] = sizeof(const char *),
		                            [ENUM] = sizeof(uint8_t),
		                            [BOOL] = sizeof(bool),
		                            [I64] = sizeof(int64_t),
		                            [TIME] = sizeof(int64_t),
		                            [FLAGS] = sizeof(uint32_t),
		                            [LIST] = sizeof(struct policy_list),
		                            [OBJECT] = 0,
		                            [U64] = sizeof(uint64_t) };
	return sizes[kind];
}

static es_status refuse(const struct reading *r, const char *name, const char *error)
{
	const char *path = es_arena_printf(r->arena, "%s%.64s", r->prefix, name);
	*r->fault = (struct policy_fault){ path != NULL ? path : "", error };
	return ES_MALFORMED;
}

static es_status read_text(const struct reading *r, const struct field *f, const cJSON *value, const char **out)
{
	if (!cJSON_IsString(value))
		return refuse(r, f->name, "must be a string");
	struct es_slice text = es_slice_str(value->valuestring);
	if (!f->is_valid(text))
		return refuse(r, f->name, f->expected);
	char *copy = es_arena_strdup(r->arena, text);
	if (copy == NULL)
		return ES_TOO_LARGE;
	*out = copy;
	return ES_OK;
}

static es_status read_list(const struct reading *r, const struct field *f, const cJSON *value, struct policy_list *out)
{
	if (!cJSON_IsArray(value))
		return refuse(r, f->name, "must be an array of strings");
	size_t count = (size_t)cJSON_GetArraySize(value), i = 0;
	if (count > LIST_MAX)
		return refuse(r, f->name, "has more than 256 elements");
	const char **items = es_arena_array(r->arena, count, sizeof *items);
	if (items == NULL)
		return ES_TOO_LARGE;
	const cJSON *element;
	cJSON_ArrayForEach(element, value) ES_TRY(read_text(r, f, element, &items[i++]));
	*out = (struct policy_list){ items, count };
	return ES_OK;
}

static es_status read_flags(const struct reading *r, const struct field *f, const cJSON *value, uint32_t *out)
{
	uint32_t flags = 0;
	const cJSON *element;
	if (!cJSON_IsArray(value))
		return refuse(r, f->name, "must be an array of names");
	cJSON_ArrayForEach(element, value)
	{
		int bit = cJSON_IsString(element) ? policy_name_value(f->names, element->valuestring) : -1;
		if (bit < 0)
			return refuse(r, f->name, "has an unknown name");
		flags |= UINT32_C(1) << (unsigned)bit;
	}
	*out = flags;
	return ES_OK;
}

static es_status read_enum(const struct reading *r, const struct field *f, const cJSON *value, uint8_t *out)
{
	int number = cJSON_IsString(value) ? policy_name_value(f->names, value->valuestring) : -1;
	if (number < 0) {
		char known[160];
		struct es_buf text;
		es_buf_init_fixed(&text, known, sizeof known);
		for (size_t i = 0; f->names[i] != NULL; i++)
			if (f->names[i][0] != '\0')
				es_put_printf(&text, "%s%s", text.len > 0 ? ", " : "", f->names[i]);
		const char *error = es_arena_printf(r->arena, "must be one of: %.*s", (int)text.len, known);
		return refuse(r, f->name, error != NULL ? error : "is unknown");
	}
	*out = (uint8_t)number;
	return ES_OK;
}

static es_status read_number(const struct reading *r, const struct field *f, const cJSON *value, int64_t *out)
{
	/* The bounds of every member are far inside what a double holds exactly. */
	double number = cJSON_IsNumber(value) ? value->valuedouble : -1.0;
	if (!(number >= (double)f->min && number <= (double)f->max) || (double)(int64_t)number < number) {
		const char *error =
			es_arena_printf(r->arena, "must be a whole number from %lld to %lld", (long long)f->min, (long long)f->max);
		return refuse(r, f->name, error != NULL ? error : "is out of range");
	}
	*out = (int64_t)number;
	return ES_OK;
}

static es_status read_time(const struct reading *r, const struct field *f, const cJSON *value, int64_t *out)
{
	if (!cJSON_IsString(value) || policy_time_parse(es_slice_str(value->valuestring), out) != ES_OK)
		return refuse(r, f->name, "must be a time: YYYY-MM-DDThh:mm:ss and Z or an offset");
	return ES_OK;
}

static es_status read_scalar(const struct reading *r, const struct field *f, const cJSON *value)
{
	void *at = r->into + f->offset;
	switch (f->kind) {
	case TEXT: return read_text(r, f, value, (const char **)at);
	case LIST: return read_list(r, f, value, at);
	case FLAGS: return read_flags(r, f, value, at);
	case ENUM: return read_enum(r, f, value, at);
	case I64: return read_number(r, f, value, at);
	case TIME: return read_time(r, f, value, at);
	case BOOL:
		if (!cJSON_IsBool(value))
			return refuse(r, f->name, "must be true or false");
		*(bool *)at = cJSON_IsTrue(value);
		return ES_OK;
	case U64:
	case OBJECT: break;
	}
	return ES_INTERNAL;
}

/* null, or a whole object that is null: back to the default. */
static void reset(const struct reading *r, const struct field *f)
{
	if (f->kind != OBJECT) {
		memcpy(r->into + f->offset, r->defaults + f->offset, kind_size(f->kind));
		return;
	}
	for (const struct field *member = f->members; member->name != NULL; member++)
		memcpy(r->into + member->offset, r->defaults + member->offset, kind_size(member->kind));
}

static const struct field *find(const struct field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static es_status read_object(const struct reading *r, const struct field *fields, const cJSON *object)
{
	const cJSON *value;
	cJSON_ArrayForEach(value, object)
	{
		const struct field *f = find(fields, value->string);
		if (f == NULL)
			return refuse(r, value->string, "is not known here");
		if ((f->flags & READ_ONLY) != 0)
			continue;
		if (cJSON_IsNull(value)) {
			reset(r, f);
			continue;
		}
		if (f->kind != OBJECT) {
			ES_TRY(read_scalar(r, f, value));
			continue;
		}
		if (!cJSON_IsObject(value))
			return refuse(r, f->name, "must be an object");
		struct reading inner = *r;
		inner.prefix = es_arena_printf(r->arena, "%s.", f->name);
		if (inner.prefix == NULL)
			return ES_TOO_LARGE;
		ES_TRY(read_object(&inner, f->members, value)); /* one level: members of members are scalars */
	}
	return ES_OK;
}

void policy_resource_defaults(const struct policy_shape *shape, void *into)
{
	memcpy(into, shape->defaults, shape->size);
}

es_status policy_resource_read(const struct policy_shape *shape, const cJSON *object, struct es_arena *arena,
                               void *into, struct policy_fault *fault)
{
	struct reading r = { arena, fault, "", into, shape->defaults };
	if (!cJSON_IsObject(object))
		return refuse(&r, "", "the body must be a JSON object");
	ES_TRY(read_object(&r, shape->fields, object));
	for (const struct field *f = shape->fields; f->name != NULL; f++) {
		if ((f->flags & REQUIRED) == 0)
			continue;
		const char *text;
		memcpy(&text, r.into + f->offset, sizeof text);
		if (text[0] == '\0')
			return refuse(&r, f->name, "is required");
	}
	return shape->check != NULL ? shape->check(into, fault) : ES_OK;
}

/* ---- writing ---- */

static void write_flags(struct es_json_out *j, const struct field *f, uint32_t flags)
{
	es_json_array(j, f->name);
	for (unsigned i = 0; f->names[i] != NULL; i++)
		if ((flags >> i & 1) != 0)
			es_json_put_str(j, NULL, f->names[i]);
	es_json_end_array(j);
}

static void write_list(struct es_json_out *j, const struct field *f, const struct policy_list *list)
{
	es_json_array(j, f->name);
	for (size_t i = 0; i < list->count; i++)
		es_json_put_str(j, NULL, list->items[i]);
	es_json_end_array(j);
}

static void write_time(struct es_json_out *j, const struct field *f, int64_t ms)
{
	char text[21];
	if (ms == 0)
		return; /* never: absent, as AddrExpiry is (TS.43 3.1.3) */
	es_time_iso8601(ms, text);
	es_json_put_str(j, f->name, text);
}

static void write_fields(struct es_json_out *j, const struct field *fields, const uint8_t *from)
{
	for (const struct field *f = fields; f->name != NULL; f++) {
		const void *at = from + f->offset;
		if ((f->flags & NOT_HERE) != 0)
			continue;
		switch (f->kind) {
		case TEXT: es_json_put_str(j, f->name, *(const char *const *)at); break;
		case ENUM: es_json_put_str(j, f->name, f->names[*(const uint8_t *)at]); break;
		case BOOL: es_json_put_bool(j, f->name, *(const bool *)at); break;
		case I64: es_json_put_i64(j, f->name, *(const int64_t *)at); break;
		case U64: es_json_put_i64(j, f->name, (int64_t) * (const uint64_t *)at); break;
		case TIME: write_time(j, f, *(const int64_t *)at); break;
		case FLAGS: write_flags(j, f, *(const uint32_t *)at); break;
		case LIST: write_list(j, f, at); break;
		case OBJECT:
			es_json_object(j, f->name);
			write_fields(j, f->members, from);
			es_json_end_object(j);
			break;
		}
	}
}

void policy_resource_write(const struct policy_shape *shape, const void *from, struct es_json_out *j)
{
	write_fields(j, shape->fields, from);
}
