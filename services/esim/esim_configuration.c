/* esim_configuration.c -- AcquireConfiguration: the profiles there are, and how to get those that wait (TS.43 6.5.5). Pure. */
#include <string.h>

#include "esim_answer.h"
#include "esim_operations.h"

/* What a request looks for; "" in a member: anything. */
struct filter {
	char device[ESIM_DEVICE + 1], eid[ESIM_EID + 1], iccid[ESIM_ICCID + 1];
};

static void read_filter(const struct esim_request *request, struct filter *out)
{
	static const char *const devices[] = { "companion_terminal_id", "target_terminal_id", "enterprise_terminal_id",
		                                   NULL };
	struct esim_draft draft;

	memset(out, 0, sizeof *out);
	esim_draft_read(request, &draft);
	es_slice_to_str_cut(esim_param_of(request, devices), out->device, sizeof out->device);
	memcpy(out->eid, draft.eid, sizeof out->eid);
	/* Of a profile that was erased, and of one that is not loaded yet, this is all there is (TS.43 8.12, 8.13). */
	if (out->device[0] == '\0' && out->eid[0] == '\0')
		(void)esim_iccid_of(request, out->iccid);
}

static bool passes(const struct filter *f, const struct esim_request *request, const struct esim_profile *p)
{
	if (p->app != request->app)
		return false;
	if (f->iccid[0] != '\0' && strcmp(f->iccid, p->iccid) != 0)
		return false;
	if (f->device[0] == '\0' && f->eid[0] == '\0')
		return true;
	/* One that waits at the default SM-DP+ knows its EID alone; one asked for without EID its device alone. */
	return (f->device[0] != '\0' && strcmp(f->device, p->device) == 0) ||
	       (f->eid[0] != '\0' && strcmp(f->eid, p->eid) == 0);
}

/* One that ended is spoken of once more, where its device still waits for it and nothing took its place. */
static bool is_told(const struct esim_line *line, size_t i)
{
	const struct esim_profile *p = &line->profiles[i];

	if (p->ended_ms == 0)
		return true;
	if (p->seen_ms > 0 || p->ready_ms > 0)
		return false;
	for (size_t k = 0; k < line->count; k++) {
		const struct esim_profile *other = &line->profiles[k];
		if (k != i && other->app == p->app && strcmp(other->device, p->device) == 0 &&
		    (other->ended_ms == 0 || other->created_ms > p->created_ms))
			return false;
	}
	return true;
}

/* ---- one ---- */

/* ServiceStatus, with what belongs to it; notes in `answer` what was said. */
static void put_status(const struct esim_request *request, struct esim_answer *answer, struct es_doc_node *one,
                       size_t i)
{
	const struct esim_settings *settings = &request->facts.settings;
	const struct esim_profile *p = &request->line.profiles[i];

	if (p->status != ESIM_ACTIVATING) {
		esim_answer_put_number(answer, one, "ServiceStatus", p->status);
		return;
	}
	answer->polled |= UINT64_C(1) << i;
	if (settings->max_refresh > 0 && p->polls + 1 >= settings->max_refresh) { /* V12-ODSA-AC-07 */
		esim_answer_put_number(answer, one, "ServiceStatus", ESIM_NO_REUSE);
		return;
	}
	esim_answer_put_number(answer, one, "ServiceStatus", ESIM_ACTIVATING);
	esim_answer_interval(answer, one, settings->polling_interval_s);
}

/* Told when it may be downloaded; and for a while again, as an answer may get lost, unless the download is known of. */
static bool is_download_due(const struct esim_request *request, const struct esim_answer *answer,
                            const struct esim_profile *p)
{
	const bool is_there = answer->shown == p; /* this request shows it */

	return p->status == ESIM_ACTIVATED && p->ready_ms > 0 && p->seen_ms == 0 && !is_there &&
	       (p->by_address ? p->smdp_address : p->activation_code)[0] != '\0' &&
	       (p->given_ms == 0 || request->now_ms < p->given_ms + request->facts.settings.download_repeat_s * 1000);
}

static void put_configuration(const struct esim_request *request, struct esim_answer *answer, struct es_doc_node *one,
                              size_t i)
{
	const struct esim_profile *p = &request->line.profiles[i];

	if (p->iccid[0] != '\0')
		esim_answer_put_str(answer, one, "ICCID", p->iccid);
	if (p->app == ESIM_COMPANION)
		esim_answer_put_str(answer, one, "CompanionDeviceService", esim_service_names[p->service]);
	put_status(request, answer, one, i);
	if (is_download_due(request, answer, p)) {
		esim_answer_download(answer, one, p);
		answer->given |= UINT64_C(1) << i;
	}
}

/* TS.43 T44, for a device without web views that manages its companions itself. */
static void put_device(struct esim_answer *answer, struct es_doc_node *one, const struct esim_profile *p)
{
	struct es_doc_node *info = esim_answer_open(answer, one, "CompanionDeviceInfo", false);

	esim_answer_put_str(answer, info, "CompanionTerminalFriendlyName", p->name);
	esim_answer_put_str(answer, info, "CompanionTerminalVendor", p->vendor);
	if (p->model[0] != '\0')
		esim_answer_put_str(answer, info, "CompanionTerminalModel", p->model);
	if (p->eid[0] != '\0')
		esim_answer_put_str(answer, info, "CompanionTerminalEid", p->eid);
}

/* ---- all ---- */

static void put_companions(const struct esim_request *request, struct esim_answer *answer, uint64_t which)
{
	struct es_doc_node *all = esim_answer_open(answer, NULL, "CompanionConfigurations", true);

	for (size_t i = 0; i < request->line.count; i++) {
		if ((which >> i & 1) == 0)
			continue;
		struct es_doc_node *one = esim_answer_open(answer, all, "CompanionConfiguration", false);
		put_configuration(request, answer, one, i);
		if (request->facts.no_web_view)
			put_device(answer, one, &request->line.profiles[i]);
	}
}

/* The one that is designated primary: of those that live, the first that nobody called secondary. */
static size_t primary_of(const struct esim_line *line, uint64_t which)
{
	size_t first = line->count;

	for (size_t i = line->count; i-- > 0;)
		if ((which >> i & 1) != 0 &&
		    (first == line->count || !line->profiles[i].is_secondary || line->profiles[first].is_secondary))
			first = i;
	return first;
}

static void put_primary(const struct esim_request *request, struct esim_answer *answer, struct es_doc_node *parent,
                        size_t i, bool is_secondary)
{
	const struct esim_profile *p = &request->line.profiles[i];
	struct es_doc_node *one = esim_answer_open(answer, parent, "PrimaryConfiguration", false);

	put_configuration(request, answer, one, i);
	if (is_secondary)
		esim_answer_put_str(answer, one, "SecondaryICCID", "1");
	/* Inside, where clients look for it. */
	if (p->needs_word && p->status == ESIM_DEACTIVATED && (request->facts.settings.input & ESIM_INPUT_DOWNLOAD) != 0)
		esim_answer_message(request, answer, one);
}

/* One alone stands without a list around it: the widespread client reads only that. */
static void put_primaries(const struct esim_request *request, struct esim_answer *answer, uint64_t which, size_t count)
{
	struct es_doc_node *all = count > 1 ? esim_answer_open(answer, NULL, "PrimaryConfigurations", true) : NULL;
	const size_t primary = primary_of(&request->line, which);

	for (size_t i = 0; i < request->line.count; i++)
		if ((which >> i & 1) != 0)
			put_primary(request, answer, all, i, count > 1 && i != primary);
}

/* There is no list of them (TS.43 T43): the first of the device that was asked for. */
static void put_enterprise(const struct esim_request *request, struct esim_answer *answer, uint64_t which)
{
	size_t i = 0;

	while ((which >> i & 1) == 0)
		i++;
	put_configuration(request, answer, esim_answer_open(answer, NULL, "EnterpriseConfiguration", false), i);
}

/* A companion that names its ICCID has it. */
static void note_installed(const struct esim_request *request, struct esim_answer *answer)
{
	char iccid[ESIM_ICCID + 1];

	if (request->app != ESIM_COMPANION || !esim_iccid_of(request, iccid) || iccid[0] == '\0')
		return;
	for (size_t i = 0; i < request->line.count; i++) {
		const struct esim_profile *p = &request->line.profiles[i];
		if (p->ended_ms == 0 && strcmp(p->iccid, iccid) == 0 && p->ready_ms > 0 && p->seen_ms == 0)
			answer->shown = p;
	}
}

void esim_acquire_configuration(const struct esim_request *request, struct esim_answer *answer)
{
	struct filter filter;
	uint64_t which = 0;
	size_t count = 0;

	if (request->line.is_foreign_iccid) {
		answer->verdict = ESIM_FORBIDDEN;
		answer->reason = "the profile is somebody else's";
		return;
	}
	esim_answer_begin(answer);
	note_installed(request, answer);
	read_filter(request, &filter);
	for (size_t i = 0; i < request->line.count; i++) {
		if (!passes(&filter, request, &request->line.profiles[i]) || !is_told(&request->line, i))
			continue;
		which |= UINT64_C(1) << i;
		count++;
	}
	if (count == 0)
		return;
	if (request->app == ESIM_COMPANION)
		put_companions(request, answer, which);
	else if (request->app == ESIM_PRIMARY)
		put_primaries(request, answer, which, count);
	else
		put_enterprise(request, answer, which);
}
