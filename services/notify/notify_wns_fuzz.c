/* notify_wns_fuzz.c -- channel URIs from devices: of what is allowed, every reader of URIs sees the same host. */
#undef NDEBUG /* the checks are the point, in every build */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "notify_wns.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char suffix[] = "notify.windows.com";
	const struct es_slice uri = es_slice_of(data, size);

	if (!notify_wns_uri_is_allowed(uri, suffix, 8443))
		return 0;
	assert(size > 8 && size <= NOTIFY_WNS_URI_MAX && memchr(data, '\0', size) == NULL);
	char *text = calloc(1, size + 1);
	assert(text != NULL);
	memcpy(text, data, size);
	assert(strncasecmp(text, "https://", 8) == 0 && strpbrk(text, "\\#\"<> \t\r\n[]") == NULL);
	char *host = text + 8, *end = host + strcspn(host, "/?");
	char *at = memchr(host, '@', (size_t)(end - host)), *colon = memchr(host, ':', (size_t)(end - host));
	assert(at == NULL);
	if (colon != NULL)
		end = colon;
	assert((size_t)(end - host) >= sizeof suffix - 1);
	assert(strncasecmp(end - (sizeof suffix - 1), suffix, sizeof suffix - 1) == 0);
	assert(end - (sizeof suffix - 1) == host || end[-(ptrdiff_t)sizeof suffix] == '.');
	free(text);
	return 0;
}
