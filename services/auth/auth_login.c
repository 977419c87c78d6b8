/* auth_login.c -- rows of logins: made, spent by compare-and-set, ended; and the token at the end. */
#include "auth_login.h"

#include <stdio.h>
#include <string.h>

#include "auth_address.h"
#include "auth_flow.h"
#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_reader.h"
#include "es_text.h"

#define HOUR_MS INT64_C(3600000)
#define CLAIM_SPARE_MS 1000 /* beyond the deadline of the call that works on a row */

const char *const auth_login_reason_names[AUTH_LOGIN_REASON_COUNT] = {
#define AUTH_LOGIN_REASON_NAME(name, text) [AUTH_LOGIN_##name] = (text),
	AUTH_LOGIN_REASON_LIST(AUTH_LOGIN_REASON_NAME)
#undef AUTH_LOGIN_REASON_NAME
};

ES_METRIC_COUNTER(logins, "openes_auth_logins_total", "Steps of logins by OpenID Connect and one-time codes, by result",
                  "result", auth_login_reason_names);

void auth_login_metrics(void)
{
	es_metric_register(&logins);
}

static const char *const kind_names[] = { "", "oidc", "second_factor", "second_factor", "sms_code" };

/* ---- the end of a step ---- */

void auth_login_finish(struct auth_task *task, const struct auth_login *login, struct auth_login_reply *out,
                       const struct auth_login_reply *reply)
{
	static const struct auth_login nobody = { .kind = AUTH_LOGIN_OIDC };

	if (login == NULL)
		login = &nobody;
	if (out != reply)
		*out = *reply;
	memcpy(out->tenant, login->tenant, sizeof out->tenant);
	es_count(&logins, out->reason);
	if (out->reason != AUTH_LOGIN_NOT_CONFIGURED) /* every request without a credential, where nobody logs in */
		es_info(task->trace, "auth.login", es_f_str("kind", kind_names[login->kind]),
		        es_f_str("reason", auth_login_reason_names[out->reason]), es_f_str("tenant", login->tenant),
		        es_f_id("imsi", es_slice_str(login->imsi.digits)));
	task->answer(task, ES_OK, NULL);
}

void auth_login_refuse(struct auth_task *task, const struct auth_login *login, struct auth_login_reply *out,
                       enum auth_login_outcome outcome, enum auth_login_reason reason)
{
	const struct auth_login_reply reply = { .outcome = outcome, .reason = reason };

	auth_login_finish(task, login, out, &reply);
}

es_status auth_login_token(struct auth_task *task, const struct auth_login *login, const struct es_imsi *imsi,
                           uint32_t epoch, struct auth_login_reply *reply)
{
	struct auth_env *env = task->env;
	struct es_token token = { .imsi = *imsi, .epoch = epoch };
	int64_t ttl_ms = auth_flow_token_ttl(env, login->tenant);

	token.method = login->kind == AUTH_LOGIN_SMS ? ES_METHOD_OTP : ES_METHOD_OIDC;
	memcpy(token.tenant, login->tenant, sizeof token.tenant);
	memcpy(token.group, login->group, sizeof token.group);
	memcpy(token.terminal, login->terminal, sizeof token.terminal);
	memcpy(token.app_name, login->app_name, sizeof token.app_name);
	token.issued_ms = env->now_ms();
	token.expires_ms = token.issued_ms + ttl_ms;
	*reply = (struct auth_login_reply){ .outcome = AUTH_LOGIN_ADMIT,
		                                .reason = AUTH_LOGIN_SUCCESS,
		                                .token_validity_s = ttl_ms / 1000,
		                                .request = login->request };
	return es_token_seal(env->token_keys, &token, task->arena, &reply->token);
}

/* ---- sealing ---- */

/* `what` separates the parts of a row; the id binds them to it. */
static es_status seal(struct auth_env *env, const char *what, const uint8_t id[AUTH_LOGIN_ID], struct es_slice plain,
                      struct es_arena *arena, struct es_slice *sealed)
{
	uint8_t *out = es_arena_alloc(arena, plain.len + ES_SEAL_OVERHEAD);

	if (out == NULL)
		return ES_TOO_LARGE;
	es_seal(env->session_keys, what, es_slice_of(id, AUTH_LOGIN_ID), plain, out);
	*sealed = es_slice_of(out, plain.len + ES_SEAL_OVERHEAD);
	return ES_OK;
}

static es_status open_sealed(struct auth_env *env, const char *what, const uint8_t id[AUTH_LOGIN_ID],
                             struct es_slice sealed, struct es_arena *arena, struct es_slice *plain)
{
	if (sealed.len < ES_SEAL_OVERHEAD)
		return ES_MALFORMED;
	uint8_t *out = es_arena_alloc(arena, sealed.len - ES_SEAL_OVERHEAD);
	if (out == NULL)
		return ES_TOO_LARGE;
	ES_TRY(es_unseal(env->session_keys, what, es_slice_of(id, AUTH_LOGIN_ID), sealed, out));
	*plain = es_slice_of(out, sealed.len - ES_SEAL_OVERHEAD);
	return ES_OK;
}

es_status auth_login_seal(struct auth_env *env, const struct auth_login *login, struct es_arena *arena,
                          struct es_slice *sealed)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf plain;

	es_buf_init(&plain, 256u << 10);
	auth_login_pack(login, &plain);
	ES_TRY(es_buf_status(&plain));
	return seal(env, "login", login->id, es_buf_slice(&plain), arena, sealed);
}

static void put_part(struct es_buf *out, struct es_slice part)
{
	es_put_u32(out, (uint32_t)part.len);
	es_put_bytes(out, part);
}

static struct es_slice read_part(struct es_reader *in)
{
	return es_read_bytes(in, es_read_u32(in));
}

static es_status seal_outcome(const struct auth_login_claim *c, const struct auth_login_reply *reply,
                              struct es_slice *sealed)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf plain;

	es_buf_init(&plain, 64u << 10);
	es_put_u8(&plain, (uint8_t)reply->outcome);
	es_put_u8(&plain, (uint8_t)reply->reason);
	es_put_u64(&plain, (uint64_t)reply->token_validity_s);
	put_part(&plain, reply->location);
	put_part(&plain, reply->session);
	put_part(&plain, reply->token);
	put_part(&plain, reply->error_url);
	put_part(&plain, reply->error_user_data);
	put_part(&plain, reply->error_text);
	ES_TRY(es_buf_status(&plain));
	return seal(c->task->env, "login-outcome", c->login.id, es_buf_slice(&plain), c->task->arena, sealed);
}

static es_status open_outcome(struct auth_login_claim *c)
{
	struct es_slice plain;

	ES_TRY(open_sealed(c->task->env, "login-outcome", c->login.id, c->row.outcome, c->task->arena, &plain));
	struct es_reader in = es_reader_of(plain);
	unsigned outcome = es_read_u8(&in), reason = es_read_u8(&in);
	struct auth_login_reply reply = { .token_validity_s = (int64_t)es_read_u64(&in) };
	reply.location = read_part(&in);
	reply.session = read_part(&in);
	reply.token = read_part(&in);
	reply.error_url = read_part(&in);
	reply.error_user_data = read_part(&in);
	reply.error_text = read_part(&in);
	reply.request = c->login.request;
	if (!es_reader_is_done(&in) || outcome > AUTH_LOGIN_TRY_AGAIN || reason >= AUTH_LOGIN_REASON_COUNT)
		return ES_INTERNAL;
	reply.outcome = (enum auth_login_outcome)outcome;
	reply.reason = (enum auth_login_reason)reason;
	c->reply = reply;
	return ES_OK;
}

/* ---- a new login ---- */

void auth_login_begin(const struct auth_env *env, enum auth_login_kind kind, const struct auth_tenant *tenant,
                      const struct auth_login_start *from, struct auth_login *out)
{
	uint8_t random[16];

	*out = (struct auth_login){ .kind = kind, .request = from->request };
	es_random(random, sizeof random);
	auth_login_name(out, env->now_ms() + AUTH_LOGIN_TTL_MS, random);
	es_wipe(random, sizeof random);
	es_random(out->nonce, sizeof out->nonce);
	es_random(out->verifier, sizeof out->verifier);
	es_random(out->secret, sizeof out->secret);
	memcpy(out->tenant, tenant->id, sizeof out->tenant);
	memcpy(out->group, from->group, sizeof out->group);
	memcpy(out->terminal, from->terminal, sizeof out->terminal);
	memcpy(out->app_name, from->app_name, sizeof out->app_name);
}

es_status auth_login_count(struct es_db_conn *conn, const struct auth_env *env, const char *what, const char *tenant,
                           struct es_slice subject, uint32_t most)
{
	const struct es_slice parts[] = { es_slice_str(what), es_slice_of(tenant, strlen(tenant) + 1), subject };
	uint8_t hash[32];
	int64_t count;

	if (most == 0 || subject.len == 0)
		return ES_OK;
	es_hmac_sha256(es_slice_of(env->transport_private, sizeof env->transport_private), parts, ES_COUNT(parts), hash);
	ES_TRY(auth_store_login_rate(conn, hash, env->now_ms() / HOUR_MS, &count));
	return count <= (int64_t)most ? ES_OK : ES_DENIED;
}

es_status auth_login_count_address(struct es_db_conn *conn, const struct auth_env *env, const char *what,
                                   struct es_slice address, uint32_t most)
{
	uint8_t storage[8];

	return auth_login_count(conn, env, what, "", auth_address_network(address, storage), most);
}

int64_t auth_login_wait_s(const struct auth_env *env)
{
	return (HOUR_MS - env->now_ms() % HOUR_MS) / 1000 + 1;
}

struct storing {
	struct auth_task *task;
	const struct auth_login *login;
	struct es_slice address;
	struct auth_login_row row;
	struct auth_login_reply *out;
	bool is_limited;
};

static es_status store_job(struct es_db_conn *conn, void *user)
{
	struct storing *s = user;
	const struct auth_env *env = s->task->env;

	es_status status = auth_login_count_address(conn, env, "logins for address", s->address, env->logins_per_address);
	s->is_limited = status == ES_DENIED;
	if (s->is_limited)
		return ES_OK;
	ES_TRY(status);
	return auth_store_login_insert(conn, s->login->id, &s->row);
}

static void stored(es_status status, void *user)
{
	struct storing *s = user;

	if (status == ES_OK && s->is_limited)
		*s->out = (struct auth_login_reply){ .outcome = AUTH_LOGIN_TRY_LATER,
			                                 .reason = AUTH_LOGIN_LIMITED,
			                                 .retry_after_s = auth_login_wait_s(s->task->env) };
	if (status == ES_OK)
		auth_login_finish(s->task, s->login, s->out, s->out);
	else
		auth_flow_fail(s->task, ES_UNAVAILABLE, "the login was not committed");
}

void auth_login_store(struct auth_task *task, const struct auth_login *login, struct es_slice address,
                      struct auth_login_reply *out)
{
	struct storing *s = es_arena_alloc(task->arena, sizeof *s);

	if (s == NULL) {
		auth_flow_fail(task, ES_TOO_LARGE, "the call is too large");
		return;
	}
	*s = (struct storing){ .task = task, .login = login, .address = address, .out = out };
	es_status status = auth_login_seal(task->env, login, task->arena, &s->row.state);
	if (status == ES_OK)
		status = es_db_write(task->env->db, store_job, stored, s);
	if (status != ES_OK)
		auth_flow_fail(task, status, "the login could not be stored");
}

/* ---- spending a row ---- */

static void hash_answer(const struct auth_login_claim *c, uint8_t hash[32])
{
	const struct es_slice parts[] = { c->is_error ? ES_SLICE_LIT("error") : ES_SLICE_LIT("answer"), c->answer };

	es_sha256(parts, ES_COUNT(parts), hash);
}

/* Whether the answer is the one that this login waits for. What a provider gave out only the provider can tell. */
static bool is_right(const struct auth_login_claim *c)
{
	uint8_t hash[32];

	switch (c->login.kind) {
	case AUTH_LOGIN_OIDC: return true;
	case AUTH_LOGIN_BACK: {
		char text[2 * sizeof c->login.secret + 1];
		es_hex_encode(es_slice_of(c->login.secret, sizeof c->login.secret), text);
		bool same = c->answer.len == sizeof text - 1 && es_ct_equal(c->answer.ptr, text, c->answer.len);
		es_wipe(text, sizeof text);
		return same;
	}
	case AUTH_LOGIN_FACTOR:
	case AUTH_LOGIN_SMS: break;
	}
	auth_code_hash(&c->login, c->answer, hash);
	return c->row.code.len == sizeof hash && es_ct_equal(c->row.code.ptr, hash, sizeof hash);
}

static bool has_code(enum auth_login_kind kind)
{
	return kind == AUTH_LOGIN_FACTOR || kind == AUTH_LOGIN_SMS;
}

/* A try is taken before the code is looked at, in the same commit: a crash gives none back. */
static enum auth_login_verdict judge_first(struct auth_login_claim *c, int64_t now)
{
	if (now >= c->login.expires_ms)
		return AUTH_LOGIN_UNKNOWN;
	if (has_code(c->login.kind)) {
		if (c->row.tries <= 0 || now >= c->row.code_until_ms)
			return AUTH_LOGIN_USED_UP;
		c->row.tries--;
	}
	return is_right(c) ? AUTH_LOGIN_MINE : AUTH_LOGIN_WRONG;
}

/* ES_BUSY: somebody works on this very answer. */
static es_status judge(struct auth_login_claim *c, const uint8_t hash[32], int64_t now)
{
	bool is_same = c->row.answer.len == 32 && es_ct_equal(c->row.answer.ptr, hash, 32);

	if (c->row.answer.len == 0) {
		c->verdict = judge_first(c, now);
		return ES_OK;
	}
	c->verdict = AUTH_LOGIN_SPENT;
	if (!is_same)
		return ES_OK;
	if (c->row.outcome.len > 0) {
		if (now <= c->row.ended_ms + AUTH_LOGIN_AGAIN_MS)
			c->verdict = AUTH_LOGIN_REPLAY;
		return ES_OK;
	}
	if (now < c->row.claimed_ms)
		return ES_BUSY;
	c->verdict = AUTH_LOGIN_MINE;
	return ES_OK;
}

static es_status open_login(struct auth_login_claim *c)
{
	struct es_slice plain;
	struct auth_login login;

	ES_TRY(open_sealed(c->task->env, "login", c->login.id, c->row.state, c->task->arena, &plain));
	ES_TRY(auth_login_unpack(plain, &login));
	memcpy(login.id, c->login.id, sizeof login.id);
	memcpy(login.handle, c->handle.ptr, AUTH_LOGIN_HANDLE);
	c->login = login;
	return ES_OK;
}

/* ES_NOT_FOUND: no login that may be spent here. */
static es_status read_login(struct es_db_conn *conn, struct auth_login_claim *c)
{
	c->verdict = AUTH_LOGIN_UNKNOWN;
	ES_TRY(auth_store_login_get(conn, c->login.id, c->task->arena, &c->row));
	if (open_login(c) != ES_OK) /* another key ring, or another row's octets: nobody's login */
		return ES_NOT_FOUND;
	return (c->kinds & 1u << c->login.kind) != 0 ? ES_OK : ES_NOT_FOUND;
}

es_status auth_login_read(struct es_db_conn *conn, struct auth_login_claim *c)
{
	es_status status = read_login(conn, c);

	if (status == ES_OK && c->row.answer.len == 0 && c->task->env->now_ms() < c->login.expires_ms)
		c->verdict = AUTH_LOGIN_MINE;
	return status == ES_NOT_FOUND ? ES_OK : status;
}

static es_status claim_job(struct es_db_conn *conn, void *user)
{
	struct auth_login_claim *c = user;
	uint8_t *hash = es_arena_alloc(c->task->arena, 32);
	int64_t now = c->task->env->now_ms();

	if (hash == NULL)
		return ES_TOO_LARGE;
	es_status status = read_login(conn, c);
	if (status == ES_NOT_FOUND)
		return ES_OK;
	ES_TRY(status);
	hash_answer(c, hash);
	ES_TRY(judge(c, hash, now));
	c->tries_left = c->row.tries > 0 ? (uint32_t)c->row.tries : 0;
	if (c->verdict != AUTH_LOGIN_MINE && (c->verdict != AUTH_LOGIN_WRONG || !has_code(c->login.kind)))
		return ES_OK;
	if (c->verdict == AUTH_LOGIN_MINE) {
		c->row.answer = es_slice_of(hash, 32);
		c->row.claimed_ms = c->task->deadline + CLAIM_SPARE_MS;
	}
	ES_TRY(auth_store_login_advance(conn, c->login.id, &c->row));
	c->row.step++;
	return ES_OK;
}

static void claimed(es_status status, void *user)
{
	struct auth_login_claim *c = user;

	if (status == ES_OK && c->verdict == AUTH_LOGIN_REPLAY && open_outcome(c) != ES_OK)
		status = ES_INTERNAL;
	if (status == ES_OK && c->task->env->is_stopping)
		status = ES_UNAVAILABLE;
	/* Whoever was faster decides; the phone asks again and hears it. */
	c->done(c, status == ES_CONFLICT ? ES_BUSY : status);
}

void auth_login_claim(struct auth_login_claim *c)
{
	es_status status = auth_login_id_of(c->handle, c->login.id);

	if (status != ES_OK) {
		c->verdict = AUTH_LOGIN_UNKNOWN;
		c->done(c, ES_OK);
		return;
	}
	status = es_db_write(c->task->env->db, claim_job, claimed, c);
	if (status != ES_OK)
		c->done(c, status);
}

/* ---- letting go ---- */

static es_status release_job(struct es_db_conn *conn, void *user)
{
	const struct auth_login_claim *c = user;

	return auth_store_login_advance(conn, c->login.id, &c->row);
}

static void released(es_status status, void *user)
{
	struct auth_login_claim *c = user;

	(void)status; /* not let go: the claim ends by its time */
	auth_flow_fail(c->task, c->why, c->detail);
}

void auth_login_release(struct auth_login_claim *c, es_status why, const char *detail)
{
	c->why = why;
	c->detail = detail;
	c->row.claimed_ms = 0;
	if (es_db_write(c->task->env->db, release_job, released, c) != ES_OK)
		released(ES_BUSY, c);
}

/* ---- the end ---- */

static es_status end_job(struct es_db_conn *conn, void *user)
{
	const struct auth_login_claim *c = user;

	ES_TRY(auth_store_login_advance(conn, c->login.id, &c->row));
	if (c->has_next)
		return auth_store_login_insert(conn, c->next_id, &c->next_row);
	return auth_store_history_add(conn, &c->record);
}

/* For the help desk: who logged in, or why not. */
static struct auth_history_entry record_of(const struct auth_login_claim *c)
{
	const struct auth_login *login = &c->login;
	struct auth_history_entry entry = { .at_ms = c->row.ended_ms, .imsi = login->imsi, .rounds = 1 };

	(void)snprintf(entry.tenant, sizeof entry.tenant, "%s", login->tenant);
	(void)snprintf(entry.method, sizeof entry.method, "%s", login->kind == AUTH_LOGIN_SMS ? "sms" : "oidc");
	(void)snprintf(entry.source, sizeof entry.source, "%s", login->provider);
	(void)snprintf(entry.result, sizeof entry.result, "%s", auth_login_reason_names[c->reply.reason]);
	(void)snprintf(entry.app, sizeof entry.app, "%s", login->group);
	return entry;
}

static void ended(es_status status, void *user)
{
	struct auth_login_claim *c = user;

	if (status == ES_OK)
		auth_login_finish(c->task, &c->login, c->out, &c->reply);
	else
		auth_flow_fail(c->task, ES_UNAVAILABLE, "the outcome of a login was not committed");
}

void auth_login_end(struct auth_login_claim *c, const struct auth_login_reply *reply, const struct auth_login *next)
{
	struct auth_env *env = c->task->env;

	if (reply != &c->reply)
		c->reply = *reply;
	es_status status = seal_outcome(c, &c->reply, &c->row.outcome);
	if (status == ES_OK && next != NULL) {
		memcpy(c->next_id, next->id, sizeof c->next_id);
		c->next_row = (struct auth_login_row){ .tries = AUTH_CODE_TRIES };
		c->has_next = true;
		status = auth_login_seal(env, next, c->task->arena, &c->next_row.state);
	}
	c->row.claimed_ms = 0;
	c->row.ended_ms = env->now_ms();
	c->record = record_of(c);
	if (status == ES_OK)
		status = es_db_write(env->db, end_job, ended, c);
	if (status != ES_OK)
		auth_flow_fail(c->task, status, "the outcome of a login could not be committed");
}
