/* auth_diameter_result.c -- the tables. */
#include "auth_diameter_result.h"

#include <stddef.h>

enum { BASE = 1, EXPERIMENTAL = 2, EITHER = BASE | EXPERIMENTAL };

static const struct {
	uint32_t code;
	int kind;
	enum auth_source_answer answer;
} vectors[] = {
	{ 2001, BASE, AUTH_SOURCE_VECTOR },
	{ 4001, BASE, AUTH_SOURCE_REFUSED }, /* AUTHENTICATION_REJECTED */
	{ 5003, BASE, AUTH_SOURCE_REFUSED }, /* AUTHORIZATION_REJECTED */
	{ 5001, EXPERIMENTAL, AUTH_SOURCE_UNKNOWN },
	{ 5003, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* IDENTITY_NOT_REGISTERED */
	{ 5004, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* ROAMING_NOT_ALLOWED */
	{ 5006, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* AUTH_SCHEME_NOT_SUPPORTED */
	{ 5450, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* USER_NO_NON_3GPP_SUBSCRIPTION */
	{ 5451, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* USER_NO_APN_SUBSCRIPTION */
	{ 5452, EXPERIMENTAL, AUTH_SOURCE_REFUSED }, /* RAT_TYPE_NOT_ALLOWED */
};

/* The scheme was good enough for the challenge before: some HSSs say so when MAC-S is wrong. */
enum { WRONG_MAC_S = 5006 };

enum auth_source_answer auth_diameter_vector_answer(uint32_t code, bool is_experimental, bool is_resync)
{
	const int kind = is_experimental ? EXPERIMENTAL : BASE;

	if (is_resync && is_experimental && code == WRONG_MAC_S)
		return AUTH_SOURCE_AUTS_INVALID;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++)
		if (vectors[i].code == code && (vectors[i].kind & kind) != 0)
			return vectors[i].answer;
	return AUTH_SOURCE_AWAY;
}

static const struct {
	uint32_t code;
	int kind;
	enum auth_relay_verdict verdict;
} rounds[] = {
	{ 1001, BASE, AUTH_RELAY_CHALLENGE },  { 2001, BASE, AUTH_RELAY_ACCEPTED },   { 4001, EITHER, AUTH_RELAY_REJECTED },
	{ 5001, EITHER, AUTH_RELAY_REJECTED }, { 5003, EITHER, AUTH_RELAY_REJECTED },
};

enum auth_relay_verdict auth_diameter_eap_verdict(uint32_t code, bool is_experimental)
{
	const int kind = is_experimental ? EXPERIMENTAL : BASE;

	for (size_t i = 0; i < sizeof rounds / sizeof *rounds; i++)
		if (rounds[i].code == code && (rounds[i].kind & kind) != 0)
			return rounds[i].verdict;
	return AUTH_RELAY_AWAY;
}

bool auth_diameter_is_unknown_equipment(uint32_t code, bool is_experimental)
{
	return is_experimental && code == 5422;
}
