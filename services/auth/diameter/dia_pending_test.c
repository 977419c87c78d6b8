/* dia_pending_test.c -- places are bounded by source, old ids find nothing, and the next peer is the right one. */
#include "dia_test_kit.h"

#include "dia_pending.h"

static struct dia_slot *open_one(struct dia_pending *p, const struct dia_source *source)
{
	uint8_t *octets = calloc(1, 8);

	assert_non_null(octets);
	struct dia_slot *slot = dia_pending_open(p, source, octets, 8);
	if (slot == NULL)
		free(octets);
	else
		slot->deadline = slot->attempt_until = INT64_MAX;
	return slot;
}

static void a_source_has_its_own_places(void **state)
{
	struct kit *kit = *state;
	struct dia_pending p;

	assert_int_equal(dia_pending_init(&p, &kit->config, 0), ES_OK);
	for (int i = 0; i < 3; i++)
		assert_non_null(open_one(&p, &kit->config.sources[0]));
	assert_null(open_one(&p, &kit->config.sources[0]));
	struct dia_slot *slot = open_one(&p, &kit->config.sources[1]);
	assert_non_null(slot);
	assert_non_null(open_one(&p, &kit->config.sources[1]));
	assert_null(open_one(&p, &kit->config.sources[1]));
	dia_pending_close(&p, slot);
	assert_non_null(open_one(&p, &kit->config.sources[1]));
	dia_pending_free(&p);
}

static void an_id_whose_question_ended_finds_nothing(void **state)
{
	struct kit *kit = *state;
	struct dia_pending p;

	assert_int_equal(dia_pending_init(&p, &kit->config, 0xfffff), ES_OK);
	uint32_t last = 0;
	for (int i = 0; i < 100; i++) {
		struct dia_slot *slot = open_one(&p, &kit->config.sources[0]);
		const uint32_t id = slot->id;
		assert_ptr_equal(dia_pending_find(&p, id), slot);
		assert_null(dia_pending_find(&p, last));
		dia_pending_close(&p, slot);
		assert_null(dia_pending_find(&p, id));
		last = id;
	}
	assert_null(dia_pending_find(&p, 0));
	assert_null(dia_pending_find(&p, UINT32_MAX));
	dia_pending_free(&p);
}

static void attempt_and_deadline_fall_due(void **state)
{
	struct kit *kit = *state;
	struct dia_pending p;

	assert_int_equal(dia_pending_init(&p, &kit->config, 0), ES_OK);
	assert_true(dia_pending_next(&p) == INT64_MAX);
	struct dia_slot *slot = open_one(&p, &kit->config.sources[0]);
	slot->attempt_until = 100;
	slot->deadline = 200;
	slot->may_repeat = true;
	assert_int_equal(dia_pending_next(&p), 100);
	assert_int_equal(dia_slot_due(slot, 99), DIA_DUE_NOT);
	assert_int_equal(dia_slot_due(slot, 100), DIA_DUE_ATTEMPT);
	slot->may_repeat = false;
	assert_int_equal(dia_pending_next(&p), 200);
	assert_int_equal(dia_slot_due(slot, 199), DIA_DUE_NOT);
	assert_int_equal(dia_slot_due(slot, 200), DIA_DUE_END);
	dia_pending_free(&p);
}

static void peers_are_asked_in_order_and_the_tried_ones_last(void **state)
{
	struct kit *kit = *state; /* peers = two, one */
	struct dia_pending p;

	assert_int_equal(dia_pending_init(&p, &kit->config, 0), ES_OK);
	struct dia_slot *slot = open_one(&p, &kit->config.sources[0]);
	assert_true(dia_slot_score(slot, 1) > dia_slot_score(slot, 0));
	slot->tried = 1u << 1;
	assert_true(dia_slot_score(slot, 0) > dia_slot_score(slot, 1));
	assert_true(dia_slot_score(slot, 1) > 0);
	assert_int_equal(dia_slot_score(slot, 2), -1);
	slot->pinned = 1u << 1;
	assert_int_equal(dia_slot_score(slot, 0), -1);
	dia_pending_free(&p);
}

static void peers_that_share_take_turns(void **state)
{
	struct kit *kit = *state;
	struct dia_source *source = &kit->config.sources[0];
	struct dia_pending p;
	int wins = 0;

	source->share = true;
	assert_int_equal(dia_pending_init(&p, &kit->config, 0), ES_OK);
	for (int i = 0; i < 10; i++) {
		struct dia_slot *slot = open_one(&p, source);
		wins += dia_slot_score(slot, 0) > dia_slot_score(slot, 1);
		dia_pending_close(&p, slot);
	}
	assert_int_equal(wins, 5);
	dia_pending_free(&p);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_source_has_its_own_places),   TEST(an_id_whose_question_ended_finds_nothing),
		TEST(attempt_and_deadline_fall_due), TEST(peers_are_asked_in_order_and_the_tried_ones_last),
		TEST(peers_that_share_take_turns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
