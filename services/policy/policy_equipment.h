/* policy_equipment.h -- the device that asks: its IMEI, what a list, an EIR and the table of models know of it, and whether
 * it is served. Pure.
 *
 * An IMEI is kept and compared without its check digit, so that 14 digits, an IMEI (15) and an IMEISV (16) of the same device are
 * one (TS 23.003 6.2). A terminal_id that is none of them is a device that nobody can know. */
#ifndef POLICY_EQUIPMENT_H
#define POLICY_EQUIPMENT_H

#include "es_arena.h"
#include "es_status.h"
#include "policy_types.h"

struct policy_imei {
	char digits[POLICY_IMEI_DIGITS + 1]; /* "": none */
	char software[3];                    /* SVN of an IMEISV; "": not told */
};

/* Of a terminal_id, or of an operator's words. ES_MALFORMED: not 14, 15 or 16 digits. The check digit is not looked at: it is
 * not sent by the network (TS 23.003 annex B), and lists have it wrong. */
es_status policy_imei_parse(struct es_slice text, struct policy_imei *out) ES_MUST_USE;
/* Luhn's digit of 14 others (TS 23.003 annex B), '0' to '9'. */
char policy_imei_check_digit(const char digits[POLICY_IMEI_DIGITS]);

/* Below 0, 0, above 0, as strcmp(): runs of digits by their value, the rest octet by octet, letters in either case. */
int policy_sw_compare(struct es_slice a, struct es_slice b);

/* What one snapshot of the database has of a device. */
struct policy_equipment_facts {
	struct policy_imei imei;
	uint8_t listed; /* enum policy_equipment_state; not_asked: not on the list */
	int64_t listed_ms;
	uint8_t answer; /* the last one of the tenant's source; not_asked: there is none */
	int64_t answer_ms;
	const char *vendor, *model;
	struct policy_list capabilities; /* as they are written: "vonr: 14.2" */
	uint64_t version;
};

/* Whether the tenant wants any of that read. */
bool policy_equipment_is_read(const struct policy_equipment_settings *settings);
/* Whether the EIR has to be asked, given what is known. */
bool policy_equipment_asks(const struct policy_equipment_settings *settings, const struct policy_equipment_facts *facts,
                           int64_t now_ms);
/* The one word on it. `told`: what the EIR just said; not_asked or unavailable: nothing. The list stands over the EIR. */
es_status policy_equipment_conclude(const struct policy_equipment_settings *settings,
                                    const struct policy_equipment_facts *facts, uint8_t told,
                                    struct es_slice sw_version, int64_t now_ms, struct es_arena *arena,
                                    struct policy_equipment *out) ES_MUST_USE;

/* Whether its requests are answered; the names are reasons in logs. */
enum policy_equipment_verdict {
	POLICY_EQUIPMENT_GOOD,
	POLICY_EQUIPMENT_IS_BLOCKED,   /* 403 */
	POLICY_EQUIPMENT_IS_UNKNOWN,   /* 403, where the tenant says so */
	POLICY_EQUIPMENT_NEEDS_ANSWER, /* 503, where the tenant says so */
	POLICY_EQUIPMENT_VERDICTS,
};
extern const char *const policy_equipment_verdict_names[POLICY_EQUIPMENT_VERDICTS];
enum policy_equipment_verdict policy_equipment_judge(const struct policy_equipment_settings *settings,
                                                     const struct policy_equipment *equipment);

#endif
