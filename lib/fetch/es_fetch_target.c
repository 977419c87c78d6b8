/* es_fetch_target.c -- a peer: its options, and a libcurl multi handle of its own, so that its connections are its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "es_fetch_int.h"

#define CONNECTIONS_DEFAULT 4
#define STREAMS_DEFAULT 100 /* libcurl's */

static es_status keep(const char **text, const char *name, bool is_file, struct es_buf *error)
{
	if (*text == NULL)
		return ES_OK;
	if (is_file && access(*text, R_OK) != 0) {
		es_put_printf(error, "%s: %s: %s", name, *text, strerror(errno));
		*text = NULL;
		return ES_UNAVAILABLE;
	}
	*text = strdup(*text);
	return *text == NULL ? ES_TOO_LARGE : ES_OK;
}

static es_status make_multi(struct es_fetch_target *t)
{
	long connections = t->options.connections_max == 0 ? CONNECTIONS_DEFAULT : (long)t->options.connections_max;
	long streams = t->options.streams_max == 0 ? STREAMS_DEFAULT : (long)t->options.streams_max;

	t->multi = curl_multi_init();
	if (t->multi == NULL || curl_multi_setopt(t->multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_MAXCONNECTS, connections) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, streams) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_SOCKETFUNCTION, fetch_on_socket) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_SOCKETDATA, t) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_TIMERFUNCTION, fetch_on_timer) != CURLM_OK ||
	    curl_multi_setopt(t->multi, CURLMOPT_TIMERDATA, t) != CURLM_OK)
		return ES_TOO_LARGE;
	return ES_OK;
}

es_status fetch_target_init(struct es_fetch_target *target, const struct es_fetch_target_options *options,
                            struct es_buf *error)
{
	struct es_fetch_target_options *o = &target->options;

	*o = *options;
	target->timer_at = -1;
	/* Each is ours or NULL after its call; the rest must not be freed when one fails. */
	o->ca_file = o->cert_file = o->key_file = NULL;
	ES_TRY(keep(&o->name, "name", false, error));
	o->ca_file = options->ca_file;
	ES_TRY(keep(&o->ca_file, o->name, true, error));
	o->cert_file = options->cert_file;
	ES_TRY(keep(&o->cert_file, o->name, true, error));
	o->key_file = options->key_file;
	ES_TRY(keep(&o->key_file, o->name, true, error));
	return make_multi(target);
}

void fetch_target_free(struct es_fetch_target *target)
{
	(void)curl_multi_cleanup(target->multi);
	free((void *)(uintptr_t)target->options.name);
	free((void *)(uintptr_t)target->options.ca_file);
	free((void *)(uintptr_t)target->options.cert_file);
	free((void *)(uintptr_t)target->options.key_file);
	free(target);
}
