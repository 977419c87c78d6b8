/* dia_config_test.c -- the Diameter sections of the core file, and what freeDiameter is given. */
#include "dia_test_kit.h"

static void sections_become_a_node_peers_and_sources(void **state)
{
	const struct kit *kit = *state;
	const struct dia_source *home = dia_config_source(&kit->config, "home", DIA_HSS);
	const struct dia_source *relay = dia_config_source(&kit->config, "relay", DIA_AAA);

	assert_string_equal(kit->config.node.identity, "auth0.ecs.example.net");
	assert_int_equal(kit->config.peer_count, 2);
	assert_int_equal(kit->config.in_flight_max, 9);
	assert_non_null(home);
	assert_int_equal(home->app, DIA_APP_SWX);
	assert_int_equal(home->peer_count, 2);
	assert_int_equal(home->peer_order[0], 1);
	assert_int_equal(home->peers, 3);
	assert_int_equal(home->rat, DIA_RAT_OPTIONAL);
	assert_int_equal(relay->app, DIA_APP_SWM);
	assert_null(dia_config_source(&kit->config, "home", DIA_AAA));
	assert_int_equal(dia_config_peer_of_host(&kit->config, ES_SLICE_LIT("HSS2.example.org")), 1);
	assert_true(dia_config_peer_of_host(&kit->config, ES_SLICE_LIT("hss2.example")) == SIZE_MAX);
	assert_true(kit->config.uses_swx && kit->config.uses_swm && !kit->config.uses_sta && kit->config.uses_sctp);
}

static void freediameter_is_told_the_same(void **state)
{
	struct kit *kit = *state;

	dia_config_write(&kit->config, &kit->buf);
	es_put_u8(&kit->buf, 0);
	assert_string_equal(
		(const char *)kit->buf.ptr,
		"Identity = \"auth0.ecs.example.net\";\nRealm = \"example.net\";\nPort = 0;\nSecPort = 0;\nNoRelay;\n"
		"AppServThreads = 4;\nTcTimer = 5;\nTwTimer = 6;\n"
		"ConnectPeer = \"hss1.example.org\" { ConnectTo = \"127.0.0.1\"; Port = 13868; No_SCTP; No_TLS; };\n"
		"ConnectPeer = \"hss2.example.org\" { ConnectTo = \"::1\"; Port = 3868; No_TCP; No_TLS; Realm = "
		"\"example.org\"; };\n");
}

static void a_file_without_diameter_has_no_source(void **state)
{
	struct kit *kit = *state;

	assert_int_equal(kit_parse(kit, "[udm one]\nurl = x\n"), ES_OK);
	assert_int_equal(kit->config.source_count, 0);
	assert_null(kit->config.node.identity);
}

#define NODE "[diameter]\nidentity = a.b\nrealm = b\n"
#define NODE_OK "[diameter]\nidentity = a.b\nrealm = b.c\n"
#define PEER "[peer one]\nhost = h.b\naddress = 127.0.0.1\ntls = no\n"

static void what_cannot_work_is_refused_with_a_sentence(void **state)
{
	struct kit *kit = *state;
	static const struct {
		const char *text, *says;
	} rows[] = {
		{ PEER, "[diameter] is missing" },
		{ NODE, "identity and realm must be" },
		{ "[diameter]\nidentity = a.b\"; Port = 1\nrealm = b.c\n", "identity and realm must be" },
		{ "[diameter]\nidentity = a.b\nrealm = b.c\ntls_cert_file = /x\n", "the three tls_ files" },
		{ NODE_OK "[peer one]\nhost = h.b\naddress = hss.example\ntls = no\n", "address must be an IP address" },
		{ NODE_OK "[peer one]\nhost = h.b\naddress = ::1\ntls = yes\n", "needs the three tls_ files" },
		{ NODE_OK "[peer one]\nhost = h.b\naddress = ::1\n", "tls is required" },
		{ NODE_OK "[peer one]\nhost = h.b\naddress = ::1\ntls = no\ntransport = udp\n", "must be tcp or sctp" },
		{ NODE_OK PEER "[peer two]\nhost = H.B\naddress = ::1\ntls = no\n", "has the host of another peer" },
		{ NODE_OK PEER "[swx s]\nrealm = b.c\npeers = one, two\n", "peers must name [peer] sections" },
		{ NODE_OK PEER "[swx s]\nrealm = b.c\npeers = one,one\n", "names one twice" },
		{ NODE_OK PEER "[swx s]\nrealm = b\npeers = one\n", "realm and destination_host must be" },
		{ NODE_OK PEER "[aaa s]\nrealm = b.c\npeers = one\napplication = rx\n", "application must be swm or sta" },
		{ NODE_OK PEER "[swx s]\nrealm = b.c\npeers = one\nrat_type = 1\n", "rat_type must be" },
		{ NODE_OK PEER
		  "[swx s]\nrealm = b.c\npeers = one\nin_flight_max = 1024\n[swx t]\nrealm = b.c\npeers = one\n"
		  "in_flight_max = 1024\n[swx u]\nrealm = b.c\npeers = one\nin_flight_max = 1024\n[swx v]\nrealm = b.c\n"
		  "peers = one\nin_flight_max = 1024\n[swx w]\nrealm = b.c\npeers = one\n",
		  "4096 at most" },
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		if (kit_parse(kit, rows[i].text) != ES_MALFORMED || strstr(kit->text, rows[i].says) == NULL)
			fail_msg("row %zu: %s", i, kit->text);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, kit_set_up, kit_tear_down)
	const struct CMUnitTest tests[] = {
		TEST(sections_become_a_node_peers_and_sources),
		TEST(freediameter_is_told_the_same),
		TEST(a_file_without_diameter_has_no_source),
		TEST(what_cannot_work_is_refused_with_a_sentence),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
