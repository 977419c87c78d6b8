/* auth_pending_test.c -- whoever knows an IMSI alone burns few vectors, and never the one its owner is about to answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "auth_pending.h"
#include "es_crypto.h"

#define NOW INT64_C(1790000000000)
#define LIFE INT64_C(60000)

static struct auth_pending_key key_of(const char *imsi, uint8_t terminal)
{
	uint8_t digest[16], none[16] = { 0 };

	memset(digest, terminal, sizeof digest);
	return auth_pending_key_of("demo", imsi, AUTH_AKA, "", digest, none, "ap2003");
}

static struct auth_vector vector_of(uint8_t rand)
{
	struct auth_vector vector = { .xres_len = 8 };

	memset(vector.rand, rand, sizeof vector.rand);
	return vector;
}

static void keep(struct auth_pending *p, const struct auth_pending_key *key, uint8_t rand, int64_t expires_ms)
{
	const struct auth_pending_challenge challenge = {
		.vector = vector_of(rand), .session = { rand }, .source = "hss", .decoy = rand == 7
	};

	auth_pending_keep(p, key, expires_ms, &challenge);
}

static void an_unanswered_challenge_is_sent_again_inside_its_life(void **state)
{
	(void)state;
	struct auth_pending *p = auth_pending_new(64);
	const struct auth_pending_key key = key_of("001010000000001", 1);
	struct auth_pending_challenge found;

	assert_false(auth_pending_find(p, &key, NOW, &found));
	keep(p, &key, 7, NOW + LIFE);
	assert_true(auth_pending_find(p, &key, NOW + LIFE - 1, &found));
	assert_int_equal(found.vector.rand[0], 7);
	assert_int_equal(found.session[0], 7);
	assert_string_equal(found.source, "hss");
	assert_true(found.decoy);
	assert_false(auth_pending_find(p, &key, NOW + LIFE, &found));
	auth_pending_free(p);
}

static void another_terminal_gets_one_of_its_own_until_four_are_out(void **state)
{
	(void)state;
	struct auth_pending *p = auth_pending_new(64);
	struct auth_pending_challenge found;

	for (uint8_t i = 0; i < AUTH_PENDING_EACH; i++) {
		const struct auth_pending_key key = key_of("001010000000001", (uint8_t)(i + 1));
		assert_false(auth_pending_find(p, &key, NOW + i, &found));
		keep(p, &key, (uint8_t)(i + 1), NOW + i + LIFE);
	}
	const struct auth_pending_key fifth = key_of("001010000000001", 99), other = key_of("001010000000002", 99);
	assert_true(auth_pending_find(p, &fifth, NOW + 10, &found));
	assert_int_equal(found.vector.rand[0], 1); /* the oldest */
	assert_false(auth_pending_find(p, &other, NOW + 10, &found));
	auth_pending_free(p);
}

static void only_the_answer_to_that_challenge_takes_it_away(void **state)
{
	(void)state;
	struct auth_pending *p = auth_pending_new(64);
	const struct auth_pending_key mine = key_of("001010000000001", 1), others = key_of("001010000000001", 2);
	const struct auth_vector first = vector_of(1), second = vector_of(2);
	struct auth_pending_challenge found;

	keep(p, &mine, 1, NOW + LIFE);
	auth_pending_forget(p, &mine, second.rand);
	assert_true(auth_pending_find(p, &mine, NOW, &found));
	auth_pending_forget(p, &others, first.rand); /* wherever it was answered from */
	assert_false(auth_pending_find(p, &mine, NOW, &found));
	auth_pending_free(p);
}

static void tenant_method_and_network_name_tell_challenges_apart(void **state)
{
	(void)state;
	const uint8_t none[16] = { 0 };
	const struct auth_pending_key keys[] = {
		auth_pending_key_of("demo", "001010000000001", AUTH_AKA, "", none, none, "ap2003"),
		auth_pending_key_of("else", "001010000000001", AUTH_AKA, "", none, none, "ap2003"),
		auth_pending_key_of("demo", "001010000000001", AUTH_AKA_PRIME, "WLAN", none, none, "ap2003"),
		auth_pending_key_of("demo", "001010000000001", AUTH_AKA_PRIME, "HRPD", none, none, "ap2003"),
	};

	for (size_t i = 0; i < 4; i++)
		for (size_t j = i + 1; j < 4; j++)
			assert_memory_not_equal(keys[i].subscriber, keys[j].subscriber, 16);
}

static void a_full_table_forgets_and_never_refuses(void **state)
{
	(void)state;
	struct auth_pending *p = auth_pending_new(4);
	struct auth_pending_challenge found;
	char imsi[16] = "001010000000000";

	for (int i = 0; i < 100; i++) {
		imsi[13] = (char)('0' + i / 10);
		imsi[14] = (char)('0' + i % 10);
		const struct auth_pending_key key = key_of(imsi, 1);
		keep(p, &key, (uint8_t)i, NOW + i + LIFE);
		assert_true(auth_pending_find(p, &key, NOW + i, &found));
		assert_int_equal(found.vector.rand[0], i);
	}
	auth_pending_free(p);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unanswered_challenge_is_sent_again_inside_its_life),
		cmocka_unit_test(another_terminal_gets_one_of_its_own_until_four_are_out),
		cmocka_unit_test(only_the_answer_to_that_challenge_takes_it_away),
		cmocka_unit_test(tenant_method_and_network_name_tell_challenges_apart),
		cmocka_unit_test(a_full_table_forgets_and_never_refuses),
	};
	es_crypto_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
