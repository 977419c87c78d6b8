/* policy_store_rules.c -- rules, add-ons and outages: rows, and all of a tenant's made ready to decide. */
#include "policy_store_rules.h"

#include <string.h>

#include "es_cleanup.h"
#include "policy_ruleset.h"
#include "policy_statements.h"

#define BOOKS_MAX 4096 /* more than there may be tenants */

/* ---- loading ---- */

struct loading {
	const char *tenant; /* "": all */
	struct es_arena *arena;
	struct policy_book *books;
	size_t count, room;
};

/* What one tenant's add-ons or outages are collected in: rows come by tenant. */
struct heap {
	struct es_arena *arena;
	uint8_t *items;
	size_t size, count, room;
};

static void *push(struct heap *heap)
{
	if (heap->count == heap->room) {
		const size_t room = heap->room > 0 ? heap->room * 2 : 8;
		uint8_t *bigger = es_arena_array(heap->arena, room, heap->size);
		if (bigger == NULL)
			return NULL;
		if (heap->count > 0)
			memcpy(bigger, heap->items, heap->count * heap->size);
		heap->items = bigger;
		heap->room = room;
	}
	return heap->items + heap->size * heap->count++;
}

static struct policy_book *book_of(struct loading *l, struct es_slice tenant)
{
	for (size_t i = 0; i < l->count; i++)
		if (es_slice_eq_str(tenant, l->books[i].tenant))
			return &l->books[i];
	return NULL; /* every change of an offer touches the book first */
}

static es_status load_ruleset(struct loading *l, struct es_slice document, uint64_t number, struct policy_book *book)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_ruleset *rules = es_arena_alloc(l->arena, sizeof *rules);
	struct policy_fault fault;

	if (rules == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_json_parse(document, POLICY_RULESET_JSON, &json));
	ES_TRY(policy_ruleset_read(json, l->arena, rules, &fault));
	rules->number = number;
	book->rules = rules;
	return ES_OK;
}

static es_status load_books(struct es_db_conn *conn, struct loading *l)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_BOOKS, &rows, es_bind_str(l->tenant)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		if (l->count == l->room)
			return ES_TOO_LARGE;
		struct policy_book *book = &l->books[l->count++];
		book->tenant = es_arena_strdup(l->arena, es_col_text(rows, 0));
		book->version = (uint64_t)es_col_int(rows, 2);
		if (book->tenant == NULL)
			return ES_TOO_LARGE;
		if (!es_col_is_null(rows, 3))
			ES_TRY(load_ruleset(l, es_col_text(rows, 3), (uint64_t)es_col_int(rows, 1), book));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status read_offer(enum policy_offer_kind kind, struct es_slice document, struct es_arena *arena, void *into)
{
	ES_CLEANUP(es_json_done) cJSON *json = NULL;
	struct policy_fault fault;

	ES_TRY(es_json_parse(document, POLICY_RULESET_JSON, &json));
	return kind == POLICY_ADDON ? policy_addon_read(json, arena, into, &fault)
	                            : policy_outage_read(json, arena, into, &fault);
}

static void give(enum policy_offer_kind kind, const struct heap *heap, struct policy_book *book)
{
	if (book == NULL)
		return;
	if (kind == POLICY_ADDON) {
		book->addons = (const struct policy_addon *)(const void *)heap->items;
		book->addon_count = heap->count;
	} else {
		book->outages = (const struct policy_rule *)(const void *)heap->items;
		book->outage_count = heap->count;
	}
}

static es_status load_offers(struct es_db_conn *conn, enum policy_offer_kind kind, struct loading *l)
{
	const size_t size = kind == POLICY_ADDON ? sizeof(struct policy_addon) : sizeof(struct policy_rule);
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	struct heap heap = { .arena = l->arena, .size = size };
	struct policy_book *book = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, kind == POLICY_ADDON ? ST_ADDONS_ALL : ST_OUTAGES_ALL, &rows, es_bind_str(l->tenant)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		struct policy_book *of = book_of(l, es_col_text(rows, 0));
		if (of != book) {
			give(kind, &heap, book);
			heap = (struct heap){ .arena = l->arena, .size = size };
			book = of;
		}
		void *item = push(&heap);
		if (item == NULL)
			return ES_TOO_LARGE;
		ES_TRY(read_offer(kind, es_col_text(rows, 1), l->arena, item));
	}
	give(kind, &heap, book);
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_books(struct es_db_conn *conn, const char *tenant, struct es_arena *arena,
                           const struct policy_book **out, size_t *count)
{
	struct loading l = { .tenant = tenant, .arena = arena, .room = tenant[0] != '\0' ? 1 : BOOKS_MAX };

	l.books = es_arena_array(arena, l.room, sizeof *l.books);
	if (l.books == NULL)
		return ES_TOO_LARGE;
	ES_TRY(load_books(conn, &l));
	ES_TRY(load_offers(conn, POLICY_ADDON, &l));
	ES_TRY(load_offers(conn, POLICY_OUTAGE, &l));
	*out = l.books;
	*count = l.count;
	return ES_OK;
}

/* ---- books ---- */

es_status policy_row_book(struct es_db_conn *conn, const char *tenant, struct policy_book_row *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	*out = (struct policy_book_row){ 0, 0 };
	ES_TRY(ES_DB_QUERY(conn, ST_BOOK, &rows, es_bind_str(tenant)));
	es_status status = es_rows_next(rows);
	if (status == ES_OK)
		*out = (struct policy_book_row){ (uint64_t)es_col_int(rows, 0), (uint64_t)es_col_int(rows, 1) };
	return status == ES_NOT_FOUND ? ES_OK : status;
}

es_status policy_row_book_put(struct es_db_conn *conn, const char *tenant, struct policy_book_row row, uint64_t version)
{
	ES_TRY(ES_DB_EXEC(conn, ST_BOOK_UPSERT, NULL, es_bind_str(tenant), es_bind_int((int64_t)row.active),
	                  es_bind_int((int64_t)row.previous), es_bind_int((int64_t)version)));
	return es_db_exec(conn, ST_CATALOG_RAISE, NULL, 0, NULL);
}

/* ---- rules ---- */

es_status policy_row_ruleset_add(struct es_db_conn *conn, const char *tenant, struct es_slice document,
                                 const char *author, int64_t now_ms, uint64_t *number)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	struct policy_book_row book;

	ES_TRY(ES_DB_QUERY(conn, ST_RULESET_LAST, &rows, es_bind_str(tenant)));
	es_status status = es_rows_next(rows);
	if (status != ES_OK && status != ES_NOT_FOUND)
		return status;
	*number = status == ES_OK ? (uint64_t)es_col_int(rows, 0) + 1 : 1;
	ES_TRY(policy_row_book(conn, tenant, &book));
	ES_TRY(ES_DB_EXEC(conn, ST_RULESET_ADD, NULL, es_bind_str(tenant), es_bind_int((int64_t)*number),
	                  es_bind_text(document), es_bind_str(author), es_bind_int(now_ms)));
	return ES_DB_EXEC(conn, ST_RULESETS_TRIM, NULL, es_bind_str(tenant),
	                  es_bind_int((int64_t)*number - POLICY_RULESETS_KEPT), es_bind_int((int64_t)book.active),
	                  es_bind_int((int64_t)book.previous));
}

es_status policy_row_ruleset(struct es_db_conn *conn, const char *tenant, uint64_t number, struct es_arena *arena,
                             struct policy_ruleset_row *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, ST_RULESET, &rows, es_bind_str(tenant), es_bind_int((int64_t)number)));
	ES_TRY(es_rows_next(rows));
	*out = (struct policy_ruleset_row){ .number = number,
		                                .document = es_arena_copy(arena, es_col_text(rows, 0)),
		                                .author = es_arena_strdup(arena, es_col_text(rows, 1)),
		                                .created_ms = es_col_int(rows, 2) };
	return out->document.ptr != NULL && out->author != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_row_rulesets(struct es_db_conn *conn, const char *tenant, uint64_t before, uint32_t limit,
                              struct es_arena *arena, policy_ruleset_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, ST_RULESETS, &rows, es_bind_str(tenant),
	                   es_bind_int(before > 0 ? (int64_t)before : INT64_MAX), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		es_arena_reset(arena);
		const struct policy_ruleset_row row = { .number = (uint64_t)es_col_int(rows, 0),
			                                    .author = es_arena_strdup(arena, es_col_text(rows, 1)),
			                                    .created_ms = es_col_int(rows, 2) };
		if (row.author == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(&row, user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}

/* ---- add-ons and outages ---- */

static const struct {
	enum policy_statement get, put, remove, list;
} offers[] = {
	[POLICY_ADDON] = { ST_ADDON, ST_ADDON_UPSERT, ST_ADDON_DELETE, ST_ADDONS },
	[POLICY_OUTAGE] = { ST_OUTAGE, ST_OUTAGE_UPSERT, ST_OUTAGE_DELETE, ST_OUTAGES },
};

es_status policy_row_offer(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *id,
                           struct es_arena *arena, struct es_slice *out)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;

	ES_TRY(ES_DB_QUERY(conn, offers[kind].get, &rows, es_bind_str(tenant), es_bind_str(id)));
	ES_TRY(es_rows_next(rows));
	*out = es_arena_copy(arena, es_col_text(rows, 0));
	return out->ptr != NULL ? ES_OK : ES_TOO_LARGE;
}

es_status policy_row_offer_put(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *id,
                               struct es_slice document)
{
	return ES_DB_EXEC(conn, offers[kind].put, NULL, es_bind_str(tenant), es_bind_str(id), es_bind_text(document));
}

es_status policy_row_offer_delete(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant,
                                  const char *id)
{
	int64_t changed = 0;

	ES_TRY(ES_DB_EXEC(conn, offers[kind].remove, &changed, es_bind_str(tenant), es_bind_str(id)));
	return changed > 0 ? ES_OK : ES_NOT_FOUND;
}

es_status policy_row_offers(struct es_db_conn *conn, enum policy_offer_kind kind, const char *tenant, const char *after,
                            uint32_t limit, struct es_arena *arena, policy_offer_each *each, void *user)
{
	ES_CLEANUP(es_rows_cleanup) struct es_rows *rows = NULL;
	es_status status;

	ES_TRY(ES_DB_QUERY(conn, offers[kind].list, &rows, es_bind_str(tenant), es_bind_str(after), es_bind_int(limit)));
	while ((status = es_rows_next(rows)) == ES_OK) {
		es_arena_reset(arena);
		const char *id = es_arena_strdup(arena, es_col_text(rows, 0));
		if (id == NULL)
			return ES_TOO_LARGE;
		ES_TRY(each(id, es_col_text(rows, 1), user));
	}
	return status == ES_NOT_FOUND ? ES_OK : status;
}
