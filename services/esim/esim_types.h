/* esim_types.h -- what esim keeps: profiles of lines, and the orders that make and unmake them. Pure, plain values.
 *
 * Texts have room of their own and end with a NUL; "" is none. Times are wall ms; 0 is never. */
#ifndef ESIM_TYPES_H
#define ESIM_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ESIM_ID 32     /* hexadecimal digits of an order's or a profile's id */
#define ESIM_ICCID 20  /* digits, without the padding F; ITU-T E.118 */
#define ESIM_EID 32    /* digits; SGP.22 */
#define ESIM_DEVICE 64 /* terminal_id and the like */
#define ESIM_NAME 64   /* texts of devices, sections, types, plans */
#define ESIM_CODE 255  /* activation code; SGP.22 4.1 */
#define ESIM_MATCHING_ID 63
#define ESIM_REASON 95

/* Applications that carry operations, as bits. The last two are answered elsewhere; their operations are known here so
 * that they are not taken for nonsense. */
enum esim_app {
	ESIM_COMPANION = 1 << 0,   /* ap2006 */
	ESIM_PRIMARY = 1 << 1,     /* ap2009 */
	ESIM_SERVER = 1 << 2,      /* ap2011 */
	ESIM_INFORMATION = 1 << 3, /* ap2014 */
	ESIM_APP_AUTH = 1 << 4,    /* ap2015 */
};

/* companion_terminal_service, TS.43 6.2. */
enum esim_service { ESIM_SERVICE_NONE, ESIM_SHARED_NUMBER, ESIM_DIFF_NUMBER, ESIM_FAMILY_NUMBER };
extern const char *const esim_service_names[]; /* "", "SharedNumber", ...; NULL ends it */

/* ServiceStatus, TS.43 6.5.4. */
enum esim_status {
	ESIM_ACTIVATED = 1,
	ESIM_ACTIVATING = 2,
	ESIM_DEACTIVATED = 3,
	ESIM_NO_REUSE = 4, /* of one that ended, or that never came to be */
};

enum esim_download { ESIM_DOWNLOAD_CODE, ESIM_DOWNLOAD_ADDRESS, ESIM_DOWNLOAD_SMDS };
enum esim_sheet_use { ESIM_SHEET_NEVER, ESIM_SHEET_CHOICE, ESIM_SHEET_ALWAYS };
enum esim_input {
	ESIM_INPUT_SUBSCRIBE = 1,
	ESIM_INPUT_TRANSFER = 2,
	ESIM_INPUT_RECOVER = 4,
	ESIM_INPUT_DOWNLOAD = 8, /* TS.43 8.12.2 */
};

/* ---- orders ---- */

enum esim_kind {
	ESIM_SUBSCRIBE, /* operation types 0 and, of an erased profile, 7 */
	ESIM_UNSUBSCRIBE,
	ESIM_CHANGE,
	ESIM_TRANSFER,
	ESIM_RECOVER,
	ESIM_SERVICE_ON,
	ESIM_SERVICE_OFF,
	ESIM_RELEASE,   /* of a profile that waits for its user's word: TS.43 8.12 */
	ESIM_LEND,      /* a transfer that is going to be undone: the old profile rests meanwhile */
	ESIM_RETURN,    /* the end of it */
	ESIM_TERMINATE, /* the line has ended */
	ESIM_KINDS
};
extern const char *const esim_kind_names[ESIM_KINDS];

/* In the order in which they are made. Which of them an order has is settled when it is made. */
enum esim_step {
	ESIM_STEP_VERIFY,         /* BSS: is what the user typed right? */
	ESIM_STEP_ORDER,          /* BSS: the line, the number, the payment */
	ESIM_STEP_DELETED,        /* waiting for the old device to delete its profile */
	ESIM_STEP_DOWNLOAD_ORDER, /* SM-DP+ */
	ESIM_STEP_CONFIRM_ORDER,  /* SM-DP+ */
	ESIM_STEP_PROVISION,      /* BSS: the network knows the new profile */
	ESIM_STEP_RELEASE,        /* SM-DP+ */
	ESIM_STEP_SERVICE,        /* BSS: service on or off */
	ESIM_STEP_OFFER,          /* ours: the device may download, and is told */
	ESIM_STEP_RETIRE_EARLY,   /* BSS: the old profile ends */
	ESIM_STEP_INSTALLED,      /* waiting for the profile to be installed */
	ESIM_STEP_RETIRE,         /* BSS: the old profile ends */
	ESIM_STEP_WITHDRAW,       /* SM-DP+: what nobody has downloaded goes back */
	ESIM_STEPS,
	/* going back, in this order */
	ESIM_UNDO_PROFILE = ESIM_STEPS, /* SM-DP+: CancelOrder */
	ESIM_UNDO_PROVISION,            /* BSS */
	ESIM_UNDO_ORDER,                /* BSS */
	ESIM_ALL_STEPS
};

enum esim_order_state {
	ESIM_ORDER_GOING = 1,
	ESIM_ORDER_WAITING, /* for the device */
	ESIM_ORDER_UNDOING,
	ESIM_ORDER_STUCK, /* a person has to look */
	ESIM_ORDER_DONE,
	ESIM_ORDER_UNDONE, /* refused, cancelled or too late: nothing of it is left */
};
extern const char *const esim_order_state_names[]; /* by value; NULL ends it */

enum esim_order_flag {
	ESIM_OUT = 1,         /* a process has it */
	ESIM_UNSURE = 2,      /* a request of the present step without an answer may have been acted upon */
	ESIM_CANCELLED = 4,   /* nobody wants it any more: back as soon as it is known where it stands */
	ESIM_BACK = 8,        /* it is being undone */
	ESIM_EXPIRED = 16,    /* undone because nobody downloaded it */
	ESIM_SEEN = 32,       /* the profile is installed, as somebody said already */
	ESIM_GONE = 64,       /* the old device has deleted its profile, as somebody said already */
	ESIM_OWN_STOCK = 128, /* its ICCID is taken from our stock */
	ESIM_REUSES = 256,    /* the old profile is downloaded again: TS.43 8.11 */
	ESIM_BAD_INPUT = 512, /* what the user typed was wrong: OperationResult 104 */
	ESIM_LATE = 1024,     /* ConfirmOrder does not release */
	ESIM_BY_CODE = 2048,  /* a confirmation code is asked for at the download */
	ESIM_FETCHED = 4096,  /* the profile is on its way to the device, or there, as its SM-DP+ said */
};

struct esim_order {
	char id[ESIM_ID + 1], profile[ESIM_ID + 1];
	char tenant[32], imsi[16], enterprise[ESIM_NAME + 1];
	uint16_t app;  /* enum esim_app */
	uint8_t kind;  /* enum esim_kind */
	uint8_t state; /* enum esim_order_state */
	uint8_t step;  /* enum esim_step; the one that is due, or that it waits in */
	unsigned flags;
	uint32_t steps, begun, done; /* sets of 1 << enum esim_step */
	/* as it was made */
	char smdp[ESIM_NAME + 1], bss[ESIM_NAME + 1]; /* sections; "": none */
	char smdp_others[ESIM_CODE + 1];              /* that the BSS may name instead, each between commas */
	char profile_type[ESIM_NAME + 1], plan[ESIM_NAME + 1];
	uint8_t download; /* enum esim_download */
	int64_t install_within_ms;
	char response[ESIM_CODE + 1]; /* what the user typed; secret */
	char old_iccid[ESIM_ICCID + 1], old_device[ESIM_DEVICE + 1];
	char old_profile[ESIM_ID + 1];   /* ours, that it takes the place of; "": none of ours */
	char requester[ESIM_DEVICE + 1]; /* terminal_id of the device that asked: it is told */
	char traceparent[56];            /* of the request that made it */
	char msisdn[17];                 /* of the line */
	/* its life */
	int64_t tries, takes;
	int64_t next_ms; /* when it is due */
	char reason[ESIM_REASON + 1];
	int64_t created_ms, updated_ms, ended_ms;
	uint64_t version;
};

/* ---- profiles ---- */

struct esim_profile {
	char id[ESIM_ID + 1], order[ESIM_ID + 1]; /* the last order about it; "": none */
	char tenant[32], imsi[16], enterprise[ESIM_NAME + 1];
	uint16_t app; /* enum esim_app */
	char iccid[ESIM_ICCID + 1], eid[ESIM_EID + 1];
	char device[ESIM_DEVICE + 1];    /* terminal_id of the device it is on, or is for */
	char requester[ESIM_DEVICE + 1]; /* terminal_id of the device that asked for it */
	uint8_t service;                 /* enum esim_service */
	uint8_t status;                  /* enum esim_status */
	bool is_secondary;
	bool needs_word; /* waits at the SM-DP+ for its user's word: TS.43 8.12 */
	bool is_lent;    /* rests while another device has the line */
	bool is_of_bss;  /* the BSS had it made: what the SM-DP+ holds of it is not ours to take back */
	char name[ESIM_NAME + 1], vendor[ESIM_NAME + 1], model[ESIM_NAME + 1], plan[ESIM_NAME + 1];
	char home[ESIM_ID + 1];            /* of one on loan: the profile that rests meanwhile */
	char profile_imsi[16], msisdn[17]; /* of the profile itself; "": not told to us */
	/* download data; the codes are secret */
	char smdp[ESIM_NAME + 1];         /* section that holds it; "": none of ours */
	char smdp_address[ESIM_CODE + 1]; /* FQDN */
	char matching_id[ESIM_MATCHING_ID + 1];
	char activation_code[ESIM_CODE + 1]; /* "1$..." */
	char confirmation_code[17];
	bool by_address;                     /* told by address and ICCID, not by activation code */
	int64_t ready_ms, given_ms, seen_ms; /* may be downloaded since; told first; installed */
	int64_t polls;                       /* answers with ACTIVATING since the last change */
	int64_t created_ms, updated_ms, ended_ms;
	uint64_t version;
};

#endif
