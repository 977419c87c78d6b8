/* es_p256_test.c -- which keys are taken, and that signatures are the ones others make and check. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_p256.h"

/* clang-format off */
/* test-key-ecc-p256 of RFC 9421 B.1.3. */
#define HEAD "-----BEGIN EC PRIVATE KEY-----\n"
#define TAIL "AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n" \
	"4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n-----END EC PRIVATE KEY-----\n"
#define RFC_KEY HEAD "MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n" TAIL

static const struct {
	const char *name, *pem, *why;
} refused[] = {
	{ "nothing", "", "no private key" },
	{ "half a key", HEAD "MHcCAQEEIFKbhfNZfpDsW43+\n-----END EC PRIVATE KEY-----\n", "no private key" },
	{ "two keys", RFC_KEY RFC_KEY, "more than one" },
	{ "another public half", HEAD "MHcCAQEEIFKbhfJZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n" TAIL, "public half" },
	{ "a public key",
			  "-----BEGIN PUBLIC KEY-----\n"
			  "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lf\n"
			  "w0EkjqF7xB4FivAxzic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
			  "-----END PUBLIC KEY-----\n", "no private key" },
	{ "a key under a passphrase",
			  "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
			  "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAghiUJSBzh9CQICCAAw\n"
			  "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEEC4eczgl+miihsxvMJHfP/sEgZBe\n"
			  "gCf7oXIN4Vgqxq5XaLkx60pV44SJq4EBzAg1LgOj9v7IIYRDrOA7VLNaAgB99LYL\n"
			  "DwOIdMZYB7jLbdhJ4ca/NNj0Tg0ua55sQScGxe6dx/bUyfHOkQj7x+u/m/jXuM6a\n"
			  "aVjBSkaO7Zm7SVbdl8Mg5jV12gR6HgQ49nMQJoBWdP9O+crZBH+7RflpXZXVpDY=\n"
			  "-----END ENCRYPTED PRIVATE KEY-----\n", "without passphrase" },
	{ "P-384",
			  "-----BEGIN EC PRIVATE KEY-----\n"
			  "MIGkAgEBBDDscEMQo4RK56EYPnginrejt73nj3GABFMnb7b+meCbV8GD0yeqPJMj\n"
			  "t0xWehaZ6L+gBwYFK4EEACKhZANiAARvVFH0x/RDB9gAJZD1WhLZn8xe6FkcfuxT\n"
			  "gLOO0SgF97RhiX7Dgn3c+3qUK6qDFGizS8UQGophVbhRTFM5C2s0n94LJhilBBu5\n"
			  "+6wnAh6VDMxDMfbAJlL9zMXPiXQuBPI=\n"
			  "-----END EC PRIVATE KEY-----\n", "P-256" },
	{ "secp256k1",
			  "-----BEGIN EC PRIVATE KEY-----\n"
			  "MHQCAQEEIOi9AEupj4dNZgiOQRTpoSjaV3IkMa328AAtKq5hVolHoAcGBSuBBAAK\n"
			  "oUQDQgAEtqfk7z140tIjLRMsuBmKt51/FOqv02QzXevzMf4yWNYSYXaYuACXOkrQ\n"
			  "m05cV3dTeYb92BcJleB5jMrXNyStYw==\n"
			  "-----END EC PRIVATE KEY-----\n", "P-256" },
};
/* clang-format on */

static void key_done(struct es_p256_key **key)
{
	es_p256_free(*key);
}

static struct es_p256_key *key_of(const char *pem)
{
	char storage[256];
	struct es_buf error;
	struct es_p256_key *key = NULL;

	es_buf_init_fixed(&error, storage, sizeof storage);
	assert_int_equal(es_p256_parse(es_slice_str(pem), &key, &error), ES_OK);
	assert_int_equal(error.len, 0);
	return key;
}

static void one_pair_of_p256_is_taken_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(refused); i++) {
		char storage[256] = "";
		struct es_buf error;
		struct es_p256_key *key = NULL;

		es_buf_init_fixed(&error, storage, sizeof storage - 1);
		if (es_p256_parse(es_slice_str(refused[i].pem), &key, &error) != ES_MALFORMED ||
		    strstr(storage, refused[i].why) == NULL)
			fail_msg("%s: %s", refused[i].name, storage);
		assert_null(key);
	}
}

/* RFC 9421 B.1.3 has the same key as a JWK. */
static void the_public_point_is_the_keys(void **state)
{
	static const char expected[] = "a885586552c2acf6471878cfd7b0935b4ffe0fd2dfc341248ea17bc41e058af0"
								   "31ce2737d2d30ce0617e851e83c61ef5679d151867657649035d90a74cd9e85d";
	ES_CLEANUP(key_done) struct es_p256_key *key = key_of(RFC_KEY);
	uint8_t point[64];
	char text[129];

	(void)state;
	es_p256_public(key, point, point + 32);
	for (size_t i = 0; i < sizeof point; i++)
		(void)snprintf(text + 2 * i, 3, "%02x", point[i]);
	assert_string_equal(text, expected);
}

static void a_signature_is_good_for_its_text_alone(void **state)
{
	static const char text[] = "what is signed";
	const struct es_slice whole = ES_SLICE_LIT("what is signed"), other = ES_SLICE_LIT("what is Signed");
	ES_CLEANUP(key_done) struct es_p256_key *key = key_of(RFC_KEY);
	uint8_t signature[ES_P256_SIGNATURE];

	(void)state;
	for (size_t n = 0; n < 512; n++) { /* r or s begin with a zero once in 128 */
		const struct es_slice parts[] = { es_slice_of(text, n % sizeof text),
			                              es_slice_of(text + n % sizeof text, sizeof text - 1 - n % sizeof text) };

		if (n % sizeof text == sizeof text - 1)
			continue;
		assert_int_equal(es_p256_sign(key, parts, 2, signature), ES_OK);
		assert_int_equal(es_p256_verify(key, &whole, 1, signature), ES_OK);
		assert_int_equal(es_p256_verify(key, &other, 1, signature), ES_UNAUTHENTIC);
		signature[n % ES_P256_SIGNATURE] ^= 1;
		assert_int_equal(es_p256_verify(key, &whole, 1, signature), ES_UNAUTHENTIC);
	}
	memset(signature, 0, sizeof signature);
	assert_int_equal(es_p256_verify(key, &whole, 1, signature), ES_UNAUTHENTIC);
}

static void a_key_file_is_the_processs_alone(void **state)
{
	static const struct {
		mode_t mode;
		es_status status;
	} rows[] = { { 0600, ES_OK }, { 0640, ES_OK }, { 0644, ES_DENIED }, { 0660, ES_DENIED } };
	char path[] = "/tmp/es_p256_test.XXXXXX", storage[256] = "";
	int fd = mkstemp(path);
	struct es_buf error;
	struct es_p256_key *key = NULL;

	(void)state;
	assert_int_equal(write(fd, RFC_KEY, sizeof RFC_KEY - 1), sizeof RFC_KEY - 1);
	es_buf_init_fixed(&error, storage, sizeof storage - 1);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		assert_int_equal(fchmod(fd, rows[i].mode), 0);
		assert_int_equal(es_p256_load(path, &key, &error), rows[i].status);
		if (rows[i].status == ES_OK) {
			assert_int_equal(error.len, 0);
			es_p256_free(key);
		}
	}
	assert_non_null(strstr(storage, path));
	(void)close(fd);
	(void)unlink(path);
	assert_int_equal(es_p256_load(path, &key, &error), ES_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_pair_of_p256_is_taken_and_nothing_else),
		cmocka_unit_test(the_public_point_is_the_keys),
		cmocka_unit_test(a_signature_is_good_for_its_text_alone),
		cmocka_unit_test(a_key_file_is_the_processs_alone),
	};

	es_crypto_init();
	return cmocka_run_group_tests_name("es_p256", tests, NULL, NULL);
}
