/* notify_store_test.c -- the store's contract, on SQLite and, with OPENES_TEST_PG, on PostgreSQL. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_db_testing.h"
#include "notify_store.h"

#define RING "1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n"
#define RING_ROTATED RING "2 1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100\n"
#define RING_OTHER "1 1f1e1d1c1b1a191817161514131211100f0e0d0c0b0a09080706050403020100\n"

static unsigned engine;
static struct es_db_testing testing;
static struct es_keyring *ring;
static struct notify_store *store;

static es_status open_with(const char *keys)
{
	char text[512];
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text);
	assert_int_equal(es_keyring_parse(es_slice_str(keys), &ring, &error), ES_OK);
	const es_status status = notify_store_open(testing.url, ring, &store, &error);
	if (status != ES_OK) {
		assert_true(error.len > 0);
		es_keyring_free(ring);
	}
	return status;
}

static void close_store(void)
{
	notify_store_close(store);
	es_keyring_free(ring);
	store = NULL;
}

static int set_up(void **state)
{
	(void)state;
	es_db_testing_begin(&testing, engine, "notify_store_test");
	return open_with(RING) == ES_OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	if (store != NULL)
		close_store();
	es_db_testing_end(&testing);
	return 0;
}

static const struct notify_owner alice = { ES_SLICE_LIT("demo"), ES_SLICE_LIT("001010000000001"),
	                                       ES_SLICE_LIT("imei-1"), ES_SLICE_LIT("") };
static const struct notify_owner bob = { ES_SLICE_LIT("demo"), ES_SLICE_LIT("001010000000002"), ES_SLICE_LIT("imei-1"),
	                                     ES_SLICE_LIT("") };

/* One registration and what the store says to it. */
struct step {
	struct notify_registration r;
	size_t duplicates;
	bool is_old;
	int64_t removed;
	uint8_t sealed[256];
};

static struct step step_of(const struct notify_owner *owner, const char *app, const char *token,
                           enum notify_channel channel)
{
	struct step s = {
		.r = { .owner = *owner, .apps = { es_slice_str(app) }, .app_count = 1, .channel = channel, .now_ms = 1000 }
	};
	const struct es_slice text = es_slice_str(token);

	notify_store_hash(store, text, s.r.token_hash);
	notify_store_seal(store, owner, text, s.sealed);
	return s;
}

static es_status run_register(struct es_db_conn *conn, void *user)
{
	struct step *s = user;

	return notify_store_register(conn, &s->r, &s->duplicates);
}

static es_status run_disable(struct es_db_conn *conn, void *user)
{
	const struct step *s = user;

	return notify_store_disable(conn, &s->r);
}

static es_status run_erase(struct es_db_conn *conn, void *user)
{
	struct step *s = user;

	return notify_store_erase(conn, s->r.owner.tenant, s->r.owner.imsi, &s->removed);
}

static es_status run_look(struct es_db_conn *conn, void *user)
{
	struct step *s = user;

	return notify_store_duplicates(conn, &s->r, &s->duplicates, &s->is_old);
}

/* Registers; whether it was there already. */
static bool registers_again(const struct notify_owner *owner, const char *app, const char *token,
                            enum notify_channel channel)
{
	struct step s = step_of(owner, app, token, channel);

	s.r.token_sealed = es_slice_of(s.sealed, strlen(token) + ES_SEAL_OVERHEAD);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_register, &s), ES_OK);
	return s.duplicates == 1;
}

static bool is_known(const struct notify_owner *owner, const char *app, const char *token, enum notify_channel channel)
{
	struct step s = step_of(owner, app, token, channel);

	assert_int_equal(es_db_read(notify_store_db(store), run_look, &s), ES_OK);
	return s.duplicates == 1;
}

/* Settled rule 12. */
static void the_same_registration_again_is_a_duplicate_and_stays(void **state)
{
	(void)state;
	assert_false(registers_again(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_true(registers_again(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_true(is_known(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_false(registers_again(&alice, "ap2003", "token", NOTIFY_FCM)); /* another application */
	assert_true(is_known(&alice, "ap2004", "token", NOTIFY_FCM));
}

static void a_token_known_for_another_subscriber_or_terminal_moves(void **state)
{
	struct notify_owner second_phone = alice;

	(void)state;
	second_phone.terminal_id = ES_SLICE_LIT("imei-2");
	assert_false(registers_again(&alice, "ap2003", "token", NOTIFY_FCM));
	assert_false(registers_again(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_false(registers_again(&bob, "ap2004", "token", NOTIFY_FCM));
	assert_false(is_known(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_false(is_known(&alice, "ap2003", "token", NOTIFY_FCM)); /* the device is Bob's now, for all applications */
	assert_false(registers_again(&second_phone, "ap2004", "token", NOTIFY_FCM));
	assert_false(is_known(&bob, "ap2004", "token", NOTIFY_FCM));
}

static void a_new_token_of_a_client_replaces_its_old_one(void **state)
{
	(void)state;
	assert_false(registers_again(&alice, "ap2004", "old", NOTIFY_FCM));
	assert_false(registers_again(&alice, "ap2004", "new", NOTIFY_FCM));
	assert_false(is_known(&alice, "ap2004", "old", NOTIFY_FCM));
	assert_true(is_known(&alice, "ap2004", "new", NOTIFY_FCM));
	/* and the channel of a token is the one named last */
	assert_false(registers_again(&alice, "ap2004", "new", NOTIFY_GCM));
	assert_false(is_known(&alice, "ap2004", "new", NOTIFY_FCM));
}

/* V12-NOTIF-03 */
static void disabling_ends_this_token_for_the_applications_named_only(void **state)
{
	(void)state;
	assert_false(registers_again(&alice, "ap2003", "token", NOTIFY_FCM));
	assert_false(registers_again(&alice, "ap2004", "token", NOTIFY_FCM));
	struct step disable = step_of(&alice, "ap2004", "token", NOTIFY_FCM);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_disable, &disable), ES_OK);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_disable, &disable), ES_OK); /* again: nothing to do */
	assert_false(is_known(&alice, "ap2004", "token", NOTIFY_FCM));
	assert_true(is_known(&alice, "ap2003", "token", NOTIFY_FCM));
	/* Another subscriber's wish does not reach it. */
	disable = step_of(&bob, "ap2003", "token", NOTIFY_FCM);
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_disable, &disable), ES_OK);
	assert_true(is_known(&alice, "ap2003", "token", NOTIFY_FCM));
}

static void an_erased_subscriber_leaves_nothing_and_the_others_stay(void **state)
{
	struct step erase = { .r = { .owner = alice } };

	(void)state;
	assert_false(registers_again(&alice, "ap2003", "a", NOTIFY_FCM));
	assert_false(registers_again(&alice, "ap2004", "a", NOTIFY_FCM));
	assert_false(registers_again(&bob, "ap2004", "b", NOTIFY_FCM));
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_erase, &erase), ES_OK);
	assert_int_equal(erase.removed, 2);
	assert_false(is_known(&alice, "ap2003", "a", NOTIFY_FCM));
	assert_true(is_known(&bob, "ap2004", "b", NOTIFY_FCM));
}

static void one_subscriber_fills_a_bounded_number_of_rows(void **state)
{
	struct step erase = { .r = { .owner = alice } };

	(void)state;
	for (int i = 0; i < NOTIFY_REGISTRATIONS_MAX + 5; i++) {
		char token[32];
		(void)snprintf(token, sizeof token, "token-%d", i);
		struct notify_owner owner = alice;
		owner.app_name = es_slice_str(token);
		assert_false(registers_again(&owner, "ap2004", token, NOTIFY_FCM));
	}
	assert_false(is_known(&alice, "ap2004", "token-4", NOTIFY_FCM));
	assert_true(is_known(&alice, "ap2004", "token-5", NOTIFY_FCM));
	assert_int_equal(es_db_write_wait(notify_store_db(store), run_erase, &erase), ES_OK);
	assert_int_equal(erase.removed, NOTIFY_REGISTRATIONS_MAX);
}

static void tokens_survive_a_rotation_of_the_key_ring(void **state)
{
	const struct es_slice token = ES_SLICE_LIT("token");
	uint8_t sealed[64];
	struct es_slice opened = { NULL, 0 };
	struct es_arena *arena = es_arena_new(0, 4096);

	(void)state;
	assert_non_null(arena);
	assert_false(registers_again(&alice, "ap2004", "token", NOTIFY_FCM));
	notify_store_seal(store, &alice, token, sealed);
	close_store();
	assert_int_equal(open_with(RING_ROTATED), ES_OK);
	assert_true(is_known(&alice, "ap2004", "token", NOTIFY_FCM)); /* the hash is the same */
	const struct es_slice box = es_slice_of(sealed, token.len + ES_SEAL_OVERHEAD);
	assert_int_equal(notify_store_unseal(store, &alice, box, arena, &opened), ES_OK);
	assert_true(es_slice_eq(opened, token));
	assert_int_equal(notify_store_unseal(store, &bob, box, arena, &opened), ES_UNAUTHENTIC);
	es_arena_free(arena);
	close_store();
	assert_int_equal(open_with(RING_OTHER), ES_UNAUTHENTIC);
	store = NULL;
}

static es_status move_position(struct es_db_conn *conn, void *user)
{
	return notify_store_set_position(conn, "esim", *(const uint64_t *)user);
}

static es_status read_position(struct es_db_conn *conn, void *user)
{
	return notify_store_position(conn, "esim", user);
}

static void the_place_in_the_outbox_begins_at_zero_and_is_kept(void **state)
{
	uint64_t to = 4294967297, position = 1;

	(void)state;
	assert_int_equal(es_db_read(notify_store_db(store), read_position, &position), ES_OK);
	assert_int_equal(position, 0);
	assert_int_equal(es_db_write_wait(notify_store_db(store), move_position, &to), ES_OK);
	close_store();
	assert_int_equal(open_with(RING), ES_OK);
	assert_int_equal(es_db_read(notify_store_db(store), read_position, &position), ES_OK);
	assert_true(position == to);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_registration_again_is_a_duplicate_and_stays),
		TEST(a_token_known_for_another_subscriber_or_terminal_moves),
		TEST(a_new_token_of_a_client_replaces_its_old_one),
		TEST(disabling_ends_this_token_for_the_applications_named_only),
		TEST(an_erased_subscriber_leaves_nothing_and_the_others_stay),
		TEST(one_subscriber_fills_a_bounded_number_of_rows),
		TEST(tokens_survive_a_rotation_of_the_key_ring),
		TEST(the_place_in_the_outbox_begins_at_zero_and_is_kept),
	};
	int failed = 0;

	es_crypto_init();
	for (engine = 0; engine < es_db_testing_engines(); engine++)
		failed += cmocka_run_group_tests_name(engine == 0 ? "SQLite" : "PostgreSQL", tests, NULL, NULL);
	return failed;
}
