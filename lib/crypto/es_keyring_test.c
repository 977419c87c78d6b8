/* es_keyring_test.c -- what the key ring promises: rotation without logout, purposes apart, nothing damaged opens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_keyring.h"
#include "es_text.h"

#define KEY_A "1 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n"
#define KEY_B "2 ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100\n"
#define PLAIN "what the session remembers"
enum { PLAIN_LEN = sizeof PLAIN - 1, SEALED_LEN = PLAIN_LEN + ES_SEAL_OVERHEAD };

static void ring_done(struct es_keyring **ring)
{
	es_keyring_free(*ring);
}

static struct es_keyring *ring_of(const char *text)
{
	char storage[256];
	struct es_buf error;
	struct es_keyring *ring = NULL;

	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_keyring_parse(es_slice_str(text), &ring, &error), ES_OK);
	assert_int_equal(error.len, 0);
	return ring;
}

static struct es_slice seal(struct es_keyring *ring, const char *purpose, const char *aad, uint8_t out[SEALED_LEN])
{
	es_seal(ring, purpose, es_slice_str(aad), es_slice_str(PLAIN), out);
	return es_slice_of(out, SEALED_LEN);
}

static void what_is_sealed_opens_in_another_process(void **state)
{
	ES_CLEANUP(ring_done) struct es_keyring *one = ring_of(KEY_A);
	ES_CLEANUP(ring_done) struct es_keyring *other = ring_of("# the same file\r\n\n  " KEY_A);
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];

	(void)state;
	for (int again = 0; again < 3; again++) { /* derived, then remembered */
		struct es_slice box = seal(one, "session", "cookie", sealed);
		assert_int_equal(es_unseal(other, "session", ES_SLICE_LIT("cookie"), box, plain), ES_OK);
		assert_memory_equal(plain, PLAIN, PLAIN_LEN);
	}
}

static void old_key_opens_after_rotation_until_it_is_removed(void **state)
{
	ES_CLEANUP(ring_done) struct es_keyring *before = ring_of(KEY_A);
	ES_CLEANUP(ring_done) struct es_keyring *rotated = ring_of(KEY_A KEY_B);
	ES_CLEANUP(ring_done) struct es_keyring *after = ring_of(KEY_B);
	uint8_t old[SEALED_LEN], new[SEALED_LEN], plain[PLAIN_LEN];

	(void)state;
	struct es_slice old_box = seal(before, "token", "", old), new_box = seal(rotated, "token", "", new);
	assert_int_equal(es_unseal(rotated, "token", (struct es_slice){ 0 }, old_box, plain), ES_OK);
	assert_int_equal(es_unseal(after, "token", (struct es_slice){ 0 }, new_box, plain),
	                 ES_OK); /* the last line sealed */
	assert_int_equal(es_unseal(after, "token", (struct es_slice){ 0 }, old_box, plain), ES_UNAUTHENTIC);
	assert_int_equal(es_unseal(before, "token", (struct es_slice){ 0 }, new_box, plain), ES_UNAUTHENTIC);
}

static void purpose_and_aad_are_part_of_the_seal(void **state)
{
	static const struct {
		const char *purpose, *aad;
		es_status expected;
	} cases[] = {
		{ "session", "abc", ES_OK },          { "token", "abc", ES_UNAUTHENTIC }, { "sessio", "nabc", ES_UNAUTHENTIC },
		{ "session", "abd", ES_UNAUTHENTIC }, { "session", "", ES_UNAUTHENTIC },
	};
	ES_CLEANUP(ring_done) struct es_keyring *ring = ring_of(KEY_A);
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];

	(void)state;
	struct es_slice box = seal(ring, "session", "abc", sealed);
	for (size_t i = 0; i < ES_COUNT(cases); i++)
		assert_int_equal(es_unseal(ring, cases[i].purpose, es_slice_str(cases[i].aad), box, plain), cases[i].expected);
}

static void every_octet_of_a_seal_is_protected(void **state)
{
	ES_CLEANUP(ring_done) struct es_keyring *ring = ring_of(KEY_A KEY_B);
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];

	(void)state;
	struct es_slice box = seal(ring, "session", "", sealed);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 3; /* turns key id 2 into 1, which is in the ring as well */
		es_status expected = i == 0 ? ES_MALFORMED : ES_UNAUTHENTIC;
		assert_int_equal(es_unseal(ring, "session", (struct es_slice){ 0 }, box, plain), expected);
		sealed[i] ^= 3;
	}
	for (size_t len = 0; len < sizeof sealed; len++)
		assert_int_not_equal(es_unseal(ring, "session", (struct es_slice){ 0 }, es_slice_of(sealed, len), plain),
		                     ES_OK);
	assert_int_equal(es_unseal(ring, "session", (struct es_slice){ 0 }, box, plain), ES_OK);
}

static void two_seals_of_one_text_have_nothing_in_common(void **state)
{
	ES_CLEANUP(ring_done) struct es_keyring *one = ring_of(KEY_A);
	ES_CLEANUP(ring_done) struct es_keyring *other = ring_of(KEY_A);
	uint8_t a[SEALED_LEN], b[SEALED_LEN], c[SEALED_LEN];
	enum { HEADER = 26 };

	(void)state;
	(void)seal(one, "session", "", a);
	(void)seal(one, "session", "", b);
	(void)seal(other, "session", "", c);
	assert_memory_equal(a, b, 18); /* version, key id, salt of the process */
	assert_memory_not_equal(a + HEADER, b + HEADER, PLAIN_LEN);
	assert_memory_not_equal(a + 2, c + 2, 16);
}

static void a_seal_as_text_is_its_base64url(void **state)
{
	ES_CLEANUP(ring_done) struct es_keyring *ring = ring_of(KEY_A);
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 4096);
	ES_CLEANUP(es_arena_done) struct es_arena *small = es_arena_new(64, 64);
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];
	struct es_slice text;

	(void)state;
	assert_int_equal(es_seal_text(ring, "token", ES_SLICE_LIT("x"), ES_SLICE_LIT(PLAIN), arena, &text), ES_OK);
	assert_int_equal(text.ptr[text.len], 0);
	assert_int_equal(es_base64url_decode_into(text, sealed, sizeof sealed), ES_OK);
	assert_int_equal(es_unseal(ring, "token", ES_SLICE_LIT("x"), es_slice_of(sealed, sizeof sealed), plain), ES_OK);
	assert_memory_equal(plain, PLAIN, PLAIN_LEN);
	assert_int_equal(es_seal_text(ring, "token", ES_SLICE_LIT("x"), ES_SLICE_LIT(PLAIN), small, &text), ES_TOO_LARGE);
}

static void key_files_that_are_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "", "no key" },
		{ "# only a comment\n\n", "no key" },
		{ "256 00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "key id" },
		{ "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "key id" },
		{ KEY_A "3 00112233", "line 2" },
		{ KEY_A KEY_A, "twice" },
		{ KEY_A "3 zz112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "64 hexadecimal" },
	};

	(void)state;
	for (size_t i = 0; i < ES_COUNT(cases); i++) {
		char storage[256] = "";
		struct es_buf error;
		struct es_keyring *ring = NULL;
		es_buf_init_fixed(&error, storage, sizeof storage - 1);
		assert_int_equal(es_keyring_parse(es_slice_str(cases[i].text), &ring, &error), ES_MALFORMED);
		assert_non_null(strstr(storage, cases[i].why));
		assert_null(strstr(storage, "112233")); /* no key in a message */
		assert_null(ring);
	}
}

static void key_file_that_others_may_use_or_the_group_may_write_is_refused(void **state)
{
	char path[] = "/tmp/es_keyring_test.XXXXXX", storage[256] = "";
	struct es_keyring *ring = NULL;
	struct es_buf error;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, KEY_A, strlen(KEY_A)), strlen(KEY_A));
	assert_int_equal(close(fd), 0);
	es_buf_init_fixed(&error, storage, sizeof storage - 1);

	static const mode_t refused[] = { 0644, 0604, 0602, 0601, 0620, 0660, 0610 },
						accepted[] = { 0600, 0400, 0640, 0440 };
	for (size_t i = 0; i < ES_COUNT(refused); i++) {
		assert_int_equal(chmod(path, refused[i]), 0);
		assert_int_equal(es_keyring_load(path, &ring, &error), ES_DENIED);
		assert_non_null(strstr(storage, "chmod 640 or 600"));
		es_buf_reset(&error);
	}
	for (size_t i = 0; i < ES_COUNT(accepted); i++) {
		assert_int_equal(chmod(path, accepted[i]), 0);
		assert_int_equal(es_keyring_load(path, &ring, &error), ES_OK);
		assert_int_equal(error.len, 0);
		es_keyring_free(ring);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(es_keyring_load(path, &ring, &error), ES_NOT_FOUND);
}

static void *seal_and_open_often(void *arg)
{
	struct es_keyring **rings = arg;
	uint8_t sealed[SEALED_LEN], plain[PLAIN_LEN];
	uintptr_t failures = 0;

	for (int i = 0; i < 200; i++) {
		struct es_slice box = seal(rings[i % 2], "session", "", sealed);
		failures += es_unseal(rings[2], "session", (struct es_slice){ 0 }, box, plain) != ES_OK;
	}
	return (void *)failures;
}

static void any_thread_may_seal_and_open(void **state)
{
	struct es_keyring *rings[] = { ring_of(KEY_A), ring_of(KEY_B), ring_of(KEY_A KEY_B) };
	pthread_t threads[4];

	(void)state;
	for (size_t i = 0; i < ES_COUNT(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, seal_and_open_often, rings), 0);
	for (size_t i = 0; i < ES_COUNT(threads); i++) {
		void *failures = NULL;
		assert_int_equal(pthread_join(threads[i], &failures), 0);
		assert_null(failures);
	}
	for (size_t i = 0; i < ES_COUNT(rings); i++)
		es_keyring_free(rings[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_in_another_process),
		cmocka_unit_test(old_key_opens_after_rotation_until_it_is_removed),
		cmocka_unit_test(purpose_and_aad_are_part_of_the_seal),
		cmocka_unit_test(every_octet_of_a_seal_is_protected),
		cmocka_unit_test(two_seals_of_one_text_have_nothing_in_common),
		cmocka_unit_test(a_seal_as_text_is_its_base64url),
		cmocka_unit_test(key_files_that_are_refused),
		cmocka_unit_test(key_file_that_others_may_use_or_the_group_may_write_is_refused),
		cmocka_unit_test(any_thread_may_seal_and_open),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
