/* esim_form.c -- JSON of operators to plain values: a table of members. Pure. */
#include "esim_form.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_id.h"
#include "es_json.h"
#include "es_text.h"
#include "esim_activation_code.h"
#include "esim_es2.h"

static bool fault_at(struct esim_fault *fault, const char *field, const char *text)
{
	*fault = (struct esim_fault){ field, text };
	return false;
}

/* ---- words ---- */

struct word {
	const char *text;
	unsigned value;
};

/* Those of lines: what an enterprise has, its server orders. */
static const struct word apps[] = { { "ap2006", ESIM_COMPANION }, { "ap2009", ESIM_PRIMARY } };
static const struct word statuses[] = { { "activated", ESIM_ACTIVATED },
	                                    { "activating", ESIM_ACTIVATING },
	                                    { "deactivated", ESIM_DEACTIVATED },
	                                    { "no_reuse", ESIM_NO_REUSE } };
static const struct word services[] = { { "SharedNumber", ESIM_SHARED_NUMBER },
	                                    { "DiffNumber", ESIM_DIFF_NUMBER },
	                                    { "FamilyNumber", ESIM_FAMILY_NUMBER } };

static const char *text_of(const struct word *words, size_t count, unsigned value)
{
	for (size_t i = 0; i < count; i++)
		if (words[i].value == value)
			return words[i].text;
	return "";
}

/* 0: none of them. */
static unsigned value_of(const struct word *words, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(words[i].text, text) == 0)
			return words[i].value;
	return 0;
}

const char *esim_status_name(uint8_t status)
{
	return text_of(statuses, ES_COUNT(statuses), status);
}

/* ---- texts ---- */

static bool take_text(const char *text, char *out, size_t size)
{
	return es_text_is_clean_utf8(es_slice_str(text)) && strpbrk(text, "\t\r\n") == NULL &&
	       es_slice_to_str(es_slice_str(text), out, size);
}

static bool take_iccid(const char *text, char *out, size_t size)
{
	char iccid[ESIM_ICCID + 1];

	return esim_es2_iccid(es_slice_str(text), iccid) && es_slice_to_str(es_slice_str(iccid), out, size);
}

static bool take_eid(const char *text, char *out, size_t size)
{
	const struct es_slice digits = es_slice_str(text);

	return digits.len == ESIM_EID && es_text_is_digits(digits) && es_slice_to_str(digits, out, size);
}

static bool take_imsi(const char *text, char *out, size_t size)
{
	struct es_imsi imsi;

	return es_imsi_parse(es_slice_str(text), &imsi) == ES_OK && take_text(text, out, size);
}

static bool take_msisdn(const char *text, char *out, size_t size)
{
	struct es_msisdn msisdn;

	return es_msisdn_parse(es_slice_str(text), &msisdn) == ES_OK && take_text(text, out, size);
}

static bool take_host(const char *text, char *out, size_t size)
{
	return esim_is_host(es_slice_str(text)) && take_text(text, out, size);
}

static bool take_code(const char *text, char *out, size_t size)
{
	struct esim_activation_code code;

	return esim_activation_code_parse(es_slice_str(text), &code) == ES_OK && es_slice_to_str(code.text, out, size);
}

/* ---- members ---- */

struct member {
	const char *name;
	enum { TEXT, WORD, YES_OR_NO } kind;
	size_t offset, size;
	bool (*take)(const char *text, char *out, size_t size);
	const struct word *words;
	size_t word_count;
	const char *wanted; /* what it has to be */
};

#define OF(type, member) offsetof(type, member), sizeof(((type *)0)->member)
#define TEXT_MEMBER(name, type, member, take, wanted)                                                                  \
	{                                                                                                                  \
		(name), TEXT, OF(type, member), (take), NULL, 0, (wanted)                                                      \
	}
#define WORD_MEMBER(name, type, member, words, count, wanted)                                                          \
	{                                                                                                                  \
		(name), WORD, OF(type, member), NULL, (words), (count), (wanted)                                               \
	}
#define FLAG_MEMBER(name, type, member)                                                                                \
	{                                                                                                                  \
		(name), YES_OR_NO, OF(type, member), NULL, NULL, 0, "must be true or false"                                    \
	}
#define PROFILE struct esim_profile
#define SHORT "must be text of up to 64 octets"

/* no_reuse, the last status, is not for people to set. */
static const struct member profile_members[] = {
	WORD_MEMBER("app", PROFILE, app, apps, ES_COUNT(apps), "must be one of: ap2006, ap2009"),
	WORD_MEMBER("service", PROFILE, service, services, ES_COUNT(services),
	            "must be one of: SharedNumber, DiffNumber, FamilyNumber"),
	WORD_MEMBER("status", PROFILE, status, statuses, ES_COUNT(statuses) - 1,
	            "must be one of: activated, activating, deactivated"),
	TEXT_MEMBER("eid", PROFILE, eid, take_eid, "must have 32 digits"),
	TEXT_MEMBER("terminal_id", PROFILE, device, take_text, SHORT),
	TEXT_MEMBER("name", PROFILE, name, take_text, SHORT),
	TEXT_MEMBER("vendor", PROFILE, vendor, take_text, SHORT),
	TEXT_MEMBER("model", PROFILE, model, take_text, SHORT),
	TEXT_MEMBER("msisdn", PROFILE, msisdn, take_msisdn, "must be + and 5 to 15 digits"),
	TEXT_MEMBER("imsi", PROFILE, profile_imsi, take_imsi, "must have 6 to 15 digits"),
	FLAG_MEMBER("secondary", PROFILE, is_secondary),
	FLAG_MEMBER("verify", PROFILE, needs_word),
};
static const struct member download_members[] = {
	TEXT_MEMBER("activation_code", PROFILE, activation_code, take_code, "must be an activation code: 1$host$id"),
	TEXT_MEMBER("smdp_address", PROFILE, smdp_address, take_host, "must be a host name"),
};
static const struct member stock_members[] = {
	TEXT_MEMBER("iccid", struct esim_stock_row, iccid, take_iccid, "must have 18 to 20 digits"),
	TEXT_MEMBER("profile_type", struct esim_stock_row, profile_type, take_text, SHORT),
};

static bool put_word(const struct member *m, const char *text, uint8_t *at)
{
	const unsigned value = value_of(m->words, m->word_count, text);
	const uint16_t wide = (uint16_t)value;
	const uint8_t narrow = (uint8_t)value;

	memcpy(at, m->size == sizeof wide ? (const void *)&wide : &narrow, m->size);
	return value != 0;
}

static bool take(const struct member *m, const cJSON *value, void *out)
{
	uint8_t *at = (uint8_t *)out + m->offset;
	const bool is_true = cJSON_IsTrue(value);

	if (m->kind == YES_OR_NO) {
		memcpy(at, &is_true, sizeof is_true);
		return cJSON_IsBool(value);
	}
	if (!cJSON_IsString(value))
		return false;
	return m->kind == WORD ? put_word(m, value->valuestring, at) : m->take(value->valuestring, (char *)at, m->size);
}

static const struct member *member_of(const struct member *members, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

/* All members of `json` but the one called `other`. */
static bool read(const cJSON *json, const struct member *members, size_t count, const char *other, void *out,
                 struct esim_fault *fault)
{
	for (const cJSON *value = json->child; value != NULL; value = value->next) {
		if (other != NULL && strcmp(value->string, other) == 0)
			continue;
		const struct member *m = member_of(members, count, value->string);
		if (m == NULL)
			return fault_at(fault, value->string, "is not known here");
		if (!take(m, value, out))
			return fault_at(fault, m->name, m->wanted);
	}
	return true;
}

/* ---- a profile ---- */

static bool read_download(const cJSON *json, struct esim_profile *p, struct esim_fault *fault)
{
	if (json == NULL)
		return true;
	if (!cJSON_IsObject(json))
		return fault_at(fault, "download", "must be an object");
	if (!read(json, download_members, ES_COUNT(download_members), NULL, p, fault))
		return false;
	if ((p->activation_code[0] != '\0') == (p->smdp_address[0] != '\0'))
		return fault_at(fault, "download", "must have one of: activation_code, smdp_address");
	p->by_address = p->smdp_address[0] != '\0';
	if (p->by_address && p->eid[0] == '\0')
		return fault_at(fault, "eid", "is needed where the profile is found by the address of its SM-DP+");
	return true;
}

static bool is_whole(struct esim_profile *p, struct esim_fault *fault)
{
	if (p->app == 0)
		return fault_at(fault, "app", "is missing");
	if ((p->app == ESIM_COMPANION) != (p->service != ESIM_SERVICE_NONE))
		return fault_at(fault, "service", "is what a companion has, and nothing else");
	if (p->eid[0] == '\0' && p->device[0] == '\0')
		return fault_at(fault, "eid", "is missing, and so is terminal_id: one of them is needed");
	if (p->status == 0)
		p->status = p->needs_word ? ESIM_DEACTIVATED : ESIM_ACTIVATED;
	if (p->needs_word && p->status != ESIM_DEACTIVATED)
		return fault_at(fault, "status", "must be deactivated where the person is asked first");
	return true;
}

static void clear(struct esim_profile *p)
{
	for (size_t i = 0; i < ES_COUNT(profile_members); i++)
		memset((uint8_t *)p + profile_members[i].offset, 0, profile_members[i].size);
	for (size_t i = 0; i < ES_COUNT(download_members); i++)
		memset((uint8_t *)p + download_members[i].offset, 0, download_members[i].size);
	p->by_address = false;
}

bool esim_form_profile(const cJSON *json, struct esim_profile *out, struct esim_fault *fault)
{
	clear(out);
	return read(json, profile_members, ES_COUNT(profile_members), "download", out, fault) &&
	       read_download(cJSON_GetObjectItemCaseSensitive(json, "download"), out, fault) && is_whole(out, fault);
}

bool esim_form_stock(const cJSON *json, struct esim_stock_row *out, struct esim_fault *fault)
{
	*out = (struct esim_stock_row){ .iccid = "" };
	if (!cJSON_IsObject(json))
		return fault_at(fault, "rows", "must be objects");
	if (!read(json, stock_members, ES_COUNT(stock_members), NULL, out, fault))
		return false;
	if (out->iccid[0] == '\0')
		return fault_at(fault, "iccid", "is missing");
	return out->profile_type[0] != '\0' || fault_at(fault, "profile_type", "is missing");
}
