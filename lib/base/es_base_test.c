/* es_base_test.c -- the contracts of lib/base but its texts (es_text_test.c), sentence by sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_reader.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_worker.h"

#define L ES_SLICE_LIT

static void assert_slice(struct es_slice got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	if (got.len > 0)
		assert_memory_equal(got.ptr, expected, got.len);
}

/* ---- status ---- */

static void every_status_has_its_name_meaning_and_retry_rule(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ES_STATUS_COUNT; i++) {
		es_status status = es_status_from_wire(i);
		assert_int_equal(status, i);
		assert_string_not_equal(es_status_name(status), "unknown");
		assert_true(strlen(es_status_meaning(status)) > 0);
		assert_int_equal(es_status_is_retryable(status),
		                 status == ES_BUSY || status == ES_UNAVAILABLE || status == ES_TIMEOUT);
	}
	assert_string_equal(es_status_name(ES_NOT_FOUND), "not_found");
}

static void a_status_outside_the_list_is_harmless(void **state)
{
	(void)state;
	assert_int_equal(es_status_from_wire(ES_STATUS_COUNT), ES_INTERNAL);
	assert_int_equal(es_status_from_wire(UINT32_MAX), ES_INTERNAL);
	assert_string_equal(es_status_name((es_status)ES_STATUS_COUNT), "unknown");
	assert_non_null(es_status_meaning((es_status)ES_STATUS_COUNT));
	assert_false(es_status_is_retryable((es_status)ES_STATUS_COUNT));
}

/* ---- slice ---- */

static void slices_compare_by_content(void **state)
{
	(void)state;
	assert_true(es_slice_eq(L(""), es_slice_str(NULL)));
	assert_true(es_slice_eq_str(L("ap2004"), "ap2004"));
	assert_false(es_slice_eq_str(L("ap2004"), "ap200"));
	assert_true(es_slice_eq_nocase(L("AP2004z"), L("ap2004Z")));
	assert_false(es_slice_eq_nocase(L("@["), L("`{"))); /* 0x20 apart as letters are, and no letters */
	assert_true(es_slice_starts_with(L("ap2004"), L("")));
	assert_false(es_slice_starts_with(L("ap"), L("ap2004")));
}

static void a_sub_slice_is_clamped(void **state)
{
	(void)state;
	assert_slice(es_slice_sub(L("abcdef"), 2, 4), "cd");
	assert_slice(es_slice_sub(L("abcdef"), 4, 99), "ef");
	assert_slice(es_slice_sub(L("abcdef"), 9, 2), "");
	assert_slice(es_slice_sub(L("abcdef"), SIZE_MAX, SIZE_MAX), "");
	assert_slice(es_slice_sub((struct es_slice){ NULL, 0 }, 1, 2), "");
	assert_slice(es_slice_trim(L(" \t\r\n a b \n")), "a b");
	assert_slice(es_slice_trim(L(" \n ")), "");
}

static void cutting_gives_every_piece_between_separators(void **state)
{
	static const char *const pieces[] = { "a=1", "", "b", "" };
	struct es_slice rest = L("a=1&&b&");
	size_t n = 0;

	(void)state;
	for (; rest.ptr != NULL; n++) {
		assert_true(n < ES_COUNT(pieces));
		assert_slice(es_slice_cut(&rest, '&'), pieces[n]);
	}
	assert_int_equal(n, ES_COUNT(pieces));
	assert_slice(es_slice_cut(&rest, '&'), "");
}

/* ---- arena ---- */

static void arena_memory_is_zeroed_and_aligned_also_after_reset(void **state)
{
	struct es_arena *arena = es_arena_new(64, 4096);

	(void)state;
	assert_non_null(arena);
	for (int round = 0; round < 3; round++) {
		for (size_t n = 0; n < 40; n++) {
			uint8_t *piece = es_arena_alloc(arena, n);
			assert_non_null(piece);
			assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(piece[i], 0);
			memset(piece, 0xff, n);
		}
		es_arena_reset(arena);
		assert_int_equal(es_arena_used(arena), 0);
		es_arena_set_secret(arena);
	}
	es_arena_free(arena);
	es_arena_free(NULL);
}

static void an_arena_never_gives_more_than_its_limit(void **state)
{
	struct es_arena *arena = es_arena_new(128, 1024);
	struct es_slice big = es_slice_of(arena, 2000); /* refused before it is read */
	size_t total = 0;

	(void)state;
	assert_non_null(arena);
	for (int round = 0; round < 2; round++) {
		for (total = 0; es_arena_alloc(arena, 16) != NULL; total += 16)
			;
		assert_int_equal(total, 1024);
		assert_int_equal(es_arena_used(arena), 1024);
		assert_null(es_arena_alloc(arena, 1));
		es_arena_reset(arena);
	}
	assert_null(es_arena_alloc(arena, SIZE_MAX));
	assert_null(es_arena_alloc(arena, 1025));
	assert_null(es_arena_array(arena, SIZE_MAX / 4, 8));
	assert_null(es_arena_strdup(arena, es_slice_of("", SIZE_MAX)));
	assert_null(es_arena_printf(arena, "%2000s", ""));
	assert_null(es_arena_copy(arena, big).ptr);
	assert_non_null(es_arena_array(arena, 10, 16)); /* a refusal changes nothing */
	es_arena_free(arena);
}

static void a_piece_larger_than_the_blocks_leaves_their_rest_usable(void **state)
{
	struct es_arena *arena = es_arena_new(256, 4096);

	(void)state;
	assert_non_null(arena);
	uint8_t *first = es_arena_alloc(arena, 16);
	assert_non_null(es_arena_alloc(arena, 2048));
	assert_ptr_equal(es_arena_alloc(arena, 16), first + 16);
	es_arena_free(arena);
}

static void arena_texts_are_copies_with_a_nul(void **state)
{
	struct es_arena *arena = es_arena_new(0, 4096);
	char long_text[600];

	(void)state;
	assert_non_null(arena);
	memset(long_text, 'x', sizeof long_text);
	assert_string_equal(es_arena_strdup(arena, es_slice_of("abcdef", 3)), "abc");
	assert_string_equal(es_arena_strdup(arena, (struct es_slice){ NULL, 0 }), "");
	assert_string_equal(es_arena_printf(arena, "%s-%d", "a", 7), "a-7");
	const char *printed = es_arena_printf(arena, "%.600s.", long_text);
	assert_int_equal(strlen(printed), 601);
	assert_slice(es_arena_copy(arena, L("bytes")), "bytes");
	assert_null(es_arena_copy(arena, (struct es_slice){ NULL, 0 }).ptr);
	assert_non_null(es_arena_copy(arena, L("")).ptr);
	es_arena_free(arena);
}

/* ---- reader and writer ---- */

static void what_the_writer_writes_the_reader_reads(void **state)
{
	struct es_buf b;

	(void)state;
	es_buf_init(&b, 1024);
	es_put_u8(&b, 0xfe);
	size_t length_at = es_buf_reserve(&b, 2);
	es_put_u32(&b, 0xdeadbeef);
	es_put_u64(&b, 0x0102030405060708);
	es_put_zeros(&b, 3);
	es_put_str(&b, "end");
	es_buf_patch_u16(&b, length_at, (uint16_t)es_buf_slice(&b).len);
	assert_int_equal(es_buf_status(&b), ES_OK);

	struct es_reader r = es_reader_of(es_buf_slice(&b));
	assert_int_equal(es_read_u8(&r), 0xfe);
	assert_int_equal(es_read_u16(&r), b.len);
	assert_int_equal(es_read_u32(&r), 0xdeadbeef);
	assert_int_equal(es_read_u64(&r), 0x0102030405060708);
	assert_int_equal(es_read_bytes(&r, 3).len, 3);
	assert_false(es_reader_is_done(&r));
	assert_slice(es_read_rest(&r), "end");
	assert_true(es_reader_is_done(&r));
	assert_memory_equal(b.ptr + 3, "\xde\xad\xbe\xef", 4); /* big-endian */
	es_buf_free(&b);
	es_buf_free(&b);
}

static void a_read_past_the_end_sticks(void **state)
{
	struct es_reader r = es_reader_of(L("\x01\x02\x03"));
	struct es_reader empty = es_reader_of((struct es_slice){ NULL, 0 });

	(void)state;
	assert_int_equal(es_read_u16(&r), 0x0102);
	assert_int_equal(es_read_u32(&r), 0);
	assert_int_equal(es_read_u8(&r), 0); /* though one octet is left */
	assert_null(es_read_bytes(&r, 0).ptr);
	assert_int_equal(es_reader_left(&r), 0);
	assert_false(es_reader_is_done(&r));
	assert_true(es_reader_is_done(&empty));
	assert_int_equal(es_read_bytes(&empty, SIZE_MAX).len, 0);
	assert_false(es_reader_is_done(&empty));
}

static void a_buffer_grows_to_its_maximum_and_overflow_sticks(void **state)
{
	struct es_buf b;

	(void)state;
	es_buf_init(&b, 1000);
	for (int i = 0; i < 1000; i++)
		es_put_u8(&b, (uint8_t)i);
	assert_int_equal(es_buf_status(&b), ES_OK);
	es_put_bytes(&b, L(""));
	assert_int_equal(es_buf_status(&b), ES_OK);
	es_put_u8(&b, 1);
	assert_int_equal(es_buf_status(&b), ES_TOO_LARGE);
	assert_int_equal(b.len, 1000);
	es_buf_patch_u16(&b, 5000, 1); /* after a failed reserve: does nothing */
	es_buf_reset(&b);
	es_put_bytes(&b, es_slice_of("", SIZE_MAX));
	assert_int_equal(es_buf_status(&b), ES_TOO_LARGE);
	es_put_u8(&b, 1); /* would fit, but a hole is worse than nothing */
	assert_int_equal(b.len, 0);
	es_buf_wipe(&b);
}

static void printf_fits_exactly_or_not_at_all(void **state)
{
	char storage[600], long_text[600];
	struct es_buf b;

	(void)state;
	memset(long_text, 'x', sizeof long_text);
	es_buf_init_fixed(&b, storage, sizeof storage);
	es_put_printf(&b, "%.*s", 600, long_text); /* no room for a NUL, none needed */
	assert_int_equal(es_buf_status(&b), ES_OK);
	assert_memory_equal(storage, long_text, 600);
	es_buf_reset(&b);
	es_put_printf(&b, "%d%.*s", 1, 600, long_text);
	assert_int_equal(es_buf_status(&b), ES_TOO_LARGE);
	assert_int_equal(b.len, 0);
	es_buf_reset(&b);
	es_put_printf(&b, "%s=%u", "a", 1U);
	assert_slice(es_buf_slice(&b), "a=1");
	es_buf_wipe(&b);
	assert_int_equal(storage[0], 0);
}

/* ---- clock ---- */

static void the_clocks_run_in_their_units(void **state)
{
	int64_t us = es_mono_us(), ms = es_mono_ms();

	(void)state;
	assert_true(ms >= us / 1000);
	assert_true(es_mono_us() >= us);
	assert_true(es_wall_ms() > 1577836800000); /* 2020 */
}

/* ---- worker ---- */

struct gate {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool open;
	unsigned entered, done;
	bool signals_blocked;
	struct es_worker *worker;
	es_status late_submit;
};

static void pass_gate(void *user)
{
	struct gate *gate = user;
	sigset_t mask;

	(void)pthread_sigmask(SIG_SETMASK, NULL, &mask);
	(void)pthread_mutex_lock(&gate->lock);
	gate->signals_blocked = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGHUP) == 1;
	gate->entered++;
	(void)pthread_cond_broadcast(&gate->changed);
	while (!gate->open)
		(void)pthread_cond_wait(&gate->changed, &gate->lock);
	gate->done++;
	(void)pthread_mutex_unlock(&gate->lock);
}

static void wait_entered(struct gate *gate, unsigned n)
{
	(void)pthread_mutex_lock(&gate->lock);
	while (gate->entered < n)
		(void)pthread_cond_wait(&gate->changed, &gate->lock);
	(void)pthread_mutex_unlock(&gate->lock);
}

static void open_gate(struct gate *gate)
{
	(void)pthread_mutex_lock(&gate->lock);
	gate->open = true;
	(void)pthread_cond_broadcast(&gate->changed);
	(void)pthread_mutex_unlock(&gate->lock);
}

static void a_full_worker_is_busy_and_runs_what_it_took(void **state)
{
	struct gate gate = { .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct es_worker *worker = es_worker_new("a name beyond sixteen", 2, 3);

	(void)state;
	assert_non_null(worker);
	assert_int_equal(es_worker_submit(worker, pass_gate, &gate), ES_OK);
	assert_int_equal(es_worker_submit(worker, pass_gate, &gate), ES_OK);
	wait_entered(&gate, 2); /* both threads are taken; now the queue fills */
	for (int i = 0; i < 3; i++)
		assert_int_equal(es_worker_submit(worker, pass_gate, &gate), ES_OK);
	assert_int_equal(es_worker_submit(worker, pass_gate, &gate), ES_BUSY);
	open_gate(&gate);
	es_worker_free(worker);
	assert_int_equal(gate.done, 5);
	assert_true(gate.signals_blocked);
	es_worker_free(NULL);
}

static void submit_until_refused(void *user)
{
	struct gate *gate = user;

	/* The thread that frees is on its way: until then there is always room, for this job is the only one. */
	gate->late_submit = es_worker_submit(gate->worker, submit_until_refused, gate);
}

static void jobs_cannot_keep_a_worker_from_ending(void **state)
{
	struct gate gate = { .worker = es_worker_new("loop", 1, 4) };

	(void)state;
	assert_non_null(gate.worker);
	assert_int_equal(es_worker_submit(gate.worker, submit_until_refused, &gate), ES_OK);
	es_worker_free(gate.worker);
	assert_int_equal(gate.late_submit, ES_UNAVAILABLE);
}

struct tally {
	_Atomic unsigned ran;
};

static void add_one(void *user)
{
	struct tally *tally = user;

	atomic_fetch_add(&tally->ran, 1);
}

struct producer {
	struct es_worker *worker;
	struct tally *tally;
	unsigned accepted;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < 2000; i++)
		p->accepted += es_worker_submit(p->worker, add_one, p->tally) == ES_OK;
	return NULL;
}

static void every_accepted_job_runs_once(void **state)
{
	struct tally tally = { 0 };
	struct es_worker *worker = es_worker_new("count", 3, 16);
	struct producer producers[3];
	pthread_t threads[3];
	unsigned accepted = 0;

	(void)state;
	assert_non_null(worker);
	for (size_t i = 0; i < 3; i++) {
		producers[i] = (struct producer){ worker, &tally, 0 };
		assert_int_equal(pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
	}
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		accepted += producers[i].accepted;
	}
	es_worker_free(worker);
	assert_int_equal(atomic_load(&tally.ran), accepted);
}

static void texts_behind_their_length_fit_whole_or_are_bad(void **state)
{
	(void)state;
	static const struct {
		struct es_slice octets;
		const char *text; /* NULL: bad */
	} rows[] = {
		{ { (const uint8_t *)"\0", 1 }, "" },       { { (const uint8_t *)"\3abc", 4 }, "abc" },
		{ { (const uint8_t *)"\4abcd", 5 }, NULL }, { { (const uint8_t *)"\3ab", 3 }, NULL },
		{ { (const uint8_t *)"\3a\0b", 4 }, NULL }, { { NULL, 0 }, NULL },
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct es_reader r = es_reader_of(rows[i].octets);
		char out[4] = "xxx";
		es_read_counted(&r, out, sizeof out);
		assert_int_equal(r.bad, rows[i].text == NULL);
		assert_string_equal(out, rows[i].text != NULL ? rows[i].text : "");
		if (rows[i].text == NULL)
			continue;
		struct es_buf b;
		es_buf_init(&b, 16);
		es_put_counted(&b, out);
		assert_true(es_slice_eq(es_buf_slice(&b), rows[i].octets));
		es_buf_free(&b);
	}
}

static void octets_are_read_into_the_room_there_is(void **state)
{
	(void)state;
	uint8_t two[2] = { 9, 9 };
	struct es_reader r = es_reader_of(L("\x01\x02\x03\x04"));

	ES_READ_ARRAY(&r, two);
	assert_true(!r.bad && two[0] == 1 && two[1] == 2);
	es_read_into(&r, two, 1, sizeof two);
	assert_true(!r.bad && two[0] == 3 && two[1] == 2);
	r = es_reader_of(L("\x01\x02\x03"));
	es_read_into(&r, two, 3, sizeof two);
	assert_true(r.bad && two[0] == 3);
}

static void slices_become_texts_whole_or_cut(void **state)
{
	(void)state;
	char out[4] = "xyz";

	assert_false(es_slice_to_str(L("abcd"), out, sizeof out));
	assert_false(es_slice_to_str(L("a\0b"), out, sizeof out));
	assert_string_equal(out, "xyz");
	assert_true(es_slice_to_str(L("abc"), out, sizeof out));
	assert_string_equal(out, "abc");
	es_slice_to_str_cut(L("defgh"), out, sizeof out);
	assert_string_equal(out, "def");
	es_slice_to_str_cut((struct es_slice){ NULL, 0 }, out, sizeof out);
	assert_string_equal(out, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_behind_their_length_fit_whole_or_are_bad),
		cmocka_unit_test(octets_are_read_into_the_room_there_is),
		cmocka_unit_test(slices_become_texts_whole_or_cut),
		cmocka_unit_test(every_status_has_its_name_meaning_and_retry_rule),
		cmocka_unit_test(a_status_outside_the_list_is_harmless),
		cmocka_unit_test(slices_compare_by_content),
		cmocka_unit_test(a_sub_slice_is_clamped),
		cmocka_unit_test(cutting_gives_every_piece_between_separators),
		cmocka_unit_test(arena_memory_is_zeroed_and_aligned_also_after_reset),
		cmocka_unit_test(an_arena_never_gives_more_than_its_limit),
		cmocka_unit_test(a_piece_larger_than_the_blocks_leaves_their_rest_usable),
		cmocka_unit_test(arena_texts_are_copies_with_a_nul),
		cmocka_unit_test(what_the_writer_writes_the_reader_reads),
		cmocka_unit_test(a_read_past_the_end_sticks),
		cmocka_unit_test(a_buffer_grows_to_its_maximum_and_overflow_sticks),
		cmocka_unit_test(printf_fits_exactly_or_not_at_all),
		cmocka_unit_test(the_clocks_run_in_their_units),
		cmocka_unit_test(a_full_worker_is_busy_and_runs_what_it_took),
		cmocka_unit_test(jobs_cannot_keep_a_worker_from_ending),
		cmocka_unit_test(every_accepted_job_runs_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
