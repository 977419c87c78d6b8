/* esim_note.c -- the device that a request names, noted for customer care. */
#include "esim_note.h"

#include <stdlib.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_metrics.h"
#include "es_text.h"

#define DEVICE_ID_MAX 64
#define EID_DIGITS 32

static const char *const note_names[] = { "written", "dropped", "failed" };
enum { NOTE_WRITTEN, NOTE_DROPPED, NOTE_FAILED };
ES_METRIC_COUNTER(notes, "openes_esim_device_notes_total",
                  "Devices seen: noted, or left out because the queue was full", "result", note_names);

void esim_note_metrics(void)
{
	es_metric_register(&notes);
}

struct note {
	struct esim_device device; /* its slices point into `text` */
	int64_t now_ms;
	size_t used;
	uint8_t text[512];
};

static struct es_slice keep(struct note *note, struct es_slice s)
{
	if (s.len > sizeof note->text - note->used)
		return (struct es_slice){ NULL, 0 };
	uint8_t *at = note->text + note->used;
	if (s.len > 0)
		memcpy(at, s.ptr, s.len);
	note->used += s.len;
	return es_slice_of(at, s.len);
}

static es_status write_note(struct es_db_conn *conn, void *user)
{
	const struct note *note = user;

	return esim_store_seen(conn, &note->device, note->now_ms);
}

static void note_done(es_status status, void *user)
{
	es_count(&notes, status == ES_OK ? NOTE_WRITTEN : NOTE_FAILED);
	free(user);
}

/* An identifier worth keeping; what a device makes up beyond that is none. */
static struct es_slice device_id(struct es_slice value)
{
	return value.len <= DEVICE_ID_MAX ? value : (struct es_slice){ NULL, 0 };
}

static struct es_slice eid_of(const struct esim_request *request)
{
	static const char *const names[] = { "companion_terminal_eid", "target_terminal_eid", "terminal_eid",
		                                 "enterprise_terminal_eid", NULL };
	const struct es_slice eid = esim_param_of(request, names);

	return eid.len == EID_DIGITS && es_text_is_digits(eid) ? eid : (struct es_slice){ NULL, 0 };
}

void esim_note_device(const struct esim_store *store, const struct esim_request *request)
{
	static const char *const others[] = { "companion_terminal_id", "target_terminal_id", "enterprise_terminal_id",
		                                  NULL };
	if (request->imsi[0] == '\0')
		return;
	struct note *note = calloc(1, sizeof *note);
	if (note == NULL) {
		es_count(&notes, NOTE_DROPPED);
		return;
	}
	note->device = (struct esim_device){
		.tenant = keep(note, device_id(es_slice_str(request->tenant))),
		.imsi = keep(note, es_slice_str(request->imsi)),
		.terminal_id = keep(note, device_id(es_slice_str(request->terminal_id))),
		.companion_terminal_id = keep(note, device_id(esim_param_of(request, others))),
		.eid = keep(note, eid_of(request)),
	};
	note->now_ms = request->now_ms;
	if (es_db_write(store->db, write_note, note_done, note) == ES_OK)
		return;
	es_count(&notes, NOTE_DROPPED);
	free(note);
}
