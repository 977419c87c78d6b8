/* auth_provision_test.c -- keys as an operator puts them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "auth_flow.h"
#include "auth_reseal.h"
#include "auth_test_env.h"

static struct auth_keys keys_of(struct test_env *t)
{
	struct auth_keys keys;

	assert_int_equal(auth_auc_keys(&t->env, TEST_TENANT, TEST_IMSI, &keys), ES_OK);
	return keys;
}

static void the_same_keys_again_keep_their_numbers(void **state)
{
	(void)state;
	struct test_env t;

	test_env_begin(&t);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, false, 0), ES_OK);
	struct auth_keys first = keys_of(&t);
	test_now += 10000;
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, false, 0), ES_OK);
	struct auth_keys again = keys_of(&t);
	assert_true(first.generation == again.generation && first.dif == again.dif && first.hop == again.hop);
	test_env_end(&t);
}

/* As test_put_with(), with TUAK's plain text. `algorithm`: what the call says it is. */
static es_status put_tuak(struct test_env *t, uint8_t k, uint8_t res_len, const char *algorithm)
{
	static const uint8_t amf[2] = { 0x80, 0 };
	struct auth_keys keys = {
		.algorithm = AUTH_TUAK, .k = { k }, .opc = { 2 }, .k_len = 32, .res_len = res_len, .iterations = 1
	};
	struct test_call *call = test_call_new(t);
	uint8_t plain[AUTH_KEYS_PLAIN_MAX], box[AUTH_KEYS_PLAIN_MAX + ES_BOX_OVERHEAD], storage[AUTH_AAD_MAX];
	struct es_slice aad;

	size_t len = auth_keys_pack(&keys, plain);
	assert_int_equal(auth_vault_aad(TEST_TENANT, TEST_IMSI, storage, &aad), ES_OK);
	assert_int_equal(es_box_seal(t->env.transport_public, aad, es_slice_of(plain, len), box), ES_OK);
	auth_keys_put(&call->task, &(struct auth_keys_put){ .tenant = TEST_TENANT,
	                                                    .imsi = TEST_IMSI,
	                                                    .box = es_slice_of(box, len + ES_BOX_OVERHEAD),
	                                                    .amf = es_slice_of(amf, 2),
	                                                    .algorithm = algorithm });
	test_call_wait(call);
	es_status status = call->status;
	test_call_free(call);
	return status;
}

static void keys_of_tuak_are_kept_beside_those_of_milenage(void **state)
{
	(void)state;
	struct test_env t;

	test_env_begin(&t);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, false, 0), ES_OK);
	assert_int_equal(keys_of(&t).algorithm, AUTH_MILENAGE);
	assert_int_equal(put_tuak(&t, 7, 16, "TUAK"), ES_OK);
	struct auth_keys first = keys_of(&t);
	assert_true(first.algorithm == AUTH_TUAK && first.k_len == 32 && first.res_len == 16 && first.k[0] == 7);
	test_now += 10000;
	assert_int_equal(put_tuak(&t, 7, 16, "tuak"), ES_OK);
	struct auth_keys again = keys_of(&t);
	assert_true(first.generation == again.generation && first.dif == again.dif);
	assert_int_equal(put_tuak(&t, 7, 32, "tuak"), ES_MALFORMED); /* no EAP method takes RES of 32 octets */
	assert_int_equal(put_tuak(&t, 7, 8, "milenage"), ES_MALFORMED);
	assert_int_equal(put_tuak(&t, 7, 8, "comp128"), ES_MALFORMED);
	test_env_end(&t);
}

static void another_k_starts_its_own_numbers(void **state)
{
	(void)state;
	struct test_env t;

	test_env_begin(&t);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, false, 0), ES_OK);
	struct auth_keys first = keys_of(&t);
	test_now += 10000;
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x12, false, 0), ES_OK);
	struct auth_keys other = keys_of(&t);
	assert_true(other.generation != first.generation);
	assert_int_equal(other.dif, first.dif - 100); /* SEQ is 1 at the moment they were put */
	test_env_end(&t);
}

static void an_sqn_used_elsewhere_is_continued_and_never_lowers(void **state)
{
	(void)state;
	struct test_env t;
	int64_t tick;

	test_env_begin(&t);
	tick = auth_sqn_tick_of(test_now);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, true, (uint64_t)90000000 << 5 | 7), ES_OK);
	assert_int_equal(keys_of(&t).dif + tick, 90000001);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, true, 5 << 5), ES_OK);
	assert_int_equal(keys_of(&t).dif + tick, 90000001);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, true, (uint64_t)90000001 << 5), ES_OK);
	assert_int_equal(keys_of(&t).dif + tick, 90000001 + AUTH_SQN_RAISE_MIN);
	assert_int_equal(test_put_with(&t, TEST_IMSI, 0x11, true, UINT64_C(1) << 48), ES_MALFORMED);
	test_env_end(&t);
}

static void a_box_for_another_subscriber_is_refused(void **state)
{
	(void)state;
	struct test_env t;

	test_env_begin(&t);
	assert_int_equal(test_put_with(&t, "001010000000002", 0x11, false, 0), ES_UNAUTHENTIC);
	assert_int_equal(test_put_with(&t, "not digits", 0x11, false, 0), ES_MALFORMED);
	test_env_end(&t);
}

static es_status ask_status(struct test_env *t, bool *exists)
{
	struct test_call *call = test_call_new(t);

	auth_keys_status(&call->task, TEST_TENANT, TEST_IMSI, &call->keys);
	test_call_wait(call);
	es_status status = call->status;
	*exists = call->keys.exists;
	if (call->keys.exists)
		assert_string_equal(call->keys.algorithm, "milenage");
	test_call_free(call);
	return status;
}

static es_status delete (struct test_env *t)
{
	struct test_call *call = test_call_new(t);

	auth_keys_delete(&call->task, TEST_TENANT, TEST_IMSI);
	test_call_wait(call);
	es_status status = call->status;
	test_call_free(call);
	return status;
}

static void keys_are_there_until_removed_and_removing_may_be_repeated(void **state)
{
	(void)state;
	struct test_env t;
	bool exists;

	test_env_begin(&t);
	assert_int_equal(ask_status(&t, &exists), ES_OK);
	assert_false(exists);
	test_put(&t);
	assert_int_equal(ask_status(&t, &exists), ES_OK);
	assert_true(exists);
	assert_int_equal(delete (&t), ES_OK);
	assert_int_equal(delete (&t), ES_OK);
	assert_int_equal(ask_status(&t, &exists), ES_OK);
	assert_false(exists);
	test_env_end(&t);
}

/* The database alone says nothing: neither K nor OPc appears in its files. */
static void keys_at_rest_are_sealed(void **state)
{
	(void)state;
	static const uint8_t k[16] = { 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
		                           0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11 };
	static const char *const suffixes[] = { "", "-wal" };
	struct test_env t;
	char path[256];

	test_env_begin(&t);
	test_put(&t);
	for (size_t i = 0; i < ES_COUNT(suffixes); i++) {
		(void)snprintf(path, sizeof path, "%s/test.db%s", t.db.dir, suffixes[i]);
		FILE *f = fopen(path, "rb");
		if (f == NULL)
			continue;
		static uint8_t data[1 << 20];
		size_t len = fread(data, 1, sizeof data, f);
		(void)fclose(f);
		assert_null(memmem(data, len, k, sizeof k));
	}
	test_env_end(&t);
}

static void a_row_moved_to_another_subscriber_does_not_open(void **state)
{
	(void)state;
	struct es_keyring *ring = test_ring();
	struct auth_keys keys = { .k = { 1 } }, out;
	struct auth_key_row row = { .algorithm = "milenage" };

	assert_int_equal(auth_vault_seal(ring, "demo", "001010000000001", &keys, &row), ES_OK);
	assert_int_equal(auth_vault_open(ring, "demo", "001010000000001", &row, &out), ES_OK);
	assert_int_equal(auth_vault_open(ring, "demo", "001010000000002", &row, &out), ES_UNAUTHENTIC);
	assert_int_equal(auth_vault_open(ring, "demo0", "01010000000001", &row, &out), ES_UNAUTHENTIC);
	es_keyring_free(ring);
}

static struct es_keyring *ring_of(const char *text)
{
	struct es_keyring *ring = NULL;
	struct es_buf error;

	es_buf_init(&error, 256);
	assert_int_equal(es_keyring_parse(es_slice_str(text), &ring, &error), ES_OK);
	es_buf_free(&error);
	return ring;
}

static es_status many_keys_job(struct es_db_conn *conn, void *user)
{
	struct test_env *t = user;

	for (uint8_t i = 0; i < 2 * AUTH_KEYS_PAGE; i++) {
		struct auth_key_row row = { .algorithm = "milenage" };
		struct auth_keys keys = { .k = { i } };
		char imsi[16];
		(void)snprintf(imsi, sizeof imsi, "0010100000%05u", i);
		ES_TRY(auth_vault_seal(t->env.auc_keys, TEST_TENANT, imsi, &keys, &row));
		ES_TRY(auth_store_keys_put(conn, TEST_TENANT, imsi, &row));
	}
	return ES_OK;
}

static void a_new_key_of_the_ring_seals_all_keys_again(void **state) /* the old one may then leave its file */
{
	(void)state;
	static const char second[] = "2 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	struct test_env t;
	struct auth_reseal reseal = { .is_done = false };

	test_env_begin(&t);
	assert_int_equal(es_db_write_wait(t.env.db, many_keys_job, &t), ES_OK);
	es_keyring_free(t.env.auc_keys);
	t.env.auc_keys = ring_of("1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
	                         "2 ff0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n");
	for (int pages = 0; pages < 3; pages++)
		auth_reseal_some(&t.env, &reseal);
	assert_true(reseal.is_done);
	assert_int_equal(reseal.resealed, 2 * AUTH_KEYS_PAGE);
	reseal = (struct auth_reseal){ .is_done = false };
	auth_reseal_some(&t.env, &reseal);
	assert_int_equal(reseal.resealed, 0); /* nothing is left to do */

	es_keyring_free(t.env.auc_keys);
	t.env.auc_keys = ring_of(second);
	struct auth_keys keys;
	assert_int_equal(auth_auc_keys(&t.env, TEST_TENANT, "001010000000100", &keys), ES_OK);
	assert_int_equal(keys.k[0], 100);
	test_env_end(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_keys_again_keep_their_numbers),
		cmocka_unit_test(keys_of_tuak_are_kept_beside_those_of_milenage),
		cmocka_unit_test(another_k_starts_its_own_numbers),
		cmocka_unit_test(an_sqn_used_elsewhere_is_continued_and_never_lowers),
		cmocka_unit_test(a_box_for_another_subscriber_is_refused),
		cmocka_unit_test(keys_are_there_until_removed_and_removing_may_be_repeated),
		cmocka_unit_test(keys_at_rest_are_sealed),
		cmocka_unit_test(a_row_moved_to_another_subscriber_does_not_open),
		cmocka_unit_test(a_new_key_of_the_ring_seals_all_keys_again),
	};
	TEST_ON_EACH_ENGINE("auth_provision_test", tests);
}
