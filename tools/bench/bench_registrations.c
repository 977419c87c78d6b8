/* openes-bench-registrations -- fills notify's database with registrations of phones that never were, sealed as its own are:
 * what ./openes bench measures a million of.
 *
 *     openes-bench-registrations DB KEYS_FILE TENANT FIRST COUNT
 *
 * Number n is of IMSI 001010 and nine digits, for ap2004 by APNs, its push token is n in 64 hexadecimal digits. */
#include <stdio.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "notify_store.h"

#define BATCH 2000
#define TOKEN_DIGITS 64

struct batch {
	struct notify_store *store;
	const char *tenant;
	long first, end;
};

static es_status put_one(struct es_db_conn *conn, const struct batch *batch, long n)
{
	char imsi[16], terminal[16], token[TOKEN_DIGITS + 1];
	uint8_t sealed[TOKEN_DIGITS + ES_SEAL_OVERHEAD];
	size_t duplicates;

	(void)snprintf(imsi, sizeof imsi, "001010%09ld", n);
	(void)snprintf(terminal, sizeof terminal, "3569%011ld", n);
	(void)snprintf(token, sizeof token, "%064lx", (unsigned long)n);
	struct notify_registration r = {
		.owner = { es_slice_str(batch->tenant), es_slice_str(imsi), es_slice_str(terminal), es_slice_str("") },
		.apps = { es_slice_str("ap2004") },
		.app_count = 1,
		.channel = NOTIFY_APNS,
		.now_ms = es_wall_ms(),
		.token_sealed = { sealed, sizeof sealed },
	};
	notify_store_hash(batch->store, es_slice_str(token), r.token_hash);
	notify_store_seal(batch->store, &r.owner, es_slice_str(token), sealed);
	return notify_store_register(conn, &r, &duplicates);
}

static es_status put_batch(struct es_db_conn *conn, void *user)
{
	const struct batch *batch = user;

	for (long n = batch->first; n < batch->end; n++)
		ES_TRY(put_one(conn, batch, n));
	return ES_OK;
}

static es_status fill(struct notify_store *store, const char *tenant, long first, long count)
{
	for (long n = first; n < first + count; n += BATCH) {
		struct batch batch = { store, tenant, n, n + BATCH < first + count ? n + BATCH : first + count };
		ES_TRY(es_db_write_wait(notify_store_db(store), put_batch, &batch));
	}
	return ES_OK;
}

int main(int argc, char **argv)
{
	struct es_keyring *ring = NULL;
	struct notify_store *store = NULL;
	struct es_buf error;
	char text[256];

	if (argc != 6) {
		(void)fprintf(stderr, "usage: %s DB KEYS_FILE TENANT FIRST COUNT\n", argv[0]);
		return 2;
	}
	es_crypto_init();
	es_buf_init_fixed(&error, text, sizeof text);
	es_status status = es_keyring_load(argv[2], &ring, &error);
	if (status == ES_OK)
		status = notify_store_open(argv[1], ring, &store, &error);
	if (status == ES_OK)
		status = fill(store, argv[3], strtol(argv[4], NULL, 10), strtol(argv[5], NULL, 10));
	if (status != ES_OK)
		(void)fprintf(stderr, "%s: %.*s\n", es_status_name(status), (int)error.len, text);
	notify_store_close(store);
	es_keyring_free(ring);
	return status == ES_OK ? 0 : 1;
}
