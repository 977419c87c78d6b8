/* notify_smsc_job.c -- one message or text: its parts, who is to be told, and ids of what was sent for the receipts. */
#include <stdlib.h>
#include <string.h>

#include "es_clock.h"
#include "es_crypto.h"
#include "notify_smsc_int.h"

#define DETAIL(heard) (heard).detail, sizeof(heard).detail

void smsc_list_init(struct smsc_list *list)
{
	list->first = NULL;
	list->end = &list->first;
}

void smsc_list_put(struct smsc_list *list, struct smsc_job *job)
{
	job->next = NULL;
	*list->end = job;
	list->end = &job->next;
}

static struct smsc_job *job_new(struct es_slice number, int64_t deadline, const struct es_trace *trace)
{
	struct smsc_job *job = calloc(1, sizeof *job);

	if (job == NULL)
		return NULL;
	if (number.len > 0 && number.ptr[0] == '+')
		number = es_slice_sub(number, 1, number.len);
	es_slice_to_str_cut(number, job->digits, sizeof job->digits);
	job->deadline = es_mono_ms() + (deadline - es_wall_ms());
	if (trace != NULL) {
		job->trace = *trace;
		job->has_trace = true;
	}
	return job;
}

static struct smsc_job *with_parts(struct smsc_job *job, es_status *status)
{
	if (*status != ES_OK) {
		smsc_job_free(job);
		return NULL;
	}
	job->undecided = (uint32_t)job->parts.count;
	job->waiting = (uint16_t)((1u << job->parts.count) - 1);
	return job;
}

/* How long the SMSC tries: no longer than anybody wants it. */
static void put_validity(const struct smsc_config *config, int64_t wanted_ms, char out[17])
{
	out[0] = '\0';
	if (config->validity > 0)
		notify_smpp_validity(wanted_ms < config->validity ? wanted_ms : config->validity, out);
}

struct smsc_job *smsc_job_wake(const struct smsc_config *config, const struct notify_wake_form *form,
                               const struct notify_message *message, uint8_t reference, es_status *status)
{
	struct smsc_job *job = job_new(message->address, message->deadline, &message->trace);

	if (job == NULL) {
		*status = ES_TOO_LARGE;
		return NULL;
	}
	put_validity(config, message->expires_ms - message->now_ms, job->validity);
	*status = notify_sms_wake(form, message->imsi, message->apps, message->app_count, reference, &job->parts);
	return with_parts(job, status);
}

struct smsc_job *smsc_job_text(const struct smsc_config *config, const struct notify_text *text, uint8_t reference,
                               es_status *status)
{
	struct smsc_job *job = job_new(text->msisdn, text->deadline, text->trace);

	if (job == NULL) {
		*status = ES_TOO_LARGE;
		return NULL;
	}
	job->is_text = true;
	put_validity(config, config->validity, job->validity);
	*status = notify_sms_text((enum notify_text_coding)config->text_coding, text->text, reference, &job->parts);
	return with_parts(job, status);
}

void smsc_job_free(struct smsc_job *job)
{
	es_wipe(job, sizeof *job);
	free(job);
}

void smsc_job_tell(struct smsc_job *job, enum notify_verdict verdict, enum notify_reason reason, int64_t wait_ms,
                   const char *detail)
{
	struct notify_heard heard = { .verdict = verdict, .reason = reason, .wait_ms = wait_ms };
	notify_told *told = job->told;

	if (told == NULL)
		return;
	es_slice_to_str_cut(es_slice_str(detail), DETAIL(heard));
	job->told = NULL;
	job->waiting = 0;
	told(&heard, job->user);
}

void smsc_job_release(struct smsc_job *job)
{
	if (job->told == NULL && job->under_way == 0 && !job->is_listed)
		smsc_job_free(job);
}

void smsc_job_submit(const struct smsc_config *config, const struct smsc_job *job, unsigned part, uint32_t sequence,
                     struct es_buf *out)
{
	const struct notify_sms_parts *p = &job->parts;
	const struct notify_smpp_submit submit = {
		.service_type = config->service_type,
		.source = { (uint8_t)config->source_ton, (uint8_t)config->source_npi, config->source },
		.destination = { (uint8_t)config->destination_ton, (uint8_t)config->destination_npi, job->digits },
		.esm_class = p->has_udh ? SMPP_ESM_UDHI : 0,
		.protocol_id = job->is_text ? 0 : (uint8_t)config->protocol_id,
		.priority = (uint8_t)config->priority,
		.validity = job->validity,
		.registered_delivery = (job->is_text ? config->text_receipts : config->wake_receipts) ? 1 : 0,
		.data_coding = p->data_coding,
		.message = es_slice_of(p->part[part].octets, p->part[part].len),
		.has_ports = p->has_ports,
		.destination_port = p->port,
		.sar_total = p->has_ports ? (uint8_t)p->count : 0,
		.sar_number = (uint8_t)(part + 1),
		.sar_reference = p->reference,
	};

	notify_smpp_put_submit(&submit, sequence, out);
}

/* ---- receipts ---- */

void smsc_recent_note(struct smsc_recent *recent, const char *id, const struct smsc_job *job)
{
	struct smsc_sent *sent = &recent->sent[recent->next++ % SMSC_RECENT];

	*sent = (struct smsc_sent){ .trace = job->trace, .has_trace = job->has_trace, .is_text = job->is_text };
	es_slice_to_str_cut(es_slice_str(id), sent->id, sizeof sent->id);
}

const struct smsc_sent *smsc_recent_find(const struct smsc_recent *recent, struct es_slice id)
{
	for (size_t i = 0; id.len > 0 && i < SMSC_RECENT; i++)
		if (es_slice_eq_str(id, recent->sent[i].id))
			return &recent->sent[i];
	return NULL;
}
