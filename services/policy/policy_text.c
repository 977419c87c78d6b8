/* policy_text.c -- message catalogue. */
#include "policy_text.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_language.h"

enum { EN, ES, FR, DE, AR, LANGUAGES };

static const char *const codes[LANGUAGES] = { "en", "es", "fr", "de", "ar" };

static const char *const texts[POLICY_TEXT_COUNT][LANGUAGES] = {
	[POLICY_TEXT_NONE] = { "", "", "", "", "" },
	[POLICY_TEXT_LTE] = {
		"4G calling is not included in your plan.",
		"Tu plan no incluye las llamadas 4G.",
		"Les appels 4G ne sont pas inclus dans votre forfait.",
		"4G-Telefonie ist in Ihrem Tarif nicht enthalten.",
		"مكالمات الجيل الرابع غير متاحة في باقتك.",
	},
	[POLICY_TEXT_LTE_ABROAD] = {
		"4G calling is not available abroad with your plan.",
		"Con tu plan, las llamadas 4G no están disponibles en el extranjero.",
		"Avec votre forfait, les appels 4G ne sont pas disponibles à l'étranger.",
		"4G-Telefonie ist mit Ihrem Tarif im Ausland nicht verfügbar.",
		"مكالمات الجيل الرابع غير متاحة خارج البلاد مع باقتك.",
	},
	[POLICY_TEXT_LTE_HOME] = {
		"With your plan, 4G calling is available abroad only.",
		"Con tu plan, las llamadas 4G solo están disponibles en el extranjero.",
		"Avec votre forfait, les appels 4G ne sont disponibles qu'à l'étranger.",
		"4G-Telefonie ist mit Ihrem Tarif nur im Ausland verfügbar.",
		"مكالمات الجيل الرابع متاحة خارج البلاد فقط مع باقتك.",
	},
	[POLICY_TEXT_NR] = {
		"5G calling is not included in your plan.",
		"Tu plan no incluye las llamadas 5G.",
		"Les appels 5G ne sont pas inclus dans votre forfait.",
		"5G-Telefonie ist in Ihrem Tarif nicht enthalten.",
		"مكالمات الجيل الخامس غير متاحة في باقتك.",
	},
	[POLICY_TEXT_NR_ABROAD] = {
		"5G calling is not available abroad with your plan.",
		"Con tu plan, las llamadas 5G no están disponibles en el extranjero.",
		"Avec votre forfait, les appels 5G ne sont pas disponibles à l'étranger.",
		"5G-Telefonie ist mit Ihrem Tarif im Ausland nicht verfügbar.",
		"مكالمات الجيل الخامس غير متاحة خارج البلاد مع باقتك.",
	},
	[POLICY_TEXT_VOWIFI] = {
		"Wi-Fi calling is not included in your plan.",
		"Tu plan no incluye las llamadas por wifi.",
		"Les appels Wi-Fi ne sont pas inclus dans votre forfait.",
		"WLAN-Telefonie ist in Ihrem Tarif nicht enthalten.",
		"الاتصال عبر Wi-Fi غير متاح في باقتك.",
	},
	[POLICY_TEXT_SMSOIP] = {
		"SMS over IP is not included in your plan.",
		"Tu plan no incluye los SMS por IP.",
		"Les SMS sur IP ne sont pas inclus dans votre forfait.",
		"SMS über IP ist in Ihrem Tarif nicht enthalten.",
		"الرسائل القصيرة عبر بروتوكول الإنترنت غير متاحة في باقتك.",
	},
	[POLICY_TEXT_SATELLITE] = {
		"Satellite service is not included in your plan.",
		"Tu plan no incluye el servicio por satélite.",
		"Le service par satellite n'est pas inclus dans votre forfait.",
		"Satellitendienste sind in Ihrem Tarif nicht enthalten.",
		"خدمة الأقمار الصناعية غير متاحة في باقتك.",
	},
	[POLICY_TEXT_OPTED_OUT] = {
		"This service is switched off for your line. Customer care can switch it on.",
		"Este servicio está desactivado en tu línea. Atención al cliente puede activarlo.",
		"Ce service est désactivé sur votre ligne. Le service client peut l'activer.",
		"Dieser Dienst ist für Ihren Anschluss abgeschaltet. Der Kundendienst kann ihn einschalten.",
		"هذه الخدمة متوقفة على خطك. يمكن لخدمة العملاء تفعيلها.",
	},
	[POLICY_TEXT_NOT_OFFERED] = {
		"This service is not offered by your operator.",
		"Tu operador no ofrece este servicio.",
		"Votre opérateur ne propose pas ce service.",
		"Ihr Netzbetreiber bietet diesen Dienst nicht an.",
		"مشغل شبكتك لا يقدم هذه الخدمة.",
	},
	[POLICY_TEXT_AWAY] = {
		"This service is not available at the moment.",
		"Este servicio no está disponible en este momento.",
		"Ce service n'est pas disponible pour le moment.",
		"Dieser Dienst ist zurzeit nicht verfügbar.",
		"هذه الخدمة غير متاحة في الوقت الحالي.",
	},
	[POLICY_TEXT_BILLING] = {
		"Paying with your phone bill is not included in your plan.",
		"Tu plan no incluye el pago con la factura del móvil.",
		"Le paiement sur facture mobile n'est pas inclus dans votre forfait.",
		"Bezahlen über die Mobilfunkrechnung ist in Ihrem Tarif nicht enthalten.",
		"الدفع عبر فاتورة الهاتف غير متاح في باقتك.",
	},
	[POLICY_TEXT_BILLING_ACCOUNT] = {
		"Paying with your phone bill is not available for your type of account.",
		"El pago con la factura del móvil no está disponible para tu tipo de cuenta.",
		"Le paiement sur facture mobile n'est pas disponible pour votre type de compte.",
		"Bezahlen über die Mobilfunkrechnung ist für Ihre Art von Vertrag nicht verfügbar.",
		"الدفع عبر فاتورة الهاتف غير متاح لنوع حسابك.",
	},
	[POLICY_TEXT_BILLING_BARRED] = {
		"Paying with your phone bill is blocked on your line. Customer care can help.",
		"El pago con la factura del móvil está bloqueado en tu línea. Atención al cliente puede ayudarte.",
		"Le paiement sur facture mobile est bloqué sur votre ligne. Le service client peut vous aider.",
		"Bezahlen über die Mobilfunkrechnung ist für Ihren Anschluss gesperrt. Der Kundendienst hilft weiter.",
		"الدفع عبر فاتورة الهاتف محظور على خطك. يمكن لخدمة العملاء مساعدتك.",
	},
};

unsigned policy_language(struct es_slice accept_language, const char *fallback)
{
	size_t found = es_language_pick(accept_language, codes, LANGUAGES, es_slice_str(fallback));
	return found < LANGUAGES ? (unsigned)found : EN;
}

const char *policy_language_code(unsigned language)
{
	assert(language < LANGUAGES);
	return codes[language];
}

const char *policy_text(enum policy_text text, unsigned language)
{
	assert(language < LANGUAGES && (unsigned)text < POLICY_TEXT_COUNT);
	return texts[text][language];
}

/* The text behind "xx: "; NULL: of another language. */
static const char *text_in(const char *item, const char *code)
{
	return strncmp(item, code, 2) == 0 ? item + 3 + strspn(item + 3, " ") : NULL;
}

const char *policy_text_of(const struct policy_list *list, unsigned language, const char *fallback)
{
	const char *const wanted[] = { policy_language_code(language), fallback };

	for (size_t w = 0; w < ES_COUNT(wanted); w++)
		for (size_t i = 0; i < list->count; i++) {
			const char *text = text_in(list->items[i], wanted[w]);
			if (text != NULL)
				return text;
		}
	return list->count > 0 ? list->items[0] + 3 + strspn(list->items[0] + 3, " ") : "";
}

/* ---- what a tenant says instead ---- */

static const char *const names[POLICY_TEXT_COUNT] = {
	[POLICY_TEXT_NONE] = "",
	[POLICY_TEXT_LTE] = "4g_calls_not_in_plan",
	[POLICY_TEXT_LTE_ABROAD] = "4g_calls_not_abroad",
	[POLICY_TEXT_LTE_HOME] = "4g_calls_abroad_only",
	[POLICY_TEXT_NR] = "5g_calls_not_in_plan",
	[POLICY_TEXT_NR_ABROAD] = "5g_calls_not_abroad",
	[POLICY_TEXT_VOWIFI] = "vowifi_not_in_plan",
	[POLICY_TEXT_SMSOIP] = "smsoip_not_in_plan",
	[POLICY_TEXT_SATELLITE] = "satellite_not_in_plan",
	[POLICY_TEXT_OPTED_OUT] = "switched_off",
	[POLICY_TEXT_NOT_OFFERED] = "not_offered",
	[POLICY_TEXT_BILLING] = "billing_not_in_plan",
	[POLICY_TEXT_BILLING_ACCOUNT] = "billing_not_for_account",
	[POLICY_TEXT_BILLING_BARRED] = "billing_barred",
	[POLICY_TEXT_AWAY] = "away",
};

bool policy_text_override_cut(struct es_slice item, struct es_slice *language, struct es_slice *name,
                              struct es_slice *says)
{
	struct es_slice rest = item;

	*language = es_slice_cut(&rest, ' ');
	*name = es_slice_cut(&rest, ':');
	*says = es_slice_trim(rest);
	return language->len == 2 && name->len > 0 && says->len > 0;
}

bool policy_text_is_name(struct es_slice name)
{
	for (size_t i = POLICY_TEXT_NONE + 1; i < ES_COUNT(names); i++)
		if (es_slice_eq_str(name, names[i]))
			return true;
	return false;
}

const char *policy_text_for(const struct policy_tenant *tenant, enum policy_text text, unsigned language)
{
	struct es_slice code, name, says;

	for (size_t i = 0; text != POLICY_TEXT_NONE && i < tenant->texts.count; i++)
		if (policy_text_override_cut(es_slice_str(tenant->texts.items[i]), &code, &name, &says) &&
		    es_slice_eq_str(name, names[text]) && es_slice_eq_str(code, codes[language]))
			return (const char *)says.ptr; /* to the end of the item, which ends with NUL */
	return policy_text(text, language);
}
