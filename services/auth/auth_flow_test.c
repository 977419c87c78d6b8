/* auth_flow_test.c -- exchanges whose vectors come from elsewhere, that a 3GPP AAA carries out, or that come too often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_core_event.h"
#include "auth_test_env.h"
#include "es_eap.h"

/* ---- a source and a relay that do as they are told ---- */

static struct told {
	enum auth_source_answer answer;
	unsigned asked;
	struct auth_env *env; /* vectors are those of our own AuC, for the test's SIM */

	enum auth_relay_verdict verdict;
	unsigned relayed, ended;
	bool keeps_state;
	const char *imsi; /* of success */
	char session[64], destination[64], state[16];
	uint8_t packet[300];
	size_t packet_len;
} told;

static void source_ask(void *self, struct auth_ask *ask)
{
	const struct auth_source own = auth_auc_source(told.env);

	(void)self;
	told.asked++;
	ask->why = "as told";
	if (told.answer == AUTH_SOURCE_VECTOR)
		own.ask(own.self, ask);
	else
		ask->done(ask, told.answer);
}

static struct es_slice relay_text(const char *text)
{
	return es_slice_str(text);
}

static void relay_ask(void *self, struct auth_relay_ask *ask)
{
	static const uint8_t request[] = { EAP_REQUEST, 77, 0, 8, EAP_TYPE_AKA, AKA_CHALLENGE, 0, 0 };

	(void)self;
	told.relayed++;
	(void)snprintf(told.session, sizeof told.session, "%s", ask->session);
	(void)snprintf(told.destination, sizeof told.destination, "%s", ask->destination_host);
	(void)snprintf(told.state, sizeof told.state, "%.*s", (int)ask->state.len, (const char *)ask->state.ptr);
	told.packet_len = ask->packet.len;
	memcpy(told.packet, ask->packet.ptr, ask->packet.len);
	ask->why = "as told";
	ask->reply = es_slice_of(request, sizeof request);
	ask->next_session = relay_text("ecs;1;2");
	ask->next_destination_host = relay_text("aaa1.example.org");
	ask->next_state = relay_text("state");
	ask->keeps_state = told.keeps_state;
	ask->imsi = told.imsi;
	ask->done(ask, told.verdict);
}

static void relay_end(void *self, const char *source, const char *session, const char *destination_host,
                      const char *nai)
{
	(void)self;
	assert_string_equal(source, "aaa");
	assert_string_equal(session, "ecs;1;2");
	assert_string_equal(destination_host, "aaa1.example.org");
	assert_string_equal(nai, TEST_EAP_ID);
	told.ended++;
}

struct world {
	struct test_env t;
	struct test_sim sim;
	struct es_slice rules[2];
};

static void setup(struct world *w, const char *rule)
{
	memset(w, 0, sizeof *w);
	test_env_begin(&w->t);
	test_put(&w->t);
	w->sim = test_sim_of();
	told = (struct told){ .answer = AUTH_SOURCE_VECTOR, .env = &w->t.env, .verdict = AUTH_RELAY_CHALLENGE };
	const struct auth_source others[] = { { "hss", "swx", source_ask, NULL }, { "aaa", AUTH_RELAY_KIND, NULL, NULL } };
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(auth_sources_add(w->t.env.sources, &others[i]), ES_OK);
	w->t.env.relay = (struct auth_relay){ .ask = relay_ask, .end = relay_end };
	w->rules[0] = es_slice_str(rule);
	w->t.tenant.sources = w->rules;
	w->t.tenant.source_count = rule[0] != '\0' ? 1 : 0;
	test_env_publish(&w->t);
}

static void teardown(struct world *w)
{
	test_env_end(&w->t);
}

static struct test_call *respond(struct world *w, const struct test_call *start)
{
	uint8_t storage[512];
	struct es_buf response;

	es_buf_init_fixed(&response, storage, sizeof storage);
	(void)peer_answer(&w->sim, start->reply.packet, &response);
	return test_continue(&w->t, start->reply.cookie, es_buf_slice(&response));
}

static void expect_end(struct test_call *call, enum auth_outcome outcome, enum auth_reason reason)
{
	assert_int_equal(call->status, ES_OK);
	assert_int_equal(call->reply.outcome, outcome);
	assert_string_equal(auth_reason_names[call->reply.reason], auth_reason_names[reason]);
	if (outcome != AUTH_ADMIT)
		assert_true(call->reply.token.len == 0 && call->reply.request.len == 0);
	test_call_free(call);
}

/* ---- sources ---- */

static void a_vector_of_another_source_is_as_good(void **state)
{
	(void)state;
	struct world w;

	setup(&w, "00101: hss");
	struct test_call *start = test_start(&w.t);
	assert_int_equal(start->reply.outcome, AUTH_CHALLENGE);
	assert_int_equal(told.asked, 1);
	expect_end(respond(&w, start), AUTH_ADMIT, AUTH_SUCCESS);
	test_call_free(start);
	teardown(&w);
}

static void what_a_source_says_of_a_subscriber_is_a_refusal(void **state) /* V12-AUTH-08 */
{
	(void)state;
	static const struct {
		enum auth_source_answer answer;
		enum auth_reason reason;
	} rows[] = { { AUTH_SOURCE_UNKNOWN, AUTH_UNKNOWN_IMSI }, { AUTH_SOURCE_REFUSED, AUTH_NETWORK_REFUSED } };

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		struct world w;
		setup(&w, "*: hss");
		told.answer = rows[i].answer;
		expect_end(test_start(&w.t), AUTH_REJECT, rows[i].reason);
		teardown(&w);
	}
}

static void an_absent_source_sends_to_another_method_only_where_there_is_one(void **state) /* V12-AUTH-09, -10 */
{
	(void)state;
	for (int i = 0; i < 4; i++) {
		struct world w;
		bool has_oidc = (i & 1) != 0, had_token = (i & 2) != 0;

		setup(&w, "*: hss");
		told.answer = AUTH_SOURCE_AWAY;
		w.t.tenant.oidc = has_oidc ? ES_SLICE_LIT("idp") : (struct es_slice){ NULL, 0 };
		test_env_publish(&w.t);
		struct test_call *call = test_call_new(&w.t);
		call->start = (struct auth_start){ .eap_id = ES_SLICE_LIT(TEST_EAP_ID),
			                               .had_token = had_token,
			                               .host = ES_SLICE_LIT("ecs.example"),
			                               .group = "ap2003",
			                               .request = ES_SLICE_LIT(TEST_REQUEST) };
		auth_exchange_start(&call->task, &call->start, &call->reply);
		test_call_wait(call);
		assert_int_equal(call->reply.other_method, has_oidc && !had_token);
		expect_end(call, AUTH_AWAY, AUTH_NOBODY_ANSWERED);
		teardown(&w);
	}
}

static void a_source_that_goes_away_in_the_middle_leaves_the_exchange_as_it_was(void **state)
{
	(void)state;
	struct world w;

	setup(&w, "*: hss");
	w.sim.seq_ms[0] = 7000000; /* the SIM asks for resynchronisation */
	struct test_call *start = test_start(&w.t);
	uint8_t storage[512];
	struct es_buf response;
	es_buf_init_fixed(&response, storage, sizeof storage);
	assert_int_equal(peer_answer(&w.sim, start->reply.packet, &response), SIM_RESYNC);
	told.answer = AUTH_SOURCE_AWAY;
	expect_end(test_continue(&w.t, start->reply.cookie, es_buf_slice(&response)), AUTH_AWAY, AUTH_NOBODY_ANSWERED);
	told.answer = AUTH_SOURCE_VECTOR;
	struct test_call *second = test_continue(&w.t, start->reply.cookie, es_buf_slice(&response));
	assert_int_equal(second->reply.outcome, AUTH_CHALLENGE);
	test_call_free(second);
	test_call_free(start);
	teardown(&w);
}

/* ---- challenges sent again, and limits ---- */

static void an_unanswered_challenge_costs_one_vector_however_often_it_is_asked_for(void **state)
{
	(void)state;
	struct world w;

	setup(&w, "*: hss");
	struct test_call *first = test_start(&w.t);
	for (int i = 0; i < 20; i++) {
		struct test_call *again = test_start(&w.t);
		assert_int_equal(again->reply.outcome, AUTH_CHALLENGE);
		assert_memory_equal(again->reply.packet.ptr + 12, first->reply.packet.ptr + 12, 16); /* RAND */
		assert_false(es_slice_eq(again->reply.cookie, first->reply.cookie));
		test_call_free(again);
	}
	assert_int_equal(told.asked, 1);

	/* A wrong answer takes nothing away; the SIM's own does. */
	struct test_call *last = test_start(&w.t);
	static const uint8_t client_error[] = { EAP_RESPONSE, 0, 0, 12, EAP_TYPE_AKA, AKA_CLIENT_ERROR, 0, 0, 22, 1, 0, 0 };
	uint8_t packet[sizeof client_error];
	memcpy(packet, client_error, sizeof packet);
	packet[1] = last->reply.packet.ptr[1];
	expect_end(test_continue(&w.t, last->reply.cookie, es_slice_of(packet, sizeof packet)), AUTH_REJECT,
	           AUTH_CLIENT_ERROR);
	test_call_free(last);
	last = test_start(&w.t);
	assert_int_equal(told.asked, 1);
	expect_end(respond(&w, last), AUTH_ADMIT, AUTH_SUCCESS);
	test_call_free(last);
	last = test_start(&w.t);
	assert_int_equal(told.asked, 2);
	test_call_free(last);
	test_call_free(first);
	teardown(&w);
}

static void past_its_life_a_challenge_is_fetched_anew(void **state)
{
	(void)state;
	struct world w;

	setup(&w, "*: hss");
	test_call_free(test_start(&w.t));
	test_now += w.t.env.session_ttl_ms;
	test_call_free(test_start(&w.t));
	assert_int_equal(told.asked, 2);
	test_now -= w.t.env.session_ttl_ms;
	teardown(&w);
}

static void who_asks_too_often_is_told_when_to_come_again(void **state)
{
	(void)state;
	struct world w;

	memset(&w, 0, sizeof w);
	setup(&w, "*: hss");
	auth_guard_free(w.t.env.guard);
	const struct auth_rate rates[AUTH_LIMIT_COUNT] = { [AUTH_LIMIT_CHALLENGES_ADDRESS] = { 60, 3 } };
	w.t.env.guard = auth_guard_new(rates);
	for (int i = 0; i < 3; i++)
		test_call_free(test_start(&w.t));
	struct test_call *call = test_start(&w.t);
	assert_in_range(call->reply.retry_after_s, 1, 61);
	expect_end(call, AUTH_TOO_OFTEN, AUTH_LIMITED);
	teardown(&w);
}

/* ---- the record ---- */

static es_status list_job(struct es_db_conn *conn, void *user)
{
	struct auth_history_entry *entries = user;
	size_t count = 0;

	ES_TRY(auth_store_history_get(conn, TEST_TENANT, TEST_IMSI, entries, 2, &count));
	return count == 2 ? ES_OK : ES_INTERNAL;
}

static void every_end_is_on_record_and_says_why(void **state)
{
	(void)state;
	struct world w;
	struct auth_history_entry entries[2];

	setup(&w, "*: hss");
	struct test_call *start = test_start(&w.t);
	test_call_free(respond(&w, start));
	test_call_free(start);
	test_now += 1000;
	told.answer = AUTH_SOURCE_UNKNOWN;
	test_call_free(test_start(&w.t));
	auth_history_flush(w.t.env.history, w.t.env.db); /* refusals wait for the timer */
	assert_int_equal(es_db_read(w.t.env.db, list_job, entries), ES_OK);
	assert_string_equal(entries[0].result, "unknown_imsi");
	assert_int_equal(entries[0].at_ms, test_now);
	assert_string_equal(entries[1].result, "success");
	assert_string_equal(entries[1].method, "eap-aka");
	assert_string_equal(entries[1].source, "hss");
	assert_string_equal(entries[1].app, "ap2003");
	assert_string_equal(entries[1].address, "192.0.2.1");
	assert_int_equal(entries[1].rounds, 1);
	test_now -= 1000;
	teardown(&w);
}

/* ---- relay ---- */

static const uint8_t relayed_response[] = { EAP_RESPONSE, 77, 0, 8, EAP_TYPE_AKA, AKA_CHALLENGE, 0, 0 };

static struct es_slice response_packet(void)
{
	return es_slice_of(relayed_response, sizeof relayed_response);
}

static void a_3gpp_aaa_carries_the_exchange_and_no_key_is_needed(void **state) /* V12-AUTH-07, -12 */
{
	(void)state;
	struct world w;

	setup(&w, "*: aaa");
	struct test_call *start = test_start(&w.t);
	assert_int_equal(start->reply.outcome, AUTH_CHALLENGE);
	assert_int_equal(start->reply.packet.ptr[1], 77);
	assert_string_equal(told.session, "");
	assert_int_equal(told.packet[4], EAP_TYPE_IDENTITY); /* EAP-Response/Identity of EAP_ID */
	assert_memory_equal(told.packet + 5, TEST_EAP_ID, strlen(TEST_EAP_ID));
	assert_int_equal(told.packet_len, 5 + strlen(TEST_EAP_ID));

	/* One more round, then success; a session that the AAA keeps is ended. */
	struct test_call *second = test_continue(&w.t, start->reply.cookie, response_packet());
	assert_int_equal(second->reply.outcome, AUTH_CHALLENGE);
	assert_string_equal(told.session, "ecs;1;2");
	assert_string_equal(told.destination, "aaa1.example.org");
	assert_string_equal(told.state, "state");
	told.verdict = AUTH_RELAY_ACCEPTED;
	told.keeps_state = true;
	uint8_t other[sizeof relayed_response];
	memcpy(other, relayed_response, sizeof other);
	other[7] = 1; /* not the packet before */
	struct test_call *end = test_continue(&w.t, start->reply.cookie, es_slice_of(other, sizeof other));
	assert_int_equal(end->reply.outcome, AUTH_ADMIT);
	assert_int_equal(told.ended, 1);
	struct es_token token;
	assert_int_equal(es_token_open(w.t.env.token_keys, end->reply.token, test_now, &token), ES_OK);
	assert_int_equal(token.method, ES_METHOD_AAA);
	test_call_free(end);
	test_call_free(second);
	test_call_free(start);
	teardown(&w);
}

static void the_same_response_is_relayed_once(void **state)
{
	(void)state;
	struct world w;

	setup(&w, "*: aaa");
	struct test_call *start = test_start(&w.t);
	told.verdict = AUTH_RELAY_ACCEPTED;
	struct test_call *first = test_continue(&w.t, start->reply.cookie, response_packet());
	struct test_call *again = test_continue(&w.t, start->reply.cookie, response_packet());
	assert_true(es_slice_eq(first->reply.token, again->reply.token));
	assert_int_equal(told.relayed, 2); /* the identity, and this */
	test_call_free(again);
	test_call_free(first);
	test_call_free(start);
	teardown(&w);
}

static void an_aaa_that_refuses_is_403_and_one_that_is_away_is_not(void **state) /* V12-AUTH-08, -09, -10 */
{
	(void)state;
	struct world w;

	setup(&w, "*: aaa");
	told.verdict = AUTH_RELAY_REJECTED;
	expect_end(test_start(&w.t), AUTH_REJECT, AUTH_AAA_REJECTED);
	told.verdict = AUTH_RELAY_AWAY;
	expect_end(test_start(&w.t), AUTH_AWAY, AUTH_NOBODY_ANSWERED);
	told.verdict = AUTH_RELAY_CHALLENGE;
	struct test_call *start = test_start(&w.t);
	told.verdict = AUTH_RELAY_AWAY;
	expect_end(test_continue(&w.t, start->reply.cookie, response_packet()), AUTH_AWAY, AUTH_NOBODY_ANSWERED);
	told.verdict = AUTH_RELAY_REJECTED;
	expect_end(test_continue(&w.t, start->reply.cookie, response_packet()), AUTH_REJECT, AUTH_AAA_REJECTED);
	test_call_free(start);
	teardown(&w);
}

static void a_packet_that_answers_nothing_is_not_relayed(void **state) /* V12-AUTH-15 */
{
	(void)state;
	struct world w;

	setup(&w, "*: aaa");
	struct test_call *start = test_start(&w.t);
	for (size_t i = 0; i < 4; i++) {
		uint8_t packet[sizeof relayed_response];
		memcpy(packet, relayed_response, sizeof packet);
		packet[i] ^= i == 2 ? 1 : 3; /* Code, Identifier, Length */
		expect_end(test_continue(&w.t, start->reply.cookie, es_slice_of(packet, sizeof packet)), AUTH_BAD_PACKET,
		           AUTH_MALFORMED);
	}
	assert_int_equal(told.relayed, 1);
	test_call_free(start);
	teardown(&w);
}

/* AKA-Identity of the phone, in answer to the double's request. */
static struct es_slice identity_packet(const char *identity, uint8_t type, uint8_t storage[256])
{
	struct es_buf buf;
	struct es_slice packet = { NULL, 0 };
	uint8_t *mac = NULL;

	es_buf_init_fixed(&buf, storage, 256);
	struct es_eap_writer w = es_eap_begin(&buf, EAP_RESPONSE, 77, type, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, es_slice_str(identity));
	assert_int_equal(es_eap_end(&w, &packet, &mac), ES_OK);
	return packet;
}

/* The AAA authenticates whom it is told, and the token would be of whom EAP_ID named. */
static void nobody_becomes_somebody_else_at_the_aaa(void **state)
{
	static const struct {
		const char *identity;
		uint8_t type;
	} rows[] = {
		{ "0001019999999999@wlan.mnc001.mcc001.3gppnetwork.org", EAP_TYPE_AKA },
		{ "6001019999999999@wlan.mnc001.mcc001.3gppnetwork.org", EAP_TYPE_AKA_PRIME },
		{ "2a-pseudonym-of-the-aaa@wlan.mnc001.mcc001.3gppnetwork.org", EAP_TYPE_AKA }, /* of whom? */
		{ "", EAP_TYPE_AKA },
		{ TEST_EAP_ID, 18 }, /* EAP-SIM, which this does not read */
	};
	struct world w;
	uint8_t storage[256];

	(void)state;
	setup(&w, "*: aaa");
	struct test_call *start = test_start(&w.t);
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		expect_end(test_continue(&w.t, start->reply.cookie, identity_packet(rows[i].identity, rows[i].type, storage)),
		           AUTH_BAD_PACKET, AUTH_MALFORMED);
	assert_int_equal(told.relayed, 1);

	struct es_slice plain = identity_packet("", EAP_TYPE_AKA, storage);
	storage[4] = EAP_TYPE_IDENTITY; /* another EAP-Response/Identity */
	expect_end(test_continue(&w.t, start->reply.cookie, plain), AUTH_BAD_PACKET, AUTH_MALFORMED);
	assert_int_equal(told.relayed, 1);

	/* Whatever it was told: the AAA's own word. */
	told.relayed = 0;
	struct test_call *other = test_start(&w.t);
	told.verdict = AUTH_RELAY_ACCEPTED;
	told.imsi = "001019999999999";
	told.keeps_state = true;
	expect_end(test_continue(&w.t, other->reply.cookie, response_packet()), AUTH_REJECT, AUTH_AAA_REJECTED);
	assert_int_equal(told.ended, 1); /* what it accepted it also holds */
	told.keeps_state = false;
	test_call_free(other);
	told.imsi = TEST_IMSI;
	told.verdict = AUTH_RELAY_CHALLENGE;
	other = test_start(&w.t);
	told.verdict = AUTH_RELAY_ACCEPTED;
	expect_end(test_continue(&w.t, other->reply.cookie, response_packet()), AUTH_ADMIT, AUTH_SUCCESS);
	test_call_free(other);
	told.verdict = AUTH_RELAY_CHALLENGE;

	/* The same subscriber, under either method's digit. */
	struct test_call *same = test_continue(
		&w.t, start->reply.cookie,
		identity_packet("6" TEST_IMSI "@nai.epc.mnc001.mcc001.3gppnetwork.org", EAP_TYPE_AKA_PRIME, storage));
	assert_int_equal(same->reply.outcome, AUTH_CHALLENGE);
	assert_int_equal(told.relayed, 5);
	test_call_free(same);
	test_call_free(start);
	teardown(&w);
}

/* ---- what an HSS tells ---- */

static unsigned told_policy;

static es_status policy_hears(void *policy, struct auth_core_change *change)
{
	(void)policy;
	told_policy++;
	change->known = true;
	change->done(change, ES_OK);
	return ES_OK;
}

static es_status tell(struct world *w, bool *known)
{
	static const struct auth_core_event event = {
		.kind = AUTH_CORE_DEREGISTERED, .source = "hss", .imsi = TEST_IMSI, .reason = "", .msisdn = ""
	};
	struct test_call *call = test_call_new(&w->t);
	struct auth_core_known out;

	w->t.env.core_change = policy_hears;
	told_policy = 0;
	auth_core_event(&call->task, &event, &out);
	test_call_wait(call);
	es_status status = call->status;
	*known = out.known;
	test_call_free(call);
	return status;
}

static void every_tenant_of_a_source_hears_what_it_tells(void **state)
{
	enum { MANY = 40 };
	struct es_arena *arena = es_arena_new(0, 64 << 10);
	struct auth_tenant *items = es_arena_array(arena, MANY, sizeof *items);
	struct world w;
	bool known;

	(void)state;
	setup(&w, "*: hss");
	for (unsigned i = 0; i < MANY; i++) {
		items[i] = w.t.tenant;
		(void)snprintf(items[i].id, sizeof items[i].id, "tenant-%u", i);
	}
	const struct auth_tenants tenants = { .version = 2, .items = items, .count = MANY };
	assert_int_equal(auth_snapshot_set(w.t.env.tenants, arena, &tenants), ES_OK);
	assert_int_equal(tell(&w, &known), ES_OK);
	assert_true(known);
	assert_int_equal(told_policy, MANY);
	teardown(&w);
}

/* "Unknown subscriber" would be the end of it: the HSS does not say it again. */
static void what_an_hss_tells_before_the_tenants_are_known_is_to_be_told_again(void **state)
{
	struct world w;
	bool known;

	(void)state;
	setup(&w, "*: hss");
	struct auth_snapshots *told_later = w.t.env.tenants;
	w.t.env.tenants = auth_snapshots_new();
	assert_int_equal(tell(&w, &known), ES_UNAVAILABLE);
	assert_int_equal(told_policy, 0);
	auth_snapshots_free(w.t.env.tenants);
	w.t.env.tenants = told_later;
	teardown(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_vector_of_another_source_is_as_good),
		cmocka_unit_test(what_a_source_says_of_a_subscriber_is_a_refusal),
		cmocka_unit_test(an_absent_source_sends_to_another_method_only_where_there_is_one),
		cmocka_unit_test(a_source_that_goes_away_in_the_middle_leaves_the_exchange_as_it_was),
		cmocka_unit_test(an_unanswered_challenge_costs_one_vector_however_often_it_is_asked_for),
		cmocka_unit_test(past_its_life_a_challenge_is_fetched_anew),
		cmocka_unit_test(who_asks_too_often_is_told_when_to_come_again),
		cmocka_unit_test(every_end_is_on_record_and_says_why),
		cmocka_unit_test(a_3gpp_aaa_carries_the_exchange_and_no_key_is_needed),
		cmocka_unit_test(the_same_response_is_relayed_once),
		cmocka_unit_test(an_aaa_that_refuses_is_403_and_one_that_is_away_is_not),
		cmocka_unit_test(a_packet_that_answers_nothing_is_not_relayed),
		cmocka_unit_test(nobody_becomes_somebody_else_at_the_aaa),
		cmocka_unit_test(every_tenant_of_a_source_hears_what_it_tells),
		cmocka_unit_test(what_an_hss_tells_before_the_tenants_are_known_is_to_be_told_again),
	};
	TEST_ON_EACH_ENGINE("auth_flow_test", tests);
}
