/* auth_reseal.c -- a page of rows at a time: read, opened, sealed again, and written unless somebody was faster. */
#include "auth_reseal.h"

#include <string.h>

#include "auth_store.h"
#include "auth_vault.h"
#include "es_log.h"

struct page {
	struct auth_env *env;
	struct auth_reseal after; /* as it is to be when this page is committed */
};

static es_status reseal_row(struct es_db_conn *conn, struct page *page, const struct auth_key_item *item)
{
	struct es_keyring *ring = page->env->auc_keys;
	struct auth_key_row next = item->row;
	struct auth_keys keys;

	if (es_keyring_is_current(ring, es_slice_of(item->row.sealed, item->row.sealed_len)))
		return ES_OK;
	es_status status = auth_vault_open(ring, item->tenant, item->imsi, &item->row, &keys);
	if (status != ES_OK) {
		page->after.unreadable++;
		return ES_OK;
	}
	status = auth_vault_seal(ring, item->tenant, item->imsi, &keys, &next);
	auth_keys_wipe(&keys);
	ES_TRY(status);
	status = auth_store_keys_reseal(conn, item, es_slice_of(next.sealed, next.sealed_len));
	if (status == ES_OK)
		page->after.resealed++;
	return status == ES_CONFLICT ? ES_OK : status; /* put or removed meanwhile: that was sealed anew */
}

static es_status page_job(struct es_db_conn *conn, void *user)
{
	struct page *page = user;
	struct auth_key_item items[AUTH_KEYS_PAGE];
	size_t count = 0;

	ES_TRY(auth_store_keys_page(conn, page->after.tenant, page->after.imsi, items, &count));
	for (size_t i = 0; i < count; i++)
		ES_TRY(reseal_row(conn, page, &items[i]));
	page->after.is_done = count < AUTH_KEYS_PAGE;
	if (count > 0) {
		memcpy(page->after.tenant, items[count - 1].tenant, sizeof page->after.tenant);
		memcpy(page->after.imsi, items[count - 1].imsi, sizeof page->after.imsi);
	}
	return ES_OK;
}

void auth_reseal_some(struct auth_env *env, struct auth_reseal *reseal)
{
	struct page page = { .env = env, .after = *reseal };

	if (reseal->is_done)
		return;
	es_status status = es_db_write_wait(env->db, page_job, &page);
	if (status != ES_OK) {
		es_warn(NULL, "auth.reseal_failed", es_f_status(status));
		return;
	}
	*reseal = page.after;
	if (reseal->is_done && reseal->resealed + reseal->unreadable > 0)
		es_info(NULL, "auth.keys_resealed", es_f_u64("count", reseal->resealed),
		        es_f_u64("unreadable", reseal->unreadable));
}
