/* notify_token.c -- a form posted to a token endpoint, and the credential its answer makes. */
#include "notify_token.h"

#include "es_cleanup.h"
#include "es_clock.h"

#define SECOND INT64_C(1000)
#define MARGIN_MAX_MS (300 * SECOND)
#define FORM_MAX 16384
#define ANSWER_MAX 16384

static void fail(struct notify_token *t, const char *detail)
{
	struct notify_heard heard = { .verdict = NOTIFY_LATER, .reason = NOTIFY_WHY_UNREACHABLE };

	es_slice_to_str_cut(es_slice_str(detail), heard.detail, sizeof heard.detail);
	notify_credential_failed(&t->credential, &heard);
}

static void on_answer(const struct es_fetch_answer *answer, void *user)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf bearer;
	struct notify_token *t = user;
	const struct notify_answer heard = { .code = answer->code,
		                                 .body = answer->body,
		                                 .retry_after_ms = answer->retry_after_s * SECOND };
	struct notify_heard why;
	int64_t life = 0;

	es_buf_init(&bearer, NOTIFY_CREDENTIAL_MAX);
	if (answer->status != ES_OK)
		fail(t, answer->why);
	else if (!notify_oauth_read(&heard, &bearer, &life, &why))
		notify_credential_failed(&t->credential, &why);
	else
		notify_credential_told(&t->credential, es_buf_slice(&bearer),
		                       life - (life / 10 < MARGIN_MAX_MS ? life / 10 : MARGIN_MAX_MS), 0);
}

static void ask(struct notify_credential *credential, int64_t deadline, void *user)
{
	static const struct es_fetch_header headers[] = { { "Content-Type", "application/x-www-form-urlencoded" },
		                                              { "Accept", "application/json" } };
	ES_CLEANUP(es_buf_wipe) struct es_buf form;
	struct notify_token *t = user;

	(void)credential;
	es_buf_init(&form, FORM_MAX);
	if (t->form(&form, t->user) != ES_OK) {
		fail(t, "the token request cannot be written");
		return;
	}
	const struct es_fetch_request request = { .method = "POST",
		                                      .url = t->url,
		                                      .headers = headers,
		                                      .header_count = ES_COUNT(headers),
		                                      .body = es_buf_slice(&form),
		                                      .answer_max = ANSWER_MAX,
		                                      .deadline = deadline,
		                                      .is_secret = true };
	if (es_fetch(t->target, &request, on_answer, t) != ES_OK)
		fail(t, "the token endpoint cannot be asked for now");
}

void notify_token_init(struct notify_token *t, notify_token_form *form, void *user)
{
	*t = (struct notify_token){ .form = form, .user = user };
	notify_credential_init(&t->credential, ask, t);
}

es_status notify_token_open(struct notify_token *t, struct notify_push *push, const char *name, const char *url,
                            struct es_buf *error)
{
	t->url = url;
	return notify_push_target(push, name, false, &t->target, error);
}

void notify_token_destroy(struct notify_token *t)
{
	notify_credential_destroy(&t->credential);
}
