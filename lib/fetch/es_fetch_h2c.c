/* es_fetch_h2c.c -- cleartext HTTP/2 by prior knowledge, on connections that are shared although libcurl 7.88 cannot.
 *
 * That version, Debian 12's, begins HTTP/2 anew with every request that has prior knowledge, on a kept connection too, and
 * fails there (its issue 10634, mended in 8.0). A request without prior knowledge does share such a connection, but would
 * open one that speaks HTTP/1.1. So each request is made to share at first and kept from opening any; when libcurl wants
 * to, one request of the target, the opener, is sent off with prior knowledge on a new connection, and the others are parked
 * until that one stands. All on the fetcher's thread. */
#include "es_fetch_int.h"

/* Every option once: a failure of any is lack of memory, or a libcurl without it. */
#define SET(option, value) ok = ok && curl_easy_setopt(easy, CURLOPT_##option, value) == CURLE_OK

static curl_socket_t on_open_refuse(void *userp, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct fetch_job *job = userp;

	(void)purpose;
	(void)address;
	job->is_kept_from_opening = true;
	return CURL_SOCKET_BAD;
}

/* The opener's connection stands: from now on it is shared. */
static int on_connected(void *userp, char *to, char *from, int to_port, int from_port)
{
	struct fetch_job *job = userp;

	(void)to;
	(void)from;
	(void)to_port;
	(void)from_port;
	if (job->target->opener == job)
		job->target->opener = NULL;
	return CURL_PREREQFUNC_OK;
}

static bool set_sharing(struct fetch_job *job)
{
	CURL *easy = job->easy;
	bool ok = true;

	job->is_kept_from_opening = false;
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	SET(FRESH_CONNECT, 0L);
	SET(OPENSOCKETFUNCTION, on_open_refuse);
	SET(OPENSOCKETDATA, job);
	return ok;
}

static bool set_opening(struct fetch_job *job)
{
	CURL *easy = job->easy;
	bool ok = true;

	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	SET(FRESH_CONNECT, 1L);
	SET(OPENSOCKETFUNCTION, NULL);
	SET(PREREQFUNCTION, on_connected);
	SET(PREREQDATA, job);
	return ok;
}

bool fetch_h2c_prepare(struct fetch_job *job)
{
	unsigned version = curl_version_info(CURLVERSION_NOW)->version_num;
	CURL *easy = job->easy;
	bool ok = true;

	job->shares_h2c = version >= 0x075800 && version < 0x080000;
	if (job->shares_h2c)
		return set_sharing(job);
	SET(HTTP_VERSION, (long)CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
	return ok;
}

bool fetch_h2c_goes_on(struct fetch_job *job)
{
	struct es_fetch_target *t = job->target;

	if (!job->shares_h2c || !job->is_kept_from_opening)
		return false;
	job->is_kept_from_opening = false;
	(void)curl_multi_remove_handle(t->multi, job->easy);
	job->error[0] = '\0';
	if (t->opener != NULL) {
		job->next_parked = t->parked;
		t->parked = job;
		return true;
	}
	if (!set_opening(job) || curl_multi_add_handle(t->multi, job->easy) != CURLM_OK)
		return false;
	t->opener = job;
	return true;
}

void fetch_h2c_leave(struct fetch_job *job)
{
	struct fetch_job **at = &job->target->parked;

	if (job->target->opener == job)
		job->target->opener = NULL;
	while (*at != NULL && *at != job)
		at = &(*at)->next_parked;
	if (*at == job)
		*at = job->next_parked;
}

struct fetch_job *fetch_h2c_unpark(struct es_fetch_target *target)
{
	struct fetch_job *failed = NULL;

	while (target->opener == NULL && target->parked != NULL && failed == NULL) {
		struct fetch_job *job = target->parked;
		target->parked = job->next_parked;
		target->is_touched = true;
		if (!set_sharing(job) || curl_multi_add_handle(target->multi, job->easy) != CURLM_OK)
			failed = job;
	}
	return failed;
}
