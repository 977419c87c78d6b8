/* auth_options_test.c -- what a tenant may turn on, and what somebody could make of it: identity rounds, notifications, decoys. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_reauth_flow.h"
#include "auth_test_env.h"
#include "es_eap.h"

#define REALM "@nai.epc.mnc001.mcc001.3gppnetwork.org"
#define PSEUDONYM "2pseudonym" REALM

static const struct es_slice hosts[] = { { (const uint8_t *)"ecs.example", 11 } };

struct world {
	struct test_env t;
	struct test_sim sim;
	struct test_call *start;
	struct es_buf response;
	uint8_t storage[512];
};

static void setup(struct world *w)
{
	memset(w, 0, sizeof *w);
	test_env_begin(&w->t);
	test_put(&w->t);
	w->sim = test_sim_of();
	es_buf_init_fixed(&w->response, w->storage, sizeof w->storage);
	w->t.tenant.hosts = hosts;
	w->t.tenant.host_count = 1;
}

static void teardown(struct world *w)
{
	test_call_free(w->start);
	test_env_end(&w->t);
}

static void start(struct world *w, const char *eap_id)
{
	test_env_publish(&w->t);
	test_call_free(w->start);
	w->start = test_start_with(&w->t, eap_id, ES_SLICE_LIT(TEST_REQUEST));
	assert_int_equal(w->start->status, ES_OK);
}

static struct test_call *respond(struct world *w)
{
	return test_continue(&w->t, w->start->reply.cookie, es_buf_slice(&w->response));
}

static void expect(struct test_call *call, enum auth_outcome outcome, enum auth_reason reason)
{
	assert_int_equal(call->status, ES_OK);
	assert_int_equal(call->reply.outcome, outcome);
	assert_string_equal(auth_reason_names[call->reply.reason], auth_reason_names[reason]);
	test_call_free(call);
}

/* The request of this call, expected to be of this type and subtype. */
static uint8_t identifier_of(const struct test_call *call, uint8_t type, uint8_t subtype)
{
	assert_int_equal(call->reply.outcome, AUTH_CHALLENGE);
	assert_true(call->reply.packet.len > 5);
	assert_int_equal(call->reply.packet.ptr[4], type);
	assert_int_equal(call->reply.packet.ptr[5], subtype);
	return call->reply.packet.ptr[1];
}

static struct test_call *tell_identity(struct world *w, const struct test_call *request, uint8_t type,
                                       const char *identity)
{
	struct es_slice whole;
	uint8_t *mac;

	es_buf_reset(&w->response);
	struct es_eap_writer writer =
		es_eap_begin(&w->response, EAP_RESPONSE, identifier_of(request, type, AKA_IDENTITY), type, AKA_IDENTITY);
	es_eap_put_counted(&writer, AT_IDENTITY, es_slice_str(identity));
	assert_int_equal(es_eap_end(&writer, &whole, &mac), ES_OK);
	return respond(w);
}

/* ---- AKA-Identity ---- */

/* Whoever wants the weaker method names an identity of it that says nothing. */
static void a_method_that_is_not_offered_is_not_used_after_an_identity_round(void **state) /* RFC 9048 4 */
{
	(void)state;
	static const struct es_slice methods[] = { { (const uint8_t *)"aka_prime", 9 } };
	static const char *const identities[] = { "0" TEST_IMSI REALM, PSEUDONYM };
	struct world w;

	setup(&w);
	w.t.tenant.identity_request = true;
	w.t.tenant.eap_methods = methods;
	w.t.tenant.eap_method_count = 1;
	for (size_t i = 0; i < ES_COUNT(identities); i++) {
		start(&w, identities[i]);
		expect(tell_identity(&w, w.start, EAP_TYPE_AKA_PRIME, "0" TEST_IMSI REALM), AUTH_REJECT,
		       AUTH_IDENTITY_UNUSABLE);
		start(&w, identities[i]);
		struct test_call *second = tell_identity(&w, w.start, EAP_TYPE_AKA_PRIME, "6" TEST_IMSI REALM);
		(void)identifier_of(second, EAP_TYPE_AKA_PRIME, AKA_CHALLENGE);
		test_call_free(second);
	}
	teardown(&w);
}

static void offer_both(struct world *w)
{
	static const struct es_slice methods[] = { { (const uint8_t *)"aka_prime", 9 }, { (const uint8_t *)"aka", 3 } };

	w->t.tenant.identity_request = true;
	w->t.tenant.eap_methods = methods;
	w->t.tenant.eap_method_count = ES_COUNT(methods);
}

static void a_nak_of_the_identity_request_is_asked_in_the_other_method(void **state) /* RFC 3748 5.3.1 */
{
	(void)state;
	struct world w;

	setup(&w);
	offer_both(&w);
	start(&w, PSEUDONYM);
	const uint8_t nak[] = { EAP_RESPONSE,      identifier_of(w.start, EAP_TYPE_AKA, AKA_IDENTITY), 0, 6, EAP_TYPE_NAK,
		                    EAP_TYPE_AKA_PRIME };
	es_put_bytes(&w.response, es_slice_of(nak, sizeof nak));
	struct test_call *second = respond(&w);
	struct test_call *third = tell_identity(&w, second, EAP_TYPE_AKA_PRIME, "6" TEST_IMSI REALM);
	(void)identifier_of(third, EAP_TYPE_AKA_PRIME, AKA_CHALLENGE);
	test_call_free(third);
	test_call_free(second);
	teardown(&w);
}

/* Without a place where this is looked at, an identity round would be the way around the limit. */
static void who_failed_too_often_gets_no_challenge_after_an_identity_round(void **state)
{
	(void)state;
	static const struct auth_rate rates[AUTH_LIMIT_COUNT] = { [AUTH_LIMIT_FAILURES] = { 60, 1 } };
	struct world w;

	setup(&w);
	auth_guard_free(w.t.env.guard);
	w.t.env.guard = auth_guard_new(rates);
	w.t.tenant.identity_request = true;
	start(&w, TEST_EAP_ID);
	assert_int_equal(peer_answer(&w.sim, w.start->reply.packet, &w.response), SIM_ACCEPTS);
	w.response.ptr[w.response.len - 1] ^= 1;
	expect(respond(&w), AUTH_REJECT, AUTH_MAC_MISMATCH);
	start(&w, PSEUDONYM);
	struct test_call *limited = tell_identity(&w, w.start, EAP_TYPE_AKA, TEST_EAP_ID);
	assert_true(limited->reply.retry_after_s > 0);
	expect(limited, AUTH_TOO_OFTEN, AUTH_LIMITED);
	teardown(&w);
}

/* An exchange that we have begun is none that an AAA could go on with, and it has no vectors. */
static void who_is_his_aaas_is_not_asked_who_he_is(void **state)
{
	(void)state;
	static const struct auth_source aaa = { "aaa", AUTH_RELAY_KIND, NULL, NULL };
	struct es_slice rule = ES_SLICE_LIT("*: aaa");
	struct world w;

	setup(&w);
	assert_int_equal(auth_sources_add(w.t.env.sources, &aaa), ES_OK);
	w.t.tenant.identity_request = true;
	w.t.tenant.sources = &rule;
	w.t.tenant.source_count = 1;
	start(&w, PSEUDONYM);
	expect(w.start, AUTH_REJECT, AUTH_IDENTITY_UNUSABLE);
	w.start = NULL;
	rule = ES_SLICE_LIT("00101: aaa"); /* which is known when it is too late */
	start(&w, PSEUDONYM);
	expect(tell_identity(&w, w.start, EAP_TYPE_AKA, TEST_EAP_ID), AUTH_REJECT, AUTH_IDENTITY_UNUSABLE);
	teardown(&w);
}

static es_status commit_reauth(struct es_db_conn *conn, void *user)
{
	static const struct auth_round full = { .source = "hss" };

	return auth_reauth_commit(conn, &full, user);
}

/* RFC 4187 5.1: the counter does not wrap. What was half a re-authentication is not made a challenge of, either. */
static void an_identity_whose_counter_is_used_up_says_nothing(void **state)
{
	(void)state;
	static const char *const names[] = { "4AAAAAAAAAAAAAAAAAAAAAA" REALM, "4BAAAAAAAAAAAAAAAAAAAAA" REALM };
	static const struct auth_session session = { .tenant = TEST_TENANT };
	struct auth_round round = { .reauths_left = 1, .imsi = { TEST_IMSI } };
	struct auth_reauth_row row;
	struct world w;

	setup(&w);
	w.t.tenant.identity_request = true;
	w.t.tenant.reauthentications = 1;
	round.eap = (struct auth_eap){ .keep_k_encr = true, .reauth = true };
	for (unsigned i = 0; i < 2; i++) {
		struct test_call *call = test_call_new(&w.t);
		memcpy(round.eap.next_reauth_id, names[i], strlen(names[i]) + 1);
		round.eap.counter = i == 0 ? UINT16_MAX - 1 : UINT16_MAX;
		assert_int_equal(auth_reauth_row_of(&call->task, &session, &round, &row), ES_OK);
		assert_int_equal(es_db_write_wait(w.t.env.db, commit_reauth, &row), ES_OK);
		test_call_free(call);
		start(&w, names[i]);
		(void)identifier_of(w.start, EAP_TYPE_AKA, i == 0 ? AKA_REAUTHENTICATION : AKA_IDENTITY);
	}
	teardown(&w);
}

/* ---- notifications ---- */

struct records {
	struct auth_history_entry entries[4];
	size_t count;
};

static es_status list_job(struct es_db_conn *conn, void *user)
{
	struct records *records = user;

	return auth_store_history_get(conn, TEST_TENANT, TEST_IMSI, records->entries, ES_COUNT(records->entries),
	                              &records->count);
}

/* A peer that guesses and is told so need not answer: each guess counts when it is known to be wrong. */
static void a_refusal_is_counted_and_recorded_when_it_is_notified_and_once(void **state) /* RFC 4187 6.3.1 */
{
	(void)state;
	static const struct auth_rate rates[AUTH_LIMIT_COUNT] = { [AUTH_LIMIT_FAILURES] = { 60, 2 } };
	struct records records;
	struct world w;

	setup(&w);
	auth_guard_free(w.t.env.guard);
	w.t.env.guard = auth_guard_new(rates);
	w.t.tenant.notifications = true;
	for (size_t i = 1; i <= 2; i++) {
		start(&w, TEST_EAP_ID);
		es_buf_reset(&w.response);
		w.sim = test_sim_of(); /* one that has not seen the challenge, which is sent again */
		assert_int_equal(peer_answer(&w.sim, w.start->reply.packet, &w.response), SIM_ACCEPTS);
		w.response.ptr[w.response.len - 1] ^= 1;
		struct test_call *notification = respond(&w);
		uint8_t identifier = identifier_of(notification, EAP_TYPE_AKA, AKA_NOTIFICATION);
		test_call_free(notification);
		assert_int_equal(es_db_read(w.t.env.db, list_job, &records), ES_OK);
		assert_int_equal(records.count, i);
		assert_string_equal(records.entries[0].result, "mac_mismatch");
		if (i == 2)
			break;
		es_buf_reset(&w.response);
		peer_bare(identifier, AKA_NOTIFICATION, NULL, &w.response);
		expect(respond(&w), AUTH_REJECT, AUTH_MAC_MISMATCH);
		auth_history_flush(w.t.env.history, w.t.env.db);
		assert_int_equal(es_db_read(w.t.env.db, list_job, &records), ES_OK);
		assert_int_equal(records.count, 1);
	}
	start(&w, TEST_EAP_ID);
	assert_int_equal(w.start->reply.outcome, AUTH_TOO_OFTEN);
	teardown(&w);
}

/* Nor does a guess that is notified take the challenge away: each would cost a vector. */
static void a_wrong_answer_that_is_notified_costs_no_vector(void **state)
{
	(void)state;
	uint8_t rand[16];
	struct world w;

	setup(&w);
	w.t.tenant.notifications = true;
	start(&w, TEST_EAP_ID);
	memcpy(rand, w.start->reply.packet.ptr + 12, sizeof rand);
	assert_int_equal(peer_answer(&w.sim, w.start->reply.packet, &w.response), SIM_ACCEPTS);
	w.response.ptr[w.response.len - 1] ^= 1;
	struct test_call *notification = respond(&w);
	(void)identifier_of(notification, EAP_TYPE_AKA, AKA_NOTIFICATION);
	test_call_free(notification);
	start(&w, TEST_EAP_ID);
	assert_memory_equal(rand, w.start->reply.packet.ptr + 12, sizeof rand);
	teardown(&w);
}

/* ---- decoys ---- */

/* What a real SIM would be asked here, an unknown one cannot be: it ends as it did the first time. */
static void a_decoy_that_is_sent_again_is_a_decoy(void **state) /* settled 7 */
{
	(void)state;
	static const struct peer_fault none = { 0 };
	static const uint8_t octets[16] = { 0 }; /* no keys are right */
	struct world w;

	setup(&w);
	w.t.tenant.decoy_challenge = true;
	for (size_t i = 0; i < 2; i++) {
		start(&w, "0001010000000009" REALM);
		es_buf_reset(&w.response);
		peer_challenge(octets, identifier_of(w.start, EAP_TYPE_AKA, AKA_CHALLENGE), es_slice_of(octets, 8), NULL, &none,
		               &w.response);
		expect(respond(&w), AUTH_REJECT, AUTH_UNKNOWN_IMSI);
	}
	teardown(&w);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_method_that_is_not_offered_is_not_used_after_an_identity_round),
		cmocka_unit_test(a_nak_of_the_identity_request_is_asked_in_the_other_method),
		cmocka_unit_test(who_failed_too_often_gets_no_challenge_after_an_identity_round),
		cmocka_unit_test(who_is_his_aaas_is_not_asked_who_he_is),
		cmocka_unit_test(an_identity_whose_counter_is_used_up_says_nothing),
		cmocka_unit_test(a_refusal_is_counted_and_recorded_when_it_is_notified_and_once),
		cmocka_unit_test(a_wrong_answer_that_is_notified_costs_no_vector),
		cmocka_unit_test(a_decoy_that_is_sent_again_is_a_decoy),
	};
	TEST_ON_EACH_ENGINE("auth_options_test", tests);
}
