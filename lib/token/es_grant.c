/* es_grant.c -- what a token for somebody else says, as octets, sealed, as text. */
#include "es_grant.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_reader.h"
#include "es_text.h"

enum { FORMAT = 1, PLAIN_MAX = 1024 };
_Static_assert((PLAIN_MAX + ES_SEAL_OVERHEAD) * 4 / 3 + 4 <= ES_GRANT_TEXT_MAX, "the longest token has room");
_Static_assert(sizeof(struct es_grant) < PLAIN_MAX,
               "the octets are no more than the struct and a length for each text");
_Static_assert(ES_OP_COUNT <= 32, "a bit each");

static const char *const purposes[] = {
	[ES_GRANT_TEMPORARY] = "temporary token", [ES_GRANT_OPERATOR] = "operator token",
	[ES_GRANT_ACCESS] = "access token",       [ES_GRANT_APP] = "app token",
	[ES_GRANT_SERVER] = "server token",
};

/* ---- operations ---- */

const char *const es_operation_names[ES_OP_COUNT + 1] = {
#define ES_OPERATION_NAME(name, text) text,
	ES_OPERATION_LIST(ES_OPERATION_NAME)
#undef ES_OPERATION_NAME
};

enum es_operation es_operation_find(struct es_slice name)
{
	unsigned i = 0;

	while (i < ES_OP_COUNT && !es_slice_eq_nocase(name, es_slice_str(es_operation_names[i])))
		i++;
	return (enum es_operation)i;
}

bool es_operations_parse(struct es_slice list, uint32_t *out)
{
	uint32_t bits = 0;

	while (list.ptr != NULL) {
		enum es_operation operation = es_operation_find(es_slice_trim(es_slice_cut(&list, ',')));
		if (operation == ES_OP_COUNT)
			return false;
		bits |= UINT32_C(1) << operation;
	}
	*out = bits;
	return bits != 0;
}

void es_operations_write(uint32_t operations, struct es_buf *out)
{
	bool is_first = true;

	for (unsigned i = 0; i < ES_OP_COUNT; i++) {
		if ((operations >> i & 1) == 0)
			continue;
		if (!is_first)
			es_put_u8(out, ',');
		is_first = false;
		es_put_str(out, es_operation_names[i]);
	}
}

/* ---- scopes ---- */

/* RFC 6749 3.3: scope-token = 1*( %x21 / %x23-5B / %x5D-7E ) */
bool es_scope_is_valid(struct es_slice scope)
{
	size_t count = 0;

	while (scope.ptr != NULL) {
		struct es_slice one = es_slice_cut(&scope, ' ');
		for (size_t i = 0; i < one.len; i++)
			if (one.ptr[i] < 0x21 || one.ptr[i] > 0x7e || one.ptr[i] == '"' || one.ptr[i] == '\\')
				return false;
		count += one.len > 0;
	}
	return count > 0;
}

bool es_scope_has(struct es_slice scope, struct es_slice one)
{
	while (scope.ptr != NULL) {
		struct es_slice word = es_slice_cut(&scope, ' ');
		if (word.len > 0 && es_slice_eq(word, one))
			return true;
	}
	return false;
}

bool es_scope_covers(struct es_slice scope, struct es_slice some)
{
	while (some.ptr != NULL) {
		struct es_slice word = es_slice_cut(&some, ' ');
		if (word.len > 0 && !es_scope_has(scope, word))
			return false;
	}
	return true;
}

/* ---- the octets ---- */

static const struct {
	size_t offset, size;
} texts[] = {
#define TEXT(member)                                                                                                   \
	{                                                                                                                  \
		offsetof(struct es_grant, member), sizeof(((struct es_grant *)0)->member)                                      \
	}
	TEXT(tenant), TEXT(imsi.digits), TEXT(app),  TEXT(client_id),
	TEXT(scope),  TEXT(requestor),   TEXT(name), TEXT(resource),
#undef TEXT
};

static void put_octets(const struct es_grant *grant, struct es_buf *out)
{
	es_put_u8(out, FORMAT);
	es_put_bytes(out, es_slice_of(grant->id, sizeof grant->id));
	es_put_bytes(out, es_slice_of(grant->bound, sizeof grant->bound));
	es_put_u32(out, grant->epoch);
	es_put_u32(out, grant->operations);
	es_put_u64(out, (uint64_t)grant->expires_ms);
	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		const char *text = (const char *)grant + texts[i].offset;
		size_t len = strnlen(text, texts[i].size - 1);
		es_put_u16(out, (uint16_t)len);
		es_put_bytes(out, es_slice_of(text, len));
	}
}

static es_status parse_octets(struct es_slice plain, struct es_grant *out)
{
	struct es_reader r = es_reader_of(plain);
	struct es_imsi imsi;

	if (es_read_u8(&r) != FORMAT)
		return ES_MALFORMED;
	ES_READ_ARRAY(&r, out->id);
	ES_READ_ARRAY(&r, out->bound);
	out->epoch = es_read_u32(&r);
	out->operations = es_read_u32(&r);
	out->expires_ms = (int64_t)es_read_u64(&r);
	for (size_t i = 0; i < ES_COUNT(texts); i++)
		es_read_text(&r, es_read_u16(&r), (char *)out + texts[i].offset, texts[i].size);
	if (!es_reader_is_done(&r))
		return ES_MALFORMED;
	return out->imsi.digits[0] == '\0' ? ES_OK : es_imsi_parse(es_slice_str(out->imsi.digits), &imsi);
}

/* ---- sealed ---- */

struct es_grant es_grant_new(enum es_grant_kind kind, const char *tenant, int64_t expires_ms)
{
	struct es_grant grant;

	memset(&grant, 0, sizeof grant); /* padding too: tests compare octets */
	grant.kind = kind;
	grant.expires_ms = expires_ms;
	es_random(grant.id, sizeof grant.id);
	memcpy(grant.tenant, tenant, strnlen(tenant, sizeof grant.tenant - 1));
	return grant;
}

es_status es_grant_seal(struct es_keyring *ring, const struct es_grant *grant, struct es_arena *arena,
                        struct es_slice *text)
{
	uint8_t plain_octets[PLAIN_MAX];
	struct es_buf plain;

	es_buf_init_fixed(&plain, plain_octets, sizeof plain_octets);
	put_octets(grant, &plain);
	ES_TRY(es_buf_status(&plain));
	return es_seal_text(ring, purposes[grant->kind], (struct es_slice){ 0 }, es_buf_slice(&plain), arena, text);
}

es_status es_grant_open(struct es_keyring *ring, enum es_grant_kind kind, struct es_slice text, int64_t now_ms,
                        struct es_grant *out)
{
	uint8_t plain[PLAIN_MAX];
	struct es_slice sealed;
	struct es_grant grant;

	if (text.len > ES_GRANT_TEXT_MAX)
		return ES_MALFORMED;
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(ES_GRANT_TEXT_MAX, 8192);
	if (arena == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_base64url_decode(text, arena, &sealed));
	if (sealed.len < ES_SEAL_OVERHEAD || sealed.len > sizeof plain + ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(es_unseal(ring, purposes[kind], (struct es_slice){ 0 }, sealed, plain));
	memset(&grant, 0, sizeof grant);
	grant.kind = kind;
	ES_TRY(parse_octets(es_slice_of(plain, sealed.len - ES_SEAL_OVERHEAD), &grant));
	*out = grant;
	return now_ms >= grant.expires_ms ? ES_EXPIRED : ES_OK;
}

bool es_grant_is_bound(const struct es_grant *access)
{
	static const uint8_t nobody[ES_GRANT_ID];

	return memcmp(access->bound, nobody, sizeof nobody) != 0;
}

bool es_grant_is_bound_to(const struct es_grant *access, const struct es_grant *other)
{
	return memcmp(access->bound, other->id, sizeof other->id) == 0;
}
