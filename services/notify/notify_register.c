/* notify_register.c -- the form of push tokens by channel. Pure. */
#include "notify_register.h"

#include "es_cleanup.h"

#define TOKEN_MAX 4096

/* APNs: hexadecimal; 32 octets at first, and Apple says the length may change. */
#define APNS_DIGITS_MIN 64
#define APNS_DIGITS_MAX 200

static bool is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* ASCII without blanks and controls. */
static bool is_visible(uint8_t c)
{
	return c > 0x20 && c < 0x7f;
}

static bool all(struct es_slice text, bool (*is_member)(uint8_t))
{
	for (size_t i = 0; i < text.len; i++)
		if (!is_member(text.ptr[i]))
			return false;
	return true;
}

static bool is_printable_token(struct es_slice token)
{
	return token.len >= 1 && token.len <= TOKEN_MAX && all(token, is_visible);
}

/* The channel URI that Windows gives the application: https, with a host. */
static bool is_wns_uri(struct es_slice token)
{
	static const struct es_slice scheme = { (const uint8_t *)"https://", 8 };

	if (!is_printable_token(token) || token.len <= scheme.len)
		return false;
	const struct es_slice rest = es_slice_sub(token, scheme.len, token.len);
	return es_slice_eq_nocase(es_slice_sub(token, 0, scheme.len), scheme) && rest.ptr[0] != '/' && rest.ptr[0] != '?';
}

static bool is_apns_token(struct es_slice token)
{
	return token.len >= APNS_DIGITS_MIN && token.len <= APNS_DIGITS_MAX && token.len % 2 == 0 && all(token, is_hex);
}

/* notif_action: how a token of it looks. 0 disables whatever channel the token had. */
static const struct {
	enum notify_wish wish;
	bool (*is_valid)(struct es_slice token);
} actions[] = {
	[0] = { NOTIFY_DISABLE, is_printable_token },         [NOTIFY_GCM] = { NOTIFY_ENABLE, is_printable_token },
	[NOTIFY_FCM] = { NOTIFY_ENABLE, is_printable_token }, [NOTIFY_WNS] = { NOTIFY_ENABLE, is_wns_uri },
	[NOTIFY_APNS] = { NOTIFY_ENABLE, is_apns_token },
};

bool notify_token_is_valid(enum notify_channel channel, struct es_slice token)
{
	return actions[channel].is_valid(token);
}

enum notify_wish notify_wish_of(int32_t action, struct es_slice token, enum notify_channel *channel)
{
	if (action < 0 || (size_t)action >= ES_COUNT(actions) || !actions[action].is_valid(token))
		return NOTIFY_REFUSE;
	if (actions[action].wish == NOTIFY_ENABLE)
		*channel = (enum notify_channel)action;
	return actions[action].wish;
}

enum notify_status notify_outcome(size_t apps, size_t duplicates)
{
	return apps > 0 && duplicates == apps ? NOTIFY_DUPLICATE_TOKEN : NOTIFY_SUCCESS;
}
