/* auth_login_state.h -- what a login under way knows, as octets, and the handle that finds it. Pure. */
#ifndef AUTH_LOGIN_STATE_H
#define AUTH_LOGIN_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_arena.h"
#include "es_buf.h"
#include "es_id.h"
#include "es_slice.h"
#include "es_status.h"
#include "es_token.h"

#define AUTH_LOGIN_ID 22     /* expires_ms in six octets, then the hash of the random part */
#define AUTH_LOGIN_HANDLE 30 /* characters of Base64url: six octets of time, 16 random ones */
#define AUTH_CODE_DIGITS 6

enum auth_login_kind {
	AUTH_LOGIN_OIDC = 1, /* at the provider; found by `state` */
	AUTH_LOGIN_FACTOR,   /* at the web sheet, after the provider said who it is */
	AUTH_LOGIN_BACK,     /* on the way back from the web sheet: like OIDC's return */
	AUTH_LOGIN_SMS,      /* RCC.14: found by the cookie */
};

/* Secret. */
struct auth_login {
	enum auth_login_kind kind;
	uint8_t id[AUTH_LOGIN_ID];
	char handle[AUTH_LOGIN_HANDLE + 1]; /* of a new one, or the one it was opened by */
	int64_t expires_ms;
	char tenant[32];
	/* What the token is going to be bound to. */
	char group[ES_TOKEN_GROUP_SIZE];
	uint8_t terminal[16], app_name[16];
	/* OIDC */
	char provider[32];
	uint8_t nonce[16], verifier[32];
	/* who it is, as far as that is known; "" */
	struct es_imsi imsi;
	struct es_msisdn msisdn;
	uint8_t secret[16];      /* FACTOR and SMS: key of the code's hash; BACK: what the return must show */
	char language[3];        /* of the SMS */
	struct es_slice request; /* to be answered, packed; opaque here */
};

/* Sets id and handle from a time and 16 random octets. */
void auth_login_name(struct auth_login *login, int64_t expires_ms, const uint8_t random[16]);
/* The id that a handle finds; ES_MALFORMED. Handles come from devices. */
es_status auth_login_id_of(struct es_slice handle, uint8_t id[AUTH_LOGIN_ID]) ES_MUST_USE;

void auth_login_pack(const struct auth_login *login, struct es_buf *out);
/* Not id and handle: those come from whoever showed the handle. `request` points into `bytes`. */
es_status auth_login_unpack(struct es_slice bytes, struct auth_login *out) ES_MUST_USE;

/* Six digits, each of the million equally likely. */
void auth_code_make(char code[AUTH_CODE_DIGITS + 1]);
void auth_code_hash(const struct auth_login *login, struct es_slice code, uint8_t hash[32]);

#endif
