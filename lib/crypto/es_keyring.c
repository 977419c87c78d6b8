/* es_keyring.c -- key files, and sealing under a key of this process derived from the newest of them.
 *
 * Opening needs the key of the process that sealed: HKDF over the salt it wrote into the box. The few that are met
 * again and again are remembered, but only once something they sealed was authentic, so that invented salts cannot
 * drive the others out. */
#include "es_keyring.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto_parts.h"
#include "es_secret.h"
#include "es_text.h"

enum { SEAL_VERSION = 1, SALT = 16, COUNTER = 8, HEADER = 2 + SALT + COUNTER, KEYS_MAX = 256, REMEMBERED = 32 };
_Static_assert(HEADER + ES_GCM_TAG == ES_SEAL_OVERHEAD, "the header says how long a seal is");
#define FILE_MAX 65536

struct derived {
	bool used;
	uint8_t id, salt[SALT], key[ES_GCM_KEY];
};

struct es_keyring {
	bool known[KEYS_MAX];
	uint8_t keys[KEYS_MAX][ES_GCM_KEY];

	struct derived own; /* seals; constant after start */
	atomic_uint_fast64_t counter;

	pthread_mutex_t lock; /* of what follows */
	struct derived remembered[REMEMBERED];
	size_t next;
};

static void derive(const struct es_keyring *ring, uint8_t id, const uint8_t salt[SALT], struct derived *out)
{
	out->used = true;
	out->id = id;
	memcpy(out->salt, salt, SALT);
	es_hkdf_sha256(es_slice_of(ring->keys[id], ES_GCM_KEY), es_slice_of(salt, SALT), ES_SLICE_LIT("openes seal 1"),
	               out->key, ES_GCM_KEY);
}

static bool is_key_of(const struct derived *d, uint8_t id, const uint8_t *salt)
{
	return d->used && d->id == id && memcmp(d->salt, salt, SALT) == 0;
}

static bool recall(struct es_keyring *ring, uint8_t id, const uint8_t *salt, struct derived *out)
{
	if (is_key_of(&ring->own, id, salt)) {
		*out = ring->own;
		return true;
	}
	bool found = false;
	(void)pthread_mutex_lock(&ring->lock);
	for (size_t i = 0; i < REMEMBERED && !found; i++)
		if (is_key_of(&ring->remembered[i], id, salt)) {
			*out = ring->remembered[i];
			found = true;
		}
	(void)pthread_mutex_unlock(&ring->lock);
	return found;
}

static void remember(struct es_keyring *ring, const struct derived *d)
{
	(void)pthread_mutex_lock(&ring->lock);
	bool known = false; /* another thread may have been faster */
	for (size_t i = 0; i < REMEMBERED; i++)
		known = known || is_key_of(&ring->remembered[i], d->id, d->salt);
	if (!known) {
		ring->remembered[ring->next] = *d;
		ring->next = (ring->next + 1) % REMEMBERED;
	}
	(void)pthread_mutex_unlock(&ring->lock);
}

/* One line without its comment: `<id> <64 hexadecimal digits>`. NULL, or what is wrong with it. */
static const char *parse_line(struct es_keyring *ring, struct es_slice line, bool *any, uint8_t *last)
{
	struct es_slice rest = line;
	struct es_slice id_text = es_slice_cut(&rest, ' ');
	uint32_t id = 0;

	if (es_parse_u32(id_text, 0, KEYS_MAX - 1, &id) != ES_OK)
		return "a key id is a number from 0 to 255, followed by one space";
	if (ring->known[id])
		return "this key id stands in the file twice";
	if (es_hex_decode(es_slice_trim(rest), ring->keys[id], ES_GCM_KEY) != ES_OK)
		return "a key is 64 hexadecimal digits";
	ring->known[id] = true;
	*any = true;
	*last = (uint8_t)id;
	return NULL;
}

static void keyring_done(struct es_keyring **ring)
{
	es_keyring_free(*ring);
}

es_status es_keyring_parse(struct es_slice text, struct es_keyring **out, struct es_buf *error)
{
	ES_CLEANUP(keyring_done) struct es_keyring *ring = calloc(1, sizeof *ring);
	if (ring == NULL)
		return ES_TOO_LARGE;
	if (pthread_mutex_init(&ring->lock, NULL) != 0) {
		free(ES_TAKE(ring));
		return ES_TOO_LARGE;
	}
	bool any = false;
	uint8_t last = 0, salt[SALT];
	unsigned number = 0;

	for (struct es_slice rest = text; rest.ptr != NULL;) {
		struct es_slice line = es_slice_cut(&rest, '\n');
		line = es_slice_trim(es_slice_sub(line, 0, es_slice_find(line, '#')));
		number++;
		if (line.len == 0)
			continue;
		const char *wrong = parse_line(ring, line, &any, &last);
		if (wrong != NULL) {
			es_put_printf(error, "line %u: %s", number, wrong); /* never the line itself: it holds a key */
			return ES_MALFORMED;
		}
	}
	if (!any) {
		es_put_str(error, "there is no key in it");
		return ES_MALFORMED;
	}
	es_random(salt, sizeof salt);
	derive(ring, last, salt, &ring->own);
	*out = ES_TAKE(ring);
	return ES_OK;
}

es_status es_keyring_load(const char *path, struct es_keyring **out, struct es_buf *error)
{
	uint8_t *text = malloc(FILE_MAX);
	size_t len = 0;

	if (text == NULL)
		return ES_TOO_LARGE;
	es_status status = es_secret_file(path, text, FILE_MAX, &len, error);
	if (status == ES_OK) {
		es_put_printf(error, "%s: ", path);
		status = len == FILE_MAX ? ES_TOO_LARGE : es_keyring_parse(es_slice_of(text, len), out, error);
		if (status == ES_OK)
			es_buf_reset(error);
		else if (len == FILE_MAX)
			es_put_str(error, "too long for a key file");
	}
	es_wipe(text, FILE_MAX);
	free(text);
	return status;
}

void es_keyring_free(struct es_keyring *ring)
{
	if (ring == NULL)
		return;
	(void)pthread_mutex_destroy(&ring->lock);
	es_wipe(ring, sizeof *ring);
	free(ring);
}

/* The nonce is the counter of the process whose key it is: it cannot repeat before 2^64 seals. */
static void nonce_of(const uint8_t counter[COUNTER], uint8_t nonce[ES_GCM_NONCE])
{
	memset(nonce, 0, ES_GCM_NONCE);
	memcpy(nonce + ES_GCM_NONCE - COUNTER, counter, COUNTER);
}

/* Header and purpose (with its terminating NUL, so that no purpose is a prefix of another) go before the caller's. */
#define BOUND(header, purpose, aad)                                                                                    \
	{                                                                                                                  \
		es_slice_of(header, HEADER), es_slice_of(purpose, strlen(purpose) + 1), (aad)                                  \
	}

void es_seal(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice plain, uint8_t *out)
{
	uint64_t count = atomic_fetch_add_explicit(&ring->counter, 1, memory_order_relaxed);
	uint8_t nonce[ES_GCM_NONCE];

	out[0] = SEAL_VERSION;
	out[1] = ring->own.id;
	memcpy(out + 2, ring->own.salt, SALT);
	for (size_t i = 0; i < COUNTER; i++)
		out[2 + SALT + i] = (uint8_t)(count >> (56 - 8 * i));
	nonce_of(out + 2 + SALT, nonce);
	const struct es_slice bound[] = BOUND(out, purpose, aad);
	es_gcm_seal_parts(ring->own.key, nonce, bound, ES_COUNT(bound), plain, out + HEADER);
}

es_status es_seal_text(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice plain,
                       struct es_arena *arena, struct es_slice *text)
{
	const size_t len = plain.len + ES_SEAL_OVERHEAD, chars = (len * 4 + 2) / 3;
	uint8_t *sealed = es_arena_alloc(arena, len), *coded = es_arena_alloc(arena, chars + 1);
	struct es_buf b;

	if (sealed == NULL || coded == NULL)
		return ES_TOO_LARGE;
	es_seal(ring, purpose, aad, plain, sealed);
	es_buf_init_fixed(&b, coded, chars);
	es_base64url_encode(es_slice_of(sealed, len), &b);
	ES_TRY(es_buf_status(&b));
	*text = es_buf_slice(&b);
	return ES_OK;
}

bool es_keyring_is_current(const struct es_keyring *ring, struct es_slice sealed)
{
	return sealed.len >= ES_SEAL_OVERHEAD && sealed.ptr[0] == SEAL_VERSION && sealed.ptr[1] == ring->own.id;
}

es_status es_unseal(struct es_keyring *ring, const char *purpose, struct es_slice aad, struct es_slice sealed,
                    uint8_t *out)
{
	if (sealed.len < ES_SEAL_OVERHEAD || sealed.ptr[0] != SEAL_VERSION)
		return ES_MALFORMED;
	uint8_t id = sealed.ptr[1];
	const uint8_t *salt = sealed.ptr + 2;
	if (!ring->known[id])
		return ES_UNAUTHENTIC;

	struct derived d;
	uint8_t nonce[ES_GCM_NONCE];
	bool recalled = recall(ring, id, salt, &d);
	if (!recalled)
		derive(ring, id, salt, &d);
	nonce_of(salt + SALT, nonce);
	const struct es_slice bound[] = BOUND(sealed.ptr, purpose, aad);
	es_status status =
		es_gcm_open_parts(d.key, nonce, bound, ES_COUNT(bound), es_slice_sub(sealed, HEADER, sealed.len), out);
	if (status == ES_OK && !recalled)
		remember(ring, &d);
	es_wipe(&d, sizeof d);
	return status;
}
