/* gw_sheet_page.c -- texts in the languages of people, put into sheets/otp.html. */
#include "gw_sheet_page.h"

#include <string.h>

#include "es_language.h"
#include "gw_html.h"
#include "otp_form_html.h"
#include "otp_html.h"

/* In the texts: %1 the last digits of the number, %2 how many tries are left. */
static const struct language {
	const char *name, *direction;
	const char *title, *sent, *label, *button, *another;
	const char *wrong, *none_left, *over_title, *over, *limited, *later_title, *later;
} languages[] = {
	{ "en", "ltr", "Enter your code", "We have sent an SMS with a six-digit code to your number ending in %1.",
	  "Six-digit code", "Continue", "Send another code", "That code is not right. Tries left: %2.",
	  "There are no tries left for this code. Have another one sent.", "This page has expired",
	  "Go back to the app and sign in again.", "Too many codes were sent to this number. Please try again in an hour.",
	  "Please try again", "Something did not answer in time. Wait a moment and load this page again." },
	{ "es", "ltr", "Introduce tu código",
	  "Te hemos enviado un SMS con un código de seis cifras al número que acaba en %1.", "Código de seis cifras",
	  "Continuar", "Enviar otro código", "Ese código no es correcto. Intentos restantes: %2.",
	  "No quedan intentos para este código. Pide otro.", "Esta página ha caducado",
	  "Vuelve a la aplicación e inicia sesión de nuevo.",
	  "Se han enviado demasiados códigos a este número. Inténtalo de nuevo dentro de una hora.", "Inténtalo de nuevo",
	  "Algo no ha respondido a tiempo. Espera un momento y vuelve a cargar esta página." },
	{ "fr", "ltr", "Saisissez votre code",
	  "Nous avons envoyé un SMS avec un code à six chiffres au numéro se terminant par %1.", "Code à six chiffres",
	  "Continuer", "Envoyer un autre code", "Ce code n’est pas le bon. Essais restants : %2.",
	  "Il ne reste aucun essai pour ce code. Demandez-en un autre.", "Cette page a expiré",
	  "Revenez à l’application et connectez-vous de nouveau.",
	  "Trop de codes ont été envoyés à ce numéro. Réessayez dans une heure.", "Veuillez réessayer",
	  "Un service n’a pas répondu à temps. Patientez un instant et rechargez cette page." },
	{ "de", "ltr", "Code eingeben",
	  "Wir haben eine SMS mit einem sechsstelligen Code an Ihre Nummer mit den Endziffern %1 gesendet.",
	  "Sechsstelliger Code", "Weiter", "Neuen Code senden", "Dieser Code stimmt nicht. Verbleibende Versuche: %2.",
	  "Für diesen Code gibt es keine Versuche mehr. Lassen Sie sich einen neuen senden.", "Diese Seite ist abgelaufen",
	  "Gehen Sie zurück zur App und melden Sie sich neu an.",
	  "An diese Nummer wurden zu viele Codes gesendet. Versuchen Sie es in einer Stunde noch einmal.",
	  "Bitte noch einmal versuchen",
	  "Etwas hat nicht rechtzeitig geantwortet. Warten Sie einen Moment und laden Sie diese Seite neu." },
	{ "ar", "rtl", "أدخل الرمز", "أرسلنا رسالة نصية قصيرة تحتوي على رمز من ستة أرقام إلى رقمك المنتهي بـ %1.",
	  "رمز من ستة أرقام", "متابعة", "إرسال رمز آخر", "هذا الرمز غير صحيح. المحاولات المتبقية: %2.",
	  "لم تتبقَّ محاولات لهذا الرمز. اطلب إرسال رمز آخر.", "انتهت صلاحية هذه الصفحة",
	  "ارجع إلى التطبيق وسجّل الدخول مرة أخرى.", "أُرسل عدد كبير من الرموز إلى هذا الرقم. حاول مرة أخرى بعد ساعة.",
	  "يُرجى المحاولة مرة أخرى", "لم تصل الاستجابة في الوقت المحدد. انتظر لحظة ثم أعد تحميل هذه الصفحة." },
};
#define LANGUAGE_COUNT (sizeof(languages) / sizeof(*languages))

size_t gw_sheet_language(struct es_slice accept_language)
{
	const char *codes[LANGUAGE_COUNT];

	for (size_t i = 0; i < LANGUAGE_COUNT; i++)
		codes[i] = languages[i].name;
	return es_language_pick(accept_language, codes, LANGUAGE_COUNT, ES_SLICE_LIT("en"));
}

const char *gw_sheet_language_name(size_t language)
{
	return languages[language].name;
}

/* ---- writing ---- */

/* A sentence of ours: its numbers stand the right way round in every script. */
static void put_sentence(const struct gw_sheet_page *page, const char *text, struct es_buf *out)
{
	for (; *text != '\0'; text++) {
		if (text[0] != '%' || (text[1] != '1' && text[1] != '2')) {
			es_put_u8(out, (uint8_t)*text);
			continue;
		}
		es_put_str(out, "<bdi>");
		if (*++text == '1')
			gw_html_put(out, page->number_end);
		else
			es_put_printf(out, "%u", page->tries_left);
		es_put_str(out, "</bdi>");
	}
}

static const char *title_of(const struct gw_sheet_page *page)
{
	const struct language *l = &languages[page->language];

	switch (page->kind) {
	case GW_SHEET_ASK:
	case GW_SHEET_WRONG: return l->title;
	case GW_SHEET_OVER: return l->over_title;
	case GW_SHEET_LIMITED:
	case GW_SHEET_LATER: break;
	}
	return l->later_title;
}

static void fill(const char *template, const struct gw_sheet_page *page, struct es_buf *out);

static void put_body(const struct gw_sheet_page *page, struct es_buf *out)
{
	const struct language *l = &languages[page->language];
	const char *text = l->later;

	if (page->kind == GW_SHEET_ASK || page->kind == GW_SHEET_WRONG) {
		fill(otp_form_html, page, out);
		return;
	}
	if (page->kind == GW_SHEET_OVER)
		text = l->over;
	else if (page->kind == GW_SHEET_LIMITED)
		text = l->limited;
	es_put_printf(out, "<p>%s</p>", text);
}

static void put_alert(const struct gw_sheet_page *page, struct es_buf *out)
{
	const struct language *l = &languages[page->language];

	if (page->kind != GW_SHEET_WRONG)
		return;
	es_put_str(out, "<p class=\"bad\" id=\"alert\" role=\"alert\">");
	put_sentence(page, page->tries_left > 0 ? l->wrong : l->none_left, out);
	es_put_str(out, "</p>");
}

static void put_field(const char *name, size_t len, const struct gw_sheet_page *page, struct es_buf *out)
{
	const struct language *l = &languages[page->language];
	const bool wrong = page->kind == GW_SHEET_WRONG;
	const struct {
		const char *name, *text;
	} plain[] = {
		{ "language", l->name },
		{ "direction", l->direction },
		{ "nonce", page->nonce },
		{ "title", title_of(page) },
		{ "label", l->label },
		{ "button", l->button },
		{ "another", l->another },
		{ "path", page->path },
		{ "described", wrong ? " alert" : "" },
		{ "invalid", wrong ? " aria-invalid=\"true\"" : "" },
	};
	struct es_slice wanted = es_slice_of(name, len);

	for (size_t i = 0; i < sizeof(plain) / sizeof(*plain); i++)
		if (es_slice_eq_str(wanted, plain[i].name))
			es_put_str(out, plain[i].text);
	if (es_slice_eq_str(wanted, "tenant"))
		gw_html_put(out, page->tenant);
	else if (es_slice_eq_str(wanted, "handle"))
		gw_html_put(out, page->handle);
	else if (es_slice_eq_str(wanted, "sent"))
		put_sentence(page, l->sent, out);
	else if (es_slice_eq_str(wanted, "alert"))
		put_alert(page, out);
	else if (es_slice_eq_str(wanted, "body"))
		put_body(page, out);
}

static void fill(const char *template, const struct gw_sheet_page *page, struct es_buf *out)
{
	const char *open, *close;

	while ((open = strstr(template, "{{")) != NULL && (close = strstr(open, "}}")) != NULL) {
		es_put_bytes(out, es_slice_of(template, (size_t)(open - template)));
		put_field(open + 2, (size_t)(close - open - 2), page, out);
		template = close + 2;
	}
	es_put_str(out, template);
}

void gw_sheet_write(const struct gw_sheet_page *page, struct es_buf *out)
{
	fill(otp_html, page, out);
}
