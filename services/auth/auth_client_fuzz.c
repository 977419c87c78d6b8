/* auth_client_fuzz.c -- forms of the token endpoint and the texts in them: nothing of a stranger's does harm, and what is
 * accepted is what it has to be. The input is a form, `name=value` with '&' between. */
#include <stdlib.h>

#include "auth_client_form.h"
#include "es_cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define PARAMS_MAX 64

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void texts(struct es_slice text)
{
	ES_CLEANUP(es_arena_done) struct es_arena *arena = es_arena_new(0, 1u << 20);
	bool may_be_operator = false;
	struct es_slice issuer;

	must(arena != NULL);
	if (auth_client_claimed_issuer(text, arena, &issuer) == ES_OK)
		must(issuer.len > 0);
	must(auth_client_subject_token(text, &may_be_operator).len < text.len || text.len == 0);
	must(auth_client_resource_host(text).len <= text.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct auth_client_param params[PARAMS_MAX];
	struct es_slice rest = es_slice_of(data, size);
	struct auth_client_form form;
	const char *why = NULL;
	size_t count = 0;

	if (size == 0)
		return 0;
	while (rest.ptr != NULL && count < PARAMS_MAX) {
		struct es_slice value = es_slice_cut(&rest, '&');
		params[count].name = es_slice_cut(&value, '=');
		params[count++].value = value;
		texts(value);
	}
	enum auth_client_error error = auth_client_form_read(params, count, &form, &why);
	if (error != AUTH_CLIENT_ERROR_NONE) {
		must(why != NULL && error < AUTH_CLIENT_ERROR_COUNT);
		return 0;
	}
	must(form.grant_type == AUTH_CLIENT_CREDENTIALS ? form.client_assertion.len > 0 : form.assertion.len > 0);
	must(form.scope.len == 0 || es_scope_is_valid(form.scope));
	return 0;
}
