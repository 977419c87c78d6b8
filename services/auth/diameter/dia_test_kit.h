/* dia_test_kit.h -- a configuration and messages for the tests of the domain. */
#ifndef DIA_TEST_KIT_H
#define DIA_TEST_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "dia_answer.h"
#include "es_cleanup.h"

#define KIT_TEXT                                                                                                       \
	"[diameter]\nidentity = %i.ecs.example.net\nrealm = example.net\n"                                                 \
	"[peer one]\nhost = hss1.example.org\naddress = 127.0.0.1\nport = 13868\ntls = no\n"                               \
	"[peer two]\nhost = hss2.example.org\nrealm = example.org\naddress = ::1\ntransport = sctp\ntls = no\n"            \
	"[swx home]\nrealm = example.org\npeers = two, one\nin_flight_max = 3\nrat_type = optional\n"                      \
	"[aaa relay]\nrealm = example.org\npeers = one\nin_flight_max = 2\n"                                               \
	"[eir devices]\nrealm = example.org\npeers = two\nin_flight_max = 4\n"                                             \
	"[udm elsewhere]\nurl = http://127.0.0.1\n"

struct kit {
	struct es_arena *arena;
	struct dia_config config;
	struct es_buf error, buf;
	char text[1024];
};

static inline es_status kit_parse(struct kit *kit, const char *text)
{
	memset(kit->text, 0, sizeof kit->text);
	es_buf_init_fixed(&kit->error, kit->text, sizeof kit->text - 1);
	return dia_config_parse(es_slice_str(text), "auth0", kit->arena, &kit->config, &kit->error);
}

static inline int kit_set_up(void **state)
{
	struct kit *kit = calloc(1, sizeof *kit);

	assert_non_null(kit);
	kit->arena = es_arena_new(0, 4 << 20);
	es_buf_init(&kit->buf, 65536);
	if (kit_parse(kit, KIT_TEXT) != ES_OK)
		fail_msg("%s", kit->text);
	*state = kit;
	return 0;
}

static inline int kit_tear_down(void **state)
{
	struct kit *kit = *state;

	es_buf_free(&kit->buf);
	es_arena_free(kit->arena);
	free(kit);
	return 0;
}

static inline struct es_slice kit_fill(struct kit *kit, uint8_t octet, size_t len)
{
	uint8_t *at = es_arena_alloc(kit->arena, len);

	assert_non_null(at);
	memset(at, octet, len);
	return es_slice_of(at, len);
}

#endif
