/* notify_store_credential.h -- credentials that all processes of one database share, sealed (table credential). */
#ifndef NOTIFY_STORE_CREDENTIAL_H
#define NOTIFY_STORE_CREDENTIAL_H

#include "notify_kind.h"
#include "notify_store.h"

/* The store outlives whoever asks it. */
struct notify_vault notify_store_vault(struct notify_store *store);

#endif
