/* es_log_pseudonym.c -- HMAC-SHA256 through OpenSSL: fetched and keyed once, then duplicated for each use. */
#include "es_log_pseudonym.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <string.h>

#include "es_text.h"

enum { KEY_LEN = 32, DIGITS = 12 };

static EVP_MAC_CTX *keyed; /* as after init: never updated, only copied; never freed, threads may log until the end */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static EVP_MAC_CTX *keyed_ctx(const uint8_t key[KEY_LEN])
{
	char digest[] = OSSL_DIGEST_NAME_SHA2_256;
	const OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		                          OSSL_PARAM_construct_end() };
	EVP_MAC *mac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *ctx = mac == NULL ? NULL : EVP_MAC_CTX_new(mac);

	EVP_MAC_free(mac); /* the context holds a reference */
	if (ctx != NULL && EVP_MAC_init(ctx, key, KEY_LEN, params) != 1) {
		EVP_MAC_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static void start(void)
{
	uint8_t key[KEY_LEN];

	if (RAND_bytes(key, sizeof key) == 1)
		keyed = keyed_ctx(key);
	OPENSSL_cleanse(key, sizeof key);
}

void log_pseudonym_set_key(const uint8_t key[KEY_LEN])
{
	(void)pthread_once(&once, start);
	EVP_MAC_CTX_free(keyed);
	keyed = keyed_ctx(key);
}

void log_pseudonym(struct es_slice identity, char out[40])
{
	uint8_t mac[32];
	size_t len = 0;

	(void)pthread_once(&once, start);
	EVP_MAC_CTX *ctx = keyed == NULL ? NULL : EVP_MAC_CTX_dup(keyed);
	if (ctx == NULL || EVP_MAC_update(ctx, identity.ptr, identity.len) != 1 ||
	    EVP_MAC_final(ctx, mac, &len, sizeof mac) != 1) {
		memcpy(out, "p:unavailable", sizeof "p:unavailable");
	} else {
		memcpy(out, "p:", 2);
		es_hex_encode(es_slice_of(mac, DIGITS / 2), out + 2);
	}
	EVP_MAC_CTX_free(ctx);
}
