/* policy_digest.c -- answers as octets in one order, and SHA-256 over them. */
#include "policy_digest.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "policy_esim.h"
#include "policy_ruleset.h"

#define ANSWER_OCTETS 4096 /* nearly every answer; a longer one goes to the heap */
#define LONG_ANSWER_OCTETS 65536

/* Sealed anew for each answer, or made for an hour. */
static const char *const passing[] = { "ServiceFlow_UserData", "PrivateUserID", "PrivateUserIDExpiry" };

static bool is_passing(struct es_slice name)
{
	for (size_t i = 0; i < ES_COUNT(passing); i++)
		if (es_slice_eq_str(name, passing[i]))
			return true;
	return false;
}

/* Lengths before texts: no two trees are the same octets. */
static void put_text(struct es_buf *out, struct es_slice text)
{
	es_put_u32(out, (uint32_t)text.len);
	if (text.len > 0)
		es_put_bytes(out, text);
}

static void put_nodes(struct es_buf *out, const struct es_doc_node *node)
{
	for (; node != NULL; node = node->next) {
		if (is_passing(node->name))
			continue;
		es_put_u8(out, node->is_parm ? 1 : 2);
		put_text(out, node->name);
		put_text(out, node->value);
		put_nodes(out, node->child);
	}
	es_put_u8(out, 0);
}

static es_status put_answer(struct es_buf *out, const struct policy_context *context, struct es_slice app,
                            struct es_arena *arena)
{
	struct es_doc_node *first = NULL;

	ES_TRY(policy_answer(context, app, arena, &first));
	put_nodes(out, first);
	return ES_OK;
}

/* ap2012 is a matter of a user of a store. */
static es_status put_billing(struct es_buf *out, const struct policy_context *context, struct es_slice app,
                             struct es_arena *arena)
{
	const struct policy_store_user agreed = {
		.vendor = "", .user = "", .terms = POLICY_AVAILABLE, .terms_version = context->tenant->billing.terms
	};
	struct policy_context c = *context;

	c.store_user = NULL;
	ES_TRY(put_answer(out, &c, app, arena));
	c.store_user = &agreed;
	return put_answer(out, &c, app, arena);
}

bool policy_is_kept(struct es_slice app)
{
	if (es_slice_eq_nocase(app, ES_SLICE_LIT("ap2014")) || es_slice_eq_nocase(app, ES_SLICE_LIT("ap2015")))
		return false;
	return policy_is_answered(app) || policy_is_odsa(app) || policy_own_app_is_valid(app);
}

/* Answers that are compared by more than their own nodes, or by less than what made them. */
static bool is_decided_anew(struct es_slice app)
{
	return policy_is_odsa(app) || es_slice_eq_nocase(app, ES_SLICE_LIT("ap2012")) ||
	       es_slice_eq_nocase(app, ES_SLICE_LIT("ap2013"));
}

static es_status put_decision(struct es_buf *out, const struct policy_context *context, struct es_slice app,
                              struct es_arena *arena)
{
	static const struct policy_identity hidden = { "", 0 };
	const struct es_slice none = { NULL, 0 };
	struct policy_context c = *context;

	c.caller = NULL;
	c.trace = NULL;
	c.handles = NULL;
	c.boost_type = none;
	c.private_identity = &hidden;
	if (es_slice_eq_nocase(app, ES_SLICE_LIT("ap2012")))
		return put_billing(out, &c, app, arena);
	if (!policy_is_odsa(app))
		return put_answer(out, &c, app, arena);
	policy_esim_digest(&c, out);
	return ES_OK;
}

/* `first` NULL: decide. */
static es_status put(struct es_buf *out, const struct policy_context *context, struct es_slice app,
                     const struct es_doc_node *first, struct es_arena *arena)
{
	if (first == NULL)
		return put_decision(out, context, app, arena);
	put_nodes(out, first);
	return ES_OK;
}

static void hash(const struct es_buf *text, uint8_t out[POLICY_DIGEST_SIZE])
{
	const struct es_slice octets = es_buf_slice(text);
	uint8_t whole[32];

	es_sha256(&octets, 1, whole);
	memcpy(out, whole, POLICY_DIGEST_SIZE);
}

es_status policy_digest_of_answer(const struct policy_context *context, struct es_slice app,
                                  const struct es_doc_node *first, struct es_arena *arena,
                                  uint8_t out[POLICY_DIGEST_SIZE])
{
	ES_CLEANUP(es_buf_free) struct es_buf text;
	uint8_t storage[ANSWER_OCTETS];

	es_buf_init_fixed(&text, storage, sizeof storage);
	if (!policy_is_kept(app))
		return ES_UNSUPPORTED;
	if (is_decided_anew(app))
		first = NULL;
	ES_TRY(put(&text, context, app, first, arena));
	if (es_buf_status(&text) != ES_OK) {
		es_buf_init(&text, LONG_ANSWER_OCTETS);
		ES_TRY(put(&text, context, app, first, arena));
		ES_TRY(es_buf_status(&text));
	}
	hash(&text, out);
	return ES_OK;
}

es_status policy_digest(const struct policy_context *context, struct es_slice app, struct es_arena *arena,
                        uint8_t out[POLICY_DIGEST_SIZE])
{
	return policy_digest_of_answer(context, app, NULL, arena, out);
}
