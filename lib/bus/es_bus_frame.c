/* es_bus_frame.c -- seals and opens frames, keeps the keys of known senders, tells replays. */
#include "es_bus_frame.h"

#include <assert.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "es_reader.h"
#include "es_secret.h"

#define FRAME_VERSION 1

/* A sender that has proved to know the secret. Strangers never get here: each of their frames costs one HKDF. */
struct peer {
	uint8_t salt[ES_BUS_SALT];
	uint8_t key[ES_GCM_KEY];
	uint64_t used; /* order of use, for eviction; 0: free */
	uint64_t top;  /* highest counter admitted */
	uint64_t seen[ES_BUS_WINDOW / 64];
};

struct es_bus_key {
	uint8_t secret[ES_SECRET_SIZE];
	uint8_t salt[ES_BUS_SALT];
	uint8_t key[ES_GCM_KEY];
	_Atomic uint64_t counter;
	pthread_mutex_t lock; /* guards what follows; held for a search or a bit, never for cryptography */
	uint64_t uses;
	struct peer peers[ES_BUS_PEERS];
};

static void derive(const struct es_bus_key *key, const uint8_t salt[ES_BUS_SALT], uint8_t out[ES_GCM_KEY])
{
	es_hkdf_sha256(es_slice_of(key->secret, sizeof key->secret), es_slice_of(salt, ES_BUS_SALT),
	               ES_SLICE_LIT("openes bus v1"), out, ES_GCM_KEY);
}

struct es_bus_key *es_bus_key_from(const uint8_t secret[32])
{
	struct es_bus_key *key = calloc(1, sizeof *key);
	if (key == NULL) {
		return NULL;
	}
	es_crypto_init();
	memcpy(key->secret, secret, sizeof key->secret);
	es_random(key->salt, sizeof key->salt);
	derive(key, key->salt, key->key);
	(void)pthread_mutex_init(&key->lock, NULL);
	return key;
}

es_status es_bus_key_load(const char *path, struct es_bus_key **out, struct es_buf *error)
{
	uint8_t secret[ES_SECRET_SIZE];

	ES_TRY(es_secret_load(path, secret, error));
	struct es_bus_key *key = es_bus_key_from(secret);
	es_wipe(secret, sizeof secret);
	if (key == NULL) {
		es_put_str(error, "out of memory");
		return ES_TOO_LARGE;
	}
	*out = key;
	return ES_OK;
}

void es_bus_key_free(struct es_bus_key *key)
{
	if (key == NULL) {
		return;
	}
	(void)pthread_mutex_destroy(&key->lock);
	es_wipe(key, sizeof *key);
	free(key);
}

/* ---- senders ---- */

/* With the lock held. */
static struct peer *peer_find(struct es_bus_key *key, const uint8_t salt[ES_BUS_SALT])
{
	for (size_t i = 0; i < ES_BUS_PEERS; i++) {
		struct peer *p = &key->peers[i];
		if (p->used != 0 && memcmp(p->salt, salt, ES_BUS_SALT) == 0) {
			p->used = ++key->uses;
			return p;
		}
	}
	return NULL;
}

static bool peer_key(struct es_bus_key *key, const uint8_t salt[ES_BUS_SALT], uint8_t out[ES_GCM_KEY])
{
	(void)pthread_mutex_lock(&key->lock);
	const struct peer *p = peer_find(key, salt);
	if (p != NULL) {
		memcpy(out, p->key, ES_GCM_KEY);
	}
	(void)pthread_mutex_unlock(&key->lock);
	return p != NULL;
}

/* With the lock held: takes a free place or the one unused for longest. */
static struct peer *peer_insert(struct es_bus_key *key, const struct es_bus_frame_id *id, const uint8_t k[ES_GCM_KEY])
{
	struct peer *p = &key->peers[0];
	for (size_t i = 1; i < ES_BUS_PEERS; i++) {
		if (key->peers[i].used < p->used) {
			p = &key->peers[i];
		}
	}
	es_wipe(p, sizeof *p);
	memcpy(p->salt, id->salt, ES_BUS_SALT);
	memcpy(p->key, k, ES_GCM_KEY);
	p->top = id->counter;
	p->used = ++key->uses;
	return p;
}

static uint64_t window_bit(uint64_t counter)
{
	return UINT64_C(1) << (counter % 64);
}

static uint64_t *window_word(struct peer *p, uint64_t counter)
{
	return &p->seen[counter % ES_BUS_WINDOW / 64];
}

static void window_slide(struct peer *p, uint64_t counter)
{
	if (counter - p->top >= ES_BUS_WINDOW) {
		memset(p->seen, 0, sizeof p->seen);
	} else {
		for (uint64_t c = p->top + 1; c <= counter; c++) {
			*window_word(p, c) &= ~window_bit(c);
		}
	}
	p->top = counter;
}

static bool window_admit(struct peer *p, uint64_t counter)
{
	if (counter > p->top) {
		window_slide(p, counter);
	} else if (p->top - counter >= ES_BUS_WINDOW) {
		return false;
	}
	uint64_t *word = window_word(p, counter);
	bool is_new = (*word & window_bit(counter)) == 0;
	*word |= window_bit(counter);
	return is_new;
}

/* Finds or makes the sender's place; back with the lock held. */
static struct peer *peer_lock(struct es_bus_key *key, const struct es_bus_frame_id *id)
{
	uint8_t k[ES_GCM_KEY];

	(void)pthread_mutex_lock(&key->lock);
	struct peer *p = peer_find(key, id->salt);
	if (p != NULL) {
		return p;
	}
	(void)pthread_mutex_unlock(&key->lock);
	derive(key, id->salt, k);
	(void)pthread_mutex_lock(&key->lock);
	p = peer_find(key, id->salt); /* another thread may have been faster */
	if (p == NULL) {
		p = peer_insert(key, id, k);
	}
	es_wipe(k, sizeof k);
	return p;
}

bool es_bus_frame_admit(struct es_bus_key *key, const struct es_bus_frame_id *id)
{
	bool is_new = window_admit(peer_lock(key, id), id->counter);
	(void)pthread_mutex_unlock(&key->lock);
	return is_new;
}

void es_bus_frame_remember(struct es_bus_key *key, const struct es_bus_frame_id *id)
{
	(void)peer_lock(key, id);
	(void)pthread_mutex_unlock(&key->lock);
}

/* ---- frames ---- */

static void put_u64(uint8_t *out, uint64_t v)
{
	for (int i = 7; i >= 0; i--, v >>= 8) {
		out[i] = (uint8_t)v;
	}
}

static void nonce_of(uint64_t counter, uint8_t nonce[ES_GCM_NONCE])
{
	memset(nonce, 0, ES_GCM_NONCE);
	put_u64(nonce + ES_GCM_NONCE - 8, counter);
}

#define AAD_MAX (ES_BUS_FRAME_HEADER + ES_BUS_SALT + 8)

/* The clear header, and for a reply the request it answers. */
static struct es_slice aad_of(const uint8_t *header, const struct es_bus_frame_id *answers, uint8_t aad[AAD_MAX])
{
	memcpy(aad, header, ES_BUS_FRAME_HEADER);
	if (answers == NULL) {
		return es_slice_of(aad, ES_BUS_FRAME_HEADER);
	}
	memcpy(aad + ES_BUS_FRAME_HEADER, answers->salt, ES_BUS_SALT);
	put_u64(aad + ES_BUS_FRAME_HEADER + ES_BUS_SALT, answers->counter);
	return es_slice_of(aad, AAD_MAX);
}

void es_bus_frame_seal(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                       struct es_slice plain, uint8_t *out, struct es_bus_frame_id *id)
{
	assert((kind == ES_BUS_REPLY) == (answers != NULL));
	uint8_t nonce[ES_GCM_NONCE], aad[AAD_MAX];
	uint64_t counter = atomic_fetch_add(&key->counter, 1);

	out[0] = 'O';
	out[1] = 'B';
	out[2] = FRAME_VERSION;
	out[3] = (uint8_t)kind;
	memcpy(out + 4, key->salt, ES_BUS_SALT);
	put_u64(out + 4 + ES_BUS_SALT, counter);
	nonce_of(counter, nonce);
	es_gcm_seal(key->key, nonce, aad_of(out, answers, aad), plain, out + ES_BUS_FRAME_HEADER);
	memcpy(id->salt, key->salt, ES_BUS_SALT);
	id->counter = counter;
}

static es_status header_parse(struct es_slice frame, enum es_bus_kind kind, struct es_bus_frame_id *id,
                              struct es_slice *sealed)
{
	struct es_reader r = es_reader_of(frame);
	struct es_slice magic = es_read_bytes(&r, 2);
	uint8_t version = es_read_u8(&r);
	uint8_t got_kind = es_read_u8(&r);
	struct es_slice salt = es_read_bytes(&r, ES_BUS_SALT);
	uint64_t counter = es_read_u64(&r);
	struct es_slice rest = es_read_rest(&r);

	if (r.bad || !es_slice_eq_str(magic, "OB") || version != FRAME_VERSION || got_kind != (uint8_t)kind ||
	    rest.len < ES_GCM_TAG) {
		return ES_MALFORMED;
	}
	memcpy(id->salt, salt.ptr, ES_BUS_SALT);
	id->counter = counter;
	*sealed = rest;
	return ES_OK;
}

es_status es_bus_frame_open(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                            struct es_slice frame, uint8_t *out, struct es_bus_frame_id *id)
{
	assert((kind == ES_BUS_REPLY) == (answers != NULL));
	struct es_bus_frame_id from;
	struct es_slice sealed;
	uint8_t k[ES_GCM_KEY], nonce[ES_GCM_NONCE], aad[AAD_MAX];

	ES_TRY(header_parse(frame, kind, &from, &sealed));
	if (!peer_key(key, from.salt, k)) {
		derive(key, from.salt, k);
	}
	nonce_of(from.counter, nonce);
	es_status status = es_gcm_open(k, nonce, aad_of(frame.ptr, answers, aad), sealed, out);
	es_wipe(k, sizeof k);
	if (status == ES_OK) {
		*id = from;
	}
	return status;
}
