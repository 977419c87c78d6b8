/* notify_smsc.c -- an account at an SMSC: its section, who may send how much, and the thread that drives its binds. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_secret.h"
#include "notify_kind.h"
#include "notify_smsc_int.h"

#define SECOND INT64_C(1000)
#define HOUR (3600 * SECOND)
#define UNBIND_WAIT SECOND
#define AGAIN_MAX SECOND

#define KEY(field, kind, fallback, min, max, help)                                                                     \
	ES_CONF(smsc, struct smsc_config, field, kind, fallback, min, max, help)

static const struct es_conf_key keys[] = {
	KEY(host, ES_CONF_STRING, NULL, 0, 0, "name or address of the SMSC"),
	KEY(port, ES_CONF_U32, "3550", 1, 65535, "its port for SMPP; without TLS often 2775"),
	KEY(plain, ES_CONF_BOOL, "no", 0, 0, "speak SMPP without TLS: over a VPN or on this host"),
	KEY(ca_file, ES_CONF_STRING, "", 0, 0, "authority (PEM) of its certificate; empty: the system's"),
	KEY(cert_file, ES_CONF_STRING, "", 0, 0, "our certificate for mutual TLS, PEM"),
	KEY(key_file, ES_CONF_STRING, "", 0, 0, "its private key, PEM"),
	KEY(server_name, ES_CONF_STRING, "", 0, 0, "name that its certificate has to have; empty: host"),
	KEY(system_id, ES_CONF_STRING, NULL, 0, 0, "our name there, 15 characters at most"),
	KEY(password_file, ES_CONF_STRING, "", 0, 0, "file with our password, 8 characters at most; empty: none"),
	KEY(system_type, ES_CONF_STRING, "", 0, 0, "what the SMSC wants to be told that we are, 12 characters at most"),
	KEY(address_range, ES_CONF_STRING, "", 0, 0, "numbers whose SMS and receipts are to come here; mostly empty"),
	KEY(binds, ES_CONF_U32, "1", 1, SMSC_BINDS_MAX, "transceiver binds at once"),
	KEY(window, ES_CONF_U32, "10", 1, SMSC_WINDOW_MAX, "submits without an answer on one bind"),
	KEY(rate, ES_CONF_U32, "0", 0, 100000, "submits a second on one bind; 0: no bound"),
	KEY(answer_timeout, ES_CONF_DURATION, "10s", 100, 60 * SECOND, "time for an answer; the bind ends then"),
	KEY(connect_timeout, ES_CONF_DURATION, "10s", 100, 60 * SECOND, "time for each of name, connection, TLS and bind"),
	KEY(enquire_link, ES_CONF_DURATION, "30s", 50, HOUR, "how often the SMSC is asked whether it is there"),
	KEY(rebind_first, ES_CONF_DURATION, "1s", 50, HOUR, "pause before another bind; twice as long after each failure"),
	KEY(rebind_max, ES_CONF_DURATION, "60s", 50, HOUR, "the longest pause"),
	KEY(refused_wait, ES_CONF_DURATION, "60s", 50, 24 * HOUR, "pause after name or password were refused"),
	KEY(source, ES_CONF_STRING, "", 0, 0, "who SMS are from, 20 characters at most; empty: the SMSC puts it in"),
	KEY(source_ton, ES_CONF_U32, "5", 0, 7, "type of that address; 5: letters, 1: international number, 3: short code"),
	KEY(source_npi, ES_CONF_U32, "0", 0, 18, "its numbering plan; 1 for numbers"),
	KEY(destination_ton, ES_CONF_U32, "1", 0, 7, "type of subscribers' numbers, which are sent without '+'"),
	KEY(destination_npi, ES_CONF_U32, "1", 0, 18, "their numbering plan"),
	KEY(service_type, ES_CONF_STRING, "", 0, 0, "service_type of submits, 5 characters at most"),
	KEY(protocol_id, ES_CONF_U32, "0", 0, 255, "protocol_id of wake-ups; 64 (0x40): not to be shown"),
	KEY(priority, ES_CONF_U32, "1", 0, 3, "priority_flag"),
	KEY(validity, ES_CONF_DURATION, "1h", 0, 99 * 24 * HOUR, "how long the SMSC tries at most; 0: as it has it"),
	KEY(wake_port, ES_CONF_U32, "8095", 1, 65535, "destination port of wake-ups"),
	KEY(wake_ports, ES_CONF_STRING, "udh", 0, 0, "where ports are told: udh (in the message) or tlv (in the PDU)"),
	KEY(wake_coding, ES_CONF_STRING, "binary", 0, 0,
	    "wake-ups as binary (data_coding 4), class1 (245), septets (7-bit, the SMSC packs) or packed (7-bit, packed "
	    "here)"),
	KEY(wake_receipts, ES_CONF_BOOL, "no", 0, 0, "ask for delivery receipts of wake-ups"),
	KEY(text_coding, ES_CONF_U32, "0", 0, 3,
	    "data_coding of texts: 0 (GSM), 1 (ASCII), 3 (Latin-1); else UCS-2 as needed"),
	KEY(text_receipts, ES_CONF_BOOL, "yes", 0, 0, "ask for delivery receipts of texts"),
	KEY(vendor_status, ES_CONF_STRING, "later", 0, 0, "what command_status 0x400 and above mean: later or refused"),
};

void smsc_kick(struct smsc *smsc)
{
	const uint64_t one = 1;

	(void)!write(smsc->wake_fd, &one, sizeof one);
}

/* ---- sending ---- */

/* A link on which a part may go now: the one with the least under way. */
static struct smsc_link *open_link(struct smsc *s, int64_t now_us)
{
	struct smsc_link *best = NULL;
	int64_t wait;

	for (uint32_t i = 0; i < s->config->binds; i++) {
		struct smsc_link *link = &s->links[i];
		if (link->state == LINK_BOUND && link->under_way < s->config->window &&
		    notify_smsc_flow_room(&link->flow, now_us, &wait) > 0 &&
		    (best == NULL || link->under_way < best->under_way))
			best = link;
	}
	return best;
}

/* As many parts as may go. True: all of it has gone, or nobody waits for it. */
static bool submit_parts(struct smsc *s, struct smsc_job *job, int64_t now)
{
	for (unsigned part = 0; job->waiting != 0; part++) {
		if ((job->waiting & 1u << part) == 0)
			continue;
		struct smsc_link *link = open_link(s, es_mono_us());
		if (link == NULL)
			return false;
		job->waiting = (uint16_t)(job->waiting & ~(1u << part));
		smsc_bind_submit(link, job, part, now);
	}
	return true;
}

static void submit_list(struct smsc *s, struct smsc_list *list, int64_t now)
{
	struct smsc_job *job = list->first;

	smsc_list_init(list);
	while (job != NULL) {
		struct smsc_job *next = job->next;
		if (job->deadline <= now)
			smsc_job_tell(job, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, 0, "no bind took it in time");
		job->is_listed = !submit_parts(s, job, now);
		if (job->is_listed)
			smsc_list_put(list, job);
		else
			smsc_job_release(job);
		job = next;
	}
}

/* Answers that come too late still free the slot; who waits is told now. */
static void tell_late(struct smsc *s, int64_t now)
{
	for (uint32_t i = 0; i < s->config->binds; i++)
		for (uint32_t j = 0; s->links[i].under_way > 0 && j < s->config->window; j++) {
			struct smsc_job *job = s->links[i].slots[j].job;
			if (job != NULL && job->deadline <= now)
				smsc_job_tell(job, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, 0, "no answer in time");
		}
}

static void append(struct smsc_list *to, struct smsc_list *from)
{
	for (struct smsc_job *job = from->first, *next; job != NULL; job = next) {
		next = job->next;
		job->is_listed = true;
		smsc_list_put(to, job);
	}
	smsc_list_init(from);
}

/* ---- what others see ---- */

static uint32_t free_room(struct smsc *s, int64_t *again_ms)
{
	uint32_t room = 0;

	*again_ms = AGAIN_MAX;
	for (uint32_t i = 0; i < s->config->binds; i++) {
		const struct smsc_link *link = &s->links[i];
		int64_t wait = 0;
		if (link->state != LINK_BOUND)
			continue;
		const uint32_t paced = notify_smsc_flow_room(&link->flow, es_mono_us(), &wait);
		const uint32_t slots = s->config->window - link->under_way;
		room += paced < slots ? paced : slots;
		if (paced == 0 && wait < *again_ms)
			*again_ms = wait;
	}
	for (const struct smsc_job *job = s->wakes.first; job != NULL && room > 0; job = job->next)
		room--;
	for (const struct smsc_job *job = s->texts.first; job != NULL && room > 0; job = job->next)
		room--;
	return room;
}

static enum notify_account_state state_of(const struct smsc *s)
{
	enum notify_account_state state = NOTIFY_CONNECTING;

	for (uint32_t i = 0; i < s->config->binds; i++) {
		if (s->links[i].state == LINK_BOUND)
			return NOTIFY_WORKS;
		if (s->links[i].is_refused)
			state = NOTIFY_STOPS;
	}
	return state;
}

static void publish(struct smsc *s)
{
	int64_t again_ms;
	const uint32_t room = free_room(s, &again_ms);
	uint32_t texts = 0;

	for (const struct smsc_job *job = s->texts.first; job != NULL; job = job->next)
		texts++;
	(void)pthread_mutex_lock(&s->lock);
	uint32_t given = 0;
	for (const struct smsc_job *job = s->given_wakes.first; job != NULL; job = job->next)
		given++;
	for (const struct smsc_job *job = s->given_texts.first; job != NULL; job = job->next)
		texts++;
	const uint32_t before = s->room;
	s->room = room > given ? room - given : 0;
	s->again_ms = again_ms > 0 ? again_ms : 1;
	s->texts_waiting = texts;
	s->state = state_of(s);
	/* Whoever asks for room has been told whom to wake; nobody else wants to be. */
	const bool is_roomier = s->is_asked && s->room > before;
	(void)pthread_mutex_unlock(&s->lock);
	if (is_roomier && s->base.roomy != NULL)
		s->base.roomy(s->base.roomy_user);
}

/* ---- the thread ---- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t due_of(const struct smsc_list *list)
{
	int64_t due = INT64_MAX;

	for (const struct smsc_job *job = list->first; job != NULL; job = job->next)
		due = least(due, job->deadline);
	return due;
}

static int timeout(struct smsc *s, int64_t now)
{
	int64_t due = least(due_of(&s->texts), due_of(&s->wakes));

	for (uint32_t i = 0; i < s->config->binds; i++) {
		const struct smsc_link *link = &s->links[i];
		int64_t wait = 0;
		due = least(due, smsc_bind_due(link));
		if (link->state == LINK_BOUND && notify_smsc_flow_room(&link->flow, es_mono_us(), &wait) == 0)
			due = least(due, now + wait);
		for (uint32_t j = 0; link->under_way > 0 && j < s->config->window; j++)
			if (link->slots[j].job != NULL && link->slots[j].job->told != NULL)
				due = least(due, link->slots[j].job->deadline);
	}
	return due <= now ? 0 : due - now > 60 * SECOND ? (int)(60 * SECOND) : (int)(due - now);
}

static void wait_and_step(struct smsc *s)
{
	struct pollfd fds[SMSC_BINDS_MAX + 1] = { { .fd = s->wake_fd, .events = POLLIN } };
	uint64_t kicks;

	for (uint32_t i = 0; i < s->config->binds; i++)
		fds[i + 1] = (struct pollfd){ .fd = s->links[i].fd, .events = smsc_link_events(&s->links[i]) };
	(void)poll(fds, s->config->binds + 1, timeout(s, es_mono_ms()));
	(void)!read(s->wake_fd, &kicks, sizeof kicks);
	const int64_t now = es_mono_ms();
	for (uint32_t i = 0; i < s->config->binds; i++) {
		struct smsc_link *link = &s->links[i];
		const bool is_pending = link->ssl != NULL && SSL_pending(link->ssl) > 0;
		smsc_link_step(link, (short)(fds[i + 1].revents | (is_pending ? POLLIN : 0)), now);
		smsc_bind_timers(link, now);
	}
}

/* False: stop. */
static bool take_given(struct smsc *s)
{
	(void)pthread_mutex_lock(&s->lock);
	append(&s->texts, &s->given_texts);
	append(&s->wakes, &s->given_wakes);
	const bool goes_on = !s->is_stopping;
	(void)pthread_mutex_unlock(&s->lock);
	return goes_on;
}

static void submit_all(struct smsc *s)
{
	const int64_t now = es_mono_ms();

	submit_list(s, &s->texts, now);
	submit_list(s, &s->wakes, now);
	tell_late(s, now);
	for (uint32_t i = 0; i < s->config->binds; i++)
		if (s->links[i].state == LINK_BOUND)
			smsc_link_flush(&s->links[i], now);
}

static void tell_all(struct smsc_list *list)
{
	for (struct smsc_job *job = list->first, *next; job != NULL; job = next) {
		next = job->next;
		job->is_listed = false;
		smsc_job_tell(job, NOTIFY_LATER, NOTIFY_WHY_UNREACHABLE, 0, "this process stops");
		smsc_job_release(job);
	}
	smsc_list_init(list);
}

/* Answers to what is under way may still come before the one to unbind. */
static void leave(struct smsc *s)
{
	const int64_t until = es_mono_ms() + UNBIND_WAIT;
	bool is_leaving = false;

	tell_all(&s->texts);
	tell_all(&s->wakes);
	for (uint32_t i = 0; i < s->config->binds; i++)
		if (s->links[i].state == LINK_BOUND)
			smsc_bind_unbind(&s->links[i], es_mono_ms());
	do {
		struct pollfd fds[SMSC_BINDS_MAX] = { 0 };
		is_leaving = false;
		for (uint32_t i = 0; i < s->config->binds; i++) {
			const bool is_unbinding = s->links[i].state == LINK_UNBINDING;
			fds[i] =
				(struct pollfd){ .fd = is_unbinding ? s->links[i].fd : -1, .events = smsc_link_events(&s->links[i]) };
			is_leaving |= is_unbinding;
		}
		const int64_t left = until - es_mono_ms();
		if (!is_leaving || left <= 0)
			break;
		(void)poll(fds, s->config->binds, (int)left);
		for (uint32_t i = 0; i < s->config->binds; i++)
			if (fds[i].fd >= 0)
				smsc_link_step(&s->links[i], fds[i].revents, es_mono_ms());
	} while (is_leaving);
	for (uint32_t i = 0; i < s->config->binds; i++)
		smsc_bind_end(&s->links[i], es_mono_ms());
	tell_all(&s->texts); /* one that was throttled meanwhile */
}

static void *run(void *user)
{
	struct smsc *s = user;

	while (take_given(s)) {
		submit_all(s);
		publish(s);
		wait_and_step(s);
	}
	leave(s);
	return NULL;
}

/* ---- notify_account_ops ---- */

static struct smsc *of(struct notify_account *account)
{
	return (struct smsc *)account;
}

static uint32_t smsc_room(struct notify_account *account, int64_t *again_ms)
{
	struct smsc *s = of(account);

	(void)pthread_mutex_lock(&s->lock);
	const uint32_t room = s->room;
	s->is_asked = true;
	*again_ms = s->again_ms;
	(void)pthread_mutex_unlock(&s->lock);
	return room;
}

static es_status give(struct smsc *s, struct smsc_job *job, notify_told *told, void *user)
{
	es_status status = ES_OK;

	job->told = told;
	job->user = user;
	(void)pthread_mutex_lock(&s->lock);
	if (s->is_stopping)
		status = ES_UNAVAILABLE;
	else if (job->is_text ? s->texts_waiting >= SMSC_TEXTS_MAX : s->room == 0)
		status = ES_BUSY;
	else if (job->is_text) {
		s->texts_waiting++;
		smsc_list_put(&s->given_texts, job);
	} else {
		s->room--;
		smsc_list_put(&s->given_wakes, job);
	}
	(void)pthread_mutex_unlock(&s->lock);
	if (status == ES_OK)
		smsc_kick(s);
	else
		smsc_job_free(job);
	return status;
}

static uint8_t next_reference(struct smsc *s)
{
	(void)pthread_mutex_lock(&s->lock);
	const uint8_t reference = s->reference++;
	(void)pthread_mutex_unlock(&s->lock);
	return reference;
}

static es_status smsc_send(struct notify_account *account, const struct notify_message *message, notify_told *told,
                           void *user)
{
	struct smsc *s = of(account);
	es_status status = ES_OK;
	struct smsc_job *job = smsc_job_wake(s->config, &s->form, message, next_reference(s), &status);

	return job != NULL ? give(s, job, told, user) : status;
}

static enum notify_account_state smsc_state(struct notify_account *account)
{
	struct smsc *s = of(account);

	(void)pthread_mutex_lock(&s->lock);
	const enum notify_account_state state = s->state;
	(void)pthread_mutex_unlock(&s->lock);
	return state;
}

static es_status smsc_text(struct notify_account *account, const struct notify_text *text, notify_told *told,
                           void *user)
{
	struct smsc *s = of(account);
	es_status status = ES_OK;

	if (smsc_state(account) == NOTIFY_STOPS)
		return ES_UNAVAILABLE;
	struct smsc_job *job = smsc_job_text(s->config, text, next_reference(s), &status);
	return job != NULL ? give(s, job, told, user) : status;
}

static void smsc_close(struct notify_account *account)
{
	struct smsc *s = of(account);

	if (s->has_thread) {
		(void)pthread_mutex_lock(&s->lock);
		s->is_stopping = true;
		(void)pthread_mutex_unlock(&s->lock);
		smsc_kick(s);
		(void)pthread_join(s->thread, NULL);
	}
	es_worker_free(s->resolver);
	if (s->wake_fd >= 0)
		(void)close(s->wake_fd);
	(void)pthread_mutex_destroy(&s->lock);
	es_wipe(s->password, sizeof s->password);
	free(s);
}

static const struct notify_account_ops ops = {
	.room = smsc_room,
	.send = smsc_send,
	.text = smsc_text,
	.state = smsc_state,
	.close = smsc_close,
};

/* ---- opening ---- */

static const struct {
	const char *key;
	size_t offset, max;
} bounded[] = {
	{ "system_id", offsetof(struct smsc_config, system_id), 15 },
	{ "system_type", offsetof(struct smsc_config, system_type), 12 },
	{ "address_range", offsetof(struct smsc_config, address_range), 40 },
	{ "service_type", offsetof(struct smsc_config, service_type), 5 },
	{ "source", offsetof(struct smsc_config, source), 20 },
};
static const char *const coding_names[] = {
	[WAKE_BINARY] = "binary", [WAKE_CLASS_1] = "class1", [WAKE_SEPTETS] = "septets", [WAKE_PACKED] = "packed"
};

static es_status fault(struct es_buf *error, const char *text)
{
	es_put_str(error, text);
	return ES_MALFORMED;
}

static es_status read_words(struct smsc *s, struct es_buf *error)
{
	const struct smsc_config *c = s->config;
	size_t coding = 0;

	while (coding < ES_COUNT(coding_names) && strcmp(c->wake_coding, coding_names[coding]) != 0)
		coding++;
	if (coding == ES_COUNT(coding_names))
		return fault(error, "wake_coding is binary, class1, septets or packed");
	if (strcmp(c->wake_ports, "udh") != 0 && strcmp(c->wake_ports, "tlv") != 0)
		return fault(error, "wake_ports is udh or tlv");
	if (strcmp(c->vendor_status, "later") != 0 && strcmp(c->vendor_status, "refused") != 0)
		return fault(error, "vendor_status is later or refused");
	if (c->text_coding == 2)
		return fault(error, "text_coding is 0, 1 or 3");
	if ((c->cert_file[0] == '\0') != (c->key_file[0] == '\0'))
		return fault(error, "cert_file and key_file come together");
	s->form = (struct notify_wake_form){ .coding = (enum notify_wake_coding)coding,
		                                 .in_tlvs = strcmp(c->wake_ports, "tlv") == 0,
		                                 .port = (uint16_t)c->wake_port };
	s->vendor = strcmp(c->vendor_status, "refused") == 0 ? NOTIFY_REFUSED : NOTIFY_LATER;
	for (size_t i = 0; i < ES_COUNT(bounded); i++) {
		const char *text;
		memcpy(&text, (const char *)c + bounded[i].offset, sizeof text);
		if (strlen(text) > bounded[i].max) {
			es_put_printf(error, "%s has at most %zu characters", bounded[i].key, bounded[i].max);
			return ES_MALFORMED;
		}
	}
	return ES_OK;
}

static es_status read_files(struct smsc *s, struct es_buf *error)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf password;
	SSL_CTX *tls = NULL;

	es_buf_init(&password, ES_SECRET_TEXT_MAX);
	if (s->config->password_file[0] != '\0')
		ES_TRY(es_secret_text_load(s->config->password_file, &password, error));
	if (password.len > 8)
		return fault(error, "password_file: SMPP's passwords have at most 8 characters");
	(void)es_slice_to_str(es_buf_slice(&password), s->password, sizeof s->password);
	if (!s->config->plain) {
		ES_TRY(smsc_tls_new(s->config, &tls, error));
		SSL_CTX_free(tls);
	}
	return ES_OK;
}

static void init_links(struct smsc *s)
{
	for (uint32_t i = 0; i < s->config->binds; i++) {
		struct smsc_link *link = &s->links[i];
		link->smsc = s;
		link->number = i + 1;
		link->fd = -1;
		link->pause = s->config->rebind_first;
		es_buf_init(&link->out, SMSC_OUT_MAX);
		notify_smsc_flow_init(&link->flow, s->config->rate, es_mono_us());
	}
}

static es_status start(struct smsc *s, struct es_buf *error)
{
	sigset_t all, before;

	ES_TRY(read_words(s, error));
	ES_TRY(read_files(s, error));
	init_links(s);
	s->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	s->resolver = es_worker_new("notify-names", 1, SMSC_BINDS_MAX);
	if (s->wake_fd < 0 || s->resolver == NULL)
		return ES_TOO_LARGE;
	(void)sigfillset(&all); /* SIGPIPE too, which OpenSSL would raise */
	(void)pthread_sigmask(SIG_SETMASK, &all, &before);
	s->has_thread = pthread_create(&s->thread, NULL, run, s) == 0;
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!s->has_thread)
		return ES_TOO_LARGE;
	(void)pthread_setname_np(s->thread, "notify-smsc");
	return ES_OK;
}

static es_status smsc_open(const struct notify_section *section, struct notify_account **out, struct es_buf *error)
{
	struct smsc *s = calloc(1, sizeof *s);

	if (s == NULL)
		return ES_TOO_LARGE;
	smsc_bind_metrics();
	s->base = (struct notify_account){ .ops = &ops, .kind = notify_kind_smsc.name, .name = section->name };
	s->config = section->config;
	s->wake_fd = -1;
	s->again_ms = AGAIN_MAX;
	s->state = NOTIFY_CONNECTING;
	(void)pthread_mutex_init(&s->lock, NULL);
	smsc_list_init(&s->texts);
	smsc_list_init(&s->wakes);
	smsc_list_init(&s->given_texts);
	smsc_list_init(&s->given_wakes);
	const es_status status = start(s, error);
	if (status != ES_OK) {
		smsc_close(&s->base);
		return status;
	}
	*out = &s->base;
	return ES_OK;
}

const struct notify_kind notify_kind_smsc = {
	.name = "smsc",
	.keys = keys,
	.key_count = ES_COUNT(keys),
	.size = sizeof(struct smsc_config),
	.is_sms = true,
	.open = smsc_open,
};
