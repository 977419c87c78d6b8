/* gw_grant.c -- what is due at auth when somebody else's token decided, or when the answer is a token. */
#include "gw_exchange.h"

/* Before anything is answered by it: of two who show it at once, one is told. */
static bool spending_is_due(const struct gw_exchange *x)
{
	return x->decision->spend && !x->was_spent;
}

static void spend(struct gw_exchange *x)
{
	Openes__SpendRequest request;

	openes__spend_request__init(&request);
	x->was_spent = true;
	request.token = x->decision->spend_token;
	gw_flow_grant(x, GW_GRANT_SPEND, &request.base);
}

static bool acquiring_is_due(const struct gw_exchange *x)
{
	return x->decision->acquire && !x->was_acquired;
}

static void acquire(struct gw_exchange *x)
{
	Openes__AcquireRequest request;

	openes__acquire_request__init(&request);
	x->was_acquired = true;
	request.token = x->temporary_token != NULL ? x->temporary_token : x->token;
	request.app = x->request->apps[0]; /* policy sees to it that it is the only one */
	request.request = x->request;
	gw_flow_grant(x, GW_GRANT_ACQUIRE, &request.base);
}

/* A server's TOKEN is of one enterprise (TS.43 10): policy says of which. */
static bool binding_is_due(const struct gw_exchange *x)
{
	return x->decision->token_enterprise[0] != '\0' && !x->was_bound && x->access_token != NULL;
}

static void bind_server(struct gw_exchange *x)
{
	Openes__ServerTokenRequest request;

	openes__server_token_request__init(&request);
	x->was_bound = true;
	request.access_token = x->access_token;
	request.requestor_id = x->request->requestor_id;
	request.enterprise_id = x->decision->token_enterprise;
	gw_flow_grant(x, GW_GRANT_SERVER, &request.base);
}

bool gw_grant_is_due(const struct gw_exchange *x)
{
	return spending_is_due(x) || acquiring_is_due(x) || binding_is_due(x);
}

void gw_grant_next(struct gw_exchange *x)
{
	if (spending_is_due(x))
		spend(x);
	else if (acquiring_is_due(x))
		acquire(x);
	else
		bind_server(x);
}

void gw_grant_spent(struct gw_exchange *x, const Openes__SpendReply *reply)
{
	if (!reply->spent_before) {
		gw_flow_go_on(x);
		return;
	}
	x->reason = "spent_before";
	gw_answer(x, GW_OUTCOME_NO_TOKEN);
}

void gw_grant_bound(struct gw_exchange *x, const Openes__ServerTokenReply *reply)
{
	if (reply->token[0] == '\0') { /* it died on the way (V12-SRV-09) */
		x->reason = "access_token_dead";
		gw_answer(x, GW_OUTCOME_NO_TOKEN);
		return;
	}
	x->token = reply->token;
	x->token_validity_s = reply->token_validity_s;
	gw_flow_go_on(x);
}

/* Settled 18: what a phone asked wrongly is told it in the document. */
static void answer_invalid(struct gw_exchange *x)
{
	static char name[] = "OperationResult", value[] = "102";
	Openes__AppAnswer *answer = es_arena_alloc(x->arena, sizeof *answer);
	Openes__DocNode *node = es_arena_alloc(x->arena, sizeof *node);
	Openes__DocNode **nodes = es_arena_alloc(x->arena, sizeof *nodes);

	if (answer == NULL || node == NULL || nodes == NULL) {
		gw_answer(x, GW_OUTCOME_INTERNAL);
		return;
	}
	openes__app_answer__init(answer);
	openes__doc_node__init(node);
	node->name = name;
	node->value = value;
	node->is_parm = true;
	nodes[0] = node;
	answer->app = x->request->apps[0];
	answer->nodes = nodes;
	answer->n_nodes = 1;
	x->operated[x->operated_count++] = answer;
	gw_flow_go_on(x);
}

void gw_grant_acquired(struct gw_exchange *x, const Openes__AcquireReply *reply)
{
	bool third_party = x->temporary_token != NULL;

	x->reason = reply->reason;
	if (reply->outcome == OPENES__ACQUIRE_REPLY__OUTCOME__MADE && reply->answer != NULL) {
		x->operated[x->operated_count++] = reply->answer;
		gw_flow_go_on(x);
	} else if (reply->outcome == OPENES__ACQUIRE_REPLY__OUTCOME__DEAD) {
		gw_answer(x, third_party   ? GW_OUTCOME_NO_TOKEN
		             : x->is_fresh ? GW_OUTCOME_UNAVAILABLE
		                           : GW_OUTCOME_AUTHENTICATE);
	} else if (reply->outcome == OPENES__ACQUIRE_REPLY__OUTCOME__REFUSED) {
		gw_answer(x, GW_OUTCOME_FORBIDDEN);
	} else if (third_party) {
		gw_answer(x, GW_OUTCOME_BAD_REQUEST);
	} else {
		answer_invalid(x);
	}
}
