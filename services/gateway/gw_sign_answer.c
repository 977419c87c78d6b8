/* gw_sign_answer.c -- signs a document for a tenant that wants it: Content-Digest, Signature-Input and Signature. */
#include <stdio.h>

#include "es_cleanup.h"
#include "es_clock.h"
#include "es_crypto.h"
#include "es_log.h"
#include "es_metrics.h"
#include "es_text.h"
#include "gw_exchange.h"
#include "gw_sign.h"
#include "gw_sign_keys.h"

#define LABEL "openes"
#define TAG "openes-answer"
#define ALG "ecdsa-p256-sha256"
#define BASE_MAX (1024u * 1024)
#define FIELD_MAX 512
#define COMPONENTS_MAX 8

enum result { SIGNED, NO_KEY, FAILED };
static const char *const result_labels[] = { "signed", "no_key", "failed" };
ES_METRIC_COUNTER(signatures, "openes_device_signatures_total", "Documents that their tenant wants signed, by result",
                  "result", result_labels);

void gw_sign_metrics(void)
{
	es_metric_register(&signatures);
}

struct components {
	struct gw_sign_component list[COMPONENTS_MAX];
	size_t count;
};

static void add(struct components *c, const char *name, bool of_request, struct es_slice value)
{
	c->list[c->count++] = (struct gw_sign_component){ name, of_request, value };
}

/* A value of the request, made by `put`; it has to outlive the making. False: no room. */
static bool add_made(struct components *c, const char *name, void (*put)(struct es_slice, struct es_buf *),
                     struct es_slice from, struct es_arena *arena)
{
	ES_CLEANUP(es_buf_wipe) struct es_buf made;
	struct es_slice value;

	es_buf_init(&made, BASE_MAX);
	put(from, &made);
	value = es_arena_copy(arena, es_buf_slice(&made));
	add(c, name, true, value);
	return es_buf_status(&made) == ES_OK && value.len > 0;
}

/* What the device knows of its own request, so that an answer to another one is not taken for the answer to this. */
static es_status add_request(struct components *c, const struct gw_exchange *x)
{
	const struct es_http_request *http = x->http;

	add(c, "@method", true, es_http_method(http));
	if (!add_made(c, "@authority", gw_sign_authority, es_http_header(http, "Host"), x->arena) ||
	    !add_made(c, "@path", gw_sign_path, es_http_path(http), x->arena) ||
	    !add_made(c, "@query", gw_sign_query, es_http_query(http), x->arena))
		return ES_TOO_LARGE;
	return ES_OK;
}

struct fields {
	char digest[FIELD_MAX], input[FIELD_MAX], signature[FIELD_MAX];
};

static es_status make_signature(const struct components *c, const struct es_p256_key *key, const char *key_id,
                                struct fields *fields)
{
	const struct gw_sign_params params = { .created_s = es_wall_ms() / 1000, .key_id = key_id, .alg = ALG, .tag = TAG };
	ES_CLEANUP(es_buf_wipe) struct es_buf base; /* the query has the token */
	struct es_buf out;
	uint8_t signature[ES_P256_SIGNATURE];

	es_buf_init_fixed(&out, fields->input, sizeof(fields->input) - 1);
	es_put_str(&out, LABEL "=");
	ES_TRY(gw_sign_input(c->list, c->count, &params, &out));
	es_buf_init(&base, BASE_MAX);
	ES_TRY(gw_sign_base(c->list, c->count, es_slice_sub(es_buf_slice(&out), sizeof(LABEL "=") - 1, out.len), &base));
	const struct es_slice text = es_buf_slice(&base);

	ES_TRY(es_p256_sign(key, &text, 1, signature));
	es_buf_init_fixed(&out, fields->signature, sizeof(fields->signature) - 1);
	es_put_str(&out, LABEL "=:");
	es_base64_encode(es_slice_of(signature, sizeof(signature)), &out);
	es_put_u8(&out, ':');
	return es_buf_status(&out);
}

static es_status sign(struct gw_exchange *x, const struct es_p256_key *key, const struct gw_content *content)
{
	struct fields fields = { .digest = "" };
	struct components c = { .count = 0 };
	char status[16];
	struct es_buf digest;

	es_buf_init_fixed(&digest, fields.digest, sizeof(fields.digest) - 1);
	gw_sign_digest(content->octets, &digest);
	(void)snprintf(status, sizeof(status), "%u", content->status);
	add(&c, "@status", false, es_slice_str(status));
	add(&c, "content-type", false, es_slice_str(content->type));
	if (content->coding != NULL)
		add(&c, "content-encoding", false, es_slice_str(content->coding));
	add(&c, "content-digest", false, es_buf_slice(&digest));
	ES_TRY(add_request(&c, x));
	ES_TRY(make_signature(&c, key, x->decision->signing_key_id, &fields));
	es_http_set_header(x->http, "Cache-Control", "no-transform"); /* beside no-store: the digest is of these octets */
	es_http_set_header(x->http, "Content-Digest", fields.digest);
	es_http_set_header(x->http, "Signature-Input", fields.input);
	es_http_set_header(x->http, "Signature", fields.signature);
	return ES_OK;
}

void gw_sign_answer(struct gw_exchange *x, const struct gw_content *content)
{
	const char *key_id = x->decision->signing_key_id;
	const char *tenant = x->decision->subject != NULL ? x->decision->subject->tenant : "";
	const struct es_p256_key *key;

	if (key_id[0] == '\0')
		return;
	key = gw_sign_keys_find(x->sign_keys, tenant, key_id);
	es_status status = key != NULL ? sign(x, key, content) : ES_NOT_FOUND;

	es_count(&signatures, key == NULL ? NO_KEY : status == ES_OK ? SIGNED : FAILED);
	/* Without its signature it still goes out: whoever insists on one turns it away himself, all others are served. */
	if (status != ES_OK)
		es_error(es_http_trace(x->http), "device.unsigned", es_f_str("tenant", tenant), es_f_str("key", key_id),
		         es_f_str("why", es_status_name(status)));
}
