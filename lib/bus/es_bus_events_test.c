/* es_bus_events_test.c -- doorbells: rung at the start, by hints, by the clock, and again once a publisher is back. */
#include "es_bus_test_kit.h"

static struct es_bus_key *key;

struct rings {
	_Atomic int polls, hints;
	_Atomic uint64_t sequence;
};

static void on_ring(const char *topic, uint64_t sequence, void *user)
{
	struct rings *rings = user;
	if (sequence == 0) {
		rings->polls++;
	} else if (strcmp(topic, "policy") == 0) {
		rings->sequence = sequence;
		rings->hints++;
	}
}

static struct es_bus_publisher *publish_at(const char *url)
{
	struct es_bus_publisher *publisher = NULL;
	struct es_buf error;

	es_buf_init(&error, 500);
	assert_int_equal(es_bus_publisher_start(url, key, &publisher, &error), ES_OK);
	es_buf_free(&error);
	return publisher;
}

static struct es_bus_subscriber *subscribe_to(const char *url, int64_t poll_ms, struct rings *rings)
{
	struct es_bus_subscriber *subscriber = NULL;
	struct es_buf error;

	es_buf_init(&error, 500);
	assert_int_equal(es_bus_subscriber_start(url, key, poll_ms, on_ring, rings, &subscriber, &error), ES_OK);
	es_buf_free(&error);
	return subscriber;
}

static void the_doorbell_rings_at_start_at_hints_and_at_a_steady_pace(void **state)
{
	(void)state;
	struct rings often = { 0 }, rarely = { 0 };
	char url[64];
	struct es_bus_publisher *publisher = publish_at(kit_ipc_url(url));
	struct es_bus_subscriber *a = subscribe_to(url, 10, &often), *b = subscribe_to(url, BOUND_MS * 2, &rarely);

	wait_until(often.polls >= 3 && rarely.polls > 0);
	for (uint64_t sequence = 1; rarely.hints == 0 || often.hints == 0; sequence++) {
		es_bus_publish(publisher, "policy", sequence); /* until they have connected */
		kit_nap();
		assert_true(sequence < BOUND_MS);
	}
	es_bus_publish(publisher, "policy", UINT64_MAX);
	wait_until(rarely.sequence == UINT64_MAX && often.sequence == UINT64_MAX);
	assert_true(rarely.polls <= 2); /* at the start and when connected */
	es_bus_subscriber_stop(a);
	es_bus_subscriber_stop(b);
	es_bus_publisher_stop(publisher);
}

static void a_burst_of_hints_arrives_whole(void **state)
{
	(void)state;
	struct rings rings = { 0 };
	char url[64];
	struct es_bus_publisher *publisher = publish_at(kit_ipc_url(url));
	struct es_bus_subscriber *subscriber = subscribe_to(url, BOUND_MS, &rings);

	wait_until((es_bus_publish(publisher, "policy", 1), rings.hints > 0));
	es_bus_publish(publisher, "policy", 2);
	wait_until(rings.sequence == 2);
	int before = rings.hints;
	for (uint64_t i = 0; i < 4000; i++) {
		es_bus_publish(publisher, "policy", 3 + i);
	}
	wait_until(rings.sequence == 4002);
	assert_int_equal(rings.hints, before + 4000);
	es_bus_subscriber_stop(subscriber);
	es_bus_publisher_stop(publisher);
}

/* Otherwise one whose dialer sleeps for ever hears no hint until it is restarted. */
static void a_subscriber_dials_anew_while_its_publisher_is_away_and_hears_it_then(void **state)
{
	(void)state;
	struct rings rings = { 0 };
	char url[64];
	long before = kit_redials();
	struct es_bus_subscriber *subscriber = subscribe_to(kit_ipc_url(url), 10, &rings);

	wait_until(kit_redials() > before);
	struct es_bus_publisher *publisher = publish_at(url);
	wait_until((es_bus_publish(publisher, "policy", 1), rings.hints > 0));
	before = kit_redials();
	int polls = rings.polls;
	wait_until(rings.polls >= polls + 10);
	assert_int_equal(kit_redials(), before); /* what is connected stays so */
	es_bus_subscriber_stop(subscriber);
	es_bus_publisher_stop(publisher);
}

static int set_up(void **state)
{
	(void)state;
	es_bus_init();
	key = es_bus_key_from(kit_secret);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	es_bus_key_free(key);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_doorbell_rings_at_start_at_hints_and_at_a_steady_pace),
		cmocka_unit_test(a_burst_of_hints_arrives_whole),
		cmocka_unit_test(a_subscriber_dials_anew_while_its_publisher_is_away_and_hears_it_then),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
