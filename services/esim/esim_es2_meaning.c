/* esim_es2_meaning.c -- status codes of ES2+ (SGP.22 5.2.6, 5.3): their words, and what each means for an order. */
#include <stdio.h>
#include <string.h>

#include "es_cleanup.h"
#include "esim_es2.h"

#define ANY ESIM_ES2_FUNCTIONS

/* The first row that fits counts. `repeat`: where the function was asked before, and its first run may be what refuses. */
static const struct {
	enum esim_es2_function function;
	const char *subject, *reason; /* "": any; "8.9*": what begins so */
	enum esim_heard_outcome first, repeat;
} meanings[] = {
	{ ESIM_ES2_DOWNLOAD_ORDER, "8.2.1", "3.3", ESIM_HEARD_TAKEN, ESIM_HEARD_DONE },
	{ ESIM_ES2_DOWNLOAD_ORDER, "8.2.1", "3.10", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },    /* bound to another EID */
	{ ESIM_ES2_DOWNLOAD_ORDER, "8.2.1", "3.9", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },     /* it never had it */
	{ ESIM_ES2_DOWNLOAD_ORDER, "8.2.1", "1.2", ESIM_HEARD_TAKEN, ESIM_HEARD_TAKEN },     /* another operator's */
	{ ESIM_ES2_DOWNLOAD_ORDER, "8.2.5", "3.7", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD }, /* no stock */
	{ ESIM_ES2_CONFIRM_ORDER, "8.2.1", "3.3", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
	{ ESIM_ES2_CONFIRM_ORDER, "8.2.6", "3.3", ESIM_HEARD_TAKEN, ESIM_HEARD_DONE },
	{ ESIM_ES2_CONFIRM_ORDER, "8.9*", "", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD }, /* the SM-DS behind it */
	{ ESIM_ES2_RELEASE_PROFILE, "8.2.1", "3.5", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
	{ ESIM_ES2_RELEASE_PROFILE, "8.2.1", "3.3", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE },
	{ ESIM_ES2_CANCEL_ORDER, "8.2.1", "3.3", ESIM_HEARD_GONE, ESIM_HEARD_DONE },
	{ ESIM_ES2_CANCEL_ORDER, "8.2.1", "3.9", ESIM_HEARD_REFUSED, ESIM_HEARD_DONE }, /* forgotten, once cancelled */
	{ ANY, "", "4.2", ESIM_HEARD_LOST, ESIM_HEARD_LOST }, /* it broke while it did it: how far it came is not said */
	{ ANY, "", "4.10", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
	{ ANY, "", "5.1", ESIM_HEARD_UNHEARD, ESIM_HEARD_UNHEARD },
	{ ANY, "", "", ESIM_HEARD_REFUSED, ESIM_HEARD_REFUSED },
};

static bool fits(const char *pattern, const char *code)
{
	const size_t len = strlen(pattern);

	if (len == 0)
		return true;
	return pattern[len - 1] == '*' ? strncmp(pattern, code, len - 1) == 0 : strcmp(pattern, code) == 0;
}

/* A repeat of which nothing can be concluded is as the first time: nobody knows which profile, or which matching id, the
 * lost answer named, and what was downloaded cannot have been cancelled. */
static bool counts_as_repeat(const struct esim_es2_request *request)
{
	if (request->function == ESIM_ES2_DOWNLOAD_ORDER && (request->iccid == NULL || request->iccid[0] == '\0'))
		return false;
	if (request->function == ESIM_ES2_CONFIRM_ORDER && request->matching_id == NULL)
		return false;
	return request->is_repeat && !request->is_fetched;
}

enum esim_heard_outcome esim_es2_meaning(const struct esim_es2_request *request, const char *subject,
                                         const char *reason)
{
	size_t i = 0;

	while ((meanings[i].function != ANY && meanings[i].function != request->function) ||
	       !fits(meanings[i].subject, subject) || !fits(meanings[i].reason, reason))
		i++; /* the last row fits everything */
	return counts_as_repeat(request) ? meanings[i].repeat : meanings[i].first;
}

/* ---- words ---- */

struct code {
	const char *code, *words;
};

static const struct code subjects[] = {
	{ "1", "generic" },
	{ "1.1", "function requester" },
	{ "1.2", "function provider" },
	{ "1.3", "protocol" },
	{ "1.3.1", "protocol format" },
	{ "1.3.2", "protocol version" },
	{ "1.6", "function" },
	{ "8.1", "eUICC" },
	{ "8.1.1", "EID" },
	{ "8.2", "profile" },
	{ "8.2.1", "ICCID" },
	{ "8.2.5", "profile type" },
	{ "8.2.6", "matching id" },
	{ "8.2.7", "confirmation code" },
	{ "8.2.8", "profile policy rules" },
	{ "8.2.9", "profile metadata" },
	{ "8.2.10", "bound profile package" },
	{ "8.2.11", "managing SM-DP+" },
	{ "8.2.12", "profile owner" },
	{ "8.8", "SM-DP+" },
	{ "8.8.1", "SM-DP+ address" },
	{ "8.8.5", "download order" },
	{ "8.9", "SM-DS" },
	{ "8.9.1", "SM-DS address" },
	{ "8.9.5", "event record" },
	{ "8.10", "operation" },
	{ "8.10.1", "transaction id" },
	{ "8.11", "certificate issuer" },
	{ "8.12", "LPA" },
};

static const struct code reasons[] = {
	{ "1.1", "unknown" },
	{ "1.2", "not allowed" },
	{ "2.1", "invalid" },
	{ "2.2", "mandatory element missing" },
	{ "2.3", "conditional element missing" },
	{ "3.1", "unsupported" },
	{ "3.3", "already in use" },
	{ "3.5", "invalid transition" },
	{ "3.7", "unavailable" },
	{ "3.8", "refused" },
	{ "3.9", "unknown" },
	{ "3.10", "invalid association" },
	{ "3.11", "value has changed" },
	{ "3.12", "invalid match" },
	{ "4.2", "execution error" },
	{ "4.3", "stopped on warning" },
	{ "4.8", "insufficient memory" },
	{ "4.10", "time to live expired" },
	{ "5.1", "inaccessible" },
	{ "6.1", "verification failed" },
	{ "6.3", "expired" },
	{ "6.4", "maximum number of attempts exceeded" },
};

static const char *words_of(const struct code *table, size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(table[i].code, code) == 0)
			return table[i].words;
	return "?";
}

void esim_es2_words(const char *subject, const char *reason, char *out, size_t size)
{
	if (subject[0] == '\0' && reason[0] == '\0')
		(void)snprintf(out, size, "failed, it does not say why");
	else
		(void)snprintf(out, size, "%s/%s %s: %s", subject, reason, words_of(subjects, ES_COUNT(subjects), subject),
		               words_of(reasons, ES_COUNT(reasons), reason));
}
