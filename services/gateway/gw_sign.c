/* gw_sign.c -- signature base and structured fields, octet by octet as RFC 9421 and RFC 8941 have them. */
#include "gw_sign.h"

#include <inttypes.h>
#include <string.h>

#include "es_crypto.h"
#include "es_text.h"

/* ---- structured fields ---- */

/* RFC 8941 4.1.6. */
static es_status put_string(struct es_buf *out, const char *text)
{
	es_put_u8(out, '"');
	for (const char *c = text; *c != '\0'; c++) {
		if (*c < ' ' || *c > '~')
			return ES_MALFORMED;
		if (*c == '"' || *c == '\\')
			es_put_u8(out, '\\');
		es_put_u8(out, (uint8_t)*c);
	}
	es_put_u8(out, '"');
	return ES_OK;
}

/* The identifier of a component, in the list and in front of its line alike. */
static es_status put_name(struct es_buf *out, const struct gw_sign_component *component)
{
	ES_TRY(put_string(out, component->name));
	if (component->of_request)
		es_put_str(out, ";req");
	return ES_OK;
}

static es_status put_param(struct es_buf *out, const char *name, const char *text)
{
	if (text == NULL)
		return ES_OK;
	es_put_printf(out, ";%s=", name);
	return put_string(out, text);
}

es_status gw_sign_input(const struct gw_sign_component *components, size_t count, const struct gw_sign_params *params,
                        struct es_buf *out)
{
	es_put_u8(out, '(');
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			es_put_u8(out, ' ');
		ES_TRY(put_name(out, &components[i]));
	}
	es_put_printf(out, ");created=%" PRId64, params->created_s);
	ES_TRY(put_param(out, "keyid", params->key_id));
	ES_TRY(put_param(out, "alg", params->alg));
	ES_TRY(put_param(out, "tag", params->tag));
	return es_buf_status(out);
}

/* ---- the base ---- */

static bool is_one_line(struct es_slice value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.ptr[i] < ' ' || value.ptr[i] > '~')
			return false;
	return true;
}

es_status gw_sign_base(const struct gw_sign_component *components, size_t count, struct es_slice input,
                       struct es_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		if (!is_one_line(components[i].value))
			return ES_MALFORMED;
		ES_TRY(put_name(out, &components[i]));
		es_put_str(out, ": ");
		es_put_bytes(out, components[i].value);
		es_put_u8(out, '\n');
	}
	es_put_str(out, "\"@signature-params\": ");
	es_put_bytes(out, input);
	return es_buf_status(out);
}

/* ---- values ---- */

void gw_sign_digest(struct es_slice content, struct es_buf *out)
{
	uint8_t digest[32];

	es_sha256(&content, 1, digest);
	es_put_str(out, "sha-256=:");
	es_base64_encode(es_slice_of(digest, sizeof(digest)), out);
	es_put_u8(out, ':');
}

/* Devices come by https, also where something before us ends TLS. */
void gw_sign_authority(struct es_slice host, struct es_buf *out)
{
	static const char *const needless[] = { ":443", ":" };

	for (size_t i = 0; i < sizeof(needless) / sizeof(*needless); i++) {
		size_t len = strlen(needless[i]);

		if (host.len > len && es_slice_eq_str(es_slice_sub(host, host.len - len, host.len), needless[i]))
			host.len -= len;
	}
	for (size_t i = 0; i < host.len; i++) {
		uint8_t c = host.ptr[i];

		es_put_u8(out, c >= 'A' && c <= 'Z' ? (uint8_t)(c - 'A' + 'a') : c);
	}
}

static void put_escaped(struct es_slice text, const char *others, struct es_buf *out)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.ptr[i];

		if (c <= ' ' || c > '~' || strchr(others, c) != NULL)
			es_put_printf(out, "%%%02X", c);
		else
			es_put_u8(out, c);
	}
}

/* What decoding undid is done again: all that RFC 3986 3.3 lets stand in no path. */
void gw_sign_path(struct es_slice path, struct es_buf *out)
{
	put_escaped(path, "\"#%<>?[\\]^`{|}", out);
}

/* Escapes stay as they came. Some devices send blanks and UTF-8 as they are: what stands for them in a URL is signed. */
void gw_sign_query(struct es_slice query, struct es_buf *out)
{
	es_put_u8(out, '?');
	put_escaped(query, "\"<>", out);
}
