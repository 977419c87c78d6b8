/* auth_exchange_test.c -- whole exchanges over a real database, with a SIM at one end and a pretended policy at the other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_test_env.h"
#include "es_eap.h"

/* An exchange up to the peer's first response. */
struct exchange {
	struct test_env t;
	struct test_sim sim;
	struct test_call *start;
	struct es_buf response;
	uint8_t storage[512];
};

static void setup(struct exchange *x)
{
	memset(x, 0, sizeof *x);
	test_env_begin(&x->t);
	test_put(&x->t);
	x->sim = test_sim_of();
	es_buf_init_fixed(&x->response, x->storage, sizeof x->storage);
}

static void teardown(struct exchange *x)
{
	test_call_free(x->start);
	test_env_end(&x->t);
}

static enum test_sim_verdict answer_to(struct exchange *x, struct es_slice packet)
{
	es_buf_reset(&x->response);
	return peer_answer(&x->sim, packet, &x->response);
}

static void start(struct exchange *x, enum test_sim_verdict expected)
{
	test_call_free(x->start);
	x->start = test_start(&x->t);
	assert_int_equal(x->start->status, ES_OK);
	assert_int_equal(x->start->reply.outcome, AUTH_CHALLENGE);
	assert_int_equal(answer_to(x, x->start->reply.packet), expected);
}

static struct test_call *respond(struct exchange *x)
{
	return test_continue(&x->t, x->start->reply.cookie, es_buf_slice(&x->response));
}

/* Sends the response and expects this end. */
static void expect(struct exchange *x, enum auth_outcome outcome, enum auth_reason reason)
{
	struct test_call *call = respond(x);

	assert_int_equal(call->status, ES_OK);
	assert_int_equal(call->reply.outcome, outcome);
	assert_string_equal(auth_reason_names[call->reply.reason], auth_reason_names[reason]);
	if (outcome != AUTH_ADMIT)
		assert_true(call->reply.token.len == 0 && call->reply.request.len == 0);
	test_call_free(call);
}

static void full_authentication_gives_a_token_and_the_first_request(void **state) /* V12-AUTH-03, -06, -07, -18 */
{
	(void)state;
	struct exchange x;
	struct es_token token;
	uint8_t terminal[16];

	setup(&x);
	start(&x, SIM_ACCEPTS);
	struct test_call *call = respond(&x);
	assert_int_equal(call->reply.outcome, AUTH_ADMIT);
	assert_true(es_slice_eq_str(call->reply.request, TEST_REQUEST));
	assert_int_equal(call->reply.token_validity_s, 86400);
	assert_int_equal(es_token_open(x.t.env.token_keys, call->reply.token, test_now, &token), ES_OK);
	assert_string_equal(token.tenant, TEST_TENANT);
	assert_string_equal(token.imsi.digits, TEST_IMSI);
	assert_string_equal(token.group, "ap2003");
	assert_int_equal(token.epoch, 3);
	es_token_digest(ES_SLICE_LIT("350000000000001"), terminal);
	assert_memory_equal(token.terminal, terminal, 16);
	test_call_free(call);
	teardown(&x);
}

static void
the_same_response_again_gets_the_same_answer_and_another_one_nothing(void **state) /* settled 4, V12-AUTH-17 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	struct test_call *first = respond(&x), *again = respond(&x);
	assert_int_equal(again->reply.outcome, AUTH_ADMIT);
	assert_true(es_slice_eq(again->reply.token, first->reply.token));
	assert_true(es_slice_eq_str(again->reply.request, TEST_REQUEST));
	test_call_free(first);
	test_call_free(again);
	x.response.ptr[x.response.len - 1] ^= 1;
	expect(&x, AUTH_LOST_SESSION, AUTH_SESSION_SPENT);
	teardown(&x);
}

static void a_wrong_response_ends_the_exchange_for_good(void **state) /* V12-AUTH-14, settled 6 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	x.response.ptr[x.response.len - 1] ^= 1;
	expect(&x, AUTH_REJECT, AUTH_MAC_MISMATCH);
	expect(&x, AUTH_REJECT, AUTH_MAC_MISMATCH);
	x.response.ptr[x.response.len - 1] ^= 1;
	expect(&x, AUTH_LOST_SESSION, AUTH_SESSION_SPENT); /* the right one comes too late */
	teardown(&x);
}

static void bytes_that_do_not_parse_leave_the_exchange_alive(void **state) /* V12-AUTH-15 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	size_t len = x.response.len;
	x.response.len--;
	expect(&x, AUTH_BAD_PACKET, AUTH_MALFORMED);
	x.response.len = len;
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	teardown(&x);
}

static void
a_sim_ahead_is_followed_in_the_same_exchange_under_the_same_cookie(void **state) /* V12-AUTH-05, -13, settled 26 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.sim.seq_ms[0] = 7000000;
	start(&x, SIM_RESYNC);
	struct test_call *second = respond(&x), *again = respond(&x);
	assert_int_equal(second->reply.outcome, AUTH_CHALLENGE);
	assert_true(es_slice_eq(second->reply.cookie, x.start->reply.cookie));
	assert_int_equal(second->reply.packet.ptr[1], (uint8_t)(x.start->reply.packet.ptr[1] + 1));
	assert_true(es_slice_eq(again->reply.packet, second->reply.packet)); /* the phone repeated its AUTS */
	assert_int_equal(answer_to(&x, second->reply.packet), SIM_ACCEPTS);
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	test_call_free(second);
	test_call_free(again);

	start(&x, SIM_ACCEPTS); /* the difference is kept: the next exchange needs one round */
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	teardown(&x);
}

static void a_sim_that_slept_for_two_years_is_served(void **state) /* TS 33.102 C.2.2 */
{
	(void)state;
	struct exchange x;
	int64_t before = test_now;

	setup(&x);
	x.sim.delta = AUTH_SQN_DELTA;
	test_now += INT64_C(2) * 366 * 86400 * 1000;
	auth_sqn_source_poll(x.t.env.sqn); /* the mark follows the clock */
	for (int exchanges = 0; exchanges < 4; exchanges++) {
		test_call_free(x.start);
		x.start = test_start(&x.t);
		if (answer_to(&x, x.start->reply.packet) == SIM_RESYNC) {
			struct test_call *second = respond(&x);
			assert_int_equal(answer_to(&x, second->reply.packet), SIM_ACCEPTS);
			test_call_free(second);
		}
		expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	}
	start(&x, SIM_ACCEPTS);
	teardown(&x);
	test_now = before;
}

static void a_second_auts_and_a_forged_one_are_refused(void **state) /* settled 5 and 6 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.sim.seq_ms[0] = 7000000;
	start(&x, SIM_RESYNC);
	struct test_call *second = respond(&x);
	x.sim.seq_ms[0] = AUTH_SQN_SEQ_MAX / 2;
	assert_int_equal(answer_to(&x, second->reply.packet), SIM_RESYNC);
	expect(&x, AUTH_REJECT, AUTH_SECOND_RESYNC);
	test_call_free(second);

	x.sim = test_sim_of();
	x.sim.seq_ms[0] = 1 << 30;
	start(&x, SIM_RESYNC);
	x.response.ptr[x.response.len - 1] ^= 1;
	expect(&x, AUTH_REJECT, AUTH_AUTS_INVALID);
	teardown(&x);
}

static void two_replicas_with_the_same_response_give_one_token(void **state) /* design 1: an exchange ends once */
{
	(void)state;
	struct exchange x;
	struct test_env other = { 0 };

	setup(&x);
	other.db = x.t.db;
	test_env_up(&other, "two");
	start(&x, SIM_ACCEPTS);
	x.t.policy.hold = other.policy.hold = true;
	struct es_slice packet = es_buf_slice(&x.response);
	struct test_call *one = test_continue_begin(&x.t, x.start->reply.cookie, packet);
	struct test_call *two = test_continue_begin(&other, x.start->reply.cookie, packet);
	test_policy_release(&x.t.policy);
	test_policy_release(&other.policy);
	test_call_wait(one);
	test_call_wait(two);
	assert_int_equal(one->reply.outcome, AUTH_ADMIT);
	assert_int_equal(two->reply.outcome, AUTH_ADMIT);
	assert_true(es_slice_eq(one->reply.token, two->reply.token));
	test_call_free(one);
	test_call_free(two);
	test_env_down(&other);
	teardown(&x);
}

static void a_restart_between_the_rounds_loses_nothing(void **state) /* design 1 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.sim.seq_ms[0] = 7000000;
	start(&x, SIM_RESYNC);
	test_env_down(&x.t);
	test_env_up(&x.t, "one");
	struct test_call *second = respond(&x);
	assert_int_equal(answer_to(&x, second->reply.packet), SIM_ACCEPTS);
	test_call_free(second);
	test_env_down(&x.t);
	test_env_up(&x.t, "another");
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	test_env_down(&x.t);
	test_env_up(&x.t, "one");
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS); /* and again, from what is stored */
	teardown(&x);
}

static void the_repeated_response_gets_what_was_decided_whatever_policy_says_now(void **state) /* settled 4 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	struct test_call *first = respond(&x);
	x.t.policy.admission = AUTH_ADMIT_TERMINATED;
	x.t.policy.epoch++;
	struct test_call *again = respond(&x);
	assert_int_equal(again->reply.outcome, AUTH_ADMIT);
	assert_true(es_slice_eq(again->reply.token, first->reply.token));
	test_call_free(first);
	test_call_free(again);
	teardown(&x);
}

static void
a_right_answer_to_a_challenge_that_was_replaced_is_refused(void **state) /* RFC 4187 6.3.4: AUTS came first */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.sim.seq_ms[0] = 7000000;
	start(&x, SIM_RESYNC);
	test_call_free(respond(&x));
	x.sim = test_sim_of(); /* a SIM that takes the first challenge after all */
	assert_int_equal(answer_to(&x, x.start->reply.packet), SIM_ACCEPTS);
	struct test_call *call = respond(&x);
	assert_true(call->status == ES_OK && call->reply.outcome != AUTH_ADMIT && call->reply.token.len == 0);
	test_call_free(call);
	teardown(&x);
}

static void without_policy_the_response_may_come_again(void **state)
{
	(void)state;
	struct exchange x;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	x.t.policy.status = ES_TIMEOUT;
	struct test_call *call = respond(&x);
	assert_int_equal(call->status, ES_UNAVAILABLE);
	test_call_free(call);
	x.t.policy.status = ES_OK;
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	teardown(&x);
}

static void who_policy_does_not_admit_gets_no_token(void **state) /* settled 16 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.t.policy.admission = AUTH_ADMIT_TERMINATED;
	start(&x, SIM_ACCEPTS);
	expect(&x, AUTH_REJECT, AUTH_TERMINATED);
	x.t.policy.admission = AUTH_ADMIT_UNKNOWN;
	start(&x, SIM_ACCEPTS);
	expect(&x, AUTH_REJECT, AUTH_NOT_A_SUBSCRIBER);
	teardown(&x);
}

static void identities_that_are_not_served_get_no_challenge(void **state) /* V12-AUTH-08, settled 7 and 8 */
{
	(void)state;
	static const struct {
		const char *eap_id;
		enum auth_outcome outcome;
		enum auth_reason reason;
	} cases[] = {
		{ "0001010000000099@nai.epc.mnc001.mcc001.3gppnetwork.org", AUTH_REJECT, AUTH_UNKNOWN_IMSI },
		{ "0262010000000001@nai.epc.mnc001.mcc262.3gppnetwork.org", AUTH_REJECT, AUTH_NOT_OURS },
		{ "alice@example.org", AUTH_REJECT, AUTH_NOT_OURS },
		{ "2pseudonym@nai.epc.mnc001.mcc001.3gppnetwork.org", AUTH_REJECT, AUTH_IDENTITY_UNUSABLE },
		{ "garbage", AUTH_BAD_PACKET, AUTH_MALFORMED },
	};
	static const struct es_slice plmns[] = { { (const uint8_t *)"00101", 5 } };
	struct exchange x;

	setup(&x);
	x.t.tenant.plmns = plmns;
	x.t.tenant.plmn_count = 1;
	test_env_publish(&x.t);
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		struct test_call *call = test_start_with(&x.t, cases[i].eap_id, ES_SLICE_LIT(TEST_REQUEST));
		assert_int_equal(call->status, ES_OK);
		assert_int_equal(call->reply.outcome, cases[i].outcome);
		assert_int_equal(call->reply.reason, cases[i].reason);
		assert_true(call->reply.packet.len == 0 && call->reply.cookie.len == 0);
		test_call_free(call);
	}
	teardown(&x);
}

static void a_decoy_challenges_the_unknown_and_ends_in_a_rejection(void **state) /* settled 7 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.t.tenant.decoy_challenge = true;
	test_env_publish(&x.t);
	static const uint8_t subtypes[] = { AKA_AUTHENTICATION_REJECT, AKA_SYNCHRONIZATION_FAILURE };
	for (size_t i = 0; i < ES_COUNT(subtypes); i++) {
		test_call_free(x.start);
		x.start =
			test_start_with(&x.t, "0001010000000099@nai.epc.mnc001.mcc001.3gppnetwork.org", ES_SLICE_LIT(TEST_REQUEST));
		assert_int_equal(x.start->reply.outcome, AUTH_CHALLENGE);
		es_buf_reset(&x.response);
		static const uint8_t auts[14] = { 9 };
		peer_bare(x.start->reply.packet.ptr[1], subtypes[i], subtypes[i] == AKA_SYNCHRONIZATION_FAILURE ? auts : NULL,
		          &x.response);
		expect(&x, AUTH_REJECT, AUTH_UNKNOWN_IMSI);
	}
	teardown(&x);
}

static void an_unusable_identity_is_asked_for_where_that_is_on(void **state) /* RFC 4187 4.1, settled 8 */
{
	(void)state;
	static const struct es_slice hosts[] = { { (const uint8_t *)"ecs.example", 11 } };
	struct exchange x;
	struct es_slice whole;
	uint8_t *mac;

	setup(&x);
	x.t.tenant.hosts = hosts;
	x.t.tenant.host_count = 1;
	x.t.tenant.identity_request = true;
	test_env_publish(&x.t);
	x.start = test_start_with(&x.t, "2pseudonym@nai.epc.mnc001.mcc001.3gppnetwork.org", ES_SLICE_LIT(TEST_REQUEST));
	assert_int_equal(x.start->reply.outcome, AUTH_CHALLENGE);
	struct es_eap_writer w =
		es_eap_begin(&x.response, EAP_RESPONSE, x.start->reply.packet.ptr[1], EAP_TYPE_AKA, AKA_IDENTITY);
	es_eap_put_counted(&w, AT_IDENTITY, ES_SLICE_LIT(TEST_EAP_ID));
	assert_int_equal(es_eap_end(&w, &whole, &mac), ES_OK);
	struct test_call *second = respond(&x);
	assert_int_equal(second->reply.outcome, AUTH_CHALLENGE);
	assert_int_equal(answer_to(&x, second->reply.packet), SIM_ACCEPTS);
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	test_call_free(second);
	teardown(&x);
}

static void a_failure_is_notified_and_then_rejected_where_that_is_on(void **state) /* RFC 4187 6.3.1, settled 6 */
{
	(void)state;
	struct exchange x;

	setup(&x);
	x.t.tenant.notifications = true;
	test_env_publish(&x.t);
	start(&x, SIM_ACCEPTS);
	x.response.ptr[x.response.len - 1] ^= 1;
	struct test_call *notification = respond(&x);
	assert_int_equal(notification->reply.outcome, AUTH_CHALLENGE);
	assert_true(es_slice_eq(notification->reply.cookie, x.start->reply.cookie));
	es_buf_reset(&x.response);
	peer_bare(notification->reply.packet.ptr[1], AKA_NOTIFICATION, NULL, &x.response);
	expect(&x, AUTH_REJECT, AUTH_MAC_MISMATCH);
	test_call_free(notification);
	teardown(&x);
}

static void a_cookie_that_is_unknown_or_old_starts_over(void **state) /* V12-AUTH-16 */
{
	(void)state;
	struct exchange x;
	int64_t before = test_now;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	struct test_call *call = test_continue(&x.t, ES_SLICE_LIT("bm90IGEgY29va2ll"), es_buf_slice(&x.response));
	assert_int_equal(call->reply.outcome, AUTH_LOST_SESSION);
	assert_int_equal(call->reply.reason, AUTH_NO_SESSION);
	test_call_free(call);
	test_now += 60000;
	expect(&x, AUTH_LOST_SESSION, AUTH_SESSION_EXPIRED);
	teardown(&x);
	test_now = before;
}

static void of_several_cookies_the_latest_exchanges_counts(void **state)
{
	(void)state;
	struct exchange x;

	setup(&x);
	struct test_call *given_up = test_start(&x.t);
	test_now += 1000;
	start(&x, SIM_ACCEPTS);
	struct es_slice cookies[] = { ES_SLICE_LIT("broken"), given_up->reply.cookie, x.start->reply.cookie };
	for (size_t i = 0; i < 2; i++) {
		struct test_call *call = test_call_new(&x.t);
		auth_exchange_continue(&call->task, cookies, ES_COUNT(cookies), es_buf_slice(&x.response),
		                       ES_SLICE_LIT("192.0.2.1"), &call->reply);
		test_call_wait(call);
		assert_int_equal(call->reply.outcome, AUTH_ADMIT);
		test_call_free(call);
		struct es_slice first = cookies[0];
		cookies[0] = cookies[2];
		cookies[2] = first;
	}
	test_call_free(given_up);
	test_now -= 1000;
	teardown(&x);
}

static void a_request_too_long_for_the_cookie_comes_back_all_the_same(void **state)
{
	(void)state;
	static uint8_t long_request[8000];
	struct exchange x;

	setup(&x);
	memset(long_request, 'r', sizeof long_request);
	x.start = test_start_with(&x.t, TEST_EAP_ID, es_slice_of(long_request, sizeof long_request));
	assert_true(x.start->reply.cookie.len <= AUTH_COOKIE_MAX);
	assert_int_equal(answer_to(&x, x.start->reply.packet), SIM_ACCEPTS);
	for (int i = 0; i < 2; i++) {
		struct test_call *call = respond(&x);
		assert_int_equal(call->reply.outcome, AUTH_ADMIT);
		assert_true(es_slice_eq(call->reply.request, es_slice_of(long_request, sizeof long_request)));
		test_call_free(call);
	}
	teardown(&x);
}

static void a_vector_waits_for_the_mark_and_is_then_given_out(void **state)
{
	(void)state;
	struct exchange x;
	int64_t before = test_now;

	setup(&x);
	test_now += 3600 * 1000; /* the clock jumps past the mark */
	start(&x, SIM_ACCEPTS);
	expect(&x, AUTH_ADMIT, AUTH_SUCCESS);
	teardown(&x);
	test_now = before;
}

static struct test_call *renew(struct exchange *x, struct es_slice token)
{
	struct test_call *call = test_call_new(&x->t);

	auth_token_renew(&call->task, token, &call->renewed);
	test_call_wait(call);
	return call;
}

static void a_token_is_renewed_while_valid_and_of_the_subscribers_epoch(void **state)
{
	(void)state;
	struct exchange x;
	struct es_token token;
	int64_t before = test_now;

	setup(&x);
	start(&x, SIM_ACCEPTS);
	struct test_call *first = respond(&x);
	test_now += 3600 * 1000;
	struct test_call *call = renew(&x, first->reply.token);
	assert_int_equal(es_token_open(x.t.env.token_keys, call->renewed.token, test_now + 86399000, &token), ES_OK);
	assert_true(token.method == ES_METHOD_EAP_AKA && token.epoch == 3);
	test_call_free(call);

	x.t.policy.epoch = 4; /* a SIM swap */
	call = renew(&x, first->reply.token);
	assert_true(call->status == ES_OK && call->renewed.token.len == 0);
	test_call_free(call);
	x.t.policy.epoch = 3;
	test_now += 86400000;
	call = renew(&x, first->reply.token);
	assert_true(call->status == ES_OK && call->renewed.token.len == 0);
	test_call_free(call);
	test_call_free(first);
	teardown(&x);
	test_now = before;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_authentication_gives_a_token_and_the_first_request),
		cmocka_unit_test(the_same_response_again_gets_the_same_answer_and_another_one_nothing),
		cmocka_unit_test(a_wrong_response_ends_the_exchange_for_good),
		cmocka_unit_test(bytes_that_do_not_parse_leave_the_exchange_alive),
		cmocka_unit_test(a_sim_ahead_is_followed_in_the_same_exchange_under_the_same_cookie),
		cmocka_unit_test(a_sim_that_slept_for_two_years_is_served),
		cmocka_unit_test(a_second_auts_and_a_forged_one_are_refused),
		cmocka_unit_test(two_replicas_with_the_same_response_give_one_token),
		cmocka_unit_test(a_restart_between_the_rounds_loses_nothing),
		cmocka_unit_test(the_repeated_response_gets_what_was_decided_whatever_policy_says_now),
		cmocka_unit_test(a_right_answer_to_a_challenge_that_was_replaced_is_refused),
		cmocka_unit_test(without_policy_the_response_may_come_again),
		cmocka_unit_test(who_policy_does_not_admit_gets_no_token),
		cmocka_unit_test(identities_that_are_not_served_get_no_challenge),
		cmocka_unit_test(a_decoy_challenges_the_unknown_and_ends_in_a_rejection),
		cmocka_unit_test(an_unusable_identity_is_asked_for_where_that_is_on),
		cmocka_unit_test(a_failure_is_notified_and_then_rejected_where_that_is_on),
		cmocka_unit_test(a_cookie_that_is_unknown_or_old_starts_over),
		cmocka_unit_test(of_several_cookies_the_latest_exchanges_counts),
		cmocka_unit_test(a_request_too_long_for_the_cookie_comes_back_all_the_same),
		cmocka_unit_test(a_vector_waits_for_the_mark_and_is_then_given_out),
		cmocka_unit_test(a_token_is_renewed_while_valid_and_of_the_subscribers_epoch),
	};
	TEST_ON_EACH_ENGINE("auth_exchange_test", tests);
}
