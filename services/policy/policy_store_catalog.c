/* policy_store_catalog.c -- tenants and plans: rows, and the counted copy in memory. */
#include "policy_store_catalog.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "policy_resource.h"
#include "policy_statements.h"
#include "policy_store_rules.h"

#define CATALOG_BYTES                                                                                                  \
	(256u << 20) /* a hundred thousand plans; past it the catalog is refused, not the process killed */

/* A copy belongs to whoever counts it; the last one frees it. */
struct counted {
	struct policy_catalog catalog; /* first: what callers hold points here */
	struct es_arena *arena;
	unsigned references; /* under the cache's lock */
};

struct policy_catalog_cache {
	pthread_mutex_t lock;
	struct counted *kept; /* NULL until the first read */
};

struct policy_catalog_cache *policy_catalog_cache_new(void)
{
	struct policy_catalog_cache *cache = calloc(1, sizeof *cache);
	if (cache != NULL && pthread_mutex_init(&cache->lock, NULL) != 0) {
		free(cache);
		return NULL;
	}
	return cache;
}

static void counted_free(struct counted *counted)
{
	if (counted != NULL)
		es_arena_free(counted->arena); /* it lives in there itself */
}

void policy_catalog_cache_free(struct policy_catalog_cache *cache)
{
	if (cache == NULL)
		return;
	assert(cache->kept == NULL || cache->kept->references == 1);
	counted_free(cache->kept);
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* ---- loading ---- */

struct pile {
	struct es_arena *arena;
	void *items;
	size_t size, count, room;
};

/* Room for one more; the arena keeps what was outgrown, at most as much again. */
static void *pile_push(struct pile *pile)
{
	if (pile->count == pile->room) {
		size_t room = pile->room > 0 ? pile->room * 2 : 16;
		uint8_t *bigger = es_arena_array(pile->arena, room, pile->size);
		if (bigger == NULL)
			return NULL;
		if (pile->count > 0)
			memcpy(bigger, pile->items, pile->count * pile->size);
		pile->items = bigger;
		pile->room = room;
	}
	return (uint8_t *)pile->items + pile->size * pile->count++;
}

/* A document in our own table that our own reader refuses is a fault of this program, or of somebody's hand. */
static es_status document_read(const struct policy_shape *shape, struct es_slice document, struct es_arena *arena,
                               void *into)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault;

	ES_TRY(es_json_parse(document, ES_JSON_SMALL, &json));
	policy_resource_defaults(shape, into);
	return policy_resource_read(shape, json, arena, into, &fault);
}

static es_status load_tenants(struct es_db_conn *conn, struct pile *pile)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(es_db_query(conn, ST_TENANTS, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_tenant *tenant = pile_push(pile);
		if (tenant == NULL)
			return ES_TOO_LARGE;
		if (document_read(&policy_tenant_shape, es_col_text(rows, 1), pile->arena, tenant) != ES_OK)
			return ES_INTERNAL;
		tenant->version = (uint64_t)es_col_int(rows, 2);
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_tenants(struct es_db_conn *conn, struct es_arena *arena, policy_tenant_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(es_db_query(conn, ST_TENANTS, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_tenant tenant;
		const struct es_slice document = es_col_text(rows, 1);
		es_arena_reset(arena);
		if (document_read(&policy_tenant_shape, document, arena, &tenant) != ES_OK)
			return ES_INTERNAL;
		ES_TRY(each(&tenant, document.len, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status load_plans(struct es_db_conn *conn, struct pile *pile)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(es_db_query(conn, ST_PLANS, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_plan *plan = pile_push(pile);
		if (plan == NULL)
			return ES_TOO_LARGE;
		if (document_read(&policy_plan_shape, es_col_text(rows, 2), pile->arena, plan) != ES_OK)
			return ES_INTERNAL;
		plan->tenant = es_arena_strdup(pile->arena, es_col_text(rows, 0));
		plan->version = (uint64_t)es_col_int(rows, 3);
		if (plan->tenant == NULL)
			return ES_TOO_LARGE;
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status load_clients(struct es_db_conn *conn, struct pile *pile)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(es_db_query(conn, ST_CLIENTS, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_client *client = pile_push(pile);
		if (client == NULL)
			return ES_TOO_LARGE;
		if (document_read(&policy_client_shape, es_col_text(rows, 2), pile->arena, client) != ES_OK)
			return ES_INTERNAL;
		client->tenant = es_arena_strdup(pile->arena, es_col_text(rows, 0));
		client->version = (uint64_t)es_col_int(rows, 3);
		if (client->tenant == NULL)
			return ES_TOO_LARGE;
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status load_enterprises(struct es_db_conn *conn, struct pile *pile)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(es_db_query(conn, ST_ENTERPRISES, NULL, 0, &rows));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_enterprise *enterprise = pile_push(pile);
		if (enterprise == NULL)
			return ES_TOO_LARGE;
		if (document_read(&policy_enterprise_shape, es_col_text(rows, 2), pile->arena, enterprise) != ES_OK)
			return ES_INTERNAL;
		enterprise->tenant = es_arena_strdup(pile->arena, es_col_text(rows, 0));
		enterprise->version = (uint64_t)es_col_int(rows, 3);
		if (enterprise->tenant == NULL)
			return ES_TOO_LARGE;
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* The order of strcmp, whatever the database's collation is. */
static int tenant_order(const void *a, const void *b)
{
	return strcmp(((const struct policy_tenant *)a)->id, ((const struct policy_tenant *)b)->id);
}

static int plan_order(const void *a, const void *b)
{
	const struct policy_plan *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);
	return order != 0 ? order : strcmp(x->id, y->id);
}

static int client_order(const void *a, const void *b)
{
	const struct policy_client *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);
	return order != 0 ? order : strcmp(x->id, y->id);
}

static int enterprise_order(const void *a, const void *b)
{
	const struct policy_enterprise *x = a, *y = b;
	int order = strcmp(x->tenant, y->tenant);
	return order != 0 ? order : strcmp(x->id, y->id);
}

static void sort(struct pile *pile, int (*order)(const void *a, const void *b))
{
	if (pile->count > 0)
		qsort(pile->items, pile->count, pile->size, order);
}

static es_status load(struct es_db_conn *conn, uint64_t version, struct es_arena *arena, struct counted **out)
{
	struct pile tenants = { .arena = arena, .size = sizeof(struct policy_tenant) };
	struct pile plans = { .arena = arena, .size = sizeof(struct policy_plan) };
	struct pile clients = { .arena = arena, .size = sizeof(struct policy_client) };
	struct pile enterprises = { .arena = arena, .size = sizeof(struct policy_enterprise) };
	struct counted *counted = es_arena_alloc(arena, sizeof *counted);

	if (counted == NULL)
		return ES_TOO_LARGE;
	ES_TRY(load_tenants(conn, &tenants));
	ES_TRY(load_plans(conn, &plans));
	ES_TRY(load_clients(conn, &clients));
	ES_TRY(load_enterprises(conn, &enterprises));
	sort(&tenants, tenant_order);
	sort(&plans, plan_order);
	sort(&clients, client_order);
	sort(&enterprises, enterprise_order);
	counted->catalog = (struct policy_catalog){
		.version = version,
		.tenants = tenants.items,
		.tenant_count = tenants.count,
		.plans = plans.items,
		.plan_count = plans.count,
		.clients = clients.items,
		.client_count = clients.count,
		.enterprises = enterprises.items,
		.enterprise_count = enterprises.count,
	};
	ES_TRY(policy_row_books(conn, "", arena, &counted->catalog.books, &counted->catalog.book_count));
	counted->arena = arena;
	*out = counted;
	return ES_OK;
}

/* ---- the kept copy ---- */

static void unref_locked(struct counted *counted, struct counted **to_free)
{
	if (counted != NULL && --counted->references == 0)
		*to_free = counted;
}

static const struct policy_catalog *kept_of(struct policy_catalog_cache *cache, uint64_t version)
{
	const struct policy_catalog *catalog = NULL;

	(void)pthread_mutex_lock(&cache->lock);
	if (cache->kept != NULL && cache->kept->catalog.version == version) {
		cache->kept->references++;
		catalog = &cache->kept->catalog;
	}
	(void)pthread_mutex_unlock(&cache->lock);
	return catalog;
}

/* A copy of the caller's own. */
static es_status read_anew(struct es_db_conn *conn, uint64_t version, struct counted **out)
{
	struct es_arena *arena = es_arena_new(65536, CATALOG_BYTES);

	if (arena == NULL)
		return ES_TOO_LARGE;
	es_status status = load(conn, version, arena, out);
	if (status != ES_OK) {
		es_arena_free(arena);
		return status;
	}
	(*out)->references = 1;
	return ES_OK;
}

/* A version is committed with the change that raised it, and only readers keep copies: the number alone says whether this
 * transaction sees what is kept. */
es_status policy_catalog_cache_peek(struct policy_catalog_cache *cache, struct es_db_conn *conn, uint64_t version,
                                    const struct policy_catalog **out)
{
	struct counted *fresh = NULL;

	if ((*out = kept_of(cache, version)) != NULL)
		return ES_OK;
	ES_TRY(read_anew(conn, version, &fresh));
	*out = &fresh->catalog;
	return ES_OK;
}

es_status policy_catalog_cache_get(struct policy_catalog_cache *cache, struct es_db_conn *conn, uint64_t version,
                                   const struct policy_catalog **out)
{
	struct counted *fresh = NULL, *dead = NULL;

	if ((*out = kept_of(cache, version)) != NULL)
		return ES_OK;
	ES_TRY(read_anew(conn, version, &fresh));
	(void)pthread_mutex_lock(&cache->lock);
	/* A reader of an older snapshot does not take a newer copy's place. */
	if (cache->kept == NULL || cache->kept->catalog.version < version) {
		unref_locked(cache->kept, &dead);
		cache->kept = fresh;
		fresh->references++;
	}
	(void)pthread_mutex_unlock(&cache->lock);
	counted_free(dead);
	*out = &fresh->catalog;
	return ES_OK;
}

void policy_catalog_cache_put(struct policy_catalog_cache *cache, const struct policy_catalog *catalog)
{
	union {
		const struct policy_catalog *catalog;
		struct counted *counted;
	} it = { .catalog = catalog };
	struct counted *dead = NULL;

	(void)pthread_mutex_lock(&cache->lock);
	unref_locked(it.counted, &dead);
	(void)pthread_mutex_unlock(&cache->lock);
	counted_free(dead);
}

const struct policy_tenant *policy_catalog_tenant(const struct policy_catalog *catalog, const char *id)
{
	const struct policy_tenant key = { .id = id };
	if (catalog->tenant_count == 0)
		return NULL;
	return bsearch(&key, catalog->tenants, catalog->tenant_count, sizeof key, tenant_order);
}

const struct policy_plan *policy_catalog_plan(const struct policy_catalog *catalog, const char *tenant, const char *id)
{
	const struct policy_plan key = { .tenant = tenant, .id = id };
	if (catalog->plan_count == 0)
		return NULL;
	return bsearch(&key, catalog->plans, catalog->plan_count, sizeof key, plan_order);
}

const struct policy_plan *policy_catalog_plans(const struct policy_catalog *catalog, const char *tenant, size_t *count)
{
	size_t low = 0, high = catalog->plan_count, end;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;
		if (strcmp(catalog->plans[middle].tenant, tenant) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < catalog->plan_count && strcmp(catalog->plans[end].tenant, tenant) == 0;)
		end++;
	*count = end - low;
	return *count > 0 ? &catalog->plans[low] : NULL;
}

const struct policy_client *policy_catalog_client(const struct policy_catalog *catalog, const char *tenant,
                                                  const char *id)
{
	const struct policy_client key = { .tenant = tenant, .id = id };
	if (catalog->client_count == 0)
		return NULL;
	return bsearch(&key, catalog->clients, catalog->client_count, sizeof key, client_order);
}

const struct policy_enterprise *policy_catalog_enterprise(const struct policy_catalog *catalog, const char *tenant,
                                                          const char *id)
{
	const struct policy_enterprise key = { .tenant = tenant, .id = id };
	if (catalog->enterprise_count == 0)
		return NULL;
	return bsearch(&key, catalog->enterprises, catalog->enterprise_count, sizeof key, enterprise_order);
}

bool policy_enterprise_has(const struct policy_enterprise *enterprise, struct es_slice requestor)
{
	for (size_t i = 0; i < enterprise->requestor_ids.count; i++)
		if (es_slice_eq_nocase(requestor, es_slice_str(enterprise->requestor_ids.items[i])))
			return true;
	return false;
}

const struct policy_enterprise *policy_catalog_enterprise_of(const struct policy_catalog *catalog, const char *tenant,
                                                             struct es_slice requestor)
{
	const struct policy_enterprise *found = NULL;

	for (size_t i = 0; i < catalog->enterprise_count; i++) {
		const struct policy_enterprise *one = &catalog->enterprises[i];
		if (strcmp(one->tenant, tenant) != 0 || !policy_enterprise_has(one, requestor))
			continue;
		if (found != NULL)
			return NULL;
		found = one;
	}
	return found;
}

const struct policy_book *policy_catalog_book(const struct policy_catalog *catalog, const char *tenant)
{
	for (size_t i = 0; i < catalog->book_count; i++)
		if (strcmp(catalog->books[i].tenant, tenant) == 0)
			return &catalog->books[i];
	return NULL;
}

/* ---- rows ---- */

es_status policy_row_catalog_version(struct es_db_conn *conn, uint64_t *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(es_db_query(conn, ST_CATALOG_VERSION, NULL, 0, &rows));
	es_status status = es_rows_next(rows);
	if (status != ES_OK)
		return status == ES_NOT_FOUND ? ES_INTERNAL : status;
	*out = (uint64_t)es_col_int(rows, 0);
	return ES_OK;
}

static es_status exists(struct es_db_conn *conn, enum policy_statement statement, const struct es_bind *binds,
                        size_t count, bool *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(es_db_query(conn, statement, binds, count, &rows));
	es_status status = es_rows_next(rows);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	*out = status == ES_OK;
	return ES_OK;
}

es_status policy_row_tenant_exists(struct es_db_conn *conn, const char *id, bool *out)
{
	const struct es_bind binds[] = { es_bind_str(id) };
	return exists(conn, ST_TENANT_EXISTS, binds, ES_COUNT(binds), out);
}

es_status policy_row_plan_exists(struct es_db_conn *conn, const char *tenant, const char *id, bool *out)
{
	const struct es_bind binds[] = { es_bind_str(tenant), es_bind_str(id) };
	return exists(conn, ST_PLAN_EXISTS, binds, ES_COUNT(binds), out);
}

es_status policy_row_plan_in_use(struct es_db_conn *conn, const char *tenant, const char *plan, bool *out)
{
	const struct es_bind binds[] = { es_bind_str(tenant), es_bind_str(plan) };
	return exists(conn, ST_PLAN_IN_USE, binds, ES_COUNT(binds), out);
}

static es_status document(struct es_db_conn *conn, enum policy_statement statement, const struct es_bind *binds,
                          size_t count, struct es_arena *arena, struct policy_document *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	ES_TRY(es_db_query(conn, statement, binds, count, &rows));
	ES_TRY(es_rows_next(rows));
	struct es_slice text = es_arena_copy(arena, es_col_text(rows, 0));
	if (text.ptr == NULL)
		return ES_TOO_LARGE;
	*out = (struct policy_document){ text, (uint64_t)es_col_int(rows, 1) };
	return ES_OK;
}

es_status policy_row_tenant_document(struct es_db_conn *conn, const char *id, struct es_arena *arena,
                                     struct policy_document *out)
{
	const struct es_bind binds[] = { es_bind_str(id) };
	return document(conn, ST_TENANT_DOCUMENT, binds, ES_COUNT(binds), arena, out);
}

es_status policy_row_plan_document(struct es_db_conn *conn, const char *tenant, const char *id, struct es_arena *arena,
                                   struct policy_document *out)
{
	const struct es_bind binds[] = { es_bind_str(tenant), es_bind_str(id) };
	return document(conn, ST_PLAN_DOCUMENT, binds, ES_COUNT(binds), arena, out);
}

es_status policy_row_tenant_put(struct es_db_conn *conn, const char *id, struct es_slice document, uint64_t version,
                                bool *created)
{
	bool existed = false;
	ES_TRY(policy_row_tenant_exists(conn, id, &existed));
	ES_TRY(ES_DB_EXEC(conn, ST_TENANT_UPSERT, NULL, es_bind_str(id), es_bind_text(document),
	                  es_bind_int((int64_t)version)));
	ES_TRY(es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL));
	*created = !existed;
	return ES_OK;
}

es_status policy_row_plan_put(struct es_db_conn *conn, const char *tenant, const char *id, struct es_slice document,
                              uint64_t version, bool *created)
{
	bool existed = false;
	ES_TRY(policy_row_plan_exists(conn, tenant, id, &existed));
	ES_TRY(ES_DB_EXEC(conn, ST_PLAN_UPSERT, NULL, es_bind_str(tenant), es_bind_str(id), es_bind_text(document),
	                  es_bind_int((int64_t)version)));
	ES_TRY(es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL));
	*created = !existed;
	return ES_OK;
}

es_status policy_row_plan_delete(struct es_db_conn *conn, const char *tenant, const char *id)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_PLAN_DELETE, &changed, es_bind_str(tenant), es_bind_str(id)));
	if (changed == 0)
		return ES_NOT_FOUND;
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

es_status policy_row_client_document(struct es_db_conn *conn, const char *tenant, const char *id,
                                     struct es_arena *arena, struct policy_document *out)
{
	const struct es_bind binds[] = { es_bind_str(tenant), es_bind_str(id) };
	return document(conn, ST_CLIENT_DOCUMENT, binds, ES_COUNT(binds), arena, out);
}

es_status policy_row_client_put(struct es_db_conn *conn, const char *tenant, const char *id, struct es_slice document,
                                uint64_t version)
{
	ES_TRY(ES_DB_EXEC(conn, ST_CLIENT_UPSERT, NULL, es_bind_str(tenant), es_bind_str(id), es_bind_text(document),
	                  es_bind_int((int64_t)version)));
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

es_status policy_row_client_delete(struct es_db_conn *conn, const char *tenant, const char *id)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_CLIENT_DELETE, &changed, es_bind_str(tenant), es_bind_str(id)));
	if (changed == 0)
		return ES_NOT_FOUND;
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

es_status policy_row_enterprise_document(struct es_db_conn *conn, const char *tenant, const char *id,
                                         struct es_arena *arena, struct policy_document *out)
{
	const struct es_bind binds[] = { es_bind_str(tenant), es_bind_str(id) };
	return document(conn, ST_ENTERPRISE_DOCUMENT, binds, ES_COUNT(binds), arena, out);
}

es_status policy_row_enterprise_put(struct es_db_conn *conn, const char *tenant, const char *id,
                                    struct es_slice document, uint64_t version)
{
	ES_TRY(ES_DB_EXEC(conn, ST_ENTERPRISE_UPSERT, NULL, es_bind_str(tenant), es_bind_str(id), es_bind_text(document),
	                  es_bind_int((int64_t)version)));
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

es_status policy_row_enterprise_delete(struct es_db_conn *conn, const char *tenant, const char *id)
{
	int64_t changed = 0;
	ES_TRY(ES_DB_EXEC(conn, ST_ENTERPRISE_DELETE, &changed, es_bind_str(tenant), es_bind_str(id)));
	if (changed == 0)
		return ES_NOT_FOUND;
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

es_status policy_row_clients_beside(struct es_db_conn *conn, const char *tenant, const char *id, size_t *count,
                                    size_t *octets)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	*count = *octets = 0;
	ES_TRY(ES_DB_QUERY(conn, ST_CLIENT_SIZES, &rows, es_bind_str(tenant), es_bind_str(id)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		*count += es_slice_eq_str(es_col_text(rows, 0), tenant);
		*octets += (size_t)es_col_int(rows, 1);
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}
