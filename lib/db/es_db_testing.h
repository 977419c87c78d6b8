/* es_db_testing.h -- a fresh, empty database per test, on each engine there is. For the contract tests of stores.
 *
 * SQLite always; PostgreSQL when OPENES_TEST_PG holds the URL of a database in which schemas may be created.
 *
 *     for (unsigned e = 0; e < es_db_testing_engines(); e++) {
 *         struct es_db_testing t;
 *         es_db_testing_begin(&t, e, "auth_store");
 *         ... open t.url ...
 *         es_db_testing_end(&t);
 *     } */
#ifndef ES_DB_TESTING_H
#define ES_DB_TESTING_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_db.h"

struct es_db_testing {
	char url[512];
	char dir[128]; /* SQLite: removed at the end */
};

static inline unsigned es_db_testing_engines(void)
{
	return getenv("OPENES_TEST_PG") == NULL ? 1 : 2;
}

static inline void es_db_testing_require(bool ok, const char *what)
{
	if (ok)
		return;
	(void)fprintf(stderr, "test database: %s\n", what);
	abort();
}

static inline es_status es_db_testing_exec_both(struct es_db_conn *conn, void *user)
{
	(void)user;
	ES_TRY(es_db_exec(conn, 0, NULL, 0, NULL));
	return es_db_exec(conn, 1, NULL, 0, NULL);
}

/* An empty schema of the test's name, found through the search path in the URL. */
static inline void es_db_testing_pg(struct es_db_testing *t, const char *name)
{
	const char *base = getenv("OPENES_TEST_PG");
	char drop[128], create[128], text[512];
	const char *const statements[] = { drop, create };
	struct es_db *db = NULL;
	struct es_buf error;

	(void)snprintf(drop, sizeof drop, "DROP SCHEMA IF EXISTS %s CASCADE", name);
	(void)snprintf(create, sizeof create, "CREATE SCHEMA %s", name);
	const struct es_db_options options = { .url = base, .statements = statements, .statement_count = 2 };
	es_buf_init_fixed(&error, text, sizeof text);
	const es_status opened = es_db_open(&options, &db, &error);
	es_put_u8(&error, 0);
	es_db_testing_require(opened == ES_OK, text);
	es_db_testing_require(es_db_write_wait(db, es_db_testing_exec_both, NULL) == ES_OK, "cannot create a schema");
	es_db_close(db);
	(void)snprintf(t->url, sizeof t->url, "%s%coptions=-csearch_path%%3D%s", base,
	               strchr(base, '?') == NULL ? '?' : '&', name);
}

/* `name` is a plain SQL name, one per test program: programs run side by side. */
static inline void es_db_testing_begin(struct es_db_testing *t, unsigned engine, const char *name)
{
	const char *tmp = getenv("TMPDIR");

	*t = (struct es_db_testing){ .dir = "" };
	if (engine == 1) {
		es_db_testing_pg(t, name);
		return;
	}
	(void)snprintf(t->dir, sizeof t->dir, "%s/%s.XXXXXX", tmp == NULL ? "/tmp" : tmp, name);
	es_db_testing_require(mkdtemp(t->dir) != NULL, "cannot make a temporary folder");
	(void)snprintf(t->url, sizeof t->url, "sqlite:%s/test.db", t->dir);
}

static inline void es_db_testing_end(struct es_db_testing *t)
{
	static const char *const suffixes[] = { "", "-wal", "-shm" };
	char path[sizeof t->dir + 32];

	if (t->dir[0] == '\0')
		return;
	for (size_t i = 0; i < ES_COUNT(suffixes); i++) {
		(void)snprintf(path, sizeof path, "%s/test.db%s", t->dir, suffixes[i]);
		(void)unlink(path);
	}
	(void)rmdir(t->dir);
}

#endif
