/* es_bus_frame_test.c -- what a sealed frame lets through, and what not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "es_bus_frame.h"
#include "es_cleanup.h"
#include "es_secret.h"

static const uint8_t secret[32] = "the bus secret of these tests...";

#define TEXT "an envelope"
#define FRAME (sizeof TEXT - 1 + ES_BUS_FRAME_OVERHEAD)

struct pair {
	struct es_bus_key *a, *b;
};

static int set_up(void **state)
{
	static struct pair pair;
	pair = (struct pair){ es_bus_key_from(secret), es_bus_key_from(secret) };
	*state = &pair;
	return 0;
}

static int tear_down(void **state)
{
	struct pair *p = *state;
	es_bus_key_free(p->a);
	es_bus_key_free(p->b);
	return 0;
}

static struct es_bus_frame_id seal(struct es_bus_key *key, enum es_bus_kind kind, const struct es_bus_frame_id *answers,
                                   uint8_t frame[FRAME])
{
	struct es_bus_frame_id id;
	es_bus_frame_seal(key, kind, answers, ES_SLICE_LIT(TEXT), frame, &id);
	return id;
}

static void a_frame_opens_at_every_holder_of_the_secret(void **state)
{
	struct pair *p = *state;
	uint8_t frame[FRAME], plain[FRAME];
	struct es_bus_frame_id opened;

	struct es_bus_frame_id sealed = seal(p->a, ES_BUS_REQUEST, NULL, frame);
	assert_null(memmem(frame, sizeof frame, TEXT, sizeof TEXT - 1));
	assert_int_equal(es_bus_frame_open(p->b, ES_BUS_REQUEST, NULL, es_slice_of(frame, FRAME), plain, &opened), ES_OK);
	assert_memory_equal(plain, TEXT, sizeof TEXT - 1);
	assert_memory_equal(opened.salt, sealed.salt, sizeof sealed.salt);
	assert_int_equal(opened.counter, sealed.counter);
}

static void no_bit_of_a_frame_can_be_changed_and_no_octet_cut(void **state)
{
	struct pair *p = *state;
	uint8_t frame[FRAME], plain[FRAME];
	struct es_bus_frame_id id;

	(void)seal(p->a, ES_BUS_REQUEST, NULL, frame);
	for (size_t bit = 0; bit < FRAME * 8; bit++) {
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		es_status status = es_bus_frame_open(p->b, ES_BUS_REQUEST, NULL, es_slice_of(frame, FRAME), plain, &id);
		assert_int_equal(status, bit / 8 < 4 ? ES_MALFORMED : ES_UNAUTHENTIC);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t len = 0; len < FRAME; len++) {
		assert_int_not_equal(es_bus_frame_open(p->b, ES_BUS_REQUEST, NULL, es_slice_of(frame, len), plain, &id), ES_OK);
	}
}

static void a_reply_opens_for_its_own_request_only(void **state)
{
	struct pair *p = *state;
	uint8_t frame[FRAME], plain[FRAME];
	struct es_bus_frame_id id;

	struct es_bus_frame_id first = seal(p->a, ES_BUS_REQUEST, NULL, frame);
	struct es_bus_frame_id second = seal(p->a, ES_BUS_REQUEST, NULL, frame);
	(void)seal(p->b, ES_BUS_REPLY, &first, frame);
	const struct es_slice reply = es_slice_of(frame, FRAME);
	assert_int_equal(es_bus_frame_open(p->a, ES_BUS_REPLY, &first, reply, plain, &id), ES_OK);
	assert_int_equal(es_bus_frame_open(p->a, ES_BUS_REPLY, &second, reply, plain, &id), ES_UNAUTHENTIC);
	/* Nor does it pass for anything else. */
	assert_int_equal(es_bus_frame_open(p->a, ES_BUS_REQUEST, NULL, reply, plain, &id), ES_MALFORMED);
	frame[3] = ES_BUS_EVENT;
	assert_int_equal(es_bus_frame_open(p->a, ES_BUS_EVENT, NULL, reply, plain, &id), ES_UNAUTHENTIC);
}

static void another_secret_opens_nothing(void **state)
{
	struct pair *p = *state;
	uint8_t other[32], frame[FRAME], plain[FRAME];
	struct es_bus_frame_id id;

	memcpy(other, secret, sizeof other);
	other[31] ^= 1;
	struct es_bus_key *stranger = es_bus_key_from(other);
	(void)seal(stranger, ES_BUS_REQUEST, NULL, frame);
	assert_int_equal(es_bus_frame_open(p->a, ES_BUS_REQUEST, NULL, es_slice_of(frame, FRAME), plain, &id),
	                 ES_UNAUTHENTIC);
	es_bus_key_free(stranger);
}

static void each_number_of_a_sender_is_admitted_once_in_any_order_within_the_window(void **state)
{
	struct pair *p = *state;
	struct es_bus_frame_id id = { .salt = "sender one" };
	static const struct {
		uint64_t counter;
		bool is_admitted;
	} steps[] = {
		{ 100, true },
		{ 100, false },
		{ 99, true }, /* overtaken on the way */
		{ 101, true },
		{ 99, false },
		{ 100 + ES_BUS_WINDOW, true },
		{ 101, false },
		{ 102, true },  /* the oldest in the window */
		{ 100, false }, /* too old to tell: refused */
		{ 100 + 5 * ES_BUS_WINDOW, true },
		{ 100 + ES_BUS_WINDOW, false },
		{ 101 + 4 * ES_BUS_WINDOW, true }, /* nothing is left of what stood at that place */
		{ UINT64_MAX, true },
		{ UINT64_MAX, false },
		{ UINT64_MAX - 1, true },
	};
	for (size_t i = 0; i < ES_COUNT(steps); i++) {
		id.counter = steps[i].counter;
		assert_int_equal(es_bus_frame_admit(p->a, &id), steps[i].is_admitted);
	}
	id.salt[0] ^= 1; /* another sender's numbers are its own */
	assert_true(es_bus_frame_admit(p->a, &id));
}

static void the_sender_unused_for_longest_is_forgotten_first(void **state)
{
	struct pair *p = *state;
	struct es_bus_frame_id kept = { .salt = "kept", .counter = 7 }, one = { .counter = 7 };

	assert_true(es_bus_frame_admit(p->a, &kept));
	for (uint8_t i = 0; i < 3 * ES_BUS_PEERS; i++) {
		one.salt[0] = i;
		assert_true(es_bus_frame_admit(p->a, &one));
		assert_false(es_bus_frame_admit(p->a, &kept));
	}
	one.salt[0] = 0;
	assert_true(es_bus_frame_admit(p->a, &one)); /* forgotten; its deadline would have stopped it by then */
}

static void a_secret_file_that_others_may_read_is_refused(void **state)
{
	(void)state;
	static const char digits[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	static const struct {
		const char *text;
		mode_t mode;
		es_status status;
	} rows[] = {
		{ digits, 0600, ES_OK },     { digits, 0640, ES_OK },
		{ digits, 0660, ES_DENIED }, { digits, 0604, ES_DENIED },
		{ digits, 0604, ES_DENIED }, { digits + 2, 0600, ES_MALFORMED },
		{ "", 0600, ES_MALFORMED },  { "change me", 0600, ES_MALFORMED },
	};
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char path[] = "/tmp/es_bus_secret.XXXXXX";
		struct es_bus_key *key = NULL;
		struct es_buf error;
		int fd = mkstemp(path);
		assert_true(fd >= 0);
		assert_int_equal(write(fd, rows[i].text, strlen(rows[i].text)), strlen(rows[i].text));
		assert_int_equal(fchmod(fd, rows[i].mode), 0);
		(void)close(fd);
		es_buf_init(&error, 500);
		assert_int_equal(es_bus_key_load(path, &key, &error), rows[i].status);
		assert_int_equal(error.len == 0, rows[i].status == ES_OK);
		es_bus_key_free(key);
		es_buf_free(&error);
		(void)unlink(path);
	}
	uint8_t out[ES_SECRET_SIZE];
	struct es_buf error;
	es_buf_init(&error, 500);
	assert_int_equal(es_secret_load("/nowhere/secret", out, &error), ES_NOT_FOUND);
	es_buf_free(&error);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_frame_opens_at_every_holder_of_the_secret, set_up, tear_down),
		cmocka_unit_test_setup_teardown(no_bit_of_a_frame_can_be_changed_and_no_octet_cut, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reply_opens_for_its_own_request_only, set_up, tear_down),
		cmocka_unit_test_setup_teardown(another_secret_opens_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(each_number_of_a_sender_is_admitted_once_in_any_order_within_the_window, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(the_sender_unused_for_longest_is_forgotten_first, set_up, tear_down),
		cmocka_unit_test(a_secret_file_that_others_may_read_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
