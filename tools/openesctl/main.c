/* main.c -- openesctl, the operators' command line. */
#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"
#include "es_cleanup.h"
#include "es_crypto.h"

static int help(const struct ctl_args *args)
{
	struct es_buf text;

	es_buf_init(&text, 65536);
	ctl_help_write(args, &text);
	bool written = fwrite(text.ptr, 1, text.len, stdout) == text.len;
	es_buf_free(&text);
	return written ? CTL_OK : CTL_REFUSED;
}

static int run(struct ctl *ctl, struct es_buf *error)
{
	const struct ctl_api_options options = {
		.url = ctl_value(ctl, CTL_URL),
		.ca = ctl_value(ctl, CTL_CA),
		.cert = ctl_value(ctl, CTL_CERT),
		.key = ctl_value(ctl, CTL_KEY),
		.token_file = ctl_value(ctl, CTL_TOKEN_FILE),
		.token = getenv("OPENES_ADMIN_TOKEN"),
	};

	if (ctl_api_open(&options, &ctl->api, error) != ES_OK)
		return ctl_complain(CTL_USAGE, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(error)));
	int code = ctl_args_needs(ctl->args.command, CTL_TENANT) ? ctl_tenant_default(ctl) : CTL_OK;
	if (code == CTL_OK)
		code = ctl->args.command->run(ctl);
	ctl_api_close(ctl->api);
	return code;
}

int main(int argc, char **argv)
{
	struct ctl ctl = { .api = NULL };
	uint8_t storage[1024];
	struct es_buf error;

	es_buf_init_fixed(&error, storage, sizeof storage);
	if (ctl_args_parse(argv + 1, argc > 0 ? (size_t)argc - 1 : 0, getenv, &ctl.args, &error) != ES_OK)
		return ctl_complain(CTL_USAGE, ES_SLICE_FMT, ES_SLICE_ARG(es_buf_slice(&error)));
	if (ctl_value(&ctl, CTL_HELP) != NULL)
		return help(&ctl.args);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return ctl_complain(CTL_REFUSED, "libcurl cannot be set up");
	es_crypto_init();
	int code = run(&ctl, &error);
	curl_global_cleanup();
	return fflush(stdout) == 0 ? code : ctl_complain(CTL_REFUSED, "the output could not be written");
}
