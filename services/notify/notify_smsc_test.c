/* notify_smsc_test.c -- an account at an SMSC that this test plays, PDU by PDU: as it should be, and as nobody should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <poll.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_reader.h"
#include "notify_kind.h"
#include "notify_smpp.h"
#include "notify_smsc_int.h"

#define IMSI "001010000000001"
#define PATIENCE 20000 /* ms; nothing waits for it but a test that fails */

struct told {
	sem_t sem;
	struct notify_heard heard;
};

struct place {
	struct smsc_config config;
	struct notify_account *account;
	int listener, peer;
	uint8_t in[65536], pdu[NOTIFY_SMPP_PDU_MAX];
	size_t in_len;
	struct told told[8];
};

static void on_told(const struct notify_heard *heard, void *user)
{
	struct told *told = user;

	told->heard = *heard;
	assert_int_equal(sem_post(&told->sem), 0);
}

static void expect_told(struct place *p, size_t i, enum notify_verdict verdict)
{
	assert_int_equal(sem_wait(&p->told[i].sem), 0);
	assert_int_equal(p->told[i].heard.verdict, verdict);
}

static int set_up(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	assert_non_null(p);
	es_crypto_init();
	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(p->listener, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(p->listener, 8), 0);
	assert_int_equal(getsockname(p->listener, (struct sockaddr *)&at, &len), 0);
	p->config = (struct smsc_config){
		.host = "127.0.0.1",
		.system_id = "openes",
		.password_file = "",
		.system_type = "",
		.address_range = "",
		.service_type = "",
		.source = "",
		.ca_file = "",
		.cert_file = "",
		.key_file = "",
		.server_name = "",
		.wake_coding = "binary",
		.wake_ports = "udh",
		.vendor_status = "later",
		.port = ntohs(at.sin_port),
		.binds = 1,
		.window = 2,
		.wake_port = 8095,
		.answer_timeout = 60000,
		.connect_timeout = 10000,
		.enquire_link = 60000,
		.rebind_first = 50,
		.rebind_max = 100,
		.refused_wait = 3600000,
		.validity = 3600000,
		.plain = true,
		.text_receipts = true,
	};
	p->peer = -1;
	for (size_t i = 0; i < ES_COUNT(p->told); i++)
		assert_int_equal(sem_init(&p->told[i].sem, 0, 0), 0);
	*state = p;
	return 0;
}

static int tear_down(void **state)
{
	struct place *p = *state;

	if (p->account != NULL)
		p->account->ops->close(p->account);
	if (p->peer >= 0)
		(void)close(p->peer);
	(void)close(p->listener);
	for (size_t i = 0; i < ES_COUNT(p->told); i++)
		(void)sem_destroy(&p->told[i].sem);
	free(p);
	return 0;
}

/* ---- the SMSC ---- */

static void wait_readable(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };

	assert_int_equal(poll(&poll_fd, 1, PATIENCE), 1);
}

static void take_connection(struct place *p)
{
	if (p->peer >= 0)
		(void)close(p->peer);
	wait_readable(p->listener);
	p->peer = accept(p->listener, NULL, NULL);
	assert_true(p->peer >= 0);
	p->in_len = 0;
}

/* The next PDU, in p->pdu. False: the connection was closed. */
static bool next_pdu(struct place *p, struct notify_smpp_pdu *out)
{
	size_t taken = 0;

	while (notify_smpp_frame(es_slice_of(p->in, p->in_len), out, &taken) != SMPP_PDU_WHOLE) {
		wait_readable(p->peer);
		const ssize_t n = recv(p->peer, p->in + p->in_len, sizeof p->in - p->in_len, 0);
		if (n <= 0)
			return false;
		p->in_len += (size_t)n;
	}
	memcpy(p->pdu, p->in, taken);
	memmove(p->in, p->in + taken, p->in_len - taken);
	p->in_len -= taken;
	(void)notify_smpp_frame(es_slice_of(p->pdu, taken), out, &taken);
	return true;
}

static uint32_t expect_pdu(struct place *p, uint32_t command)
{
	struct notify_smpp_pdu pdu;

	assert_true(next_pdu(p, &pdu));
	assert_int_equal(pdu.command, command);
	return pdu.sequence;
}

static void expect_end(struct place *p)
{
	struct notify_smpp_pdu pdu;

	while (next_pdu(p, &pdu))
		;
}

static void put(struct place *p, uint32_t command, uint32_t status, uint32_t sequence, const char *body, size_t len)
{
	struct es_buf out;

	es_buf_init(&out, 65536);
	es_put_u32(&out, (uint32_t)(16 + len));
	es_put_u32(&out, command);
	es_put_u32(&out, status);
	es_put_u32(&out, sequence);
	es_put_bytes(&out, es_slice_of(body, len));
	assert_int_equal(send(p->peer, out.ptr, out.len, MSG_NOSIGNAL), out.len);
	es_buf_free(&out);
}
#define PUT(p, command, status, sequence, literal) put(p, command, status, sequence, literal, sizeof(literal) - 1)

static void bound(struct place *p)
{
	take_connection(p);
	PUT(p, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, 0, expect_pdu(p, SMPP_BIND_TRANSCEIVER), "smsc\0");
}

static void start(struct place *p)
{
	const struct notify_section section = { .name = "smsc-1", .config = &p->config };
	char text[256] = "";
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	if (notify_kind_smsc.open(&section, &p->account, &error) != ES_OK)
		fail_msg("%s", text);
}

static void start_bound(struct place *p)
{
	start(p);
	bound(p);
}

/* ---- who sends ---- */

static es_status send_wake(struct place *p, size_t i, int64_t deadline)
{
	const struct notify_message message = { .tenant = "demo",
		                                    .imsi = IMSI,
		                                    .address = ES_SLICE_LIT("+34600000001"),
		                                    .apps = { "ap2003", "ap2004" },
		                                    .app_count = 2,
		                                    .now_ms = es_wall_ms(),
		                                    .expires_ms = es_wall_ms() + 60000,
		                                    .deadline = es_wall_ms() + deadline };

	return p->account->ops->send(p->account, &message, on_told, &p->told[i]);
}

static void wait_room(struct place *p)
{
	int64_t again;

	while (p->account->ops->room(p->account, &again) == 0)
		(void)usleep(1000);
}

static uint32_t wake(struct place *p, size_t i)
{
	wait_room(p);
	assert_int_equal(send_wake(p, i, 60000), ES_OK);
	return expect_pdu(p, SMPP_SUBMIT_SM);
}

static void send_text(struct place *p, size_t i, const char *utf8, int64_t deadline)
{
	const struct notify_text text = { .tenant = ES_SLICE_LIT("demo"),
		                              .msisdn = ES_SLICE_LIT("+34600000001"),
		                              .text = es_slice_str(utf8),
		                              .deadline = es_wall_ms() + deadline };

	assert_int_equal(p->account->ops->text(p->account, &text, on_told, &p->told[i]), ES_OK);
}

#define SUBMIT_RESP (SMPP_SUBMIT_SM | SMPP_RESPONSE)

/* ---- tests ---- */

/* V12-NOTIF-08, 09 */
static void a_wake_up_is_accepted_when_the_smsc_says_so(void **state)
{
	static const char tail[] = "\x06\x05\x04\x1f\x9f\x00\x00" IMSI "-aescfg,ap2003,ap2004";
	struct place *p = *state;

	start_bound(p);
	const uint32_t sequence = wake(p, 0);
	struct notify_smpp_pdu pdu;
	size_t taken = 0;
	assert_int_equal(notify_smpp_frame(es_slice_of(p->pdu, sizeof p->pdu), &pdu, &taken), SMPP_PDU_WHOLE);
	assert_true(pdu.body.len > sizeof tail);
	assert_memory_equal(pdu.body.ptr + pdu.body.len - (sizeof tail - 1), tail, sizeof tail - 1);
	assert_int_equal(p->account->ops->state(p->account), NOTIFY_WORKS);
	PUT(p, SUBMIT_RESP, 0, sequence, "id-1\0");
	expect_told(p, 0, NOTIFY_ACCEPTED);
}

static void no_more_than_the_window_are_under_way(void **state)
{
	struct place *p = *state;
	int64_t again;

	start_bound(p);
	const uint32_t first = wake(p, 0), second = wake(p, 1);
	assert_int_equal(p->account->ops->room(p->account, &again), 0);
	assert_int_equal(send_wake(p, 2, 60000), ES_BUSY);
	PUT(p, SUBMIT_RESP, 0, second, "b\0");
	expect_told(p, 1, NOTIFY_ACCEPTED);
	const uint32_t third = wake(p, 2);
	PUT(p, SUBMIT_RESP, 0, first, "a\0");
	PUT(p, SUBMIT_RESP, 0x0b, third, "");
	expect_told(p, 0, NOTIFY_ACCEPTED);
	expect_told(p, 2, NOTIFY_REFUSED);
	assert_string_equal(p->told[2].heard.detail, "ESME_RINVDSTADR");
}

static void what_is_under_way_when_the_link_breaks_is_told_and_another_bind_follows(void **state)
{
	struct place *p = *state;

	start_bound(p);
	(void)wake(p, 0);
	send_text(p, 1, "Code: 123456", 60000);
	(void)expect_pdu(p, SMPP_SUBMIT_SM);
	bound(p); /* takes the next connection, ends this one */
	expect_told(p, 0, NOTIFY_LATER);
	assert_int_equal(p->told[0].heard.reason, NOTIFY_WHY_UNREACHABLE);
	expect_told(p, 1, NOTIFY_LATER); /* a text that may have gone does not go again */
	PUT(p, SUBMIT_RESP, 0, wake(p, 2), "x\0");
	expect_told(p, 2, NOTIFY_ACCEPTED);
}

static void a_throttled_wake_up_comes_later_and_a_throttled_text_goes_again(void **state)
{
	struct place *p = *state;

	start_bound(p);
	PUT(p, SUBMIT_RESP, 0x58, wake(p, 0), "");
	expect_told(p, 0, NOTIFY_LATER);
	assert_int_equal(p->told[0].heard.reason, NOTIFY_WHY_RATE);
	assert_true(p->told[0].heard.wait_ms > 0);
	send_text(p, 1, "Code: 123456", 60000);
	PUT(p, SUBMIT_RESP, 0x14, expect_pdu(p, SMPP_SUBMIT_SM), ""); /* after the pause */
	PUT(p, SUBMIT_RESP, 0, expect_pdu(p, SMPP_SUBMIT_SM), "t\0");
	expect_told(p, 1, NOTIFY_ACCEPTED);
}

static void a_long_text_is_accepted_when_all_its_parts_are(void **state)
{
	char text[201] = "";
	struct place *p = *state;

	memset(text, 'a', 200);
	start_bound(p);
	send_text(p, 0, text, 60000);
	const uint32_t first = expect_pdu(p, SMPP_SUBMIT_SM), second = expect_pdu(p, SMPP_SUBMIT_SM);
	PUT(p, SUBMIT_RESP, 0, second, "2\0");
	PUT(p, SUBMIT_RESP, 0, first, "1\0");
	expect_told(p, 0, NOTIFY_ACCEPTED);
	send_text(p, 1, text, 60000);
	(void)expect_pdu(p, SMPP_SUBMIT_SM);
	PUT(p, SUBMIT_RESP, 0x0b, expect_pdu(p, SMPP_SUBMIT_SM), "");
	expect_told(p, 1, NOTIFY_REFUSED);
}

static void who_is_not_bound_in_time_is_told_at_the_deadline(void **state)
{
	struct place *p = *state;
	int64_t again;

	start(p);
	send_text(p, 0, "Code: 123456", 50);
	expect_told(p, 0, NOTIFY_LATER);
	assert_int_equal(p->account->ops->room(p->account, &again), 0);
	assert_int_equal(p->account->ops->state(p->account), NOTIFY_CONNECTING);
	bound(p);
	wait_room(p);
	assert_int_equal(send_wake(p, 1, 50), ES_OK); /* not answered */
	const uint32_t sequence = expect_pdu(p, SMPP_SUBMIT_SM);
	expect_told(p, 1, NOTIFY_LATER);
	PUT(p, SUBMIT_RESP, 0, sequence, "late\0"); /* and harms nobody then */
	PUT(p, SUBMIT_RESP, 0, wake(p, 2), "x\0");
	expect_told(p, 2, NOTIFY_ACCEPTED);
}

static void a_refused_password_stops_the_account(void **state)
{
	struct place *p = *state;

	start(p);
	take_connection(p);
	PUT(p, SMPP_BIND_TRANSCEIVER | SMPP_RESPONSE, 0x0e, expect_pdu(p, SMPP_BIND_TRANSCEIVER), "");
	expect_end(p);
	while (p->account->ops->state(p->account) != NOTIFY_STOPS)
		(void)usleep(1000);
	assert_int_equal(p->account->ops->text(p->account, &(struct notify_text){ .text = ES_SLICE_LIT("x") }, on_told, p),
	                 ES_UNAVAILABLE);
}

#define DELIVER(esm)                                                                                                   \
	"\0\1\1"                                                                                                           \
	"34600000001\0\1\1"                                                                                                \
	"100\0" esm "\0\0\0\0\0\0\0\0"

static void what_the_smsc_asks_is_answered(void **state)
{
	struct place *p = *state;
	struct notify_smpp_pdu pdu;

	start_bound(p);
	PUT(p, SMPP_ENQUIRE_LINK, 0, 7, "");
	assert_int_equal(expect_pdu(p, SMPP_ENQUIRE_LINK | SMPP_RESPONSE), 7);
	PUT(p, SMPP_DELIVER_SM, 0, 8, DELIVER("\4") "\x18id:77 sub:1 stat:DELIVRD");
	assert_int_equal(expect_pdu(p, SMPP_DELIVER_SM | SMPP_RESPONSE), 8);
	PUT(p, SMPP_DELIVER_SM, 0, 9, "\1");
	assert_true(next_pdu(p, &pdu));
	assert_true(pdu.command == (SMPP_DELIVER_SM | SMPP_RESPONSE) && pdu.status != 0 && pdu.sequence == 9);
	PUT(p, 0x103, 0, 10, "x"); /* data_sm */
	assert_int_equal(expect_pdu(p, SMPP_GENERIC_NACK), 10);
	PUT(p, SMPP_ALERT_NOTIFICATION, 0, 11, "\1\1123\0\1\1456\0");
	PUT(p, SUBMIT_RESP, 0x400, wake(p, 0), "");
	expect_told(p, 0, NOTIFY_LATER);
	PUT(p, SMPP_UNBIND, 0, 12, "");
	assert_int_equal(expect_pdu(p, SMPP_UNBIND | SMPP_RESPONSE), 12);
	bound(p);
}

static void an_smsc_that_does_not_answer_enquire_link_is_left(void **state)
{
	struct place *p = *state;

	p->config.enquire_link = 50;
	start_bound(p);
	const uint32_t first = expect_pdu(p, SMPP_ENQUIRE_LINK);
	PUT(p, SMPP_ENQUIRE_LINK | SMPP_RESPONSE, 0, first, "");
	(void)expect_pdu(p, SMPP_ENQUIRE_LINK);
	expect_end(p);
	bound(p);
}

static void an_smsc_that_does_not_answer_a_submit_is_left(void **state)
{
	struct place *p = *state;

	p->config.answer_timeout = 100;
	start_bound(p);
	(void)wake(p, 0);
	expect_end(p);
	expect_told(p, 0, NOTIFY_LATER);
	bound(p);
}

static void nonsense_ends_the_link_and_another_bind_follows(void **state)
{
	static const struct {
		const char *octets;
		size_t len;
	} rows[] = {
#define ROW(literal) { literal, sizeof(literal) - 1 }
		ROW("\0\0\0\x0f"),                                 /* shorter than a header */
		ROW("\x7f\xff\xff\xff\x80\0\0\4\0\0\0\0\0\0\0\2"), /* 2 GiB */
		ROW("HTTP/1.1 400 Bad Request\r\n\r\n"),           /* another protocol */
		ROW("\0\0\0\x10\x80\0\0\4\0\0\0\0\0\0\0\x63"),     /* an answer to no submit_sm */
		ROW("\0\0\0\x10\x80\0\0\x15\0\0\0\0\0\0\0\x63"),   /* to no enquire_link */
		ROW("\0\0\0\x10\x80\0\0\6\0\0\0\0\0\0\0\x63"),     /* to no unbind */
		ROW("\0\0\0\x10\x80\0\0\x21\0\0\0\0\0\0\0\1"),     /* to a command that is never sent */
		ROW("\0\0\0\x10\x80\0\0\0\0\0\0\3\0\0\0\0"),       /* generic_nack of nothing */
		ROW("\0\0\0\x15\x80\0\0\4\0\0\0\0\0\0\0\2"
		    "abcde"),                                  /* a message_id without end, of what is under way */
		ROW("\0\0\0\x10\x80\0\0\x09\0\0\0\0\0\0\0\1"), /* a second answer to the bind */
		ROW("\0\0\0\x11\0\0\1\2\0\0\0\0\0\0\0\1"
		    "x"), /* alert_notification */
	};
	struct place *p = *state;

	start_bound(p);
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		(void)wake(p, 0); /* sequence 2 */
		assert_int_equal(send(p->peer, rows[i].octets, rows[i].len, MSG_NOSIGNAL), rows[i].len);
		expect_told(p, 0, NOTIFY_LATER);
		expect_end(p);
		bound(p);
	}
}

static void an_smsc_that_asks_and_never_reads_is_left(void **state)
{
	struct place *p = *state;
	uint8_t pdu[NOTIFY_SMPP_HEADER] = { 0, 0, 0, 16, 0, 0, 0, 0x15, 0, 0, 0, 0, 0, 0, 0, 1 };
	static uint8_t many[65536];
	ssize_t n;

	for (size_t i = 0; i < sizeof many; i++)
		many[i] = pdu[i % sizeof pdu];
	start_bound(p);
	do
		n = send(p->peer, many, sizeof many, MSG_NOSIGNAL);
	while (n > 0 && n % NOTIFY_SMPP_HEADER == 0);
	bound(p);
}

static void a_stop_unbinds_and_tells_who_waits(void **state)
{
	struct place *p = *state;

	start_bound(p);
	(void)wake(p, 0);
	p->account->ops->close(p->account);
	p->account = NULL;
	(void)expect_pdu(p, SMPP_UNBIND);
	expect_told(p, 0, NOTIFY_LATER);
}

static void what_does_not_fit_smpp_is_said_at_the_start(void **state)
{
	struct place *p = *state;
	const struct notify_section section = { .name = "smsc-1", .config = &p->config };
	struct notify_account *account = NULL;
	char text[256] = "";
	struct es_buf error;

	es_buf_init_fixed(&error, text, sizeof text - 1);
	p->config.system_id = "sixteen-letters-";
	assert_int_equal(notify_kind_smsc.open(&section, &account, &error), ES_MALFORMED);
	assert_string_equal(text, "system_id has at most 15 characters");
	p->config.system_id = "openes";
	p->config.wake_coding = "morse";
	assert_int_equal(notify_kind_smsc.open(&section, &account, &error), ES_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_wake_up_is_accepted_when_the_smsc_says_so),
		TEST(no_more_than_the_window_are_under_way),
		TEST(what_is_under_way_when_the_link_breaks_is_told_and_another_bind_follows),
		TEST(a_throttled_wake_up_comes_later_and_a_throttled_text_goes_again),
		TEST(a_long_text_is_accepted_when_all_its_parts_are),
		TEST(who_is_not_bound_in_time_is_told_at_the_deadline),
		TEST(a_refused_password_stops_the_account),
		TEST(what_the_smsc_asks_is_answered),
		TEST(an_smsc_that_does_not_answer_enquire_link_is_left),
		TEST(an_smsc_that_does_not_answer_a_submit_is_left),
		TEST(nonsense_ends_the_link_and_another_bind_follows),
		TEST(an_smsc_that_asks_and_never_reads_is_left),
		TEST(a_stop_unbinds_and_tells_who_waits),
		TEST(what_does_not_fit_smpp_is_said_at_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
