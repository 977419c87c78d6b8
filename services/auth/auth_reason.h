/* auth_reason.h -- how an exchange ended: one list for logs, metrics and EapReply.reason. Pure. */
#ifndef AUTH_REASON_H
#define AUTH_REASON_H

#define AUTH_REASON_LIST(X)                                                                                            \
	X(SUCCESS, "success")                                                                                              \
	X(RES_MISMATCH, "res_mismatch")                   /* RFC 4187 9.4, AT_RES is not XRES */                           \
	X(MAC_MISMATCH, "mac_mismatch")                   /* RFC 4187 10.15 */                                             \
	X(CHECKCODE_MISMATCH, "checkcode_mismatch")       /* RFC 4187 10.13 */                                             \
	X(AUTHENTICATION_REJECT, "authentication_reject") /* RFC 4187 9.5: the SIM refused AUTN */                         \
	X(CLIENT_ERROR, "client_error")                   /* RFC 4187 9.9 */                                               \
	X(NAK, "nak")                                     /* RFC 3748 5.3.1 */                                             \
	X(UNEXPECTED_SUBTYPE, "unexpected_subtype")       /* RFC 4187 6.3.2 */                                             \
	X(SECOND_RESYNC, "second_resync")                 /* settled: one per exchange */                                  \
	X(AUTS_INVALID, "auts_invalid")                   /* TS 33.102 6.3.5: MAC-S */                                     \
	X(SQN_OUT_OF_REACH, "sqn_out_of_reach")           /* TS 33.102 C.2.2 */                                            \
	X(IDENTITY_UNUSABLE, "identity_unusable")         /* a pseudonym, or a method not offered */                       \
	X(NOT_OURS, "not_ours")                           /* no tenant serves this identity */                             \
	X(UNKNOWN_IMSI, "unknown_imsi")                                                                                    \
	X(TERMINATED, "terminated")                                                                                        \
	X(NOT_A_SUBSCRIBER, "not_a_subscriber") /* keys are here, policy has nobody */                                     \
	X(MALFORMED, "malformed")                                                                                          \
	X(NO_SESSION, "no_session") /* no cookie opens */                                                                  \
	X(SESSION_EXPIRED, "session_expired")                                                                              \
	X(SESSION_SPENT, "session_spent")                                                                                  \
	X(NETWORK_REFUSED, "network_refused") /* HSS or UDM: known, but not to be served */                                \
	X(AAA_REJECTED, "aaa_rejected")       /* T7: 4001, 5001, 5003 of the 3GPP AAA */                                   \
	X(NOBODY_ANSWERED, "nobody_answered") /* T7: no answer, or one that says nothing about the subscriber */           \
	X(LIMITED, "limited")                 /* asked too often */                                                        \
	X(REAUTHENTICATION_SPENT, "reauthentication_spent") /* RFC 4187 5.1: an identity used once before */               \
	X(KDF_REFUSED, "kdf_refused")                       /* RFC 9048 3.2: wants a key derivation nobody defined */      \
	X(COUNTER_MISMATCH, "counter_mismatch")             /* RFC 4187 10.16 */                                           \
	X(ENCRYPTED_MALFORMED, "encrypted_malformed")       /* RFC 4187 10.12: AT_ENCR_DATA does not hold what it must */

enum auth_reason {
#define AUTH_REASON_ENUM(name, text) AUTH_##name,
	AUTH_REASON_LIST(AUTH_REASON_ENUM)
#undef AUTH_REASON_ENUM
		AUTH_REASON_COUNT
};

/* Index = enum auth_reason: the label values of openes_auth_exchanges_total. */
extern const char *const auth_reason_names[AUTH_REASON_COUNT];

#endif
