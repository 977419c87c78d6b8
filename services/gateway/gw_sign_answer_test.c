/* gw_sign_answer_test.c -- documents that are signed, checked by what the device saw of them; and all that is not signed. */
#include <inttypes.h>
#include <sys/stat.h>

#include "es_crypto.h"
#include "es_gzip.h"
#include "es_p256.h"
#include "es_text.h"
#include "gw_device_test_kit.h"
#include "gw_sign_keys.h"

/* clang-format off */
static const char pem[] = /* test-key-ecc-p256 of RFC 9421 B.1.3 */
	"-----BEGIN EC PRIVATE KEY-----\n"
	"MHcCAQEEIFKbhfNZfpDsW43+0+JjUr9K+bTeuxopu653+hBaXGA7oAoGCCqGSM49\n"
	"AwEHoUQDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAxzic30tMM\n"
	"4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==\n"
	"-----END EC PRIVATE KEY-----\n";
/* clang-format on */

static char folder[32], pem_path[64], keys_path[64];

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static int set_up_with_keys(void **state)
{
	char text[128], storage[256] = "";
	struct es_buf error;

	es_crypto_init();
	(void)snprintf(folder, sizeof(folder), "/tmp/gw_sign_answer.XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(pem_path, sizeof(pem_path), "%s/a.pem", folder);
	(void)snprintf(keys_path, sizeof(keys_path), "%s/keys", folder);
	(void)snprintf(text, sizeof(text), "[key demo-1]\ntenant = demo\nfile = %s\n", pem_path);
	write_file(pem_path, pem);
	write_file(keys_path, text);
	es_buf_init_fixed(&error, storage, sizeof(storage) - 1);
	require(gw_sign_keys_load(keys_path, &stage.sign_keys, &error), &error);
	return set_up(state);
}

static int tear_down_with_keys(void **state)
{
	int code = tear_down(state);

	gw_sign_keys_free(stage.sign_keys);
	(void)unlink(pem_path);
	(void)unlink(keys_path);
	return code != 0 || rmdir(folder) != 0;
}

/* The value of a header; the caller frees. */
static char *header(const char *answer, const char *name)
{
	char start[64];
	const char *at, *end;

	(void)snprintf(start, sizeof(start), "\r\n%s: ", name);
	at = strstr(answer, start);
	if (at == NULL)
		fail_msg("no %s in %s", name, answer);
	at += strlen(start);
	end = strstr(at, "\r\n");
	assert_non_null(end);
	return strndup(at, (size_t)(end - at));
}

static struct es_slice body_of(const char *answer, size_t len)
{
	const char *body = strstr(answer, "\r\n\r\n");

	assert_non_null(body);
	return es_slice_of(body + 4, len - (size_t)(body + 4 - answer));
}

struct asked {
	const char *name, *line, *headers, *body; /* the request */
	const char *covered;                      /* the components' lines, but for the digest's: XXX is where it goes */
};

static const struct asked signed_answers[] = {
	{ "a query", GET "&app=ap2004&token=signed", "Host: AES.example:443\r\n", NULL,
	  "\"@status\": 200\n\"content-type\": text/vnd.wap.connectivity-xml\nXXX"
	  "\"@method\";req: GET\n\"@authority\";req: aes.example\n\"@path\";req: /\n"
	  "\"@query\";req: ?terminal_id=356938035643809&entitlement_version=12.0&app=ap2004&token=signed\n" },
	{ "another path, JSON, a blank in the query",
	  "GET /ts43/entitlement?terminal_id=1&terminal_model=a b&entitlement_version=12.0&app=ap2004&token=signed",
	  "Host: aes.example:8443\r\nAccept: application/json\r\n", NULL,
	  "\"@status\": 200\n\"content-type\": application/json\nXXX"
	  "\"@method\";req: GET\n\"@authority\";req: aes.example:8443\n\"@path\";req: /ts43/entitlement\n"
	  "\"@query\";req: ?terminal_id=1&terminal_model=a%20b&entitlement_version=12.0&app=ap2004&token=signed\n" },
	{ "a body", "POST /", "Host: aes.example\r\nContent-Length: 84\r\n",
	  "{\"terminal_id\":\"1\",\"entitlement_version\":\"12.0\",\"app\":\"ap2004\",\"token\":\"signed\"}    ",
	  "\"@status\": 200\n\"content-type\": text/vnd.wap.connectivity-xml\nXXX"
	  "\"@method\";req: POST\n\"@authority\";req: aes.example\n\"@path\";req: /\n\"@query\";req: ?\n" },
	{ "a packed answer", GET "&app=ap2004&token=signed-long", "Host: aes.example\r\nAccept-Encoding: gzip\r\n", NULL,
	  "\"@status\": 200\n\"content-type\": text/vnd.wap.connectivity-xml\n\"content-encoding\": gzip\nXXX"
	  "\"@method\";req: GET\n\"@authority\";req: aes.example\n\"@path\";req: /\n"
	  "\"@query\";req: ?terminal_id=356938035643809&entitlement_version=12.0&app=ap2004&token=signed-long\n" },
};

static char *ask_for(const struct asked *row, size_t *len)
{
	struct es_buf request;
	char *answer;

	es_buf_init(&request, ANSWER_MAX);
	es_put_printf(&request, "%s HTTP/1.1\r\nConnection: close\r\n%s\r\n%s", row->line, row->headers,
	              row->body != NULL ? row->body : "");
	answer = ask(es_buf_slice(&request), len);
	es_buf_free(&request);
	return answer;
}

/* Puts the base together by hand: what is expected, and the digest and the parameters as they came. */
static void make_base(const struct asked *row, const char *digest, const char *input, struct es_buf *base)
{
	const char *hole = strstr(row->covered, "XXX");

	es_put_bytes(base, es_slice_of(row->covered, (size_t)(hole - row->covered)));
	es_put_printf(base, "\"content-digest\": %s\n%s\"@signature-params\": %s", digest, hole + 3,
	              input + strlen("openes="));
}

static void check_digest(const struct asked *row, const char *digest, struct es_slice body)
{
	struct es_buf wanted;
	uint8_t hash[32];

	es_buf_init(&wanted, 128);
	es_sha256(&body, 1, hash);
	es_put_str(&wanted, "sha-256=:");
	es_base64_encode(es_slice_of(hash, sizeof(hash)), &wanted);
	es_put_u8(&wanted, ':');
	if (!es_slice_eq_str(es_buf_slice(&wanted), digest))
		fail_msg("%s: %s", row->name, digest);
	es_buf_free(&wanted);
}

static void check_signature(const struct asked *row, struct es_slice base, const char *field)
{
	const struct es_slice value = es_slice_str(field), text = base;
	const size_t start = strlen("openes=:");
	struct es_arena *arena = es_arena_new(0, 4096);
	struct es_slice signature;

	assert_true(es_slice_starts_with(value, ES_SLICE_LIT("openes=:")));
	assert_int_equal(es_base64_decode(es_slice_sub(value, start, value.len - 1), arena, &signature), ES_OK);
	assert_int_equal(signature.len, ES_P256_SIGNATURE);
	if (es_p256_verify(gw_sign_keys_find(stage.sign_keys, "demo", "demo-1"), &text, 1, signature.ptr) != ES_OK)
		fail_msg("%s: not the signature of " ES_SLICE_FMT, row->name, ES_SLICE_ARG(base));
	es_arena_free(arena);
}

static void a_document_is_signed_together_with_the_request_it_answers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(signed_answers); i++) {
		const struct asked *row = &signed_answers[i];
		const int64_t before_s = es_wall_ms() / 1000;
		size_t len;
		char *answer = ask_for(row, &len);
		char *digest = header(answer, "Content-Digest"), *input = header(answer, "Signature-Input");
		char *signature = header(answer, "Signature");
		struct es_buf base;
		int64_t created = 0;

		assert_int_equal(status_of(answer), 200);
		assert_non_null(strstr(answer, "\r\nCache-Control: no-transform\r\n"));
		assert_non_null(strstr(input, ";keyid=\"demo-1\";alg=\"ecdsa-p256-sha256\";tag=\"openes-answer\""));
		const char *at = strstr(input, ");created=");
		assert_non_null(at);
		created = strtoll(at + strlen(");created="), NULL, 10);
		assert_true(created >= before_s && created <= es_wall_ms() / 1000);
		es_buf_init(&base, 4096);
		make_base(row, digest, input, &base);
		check_digest(row, digest, body_of(answer, len));
		check_signature(row, es_buf_slice(&base), signature);
		es_buf_free(&base);
		free(digest);
		free(input);
		free(signature);
		free(answer);
	}
}

static const struct row unsigned_answers[] = {
	{ "a tenant that wants none",
	  GET "&app=ap2004&token=good",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "value=\"ap2004\"/>", "!Content-Digest", "!Signature", "!no-transform" } },
	{ "a key that is not here",
	  GET "&app=ap2004&token=signed-lost",
	  NULL,
	  NULL,
	  200,
	  "D",
	  { "value=\"ap2004\"/>", "!Content-Digest", "!Signature", "!no-transform" } },
	{ "a challenge",
	  GET "&app=ap2004&EAP_ID=0001%40x",
	  ACCEPT_EAP,
	  NULL,
	  200,
	  "S",
	  { "eap-relay-packet", "!Content-Digest", "!Signature" } },
	{ "an error", GET "&app=ap2004&token=gone", NULL, NULL, 403, "D", { "!Content-Digest", "!Signature" } },
};

static void nothing_else_is_signed(void **state)
{
	(void)state;
	for (size_t i = 0; i < ES_COUNT(unsigned_answers); i++)
		check(&unsigned_answers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_signed_together_with_the_request_it_answers),
		cmocka_unit_test(nothing_else_is_signed),
	};

	return cmocka_run_group_tests_name("gw_sign_answer", tests, set_up_with_keys, tear_down_with_keys);
}
