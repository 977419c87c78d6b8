/* auth_login_test.c -- one-time codes and the rows of logins over a real database, with a clock that the test moves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_code.h"
#include "auth_oidc_message.h"
#include "auth_test_env.h"

#define NUMBER "+34600000001"
#define MINUTE INT64_C(60000)

/* Policy and notify as the test wants them. */
static struct {
	enum auth_found found;
	es_status find_status, sms_status;
	struct auth_find *held;
	bool hold;
	char text[256];
	unsigned texts;
} others;

static void answer_find(struct auth_find *find)
{
	bool is_known = find->msisdn[0] == '\0' || strcmp(find->msisdn, NUMBER) == 0;

	find->found = is_known ? others.found : AUTH_FIND_UNKNOWN;
	find->epoch = 3;
	(void)!es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &find->line_imsi);
	(void)!es_msisdn_parse(ES_SLICE_LIT(NUMBER), &find->line_msisdn);
	find->done(find, others.find_status);
}

static es_status test_find(void *policy, struct auth_find *find)
{
	(void)policy;
	if (others.hold)
		others.held = find;
	else
		answer_find(find);
	return ES_OK;
}

static es_status test_sms(void *notify, struct auth_sms *sms)
{
	(void)notify;
	strncpy(others.text, sms->text, sizeof others.text - 1);
	others.texts++;
	if (sms->done != NULL)
		sms->done(sms, others.sms_status);
	return ES_OK;
}

static void code_of(char code[AUTH_CODE_DIGITS + 1])
{
	const char *at = strpbrk(others.text, "0123456789");

	assert_non_null(at);
	assert_int_equal(strspn(at, "0123456789"), AUTH_CODE_DIGITS);
	memcpy(code, at, AUTH_CODE_DIGITS);
	code[AUTH_CODE_DIGITS] = '\0';
}

static void begin(struct test_env *t)
{
	static const struct es_slice hosts[] = { { (const uint8_t *)"ecs.example", 11 } };

	memset(&others, 0, sizeof others);
	others.found = AUTH_FOUND;
	test_env_begin(t);
	t->env.find = test_find;
	t->env.sms = test_sms;
	t->env.codes_per_number = 3;
	t->env.codes_per_address = 5;
	t->tenant.hosts = hosts;
	t->tenant.host_count = 1;
	t->tenant.sms_code = true;
	t->tenant.name = ES_SLICE_LIT("Demo");
	test_env_publish(t);
}

/* ---- one call ---- */

struct login_call {
	struct test_call *call;
	struct auth_login_reply out;
};

static struct login_call *call_new(struct test_env *t)
{
	struct login_call *c = calloc(1, sizeof *c);

	assert_non_null(c);
	c->call = test_call_new(t);
	return c;
}

static void call_free(struct login_call *c)
{
	test_call_free(c->call);
	free(c);
}

static struct login_call *start(struct test_env *t, const char *number, const char *address)
{
	struct login_call *c = call_new(t);
	struct auth_login_start in = { .host = ES_SLICE_LIT("ecs.example"),
		                           .accept_language = ES_SLICE_LIT("de-DE"),
		                           .address = es_slice_str(address),
		                           .group = "ap2009",
		                           .request = ES_SLICE_LIT(TEST_REQUEST) };

	es_token_digest(ES_SLICE_LIT("350000000000001"), in.terminal);
	auth_code_start(&c->call->task, es_slice_str(number), &in, &c->out);
	test_call_wait(c->call);
	return c;
}

static struct login_call *check_later(struct test_env *t, const char *session, const char *code)
{
	struct login_call *c = call_new(t);
	struct es_slice kept = es_arena_copy(c->call->arena, es_slice_str(session));

	auth_code_check(
		&c->call->task,
		&(struct auth_code_check){ .session = kept, .code = es_arena_copy(c->call->arena, es_slice_str(code)) },
		&c->out);
	return c;
}

static struct login_call *check(struct test_env *t, const char *session, const char *code)
{
	struct login_call *c = check_later(t, session, code);

	test_call_wait(c->call);
	return c;
}

static void expect(struct test_env *t, const char *session, const char *code, enum auth_login_outcome outcome,
                   enum auth_login_reason reason)
{
	struct login_call *c = check(t, session, code);

	assert_int_equal(c->call->status, ES_OK);
	assert_string_equal(auth_login_reason_names[c->out.reason], auth_login_reason_names[reason]);
	assert_int_equal(c->out.outcome, outcome);
	call_free(c);
}

struct started {
	char session[64], code[AUTH_CODE_DIGITS + 1], wrong[AUTH_CODE_DIGITS + 1];
};

static struct started begin_login(struct test_env *t)
{
	struct login_call *c = start(t, NUMBER, "192.0.2.1");
	struct started s = { .session = "" };

	assert_int_equal(c->call->status, ES_OK);
	assert_int_equal(c->out.outcome, AUTH_LOGIN_CODE_SENT);
	assert_int_equal(c->out.session.len, AUTH_LOGIN_HANDLE);
	memcpy(s.session, c->out.session.ptr, c->out.session.len);
	code_of(s.code);
	memcpy(s.wrong, s.code, sizeof s.wrong);
	s.wrong[0] = s.wrong[0] == '9' ? '0' : (char)(s.wrong[0] + 1);
	call_free(c);
	return s;
}

/* ---- tests ---- */

static void a_right_code_makes_the_token_that_the_request_was_for(void **state)
{
	struct test_env t;
	struct es_token token;
	uint8_t terminal[16];

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	assert_non_null(strstr(others.text, "Demo: Ihr Code"));
	struct login_call *c = check(&t, s.session, s.code);
	assert_int_equal(c->out.outcome, AUTH_LOGIN_ADMIT);
	assert_true(es_slice_eq_str(c->out.request, TEST_REQUEST));
	assert_int_equal(es_token_open(t.env.token_keys, c->out.token, test_now, &token), ES_OK);
	es_token_digest(ES_SLICE_LIT("350000000000001"), terminal);
	assert_string_equal(token.imsi.digits, TEST_IMSI);
	assert_string_equal(token.group, "ap2009");
	assert_string_equal(token.tenant, TEST_TENANT);
	assert_memory_equal(token.terminal, terminal, sizeof terminal);
	assert_int_equal(token.method, ES_METHOD_OTP);
	assert_int_equal(token.epoch, 3);
	call_free(c);
	test_env_end(&t);
}

static void a_code_is_good_for_five_minutes(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	test_now += AUTH_CODE_TTL_MS - 1;
	expect(&t, s.session, s.wrong, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_WRONG_CODE);
	test_now += 1;
	expect(&t, s.session, s.code, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_TOO_MANY_TRIES);
	test_now += AUTH_LOGIN_TTL_MS;
	expect(&t, s.session, s.code, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_UNKNOWN);
	test_env_end(&t);
}

static void the_same_answer_is_good_for_a_minute_and_no_other_is(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	struct login_call *first = check(&t, s.session, s.code);
	test_now += AUTH_LOGIN_AGAIN_MS;
	struct login_call *again = check(&t, s.session, s.code);
	assert_int_equal(again->out.outcome, AUTH_LOGIN_ADMIT);
	assert_true(es_slice_eq(first->out.token, again->out.token));
	assert_true(es_slice_eq(first->out.request, again->out.request));
	expect(&t, s.session, s.wrong, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_SPENT);
	test_now += 1;
	expect(&t, s.session, s.code, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_SPENT);
	call_free(first);
	call_free(again);
	test_env_end(&t);
}

static void a_code_has_five_tries(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	for (int i = 0; i < AUTH_CODE_TRIES; i++)
		expect(&t, s.session, s.wrong, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_WRONG_CODE);
	expect(&t, s.session, s.code, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_TOO_MANY_TRIES);
	test_env_end(&t);
}

/* Guesses that come all at once are counted one by one. */
static void guesses_at_the_same_moment_have_five_tries_together(void **state)
{
	struct test_env t;
	struct login_call *calls[12];
	char guess[AUTH_CODE_DIGITS + 1];
	unsigned wrong = 0;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	memcpy(guess, s.wrong, sizeof guess);
	for (size_t i = 0; i < ES_COUNT(calls); i++) {
		guess[5] = (char)('0' + i % 10);
		calls[i] = check_later(&t, s.session, guess);
	}
	for (size_t i = 0; i < ES_COUNT(calls); i++) {
		test_call_wait(calls[i]->call);
		assert_int_equal(calls[i]->call->status, ES_OK);
		wrong += calls[i]->out.reason == AUTH_LOGIN_WRONG_CODE;
		call_free(calls[i]);
	}
	assert_int_equal(wrong, AUTH_CODE_TRIES);
	test_env_end(&t);
}

static void policy_that_is_away_costs_no_code(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	others.find_status = ES_UNAVAILABLE;
	struct login_call *c = check(&t, s.session, s.code);
	assert_int_equal(c->call->status, ES_UNAVAILABLE);
	call_free(c);
	expect(&t, s.session, s.wrong, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_SPENT);
	others.find_status = ES_OK;
	expect(&t, s.session, s.code, AUTH_LOGIN_ADMIT, AUTH_LOGIN_SUCCESS);
	test_env_end(&t);
}

/* Whoever works on an answer has it for the time of the call; a process that died with it gives it back by that. */
static void an_answer_under_way_is_worked_on_once(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	others.hold = true;
	struct login_call *first = check_later(&t, s.session, s.code);
	struct login_call *second = check(&t, s.session, s.code);
	assert_int_equal(second->call->status, ES_BUSY);
	others.hold = false;
	answer_find(others.held);
	test_call_wait(first->call);
	assert_int_equal(first->out.outcome, AUTH_LOGIN_ADMIT);
	call_free(first);
	call_free(second);

	s = begin_login(&t);
	others.hold = true;
	first = check_later(&t, s.session, s.code);
	struct login_call *busy = check(&t, s.session, s.code);
	assert_int_equal(busy->call->status, ES_BUSY);
	test_now += MINUTE; /* past the first call's deadline */
	others.hold = false;
	struct auth_find *lost = others.held;
	expect(&t, s.session, s.code, AUTH_LOGIN_ADMIT, AUTH_LOGIN_SUCCESS);
	answer_find(lost);
	test_call_wait(first->call);
	assert_int_equal(first->call->status, ES_UNAVAILABLE); /* its outcome was not committed: the other one's counts */
	call_free(first);
	call_free(busy);
	test_env_end(&t);
}

static void a_number_that_is_nobodys_looks_like_any_other(void **state)
{
	struct test_env t;
	struct login_call *c;

	(void)state;
	begin(&t);
	c = start(&t, "+34699999999", "192.0.2.1");
	assert_int_equal(c->out.outcome, AUTH_LOGIN_CODE_SENT);
	assert_int_equal(others.texts, 0);
	expect(&t, (const char *)es_arena_strdup(c->call->arena, c->out.session), "000000", AUTH_LOGIN_AUTHENTICATE,
	       AUTH_LOGIN_WRONG_CODE);
	call_free(c);
	others.found = AUTH_FIND_TERMINATED;
	c = start(&t, NUMBER, "192.0.2.1");
	assert_int_equal(c->out.outcome, AUTH_LOGIN_CODE_SENT);
	assert_int_equal(others.texts, 0);
	call_free(c);
	test_env_end(&t);
}

static enum auth_login_outcome outcome_of(struct test_env *t, const char *number, const char *address)
{
	struct login_call *c = start(t, number, address);
	enum auth_login_outcome outcome = c->out.outcome;

	assert_int_equal(c->call->status, ES_OK);
	assert_true(outcome != AUTH_LOGIN_TRY_LATER || (c->out.retry_after_s > 0 && c->out.retry_after_s <= 3601));
	call_free(c);
	return outcome;
}

static void codes_are_counted_by_number_and_by_address_each_hour(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	for (int i = 0; i < 3; i++)
		assert_int_equal(outcome_of(&t, NUMBER, "192.0.2.1"), AUTH_LOGIN_CODE_SENT);
	assert_int_equal(outcome_of(&t, NUMBER, "192.0.2.2"), AUTH_LOGIN_TRY_LATER);
	assert_int_equal(others.texts, 3);
	assert_int_equal(outcome_of(&t, "+34600000002", "192.0.2.1"), AUTH_LOGIN_CODE_SENT);
	assert_int_equal(outcome_of(&t, "+34600000003", "192.0.2.1"), AUTH_LOGIN_CODE_SENT);
	assert_int_equal(outcome_of(&t, "+34600000004", "192.0.2.1"), AUTH_LOGIN_TRY_LATER);
	assert_int_equal(outcome_of(&t, "+34600000004", "192.0.2.2"), AUTH_LOGIN_CODE_SENT);
	test_now += 60 * MINUTE;
	assert_int_equal(outcome_of(&t, NUMBER, "192.0.2.1"), AUTH_LOGIN_CODE_SENT);
	test_env_end(&t);
}

/* Else one client could keep everybody's numbers at their limits. */
static void who_is_past_his_own_limit_uses_up_nobodys_number(void **state)
{
	struct test_env t;

	(void)state;
	begin(&t);
	for (int i = 0; i < 5; i++)
		assert_int_equal(outcome_of(&t, "+34600000002", "192.0.2.1"),
		                 i < 3 ? AUTH_LOGIN_CODE_SENT : AUTH_LOGIN_TRY_LATER);
	for (int i = 0; i < 5; i++)
		assert_int_equal(outcome_of(&t, NUMBER, "192.0.2.1"), AUTH_LOGIN_TRY_LATER);
	assert_int_equal(outcome_of(&t, NUMBER, "192.0.2.2"), AUTH_LOGIN_CODE_SENT);
	test_env_end(&t);
}

static void one_ipv6_network_is_one_client(void **state)
{
	static const char *const addresses[] = { "2001:db8:0:1::1", "2001:db8:0:1::2", "2001:db8:0:1:ffff::3",
		                                     "2001:db8:0:1:a:b:c:d", "2001:DB8:0:1::5" };
	char number[] = "+34600000010";
	struct test_env t;

	(void)state;
	begin(&t);
	for (size_t i = 0; i < ES_COUNT(addresses); i++, number[11]++)
		assert_int_equal(outcome_of(&t, number, addresses[i]), AUTH_LOGIN_CODE_SENT);
	assert_int_equal(outcome_of(&t, number, "2001:db8:0:1::6"), AUTH_LOGIN_TRY_LATER);
	assert_int_equal(outcome_of(&t, number, "2001:db8:0:2::1"), AUTH_LOGIN_CODE_SENT);
	assert_int_equal(outcome_of(&t, number, "::ffff:192.0.2.1"), AUTH_LOGIN_CODE_SENT);
	test_env_end(&t);
}

static es_status purge_job(struct es_db_conn *conn, void *user)
{
	return auth_store_login_purge(conn, test_now, user);
}

static void what_is_over_is_removed(void **state)
{
	struct test_env t;
	int64_t removed = 0;

	(void)state;
	begin(&t);
	struct started s = begin_login(&t);
	assert_int_equal(es_db_write_wait(t.env.db, purge_job, &removed), ES_OK);
	assert_int_equal(removed, 0);
	expect(&t, s.session, s.wrong, AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_WRONG_CODE);
	test_now += AUTH_LOGIN_TTL_MS + 60 * MINUTE;
	assert_int_equal(es_db_write_wait(t.env.db, purge_job, &removed), ES_OK);
	assert_int_equal(removed, 3); /* the login, its number, its address */
	test_env_end(&t);
}

/* ---- pure parts ---- */

static void a_login_survives_being_packed(void **state)
{
	struct auth_login login = { .kind = AUTH_LOGIN_FACTOR,
		                        .tenant = "demo",
		                        .group = "ap2006",
		                        .provider = "op",
		                        .language = "ar",
		                        .request = ES_SLICE_LIT("request") };
	struct auth_login back;
	struct es_buf out;
	uint8_t id[AUTH_LOGIN_ID], random[16];

	(void)state;
	es_random(random, sizeof random);
	es_random(login.nonce, sizeof login.nonce);
	es_random(login.secret, sizeof login.secret);
	auth_login_name(&login, 1790000000000, random);
	assert_int_equal(auth_login_id_of(es_slice_str(login.handle), id), ES_OK);
	assert_memory_equal(id, login.id, sizeof id);
	assert_int_equal(auth_login_id_of(ES_SLICE_LIT("short"), id), ES_MALFORMED);
	es_buf_init(&out, 4096);
	auth_login_pack(&login, &out);
	assert_int_equal(auth_login_unpack(es_buf_slice(&out), &back), ES_OK);
	assert_string_equal(back.provider, "op");
	assert_string_equal(back.language, "ar");
	assert_memory_equal(back.nonce, login.nonce, sizeof back.nonce);
	assert_memory_equal(back.secret, login.secret, sizeof back.secret);
	assert_true(es_slice_eq_str(back.request, "request") && back.expires_ms == login.expires_ms);
	for (size_t n = 0; n < out.len - login.request.len; n++)
		assert_int_equal(auth_login_unpack(es_slice_of(out.ptr, n), &back), ES_MALFORMED);
	es_buf_free(&out);
}

/* A handle that is none, with a code and without one, is answered once (the test environment insists). */
static void a_handle_that_is_none_is_as_good_as_unknown(void **state)
{
	(void)state;
	static const char *const handles[] = { "", "short", "0000000000000000000000000000000000000000000000000" };
	static const char *const codes[] = { "", "123456" };
	struct test_env t;

	begin(&t);
	for (size_t i = 0; i < 6; i++)
		expect(&t, handles[i / 2], codes[i % 2], AUTH_LOGIN_AUTHENTICATE, AUTH_LOGIN_STATE_UNKNOWN);
	test_env_end(&t);
}

static void codes_have_six_digits_of_every_kind(void **state)
{
	unsigned seen[AUTH_CODE_DIGITS][10] = { { 0 } };
	char code[AUTH_CODE_DIGITS + 1];

	(void)state;
	for (int i = 0; i < 2000; i++) {
		auth_code_make(code);
		assert_int_equal(strspn(code, "0123456789"), AUTH_CODE_DIGITS);
		for (size_t k = 0; k < AUTH_CODE_DIGITS; k++)
			seen[k][code[k] - '0']++;
	}
	for (size_t k = 0; k < AUTH_CODE_DIGITS; k++)
		for (size_t d = 0; d < 10; d++)
			assert_true(seen[k][d] > 0);
}

static void numbers_are_read_as_people_write_them(void **state)
{
	static const struct {
		const char *text, *number;
	} rows[] = {
		{ "+34600000001", NUMBER },
		{ " 34600000001", NUMBER },
		{ "34600000001", NUMBER },
		{ "+34 600-000-001", NUMBER },
		{ "(+34) 600 000 001", NUMBER },
		{ "", NULL },
		{ "+", NULL },
		{ "++34600000001", NUMBER },
		{ "34600000001+", NULL },
		{ "+1234", NULL },
		{ "+1234567890123456", NULL },
		{ "tel:+34600000001", NULL },
	};
	struct es_msisdn out;

	(void)state;
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		es_status status = auth_code_number(es_slice_str(rows[i].text), &out);
		assert_int_equal(status == ES_OK, rows[i].number != NULL);
		if (rows[i].number != NULL)
			assert_string_equal(out.text, rows[i].number);
	}
}

static void texts_are_in_the_first_language_that_there_is(void **state)
{
	struct es_arena *arena = es_arena_new(0, 4096);

	(void)state;
	assert_string_equal(auth_code_language(ES_SLICE_LIT("it, FR-ca;q=0.5"), ES_SLICE_LIT("de")), "fr");
	assert_string_equal(auth_code_language(ES_SLICE_LIT("it"), ES_SLICE_LIT("de")), "de");
	assert_string_equal(auth_code_language(ES_SLICE_LIT(""), ES_SLICE_LIT("xx")), "en");
	assert_string_equal(auth_code_language(ES_SLICE_LIT("escargot"), ES_SLICE_LIT("")), "en");
	assert_string_equal(auth_code_text(arena, "en", ES_SLICE_LIT("Demo 100% %s"), "123456"),
	                    "Demo 100% %s: your code is 123456. Do not give it to anybody.");
	es_arena_free(arena);
}

static void the_authorization_request_has_what_the_provider_needs(void **state)
{
	struct auth_login login = { .kind = AUTH_LOGIN_OIDC };
	uint8_t random[16] = { 1 };
	struct es_buf out;
	char challenge[44];

	(void)state;
	auth_login_name(&login, 1790000000000, random);
	es_buf_init(&out, 4096);
	assert_int_equal(auth_oidc_location("https://op.example/auth?x=1", "a client", "https://ecs.example/?a=b",
	                                    "openid phone", &login, &out),
	                 ES_OK);
	es_put_u8(&out, '\0');
	const char *text = (const char *)out.ptr;
	assert_non_null(strstr(text,
	                       "https://op.example/auth?x=1&response_type=code&scope=openid%20phone&client_id=a%20client&"
	                       "redirect_uri=https%3A%2F%2Fecs.example%2F%3Fa%3Db&state="));
	assert_non_null(strstr(text, "&nonce=AAAAAAAAAAAAAAAAAAAAAA&code_challenge="));
	assert_non_null(strstr(text, "&code_challenge_method=S256"));
	es_buf_free(&out);
	/* RFC 7636, appendix B. */
	auth_oidc_challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", challenge);
	assert_string_equal(challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_code_makes_the_token_that_the_request_was_for),
		cmocka_unit_test(a_code_is_good_for_five_minutes),
		cmocka_unit_test(the_same_answer_is_good_for_a_minute_and_no_other_is),
		cmocka_unit_test(a_code_has_five_tries),
		cmocka_unit_test(guesses_at_the_same_moment_have_five_tries_together),
		cmocka_unit_test(policy_that_is_away_costs_no_code),
		cmocka_unit_test(an_answer_under_way_is_worked_on_once),
		cmocka_unit_test(a_number_that_is_nobodys_looks_like_any_other),
		cmocka_unit_test(codes_are_counted_by_number_and_by_address_each_hour),
		cmocka_unit_test(who_is_past_his_own_limit_uses_up_nobodys_number),
		cmocka_unit_test(one_ipv6_network_is_one_client),
		cmocka_unit_test(what_is_over_is_removed),
		cmocka_unit_test(a_login_survives_being_packed),
		cmocka_unit_test(a_handle_that_is_none_is_as_good_as_unknown),
		cmocka_unit_test(codes_have_six_digits_of_every_kind),
		cmocka_unit_test(numbers_are_read_as_people_write_them),
		cmocka_unit_test(texts_are_in_the_first_language_that_there_is),
		cmocka_unit_test(the_authorization_request_has_what_the_provider_needs),
	};

	TEST_ON_EACH_ENGINE("auth_login_test", tests);
}
