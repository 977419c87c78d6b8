/* policy_events_test.c -- a change is told to exactly the devices and applications whose answers it alters. */
#include "es_clock.h"
#include "es_token.h"
#include "policy_engine.h"
#include "policy_testing.h"

#define EACH_ENGINE(t)                                                                                                 \
	(void)state;                                                                                                       \
	for (unsigned engine = 0; engine < es_db_testing_engines(); engine++)                                              \
		for (bool once = (begin((t), engine), true); once; once = false, end(t))

#define PHONE "356938035643809"
#define WATCH "356938035643999"

static struct policy_test test;
static struct policy_engine engine_of_test;
static struct es_arena *arena;
static int64_t now;

static void begin(struct policy_test *t, unsigned engine)
{
	policy_test_open(t, engine, "policy_events");
	policy_test_populate(t);
	now = es_wall_ms();
	engine_of_test = (struct policy_engine){ .store = t->store, .ring = t->ring };
	engine_of_test.seen = policy_seen_start(t->store, true);
	arena = es_arena_new(0, 1 << 20);
	assert_true(arena != NULL && engine_of_test.seen != NULL);
}

static void end(struct policy_test *t)
{
	policy_seen_stop(engine_of_test.seen);
	es_arena_free(arena);
	policy_test_close(t);
}

/* What was seen is in the database. */
static void write_down(void)
{
	policy_seen_stop(engine_of_test.seen);
	engine_of_test.seen = policy_seen_start(test.store, true);
	assert_non_null(engine_of_test.seen);
}

static char *text_copy(const char *text)
{
	return es_arena_strdup(arena, es_slice_str(text));
}

static struct es_slice token_for(const char *terminal, const char *group)
{
	Openes__AdmitRequest request = OPENES__ADMIT_REQUEST__INIT;
	Openes__AdmitReply reply = OPENES__ADMIT_REPLY__INIT;
	struct es_token token = {
		.tenant = "demo", .method = ES_METHOD_EAP_AKA, .issued_ms = now, .expires_ms = now + 3600000
	};
	struct es_slice text;

	request.tenant = text_copy("demo");
	request.imsi = text_copy(TEST_IMSI);
	assert_int_equal(policy_serve_admit(&engine_of_test, &request, arena, &reply), ES_OK);
	assert_int_equal(es_imsi_parse(ES_SLICE_LIT(TEST_IMSI), &token.imsi), ES_OK);
	token.epoch = reply.epoch;
	strncpy(token.group, group, sizeof token.group - 1);
	es_token_digest(es_slice_str(terminal), token.terminal);
	assert_int_equal(es_token_seal(test.ring, &token, arena, &text), ES_OK);
	return text;
}

/* A device asks and is answered; ap2003, ap2004 and ap2005 share a token. */
static Openes__DecideReply__Outcome ask_with(struct es_slice token, const char *terminal, const char *apps,
                                             uint32_t version)
{
	Openes__DecideRequest request = OPENES__DECIDE_REQUEST__INIT;
	Openes__DeviceRequest device = OPENES__DEVICE_REQUEST__INIT;
	Openes__DecideReply reply = OPENES__DECIDE_REPLY__INIT;
	struct es_slice rest = es_slice_str(apps);
	char *list[8];

	while (rest.len > 0)
		list[device.n_apps++] = es_arena_strdup(arena, es_slice_cut(&rest, ' '));
	device.apps = list;
	device.version_major = version;
	device.terminal_id = text_copy(terminal);
	device.operation = text_copy(strcmp(apps, "ap2006") == 0 ? "CheckEligibility" : "");
	request.request = &device;
	request.token = es_arena_strdup(arena, token);
	assert_int_equal(policy_serve_decide(&engine_of_test, &request, es_wall_ms(), arena, &reply), ES_OK);
	return reply.outcome;
}

static void ask(const char *terminal, const char *apps, uint32_t version)
{
	assert_int_equal(ask_with(token_for(terminal, "ap2003"), terminal, apps, version),
	                 OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
}

static Openes__EventsReply events_after(uint64_t after)
{
	Openes__EventsRequest request = OPENES__EVENTS_REQUEST__INIT;
	Openes__EventsReply reply = OPENES__EVENTS_REPLY__INIT;
	request.after = after;
	assert_int_equal(policy_serve_events(&engine_of_test, &request, arena, &reply), ES_OK);
	return reply;
}

/* The newest event as "kind coarse,apps PHONE:touched/unchanged ...". */
static const char *newest(void)
{
	static char text[1024];
	const Openes__EventsReply all = events_after(0);
	const Openes__Event *e = all.events[all.n_events - 1];
	struct es_buf out;

	es_buf_init_fixed(&out, text, sizeof text - 1);
	es_put_str(&out, e->kind);
	for (size_t i = 0; i < e->n_apps; i++)
		es_put_printf(&out, "%s%s", i == 0 ? " " : ",", e->apps[i]);
	for (size_t i = 0; i < e->n_devices; i++) {
		const Openes__EventDevice *d = e->devices[i];
		es_put_printf(&out, " %s:", strcmp(d->terminal_id, PHONE) == 0 ? "phone" : "watch");
		for (size_t k = 0; k < d->n_apps; k++)
			es_put_printf(&out, "%s%s", k == 0 ? "" : ",", d->apps[k]);
		es_put_str(&out, "/");
		for (size_t k = 0; k < d->n_unchanged; k++)
			es_put_printf(&out, "%s%s", k == 0 ? "" : ",", d->unchanged[k]);
	}
	text[out.len] = '\0';
	return text;
}

static void patch(const char *body)
{
	policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.patch", TEST_LINE, body);
}

static void a_change_names_the_answers_it_alters_and_no_others(void **state)
{
	EACH_ENGINE(&test)
	{
		patch("{\"vowifi\":{\"provisioning\":\"not_provisioned\"}}");
		assert_string_equal(newest(), "subscriber.changed ap2004"); /* nobody has asked: whoever registered */
		ask(PHONE, "ap2003 ap2004 ap2005", 12);
		ask(WATCH, "ap2005", 12);
		write_down();
		patch("{\"vowifi\":{\"provisioning\":\"provisioned\"}}");
		assert_string_equal(newest(), "subscriber.changed ap2004 phone:ap2004/ap2003,ap2005 watch:/ap2005");
		patch("{\"sms\":{\"provisioning\":\"not_provisioned\"}}");
		/* The phone has not fetched ap2004 since. */
		assert_string_equal(newest(), "subscriber.changed ap2005 phone:ap2004,ap2005/ap2003 watch:ap2005/");
		ask(PHONE, "ap2003 ap2004 ap2005", 12);
		ask(WATCH, "ap2005", 12);
		write_down();
		patch("{\"vowifi\":{\"address_id\":\"abc\"}}");
		assert_string_equal(newest(), "subscriber.changed ap2004 phone:ap2004/ap2003,ap2005 watch:/ap2005");
	}
}

static void what_esim_is_told_is_an_answer_too(void **state)
{
	EACH_ENGINE(&test)
	{
		assert_int_equal(ask_with(token_for(WATCH, "ap2006"), WATCH, "ap2006", 12),
		                 OPENES__DECIDE_REPLY__OUTCOME__DECIDED);
		write_down();
		patch("{\"opt_outs\":[\"vowifi\"]}");
		assert_string_equal(newest(), "subscriber.changed ap2004 watch:/ap2006");
		patch("{\"opt_outs\":[\"companion\"]}");
		assert_string_equal(newest(), "subscriber.changed ap2004,ap2006 watch:ap2006/");
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.get", TEST_LINE, "");
		assert_non_null(
			strstr(test.body, "\"answers\":[{\"app\":\"ap2006\",\"entitlement_version\":\"12.0\",\"answered\":\"2"));
	}
}

static void a_plan_that_gives_the_same_wakes_nobody(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=twin",
		               "{\"name\":\"Twin\",\"volte\":\"all\",\"vonr\":\"home\",\"vowifi\":true,\"smsoip\":false}");
		ask(PHONE, "ap2003 ap2004 ap2005", 12);
		ask(WATCH, "ap2003", 12);
		write_down();
		patch("{\"plan\":\"twin\"}");
		assert_non_null(strstr(newest(), "phone:ap2005/ap2003,ap2004 watch:/ap2003"));
	}
}

static void the_form_a_device_was_answered_in_is_the_one_that_is_compared(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_CREATED, "plan.put", "tenant=demo&plan=no-nr",
		               "{\"volte\":\"all\",\"vowifi\":true,\"smsoip\":true}");
		ask(PHONE, "ap2003", 12);
		ask(WATCH, "ap2003", 2); /* before 7.0 the document says LTE alone */
		write_down();
		patch("{\"plan\":\"no-nr\"}");
		assert_non_null(strstr(newest(), "phone:ap2003/ watch:/ap2003"));
	}
}

static void an_answer_on_its_way_to_the_table_is_not_forgotten(void **state)
{
	EACH_ENGINE(&test)
	{
		ask(PHONE, "ap2005", 12);
		write_down();
		patch("{\"sms\":{\"provisioning\":\"not_provisioned\"}}");
		ask(PHONE, "ap2005", 12); /* told the new state, which the table does not know yet */
		patch("{\"sms\":{\"provisioning\":\"not_required\"}}");
		assert_string_equal(newest(), "subscriber.changed ap2005 phone:ap2005/");
	}
}

static void dead_tokens_concern_every_device(void **state)
{
	EACH_ENGINE(&test)
	{
		ask(PHONE, "ap2003 ap2005", 12);
		ask(WATCH, "ap2004", 12);
		write_down();
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.suspend", TEST_LINE, "");
		assert_non_null(strstr(newest(), " phone:ap2003,ap2005/ watch:ap2004/"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.reset-tokens", TEST_LINE, "");
		assert_non_null(strstr(newest(), " phone:ap2003,ap2005/ watch:ap2004/"));
		policy_test_do(&test, POLICY_ADMIN_DONE, "subscriber.delete", TEST_LINE, "");
		assert_non_null(strstr(newest(), "subscriber.removed"));
		assert_non_null(strstr(newest(), " phone:ap2003,ap2005/ watch:ap2004/"));
	}
}

static void a_plan_is_one_event_with_its_name(void **state)
{
	EACH_ENGINE(&test)
	{
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full", "{\"volte\":\"all\"}");
		const Openes__EventsReply all = events_after(0);
		const Openes__Event *e = all.events[all.n_events - 1];
		assert_string_equal(e->kind, "plan.changed");
		assert_string_equal(e->imsi, "");
		assert_string_equal(e->plan, "full");
		assert_int_equal(e->n_devices, 0);
	}
}

static const char *apps_after(const char *action, const char *params, const char *body,
                              enum policy_admin_outcome outcome)
{
	policy_test_do(&test, outcome, action, params, body);
	const Openes__EventsReply all = events_after(0);
	const Openes__Event *e = all.events[all.n_events - 1];
	assert_string_equal(e->imsi, "");
	return e->n_apps > 0 ? e->apps[0] : "";
}

static void what_alters_no_answer_of_a_tenant_or_plan_names_no_application(void **state)
{
	EACH_ENGINE(&test)
	{
		const enum policy_admin_outcome created = POLICY_ADMIN_CREATED, done = POLICY_ADMIN_DONE;
		assert_string_equal(apps_after("tenant.put", "tenant=new", "{\"name\":\"New\"}", created), "");
		assert_string_equal(apps_after("tenant.put", "tenant=new", "{\"name\":\"Newer\"}", done), "");
		assert_string_equal(
			apps_after("tenant.put", "tenant=new", "{\"brand\":{\"name\":\"B\"},\"token_ttl\":7200}", done), "");
		assert_string_equal(
			apps_after("tenant.put", "tenant=new", "{\"vowifi\":{\"url\":\"https://p.example/\"}}", done), "ap2003");
		assert_string_equal(apps_after("tenant.put", "tenant=new", "{\"name\":\"Newer\",\"validity\":700}", done),
		                    "ap2003");
		assert_string_equal(apps_after("plan.put", "tenant=demo&plan=fresh", "{}", created), "");
		assert_string_equal(apps_after("plan.put", "tenant=demo&plan=fresh", "{\"vowifi\":true}", done), "ap2003");
		assert_string_equal(apps_after("plan.delete", "tenant=demo&plan=fresh", "", done), "");
	}
}

/* A write job that changes a plan and looks: it sees its own change, and nobody else ever does when it is rolled back. */
static es_status change_and_look(struct es_db_conn *conn, void *user)
{
	const struct policy_catalog *before = NULL, *after = NULL;
	bool created = false;

	ES_TRY(policy_catalog_in_write(test.store, conn, &before));
	ES_TRY(policy_row_plan_put(conn, "demo", "full", ES_SLICE_LIT("{\"id\":\"full\",\"name\":\"Mine\"}"), 1, &created));
	ES_TRY(policy_catalog_in_write(test.store, conn, &after));
	assert_string_equal(policy_catalog_plan(before, "demo", "full")->name, "");
	assert_string_equal(policy_catalog_plan(after, "demo", "full")->name, "Mine");
	policy_catalog_release(test.store, before);
	policy_catalog_release(test.store, after);
	(void)user;
	return ES_CONFLICT;
}

static es_status look(struct es_db_conn *conn, void *user)
{
	const struct policy_catalog *catalog = NULL;
	uint64_t version = 0;

	ES_TRY(policy_row_catalog_version(conn, &version));
	ES_TRY(policy_catalog_at(test.store, conn, version, &catalog));
	*(bool *)user = strcmp(policy_catalog_plan(catalog, "demo", "full")->name, "Other") == 0;
	policy_catalog_release(test.store, catalog);
	return ES_OK;
}

static void what_a_transaction_sees_of_the_catalog_stays_in_it(void **state)
{
	EACH_ENGINE(&test)
	{
		bool is_other = true;
		for (unsigned i = 0; i < 2; i++) { /* without a copy of readers, and with one */
			assert_int_equal(es_db_write_wait(policy_store_db(test.store), change_and_look, NULL), ES_CONFLICT);
			assert_int_equal(es_db_read(policy_store_db(test.store), look, &is_other), ES_OK);
			assert_false(is_other);
		}
		/* The version that was rolled back comes again, with another content. */
		policy_test_do(&test, POLICY_ADMIN_DONE, "plan.put", "tenant=demo&plan=full", "{\"name\":\"Other\"}");
		assert_int_equal(es_db_read(policy_store_db(test.store), look, &is_other), ES_OK);
		assert_true(is_other);
	}
}

static void an_answer_is_told_once_a_day_when_it_stays(void **state)
{
	EACH_ENGINE(&test)
	{
		for (unsigned i = 0; i < 3; i++) {
			ask(PHONE, "ap2003 ap2004", 12);
			write_down(); /* which forgets what was noted: the statement finds that out */
		}
		patch("{\"vowifi\":{\"address_id\":\"abc\"}}");
		assert_string_equal(newest(), "subscriber.changed ap2004 phone:ap2004/ap2003");
	}
}

static void many_devices_come_in_as_many_answers_as_it_takes(void **state)
{
	EACH_ENGINE(&test)
	{
		uint64_t after = 0, last = 0;
		size_t devices = 0;
		for (unsigned i = 0; i < POLICY_DEVICES_MAX; i++)
			ask(es_arena_printf(arena, "3569380356%05u", i), "ap2004", 12);
		write_down();
		const uint64_t from = events_after(0).head;
		for (unsigned i = 0; i < 40; i++)
			patch(i % 2 == 0 ? "{\"vowifi\":{\"address_id\":\"a\"}}" : "{\"vowifi\":{\"address_id\":\"b\"}}");
		for (after = from; after < from + 40; after = last) {
			const Openes__EventsReply page = events_after(after);
			assert_true(page.n_events > 0);
			for (size_t i = 0; i < page.n_events; i++) {
				assert_int_equal(page.events[i]->n_devices, POLICY_DEVICES_MAX);
				devices += page.events[i]->n_devices;
			}
			last = page.events[page.n_events - 1]->sequence;
			es_arena_reset(arena);
		}
		assert_int_equal(devices, 40 * POLICY_DEVICES_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_change_names_the_answers_it_alters_and_no_others),
		cmocka_unit_test(what_esim_is_told_is_an_answer_too),
		cmocka_unit_test(a_plan_that_gives_the_same_wakes_nobody),
		cmocka_unit_test(the_form_a_device_was_answered_in_is_the_one_that_is_compared),
		cmocka_unit_test(an_answer_on_its_way_to_the_table_is_not_forgotten),
		cmocka_unit_test(dead_tokens_concern_every_device),
		cmocka_unit_test(a_plan_is_one_event_with_its_name),
		cmocka_unit_test(what_alters_no_answer_of_a_tenant_or_plan_names_no_application),
		cmocka_unit_test(what_a_transaction_sees_of_the_catalog_stays_in_it),
		cmocka_unit_test(an_answer_is_told_once_a_day_when_it_stays),
		cmocka_unit_test(many_devices_come_in_as_many_answers_as_it_takes),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
