/* policy_token_check.c -- the bindings of a token, one row each. */
#include "policy_token_check.h"

#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"

const char *const policy_token_verdict_names[POLICY_TOKEN_COUNT] = {
#define POLICY_TOKEN_NAME(name, text) [POLICY_TOKEN_##name] = text,
	POLICY_TOKEN_LIST(POLICY_TOKEN_NAME)
#undef POLICY_TOKEN_NAME
};

enum policy_token_verdict policy_token_opened(es_status opened)
{
	if (opened == ES_OK)
		return POLICY_TOKEN_VALID;
	if (opened == ES_EXPIRED)
		return POLICY_TOKEN_EXPIRED;
	return opened == ES_MALFORMED ? POLICY_TOKEN_MALFORMED : POLICY_TOKEN_UNAUTHENTIC;
}

typedef bool binding(const struct es_token *token, const struct policy_subscriber *subscriber,
                     const struct policy_request *request);

static bool epoch_holds(const struct es_token *token, const struct policy_subscriber *subscriber,
                        const struct policy_request *request)
{
	(void)request;
	return token->epoch == (uint32_t)subscriber->epoch;
}

static bool line_lives(const struct es_token *token, const struct policy_subscriber *subscriber,
                       const struct policy_request *request)
{
	(void)token;
	(void)request;
	return subscriber->status != POLICY_TERMINATED;
}

static bool imsi_holds(const struct es_token *token, const struct policy_subscriber *subscriber,
                       const struct policy_request *request)
{
	(void)subscriber;
	return request->imsi.len == 0 || es_slice_eq_str(request->imsi, token->imsi.digits);
}

static bool terminal_holds(const struct es_token *token, const struct policy_subscriber *subscriber,
                           const struct policy_request *request)
{
	static const uint8_t anyone[sizeof token->terminal];
	uint8_t digest[sizeof token->terminal];

	(void)subscriber;
	if (memcmp(token->terminal, anyone, sizeof anyone) == 0)
		return true; /* settled rule 9: bound to the subscriber alone */
	es_token_digest(request->terminal_id, digest);
	return es_ct_equal(digest, token->terminal, sizeof digest);
}

static bool app_name_holds(const struct es_token *token, const struct policy_subscriber *subscriber,
                           const struct policy_request *request)
{
	uint8_t digest[sizeof token->app_name];

	(void)subscriber;
	es_token_digest(request->app_name, digest);
	return es_ct_equal(digest, token->app_name, sizeof digest);
}

static bool group_holds(const struct es_token *token, const struct policy_subscriber *subscriber,
                        const struct policy_request *request)
{
	(void)subscriber;
	if (request->fresh)
		return true;
	for (size_t i = 0; i < request->app_count; i++) {
		char group[ES_TOKEN_GROUP_SIZE];
		if (es_token_group(es_slice_str(request->apps[i]), group) != ES_OK || strcmp(group, token->group) != 0)
			return false;
	}
	return true;
}

/* Order matters: only a token of the present epoch proves who asks, so that a stale one learns nothing of the line. */
static const struct {
	const char *rule;
	binding *holds;
	enum policy_token_verdict otherwise;
} bindings[] = {
	{ "token.epoch", epoch_holds, POLICY_TOKEN_REVOKED },
	{ "token.imsi", imsi_holds, POLICY_TOKEN_OTHER_IMSI },
	{ "token.terminal", terminal_holds, POLICY_TOKEN_OTHER_TERMINAL },
	{ "token.app_name", app_name_holds, POLICY_TOKEN_OTHER_APP_NAME },
	{ "token.app", group_holds, POLICY_TOKEN_OTHER_APP },
	{ "subscriber.status", line_lives, POLICY_TOKEN_TERMINATED },
};

enum policy_token_verdict policy_token_check(const struct es_token *token, const struct policy_subscriber *subscriber,
                                             const struct policy_request *request, struct policy_trace *trace)
{
	if (subscriber == NULL) {
		POLICY_NOTE(trace, "token.subscriber", "authenticate", "no subscriber of that IMSI");
		return POLICY_TOKEN_UNKNOWN;
	}
	for (size_t i = 0; i < ES_COUNT(bindings); i++) {
		bool holds = bindings[i].holds(token, subscriber, request);
		POLICY_NOTE(trace, bindings[i].rule, holds ? "holds" : "refused", "%s",
		            policy_token_verdict_names[holds ? POLICY_TOKEN_VALID : bindings[i].otherwise]);
		if (!holds)
			return bindings[i].otherwise;
	}
	return POLICY_TOKEN_VALID;
}

int64_t policy_token_remaining_s(const struct es_token *token, int64_t now_ms)
{
	return token->expires_ms > now_ms ? (token->expires_ms - now_ms) / 1000 : 0;
}

bool policy_token_wants_renewal(const struct es_token *token, int64_t now_ms)
{
	int64_t life = token->expires_ms - token->issued_ms, left = token->expires_ms - now_ms;
	return left < life / 4;
}
