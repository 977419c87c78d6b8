/* esim_settings.h -- what a tenant and a plan settle about eSIM, as policy sends it along (EsimSettings, EsimFacts of
 * proto/policy.proto says more of each). Pure; texts are somebody else's, never NULL. */
#ifndef ESIM_SETTINGS_H
#define ESIM_SETTINGS_H

#include "es_slice.h"
#include "esim_types.h"

/* MSG, TS.43 6.5.5. */
struct esim_text {
	const char *title, *message, *accept_label, *reject_label;
	bool has_freetext;
	const char *hint, *validation, *error_text;
};

struct esim_settings {
	const char *smdp, *bss; /* sections of the peers file; "": none */
	const char *const *smdp_others;
	size_t smdp_other_count;
	bool bss_orders_profile, provision, release_late, own_stock, confirmation_code;
	uint8_t download; /* enum esim_download */
	uint8_t sheet;    /* enum esim_sheet_use */
	unsigned input;   /* enum esim_input */
	bool input_to_bss;
	struct esim_text text;
	bool manage_service, redownloadable, retire_when_ready;
	uint32_t max_refresh, polling_interval_s, answer_within_ms;
	int64_t install_within_s, download_repeat_s;
	const char *companion_profile_type, *primary_profile_type; /* of the line's plan */
};

struct esim_offer {
	const char *id, *name, *description, *companion_profile_type, *primary_profile_type, *smdp;
};

/* What policy knows of the subscriber, or of the enterprise. */
struct esim_facts {
	bool companion_allowed, primary_allowed, enterprise_allowed, line_active, no_web_view;
	bool companion_incompatible, primary_incompatible;
	int64_t eligibility_polling_s; /* 0: none */
	const struct es_slice *companion_services;
	size_t companion_service_count;
	uint32_t companion_max, enterprise_max; /* of the second 0: any number */
	struct es_slice not_enabled_url, not_enabled_user_data;
	const char *plan, *iccid, *language, *enterprise_id;
	const struct esim_offer *offers;
	size_t offer_count;
	const char *sheet_url, *sheet_user_data, *sheet_contents_type, *sheet_nonce; /* url "": there is no sheet */
	bool sheet_has_terms;
	struct esim_settings settings;
};

#endif
