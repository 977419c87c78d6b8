/* auth_provision.c -- keys in, out and asked about: each a small job on the database. */
#include "auth_provision.h"

#include <string.h>

#include "auth_flow.h"
#include "auth_store.h"
#include "auth_vault.h"
#include "es_crypto.h"
#include "es_log.h"

struct provision {
	struct auth_task *task;
	char tenant[32];
	struct es_imsi imsi;
	struct auth_keys keys; /* as they are to be when they are new */
	bool has_sqn;
	int64_t now_ms;
	struct auth_key_row row;
	struct auth_keys_status *status;
	struct auth_history_list *list;
	size_t limit;
};

/* NULL when the names make no sense; the task is then answered. */
static struct provision *begin(struct auth_task *task, const char *tenant, const char *imsi)
{
	struct provision *p = es_arena_alloc(task->arena, sizeof *p);
	size_t tenant_len = strlen(tenant);

	if (p == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return NULL;
	}
	p->task = task;
	p->now_ms = task->env->now_ms();
	if (tenant_len == 0 || tenant_len >= sizeof p->tenant || es_imsi_parse(es_slice_str(imsi), &p->imsi) != ES_OK) {
		auth_flow_fail(task, ES_MALFORMED, "tenant or IMSI is not valid");
		return NULL;
	}
	memcpy(p->tenant, tenant, tenant_len + 1);
	return p;
}

static void done(es_status status, void *user)
{
	struct provision *p = user;

	auth_keys_wipe(&p->keys);
	p->task->answer(p->task, status, status == ES_OK ? NULL : "the change was not committed");
}

static void write(struct provision *p, es_db_fn *job)
{
	es_status status = es_db_write(p->task->env->db, job, done, p);

	if (status != ES_OK)
		auth_flow_fail(p->task, status, "the change could not be queued");
}

/* ---- put ---- */

/* The same secrets again keep their numbers; an SQN that was used elsewhere may only raise them. */
static void keep_numbers(const struct provision *p, const struct auth_keys *stored, struct auth_keys *keys)
{
	keys->generation = stored->generation;
	keys->hop = stored->hop;
	keys->dif = stored->dif;
	if (p->has_sqn && p->keys.dif > stored->dif) {
		int64_t least = stored->dif + AUTH_SQN_RAISE_MIN;
		keys->dif = p->keys.dif > least ? p->keys.dif : least;
	}
}

static es_status put_job(struct es_db_conn *conn, void *user)
{
	struct provision *p = user;
	struct auth_keys stored, keys = p->keys;

	es_status status = auth_store_keys_get(conn, p->tenant, p->imsi.digits, &p->row);
	if (status == ES_OK &&
	    auth_vault_open(p->task->env->auc_keys, p->tenant, p->imsi.digits, &p->row, &stored) == ES_OK) {
		if (auth_keys_are_same(&stored, &keys))
			keep_numbers(p, &stored, &keys);
		auth_keys_wipe(&stored);
	}
	if (status == ES_OK || status == ES_NOT_FOUND || status == ES_INTERNAL) {
		p->row = (struct auth_key_row){ .updated_ms = p->now_ms };
		status = auth_vault_seal(p->task->env->auc_keys, p->tenant, p->imsi.digits, &keys, &p->row);
	}
	auth_keys_wipe(&keys);
	ES_TRY(status);
	return auth_store_keys_put(conn, p->tenant, p->imsi.digits, &p->row);
}

static es_status open_box(struct provision *p, enum auth_algorithm algorithm, struct es_slice box)
{
	uint8_t plain[AUTH_KEYS_PLAIN_MAX], storage[AUTH_AAD_MAX];
	struct es_slice aad;

	if (box.len < ES_BOX_OVERHEAD || box.len > sizeof plain + ES_BOX_OVERHEAD)
		return ES_MALFORMED;
	ES_TRY(auth_vault_aad(p->tenant, p->imsi.digits, storage, &aad));
	ES_TRY(es_box_open(p->task->env->transport_private, aad, box, plain));
	es_status status = auth_keys_unpack(algorithm, es_slice_of(plain, box.len - ES_BOX_OVERHEAD), &p->keys);
	es_wipe(plain, sizeof plain);
	return status;
}

/* NULL, or what is wrong with it besides the box. */
static const char *fault_of(const struct auth_keys_put *in)
{
	if (in->amf.len != sizeof((struct auth_keys *)NULL)->amf)
		return "AMF is not two octets";
	if (in->has_sqn && (in->sqn >> 48 != 0 || auth_sqn_seq(in->sqn) + 1 > AUTH_SQN_SEQ_MAX / 2))
		return "SQN has more than 48 bits, or nearly none are left";
	return NULL;
}

void auth_keys_put(struct auth_task *task, const struct auth_keys_put *in)
{
	struct provision *p = begin(task, in->tenant, in->imsi);
	const char *fault = fault_of(in);
	enum auth_algorithm algorithm;

	if (p == NULL)
		return;
	if (fault == NULL && auth_algorithm_of(es_slice_str(in->algorithm), &algorithm) != ES_OK)
		fault = "the algorithm is neither milenage nor tuak";
	if (fault != NULL) {
		auth_flow_fail(task, ES_MALFORMED, fault);
		return;
	}
	es_status status = open_box(p, algorithm, in->box);
	if (status != ES_OK) {
		auth_flow_fail(task, status, "the box is not sealed to this server for this subscriber, or holds no such keys");
		return;
	}
	memcpy(p->keys.amf, in->amf.ptr, in->amf.len);
	p->has_sqn = in->has_sqn;
	/* By the clock, not by this replica's own tick, which may be ahead of the others'. */
	p->keys.dif = auth_sqn_initial_dif(auth_sqn_tick_of(p->now_ms), in->has_sqn ? auth_sqn_seq(in->sqn) + 1 : 1);
	es_random(&p->keys.generation, sizeof p->keys.generation);
	p->keys.generation >>= 1; /* a column holds 63 bits without a sign */
	es_info(task->trace, "auth.keys_put", es_f_str("tenant", p->tenant), es_f_id("imsi", es_slice_str(p->imsi.digits)));
	write(p, put_job);
}

/* ---- delete ---- */

static es_status delete_job(struct es_db_conn *conn, void *user)
{
	const struct provision *p = user;

	return auth_store_keys_delete(conn, p->tenant, p->imsi.digits);
}

void auth_keys_delete(struct auth_task *task, const char *tenant, const char *imsi)
{
	struct provision *p = begin(task, tenant, imsi);

	if (p == NULL)
		return;
	es_info(task->trace, "auth.keys_delete", es_f_str("tenant", p->tenant),
	        es_f_id("imsi", es_slice_str(p->imsi.digits)));
	write(p, delete_job);
}

/* ---- status ---- */

static es_status status_job(struct es_db_conn *conn, void *user)
{
	struct provision *p = user;

	return auth_store_keys_get(conn, p->tenant, p->imsi.digits, &p->row);
}

static void read_status(void *user)
{
	struct provision *p = user;

	es_status status = es_db_read(p->task->env->db, status_job, p);
	if (status == ES_OK)
		*p->status =
			(struct auth_keys_status){ .exists = true, .algorithm = p->row.algorithm, .updated_ms = p->row.updated_ms };
	if (status == ES_NOT_FOUND)
		status = ES_OK;
	p->task->answer(p->task, status, status == ES_OK ? NULL : "the keys could not be read");
}

void auth_keys_status(struct auth_task *task, const char *tenant, const char *imsi, struct auth_keys_status *out)
{
	struct provision *p = begin(task, tenant, imsi);

	if (p == NULL)
		return;
	*out = (struct auth_keys_status){ .algorithm = "" };
	p->status = out;
	auth_flow_reading(task, read_status, p);
}

/* ---- how authentications went ---- */

static es_status list_job(struct es_db_conn *conn, void *user)
{
	struct provision *p = user;

	return auth_store_history_get(conn, p->tenant, p->imsi.digits, p->list->entries, p->limit, &p->list->count);
}

static void read_list(void *user)
{
	struct provision *p = user;
	es_status status = es_db_read(p->task->env->db, list_job, p);

	p->task->answer(p->task, status, status == ES_OK ? NULL : "the record could not be read");
}

void auth_history_list(struct auth_task *task, const char *tenant, const char *imsi, uint32_t limit,
                       struct auth_history_list *out)
{
	struct provision *p = begin(task, tenant, imsi);

	if (p == NULL)
		return;
	p->limit = limit == 0 ? 20 : limit < AUTH_HISTORY_MAX ? limit : AUTH_HISTORY_MAX;
	p->list = out;
	*out = (struct auth_history_list){ .entries = es_arena_array(task->arena, p->limit, sizeof *out->entries) };
	if (out->entries == NULL)
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
	else
		auth_flow_reading(task, read_list, p);
}
