/* ph_keep.c -- files of one phone; secrets are readable by the owner alone. */
#include "ph_keep.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ph_subscribers.h"

static bool complain(const char *what, const char *path, es_status status)
{
	(void)fprintf(stderr, "openes-phone: %s %s: %s\n", what, path, es_status_meaning(status));
	return false;
}

static es_status save_token(const char *path, const char *token)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return ES_UNAVAILABLE;
	FILE *f = fdopen(fd, "w");
	if (f == NULL) {
		(void)close(fd);
		return ES_UNAVAILABLE;
	}
	bool ok = fputs(token, f) >= 0;
	return fclose(f) == 0 && ok ? ES_OK : ES_UNAVAILABLE;
}

void ph_keep_init(const struct ph_options *options, const struct ph_run *run, struct ph_phone *phone)
{
	ph_phone_init(phone, run, &run->imsi);
	if (options->wrong_key) {
		phone->usim.k[15] ^= 0xff;
		phone->usim.tuak.k[15] ^= 0xff;
	}
	phone->usim.is_impostor = options->wrong_key;
	if (options->token != NULL)
		(void)snprintf(phone->token, sizeof phone->token, "%s", options->token);
}

bool ph_keep_load(const struct ph_options *options, struct ph_phone *phone)
{
	es_status status = options->state == NULL ? ES_OK : ph_usim_load(&phone->usim, options->state);

	if (status != ES_OK && status != ES_NOT_FOUND)
		return complain("this is not the state of this SIM:", options->state, status);
	return true;
}

bool ph_keep_save(const struct ph_options *options, const struct ph_phone *phone, bool has_token)
{
	es_status status = ES_OK;

	if (options->state != NULL && (status = ph_usim_save(&phone->usim, options->state)) != ES_OK)
		return complain("the SIM's state cannot be written to", options->state, status);
	if (options->save_token != NULL && has_token && (status = save_token(options->save_token, phone->token)) != ES_OK)
		return complain("the token cannot be written to", options->save_token, status);
	return true;
}

es_status ph_keep_text(const char *path, struct es_slice text)
{
	FILE *f = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");

	if (f == NULL)
		return ES_UNAVAILABLE;
	bool ok = fwrite(text.ptr, 1, text.len, f) == text.len;
	return (f == stdout ? fflush(f) : fclose(f)) == 0 && ok ? ES_OK : ES_UNAVAILABLE;
}
