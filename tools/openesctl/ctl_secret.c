/* ctl_secret.c -- K and OPc, read, sealed and sent. */
#include "ctl_secret.h"

#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_crypto.h"
#include "es_json.h"
#include "es_milenage.h"
#include "es_text.h"

#define KEYS_PATH "/v1/tenants/{tenant}/subscribers/{imsi}/keys"

void ctl_secret_wipe(struct ctl_secret *secret)
{
	es_wipe(secret, sizeof *secret);
}

/* ---- reading ---- */

/* One line of hexadecimal digits. */
static bool line_read(FILE *file, uint8_t *out, size_t len)
{
	char line[128];

	if (file == NULL || fgets(line, sizeof line, file) == NULL)
		return false;
	bool ok = es_hex_decode(es_slice_trim(es_slice_str(line)), out, len) == ES_OK;
	es_wipe(line, sizeof line);
	return ok;
}

static bool value_read(char *value, uint8_t out[16])
{
	if (strcmp(value, "-") == 0)
		return line_read(stdin, out, 16);
	if (value[0] != '@') {
		bool ok = es_hex_decode(es_slice_str(value), out, 16) == ES_OK;
		es_wipe(value, strlen(value)); /* argv: others on this machine can see it */
		return ok;
	}
	FILE *file = fopen(value + 1, "re");
	if (file != NULL)
		setvbuf(file, NULL, _IONBF, 0);
	bool ok = line_read(file, out, 16);
	if (file != NULL)
		(void)fclose(file);
	return ok;
}

static int key_read(struct ctl *ctl, enum ctl_opt opt, uint8_t out[16])
{
	if (!value_read(ctl->args.value[opt], out))
		return ctl_complain(CTL_USAGE,
		                    "--%s wants 32 hexadecimal digits, @file with them, or - to read them from standard input",
		                    ctl_options[opt].name);
	return CTL_OK;
}

static int secret_fill(struct ctl *ctl, struct ctl_secret *out)
{
	const char *amf = ctl_value(ctl, CTL_AMF), *sqn = ctl_value(ctl, CTL_SQN);
	uint8_t op[16];

	int code = key_read(ctl, CTL_K, out->k);
	if (code == CTL_OK && ctl_value(ctl, CTL_OPC) != NULL)
		code = key_read(ctl, CTL_OPC, out->opc);
	else if (code == CTL_OK && (code = key_read(ctl, CTL_OP, op)) == CTL_OK)
		es_milenage_opc(out->k, op, out->opc);
	es_wipe(op, sizeof op);
	if (code != CTL_OK)
		return code;
	if (es_hex_decode(es_slice_str(amf != NULL ? amf : "8000"), out->amf, sizeof out->amf) != ES_OK)
		return ctl_complain(CTL_USAGE, "--amf wants 4 hexadecimal digits");
	out->has_sqn = sqn != NULL;
	if (sqn != NULL && es_parse_i64(es_slice_str(sqn), 0, (1LL << 48) - 1, &out->sqn) != ES_OK)
		return ctl_complain(CTL_USAGE, "--sqn wants a decimal number below 2^48");
	return CTL_OK;
}

int ctl_secret_read(struct ctl *ctl, struct ctl_secret *out)
{
	struct ctl_secret secret = { .has_sqn = false };

	if (ctl_value(ctl, CTL_K) == NULL)
		return ctl_complain(CTL_USAGE, "--k is missing");
	if ((ctl_value(ctl, CTL_OPC) != NULL) == (ctl_value(ctl, CTL_OP) != NULL))
		return ctl_complain(CTL_USAGE, "give one of --opc and --op");
	int code = secret_fill(ctl, &secret);
	if (code == CTL_OK)
		*out = secret;
	ctl_secret_wipe(&secret);
	return code;
}

/* ---- sealing and sending ---- */

int ctl_sealer_open(struct ctl *ctl, struct ctl_sealer *out)
{
	ES_CLEANUP(ctl_answer_done) struct ctl_answer answer = { .status = 0 };
	struct es_slice key = { NULL, 0 };

	int code = ctl_request(ctl, "GET", "/v1/keys/transport", NULL, &answer);
	if (code != CTL_OK)
		return code;
	const char *text = answer.json != NULL ? es_json_str(answer.json, "public_key") : NULL;
	struct es_arena *arena = es_arena_new(0, 4096);
	bool ok = arena != NULL && es_base64_decode(es_slice_str(text), arena, &key) == ES_OK &&
	          key.len == sizeof out->public_key;
	if (ok)
		memcpy(out->public_key, key.ptr, key.len);
	es_arena_free(arena);
	return ok ? CTL_OK
	          : ctl_complain(CTL_REFUSED,
	                         "the server's transport key cannot be used; is this openesctl of the same release?");
}

/* Bound to whom it is for: tenant NUL IMSI (proto/auth.proto). */
static es_status seal(const struct ctl_sealer *sealer, const char *tenant, const char *imsi,
                      const struct ctl_secret *secret, struct es_buf *text)
{
	uint8_t storage[128], keys[32], box[sizeof keys + ES_BOX_OVERHEAD];
	struct es_buf aad;

	es_buf_init_fixed(&aad, storage, sizeof storage);
	es_put_str(&aad, tenant);
	es_put_u8(&aad, 0);
	es_put_str(&aad, imsi);
	ES_TRY(es_buf_status(&aad));
	memcpy(keys, secret->k, sizeof secret->k);
	memcpy(keys + sizeof secret->k, secret->opc, sizeof secret->opc);
	es_status status = es_box_seal(sealer->public_key, es_buf_slice(&aad), es_slice_of(keys, sizeof keys), box);
	es_wipe(keys, sizeof keys);
	ES_TRY(status);
	es_base64_encode(es_slice_of(box, sizeof box), text);
	es_put_u8(text, '\0');
	return es_buf_status(text);
}

int ctl_keys_put(struct ctl *ctl, const struct ctl_sealer *sealer, const char *imsi, const struct ctl_secret *secret,
                 struct ctl_answer *out)
{
	ES_CLEANUP(es_json_done) cJSON *body = cJSON_CreateObject();
	uint8_t storage[256];
	char amf[2 * sizeof secret->amf + 1];
	struct es_buf box;

	es_buf_init_fixed(&box, storage, sizeof storage);
	if (body == NULL || seal(sealer, ctl_value(ctl, CTL_TENANT), imsi, secret, &box) != ES_OK)
		return CTL_REFUSED;
	es_hex_encode(es_slice_of(secret->amf, sizeof secret->amf), amf);
	if (cJSON_AddStringToObject(body, "box", (const char *)storage) == NULL ||
	    cJSON_AddStringToObject(body, "amf", amf) == NULL ||
	    cJSON_AddStringToObject(body, "algorithm", "milenage") == NULL ||
	    (secret->has_sqn && cJSON_AddNumberToObject(body, "sqn", (double)secret->sqn) == NULL))
		return CTL_REFUSED;
	return ctl_ask(ctl, "PUT", KEYS_PATH, body, out);
}
