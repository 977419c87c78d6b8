/* notify_store_int.h -- what the files of the store share. */
#ifndef NOTIFY_STORE_INT_H
#define NOTIFY_STORE_INT_H

#include "notify_statements.h"
#include "notify_store.h"

#define NOTIFY_HASH_KEY_SIZE 32

struct notify_store {
	struct es_db *db;
	struct es_keyring *ring;
	uint8_t hash_key[NOTIFY_HASH_KEY_SIZE];
};

#endif
