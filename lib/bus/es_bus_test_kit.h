/* es_bus_test_kit.h -- what the bus's tests share: a server that echoes or holds, waiting by condition, metrics. */
#ifndef ES_BUS_TEST_KIT_H
#define ES_BUS_TEST_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "bus.pb-c.h"
#include "es_bus.h"
#include "es_cleanup.h"
#include "es_clock.h"
#include "es_metrics.h"
#include "policy.pb-c.h"

#define BOUND_MS 30000
#define METHOD_ECHO OPENES__BUS_METHOD__POLICY_EVENTS
#define METHOD_HOLD OPENES__BUS_METHOD__POLICY_TENANTS

static const uint8_t kit_secret[32] = "the bus secret of these tests...";

/* NNG 1.5 leaks the message that it is about to send over a connection just being closed, as here by killing its peer or
 * stopping its client. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:es_bus_message_seal";
}

static inline void kit_nap(void)
{
	const struct timespec moment = { .tv_nsec = 2000000 };
	(void)nanosleep(&moment, NULL);
}

/* Fails the test when `expr` does not come true in time: a bound, and no pace. */
#define wait_until(expr)                                                                                               \
	do {                                                                                                               \
		int64_t give_up_ = es_mono_ms() + BOUND_MS;                                                                    \
		while (!(expr)) {                                                                                              \
			assert_true(es_mono_ms() < give_up_);                                                                      \
			kit_nap();                                                                                                 \
		}                                                                                                              \
	} while (0)

static inline uint16_t kit_free_port(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	(void)close(fd);
	return ntohs(a.sin_port);
}

static inline const char *kit_ipc_url(char url[64])
{
	static int number;
	(void)snprintf(url, 64, "ipc:///tmp/es_bus_test.%d.%d", (int)getpid(), number++);
	return url;
}

static inline struct sockaddr_un kit_address(const char *ipc_url)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	(void)snprintf(a.sun_path, sizeof a.sun_path, "%s", ipc_url + strlen("ipc://"));
	return a;
}

/* The value of a line such as openes_bus_refused_total{why="replayed"}; 0 when there is none. */
static inline long kit_metric(const char *line)
{
	struct es_buf text;
	long value = 0;

	es_buf_init(&text, 1 << 20);
	es_metrics_write(&text);
	es_put_u8(&text, 0);
	const char *at = strstr((const char *)text.ptr, line);
	if (at != NULL) {
		value = strtol(at + strlen(line), NULL, 10);
	}
	es_buf_free(&text);
	return value;
}

static inline long kit_redials(void)
{
	return kit_metric("\nopenes_bus_redials_total "); /* the line feed: not its HELP */
}

static inline struct es_bus_client *kit_client(const char *target, struct es_bus_key *key, uint32_t slots)
{
	struct es_bus_client *client = NULL;
	struct es_buf error;

	es_buf_init(&error, 500);
	const struct es_bus_client_options options = { .target = target, .name = "test", .key = key, .slots = slots };
	assert_int_equal(es_bus_client_start(&options, &client, &error), ES_OK);
	es_buf_free(&error);
	return client;
}

static inline struct es_bus_client *kit_ready_client(const char *target, struct es_bus_key *key)
{
	struct es_bus_client *client = kit_client(target, key, 0);
	wait_until(es_bus_client_is_ready(client));
	return client;
}

/* Answers with after + 1. */
static inline void kit_echo(struct es_bus_call *call, const ProtobufCMessage *request, void *user)
{
	(void)user;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	reply.head = ((const Openes__EventsRequest *)request)->after + 1;
	es_bus_reply(call, &reply.base);
}

static inline es_status kit_call_echo(struct es_bus_client *client, uint64_t number, int64_t ms, const char *key,
                                      uint64_t *head)
{
	struct es_arena *arena = es_arena_new(0, 65536);
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	ProtobufCMessage *reply = NULL;

	request.after = number;
	const struct es_bus_call_options options = { .method = METHOD_ECHO,
		                                         .deadline = es_wall_ms() + ms,
		                                         .idempotency_key = es_slice_str(key) };
	es_status status =
		es_bus_call_wait(client, &options, &request.base, &openes__events_reply__descriptor, arena, &reply);
	if (status == ES_OK && head != NULL) {
		*head = ((const Openes__EventsReply *)reply)->head;
	}
	es_arena_free(arena);
	return status;
}

/* What a callback saw, for tests that do not wait in the call. */
struct kit_outcome {
	_Atomic int count;
	_Atomic int status;
};

static inline void kit_note(const struct es_bus_reply_view *reply, void *user)
{
	struct kit_outcome *outcome = user;
	outcome->status = (int)reply->status;
	outcome->count++;
}

static inline es_status kit_begin(struct es_bus_client *client, uint32_t method, int64_t ms, const char *key,
                                  struct kit_outcome *outcome)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	const struct es_bus_call_options options = { .method = method,
		                                         .deadline = es_wall_ms() + ms,
		                                         .idempotency_key = es_slice_str(key) };
	return es_bus_call(client, &options, &request.base, kit_note, outcome);
}

#endif
