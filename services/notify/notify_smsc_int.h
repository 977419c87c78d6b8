/* notify_smsc_int.h -- what the files of a bind to an SMSC share.
 *
 * notify_smsc.c is the account and its thread, notify_smsc_bind.c speaks SMPP on a link, notify_smsc_link.c moves its octets,
 * notify_smsc_job.c has what is to be sent. All but what stands behind `lock` is the thread's alone. */
#ifndef NOTIFY_SMSC_INT_H
#define NOTIFY_SMSC_INT_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <pthread.h>

#include "es_worker.h"
#include "notify_account.h"
#include "notify_smpp.h"
#include "notify_smpp_status.h"
#include "notify_sms_parts.h"
#include "notify_smsc_flow.h"

#define SMSC_BINDS_MAX 16
#define SMSC_WINDOW_MAX 256
#define SMSC_TEXTS_MAX 256 /* that wait */
#define SMSC_ADDRESSES_MAX 8
#define SMSC_RECENT 2048
#define SMSC_OUT_MAX (256 * 1024) /* a window of submits and answers to what comes meanwhile */

struct smsc_config {
	const char *host, *system_id, *password_file, *system_type, *address_range, *service_type, *source;
	const char *ca_file, *cert_file, *key_file, *server_name;
	const char *wake_coding, *wake_ports, *vendor_status;
	uint32_t port, binds, window, rate;
	uint32_t source_ton, source_npi, destination_ton, destination_npi, protocol_id, priority, wake_port, text_coding;
	int64_t answer_timeout, connect_timeout, enquire_link, rebind_first, rebind_max, refused_wait, validity;
	bool plain, wake_receipts, text_receipts;
};

/* ---- what is to be sent ---- */

struct smsc_job {
	struct smsc_job *next;
	notify_told *told; /* NULL: it has been told */
	void *user;
	bool is_text;
	int64_t deadline; /* mono ms */
	char digits[17], validity[17];
	struct es_trace trace;
	bool has_trace;
	uint16_t waiting;   /* bits of parts that are to be sent */
	uint32_t undecided; /* parts without a verdict */
	uint32_t under_way; /* slots that point here */
	bool is_listed;     /* in the thread's list */
	struct notify_sms_parts parts;
};

struct smsc_list {
	struct smsc_job *first, **end;
};

void smsc_list_init(struct smsc_list *list);
void smsc_list_put(struct smsc_list *list, struct smsc_job *job);
struct smsc_job *smsc_job_wake(const struct smsc_config *config, const struct notify_wake_form *form,
                               const struct notify_message *message, uint8_t reference, es_status *status);
struct smsc_job *smsc_job_text(const struct smsc_config *config, const struct notify_text *text, uint8_t reference,
                               es_status *status);
void smsc_job_free(struct smsc_job *job);
/* Tells it unless it has been told. */
void smsc_job_tell(struct smsc_job *job, enum notify_verdict verdict, enum notify_reason reason, int64_t wait_ms,
                   const char *detail);
/* Frees it when nobody points at it any more. */
void smsc_job_release(struct smsc_job *job);
/* A submit's octets. `part` < parts.count. */
void smsc_job_submit(const struct smsc_config *config, const struct smsc_job *job, unsigned part, uint32_t sequence,
                     struct es_buf *out);

/* ---- receipts: of what was sent not long ago ---- */

struct smsc_recent {
	size_t next;
	struct smsc_sent {
		char id[NOTIFY_SMPP_ID_SIZE];
		struct es_trace trace;
		bool has_trace, is_text;
	} sent[SMSC_RECENT];
};
void smsc_recent_note(struct smsc_recent *recent, const char *id, const struct smsc_job *job);
/* NULL: it is not known (any more). */
const struct smsc_sent *smsc_recent_find(const struct smsc_recent *recent, struct es_slice id);

/* ---- links ---- */

enum smsc_link_state {
	LINK_DOWN,
	LINK_RESOLVING,
	LINK_CONNECTING,
	LINK_SHAKING,
	LINK_BINDING,
	LINK_BOUND,
	LINK_UNBINDING
};

struct smsc_slot {
	struct smsc_job *job; /* NULL: free */
	uint32_t sequence;
	unsigned part;
	int64_t sent; /* ms */
};

struct smsc_link {
	struct smsc *smsc;
	uint32_t number; /* 1..binds: for logs */
	enum smsc_link_state state;
	int64_t since;    /* ms: of this state */
	int64_t retry_at; /* ms, of LINK_DOWN */
	int64_t pause;    /* ms: the next one after a failure */
	bool is_refused;  /* our credential was: a person has to look */
	int fd;
	SSL *ssl;
	bool wants_write; /* the TLS layer does */
	struct sockaddr_storage addresses[SMSC_ADDRESSES_MAX];
	socklen_t lengths[SMSC_ADDRESSES_MAX];
	size_t address_count, address;
	size_t in_len;
	uint8_t in[NOTIFY_SMPP_PDU_MAX * 2];
	struct es_buf out;
	size_t out_done;
	uint32_t sequence; /* the last one */
	struct smsc_slot slots[SMSC_WINDOW_MAX];
	uint32_t under_way;
	struct notify_smsc_flow flow;
	int64_t enquire_at;  /* ms: the next one */
	uint32_t unanswered; /* enquire_link */
	uint32_t enquiry;    /* its sequence number */
	/* of the resolver's thread while it is_resolving, behind smsc.lock */
	bool is_resolving, is_resolved;
};

struct smsc {
	struct notify_account base;
	const struct smsc_config *config;
	struct notify_wake_form form;
	enum notify_verdict vendor;
	char password[16];
	struct smsc_link links[SMSC_BINDS_MAX];
	struct smsc_list texts, wakes;
	struct smsc_recent recent;
	struct es_worker *resolver;
	int wake_fd;
	pthread_t thread;
	bool has_thread;

	pthread_mutex_t lock; /* what follows */
	struct smsc_list given_texts, given_wakes;
	uint32_t texts_waiting, room;
	int64_t again_ms;
	uint8_t reference;
	enum notify_account_state state;
	bool is_stopping, is_asked;
};

void smsc_kick(struct smsc *smsc);
/* Checks the files; a context that new connections would have. */
es_status smsc_tls_new(const struct smsc_config *config, SSL_CTX **out, struct es_buf *error) ES_MUST_USE;

/* Moves a link on as far as it goes without waiting. `events`: poll()'s. */
void smsc_link_start(struct smsc_link *link, int64_t now);
void smsc_link_step(struct smsc_link *link, short events, int64_t now);
short smsc_link_events(const struct smsc_link *link);
/* Octets of link->out go as far as they go. */
void smsc_link_flush(struct smsc_link *link, int64_t now);
void smsc_link_close(struct smsc_link *link);

/* It is connected: the bind is asked for. */
void smsc_bind_begin(struct smsc_link *link, int64_t now);
/* Octets in link->in. False: the link was dropped. */
bool smsc_bind_received(struct smsc_link *link, int64_t now);
/* Ends it: one line of the log, what is under way is told, another try later. */
void smsc_bind_drop(struct smsc_link *link, const char *why, int64_t now);
/* The same without a word: this process stops. */
void smsc_bind_end(struct smsc_link *link, int64_t now);
void smsc_bind_timers(struct smsc_link *link, int64_t now);
/* ms of the next timer; INT64_MAX: none. */
int64_t smsc_bind_due(const struct smsc_link *link);
void smsc_bind_submit(struct smsc_link *link, struct smsc_job *job, unsigned part, int64_t now);
void smsc_bind_unbind(struct smsc_link *link, int64_t now);
void smsc_bind_metrics(void);

#endif
