/* policy_sheet_text.c -- the catalogue of the sheets. */
#include "policy_sheet_text.h"

#include <assert.h>
#include <string.h>

#include "es_cleanup.h"
#include "es_text.h"

#define LANGUAGES 5
#define OVERRIDE_MAX 1024

/* Name, and the text in the order of policy_language_code(). */
static const struct {
	const char *name, *says[LANGUAGES];
} texts[POLICY_SAYS_COUNT] = {
	[POLICY_SAYS_CONTINUE] = { "continue",
	                           {
								   "Continue",
								   "Continuar",
								   "Continuer",
								   "Weiter",
								   "متابعة",
							   } },
	[POLICY_SAYS_CANCEL] = { "cancel",
	                         {
								 "Cancel",
								 "Cancelar",
								 "Annuler",
								 "Abbrechen",
								 "إلغاء",
							 } },
	[POLICY_SAYS_BACK] = { "back",
	                       {
							   "Back",
							   "Atrás",
							   "Retour",
							   "Zurück",
							   "رجوع",
						   } },
	[POLICY_SAYS_CLOSE] = { "close",
	                        {
								"Close",
								"Cerrar",
								"Fermer",
								"Schließen",
								"إغلاق",
							} },
	[POLICY_SAYS_HELP] = { "help",
	                       {
							   "Help",
							   "Ayuda",
							   "Aide",
							   "Hilfe",
							   "مساعدة",
						   } },
	[POLICY_SAYS_CLOSE_HINT] = { "close_hint",
	                             {
									 "You can close this page now.",
									 "Ya puedes cerrar esta página.",
									 "Vous pouvez maintenant fermer cette page.",
									 "Sie können diese Seite jetzt schließen.",
									 "يمكنك إغلاق هذه الصفحة الآن.",
								 } },
	[POLICY_SAYS_CANCELLED_TITLE] = { "cancelled_title",
	                                  {
										  "Nothing was changed",
										  "No se ha cambiado nada",
										  "Rien n’a été modifié",
										  "Es wurde nichts geändert",
										  "لم يتغيّر شيء",
									  } },
	[POLICY_SAYS_EXPIRED_TITLE] = { "expired_title",
	                                {
										"This page has expired",
										"Esta página ha caducado",
										"Cette page a expiré",
										"Diese Seite ist abgelaufen",
										"انتهت صلاحية هذه الصفحة",
									} },
	[POLICY_SAYS_EXPIRED] = { "expired",
	                          {
								  "Go back to the settings of your phone and open it again.",
								  "Vuelve a los ajustes del teléfono y ábrela de nuevo.",
								  "Revenez aux réglages de votre téléphone et ouvrez-la de nouveau.",
								  "Gehen Sie zurück zu den Einstellungen Ihres Telefons und öffnen Sie sie noch "
								  "einmal.",
								  "ارجع إلى إعدادات هاتفك وافتحها من جديد.",
							  } },
	[POLICY_SAYS_USED_TITLE] = { "used_title",
	                             {
									 "This is done already",
									 "Esto ya está hecho",
									 "C’est déjà fait",
									 "Das ist schon erledigt",
									 "تم هذا من قبل",
								 } },
	[POLICY_SAYS_USED] = { "used",
	                       {
							   "There is nothing more to do on this page. To change something, open it again from the "
							   "settings of your phone.",
							   "No hay nada más que hacer en esta página. Para cambiar algo, ábrela de nuevo desde los "
							   "ajustes del teléfono.",
							   "Il n’y a plus rien à faire sur cette page. Pour modifier quelque chose, ouvrez-la de "
							   "nouveau depuis les réglages de votre téléphone.",
							   "Auf dieser Seite ist nichts mehr zu tun. Um etwas zu ändern, öffnen Sie sie noch "
							   "einmal in den Einstellungen Ihres Telefons.",
							   "لا يوجد ما تفعله في هذه الصفحة بعد الآن. لتغيير شيء ما، افتحها من جديد من إعدادات "
							   "هاتفك.",
						   } },
	[POLICY_SAYS_BAD_TITLE] = { "bad_title",
	                            {
									"This page cannot be shown",
									"Esta página no se puede mostrar",
									"Impossible d’afficher cette page",
									"Diese Seite kann nicht angezeigt werden",
									"لا يمكن عرض هذه الصفحة",
								} },
	[POLICY_SAYS_BAD] = { "bad",
	                      {
							  "Open it from the settings of your phone, while the SIM of your line is in it.",
							  "Ábrela desde los ajustes del teléfono, con la SIM de tu línea puesta.",
							  "Ouvrez-la depuis les réglages de votre téléphone, avec la carte SIM de votre ligne.",
							  "Öffnen Sie sie in den Einstellungen Ihres Telefons, während die SIM Ihres Anschlusses "
							  "darin ist.",
							  "افتحها من إعدادات هاتفك أثناء وجود شريحة خطك فيه.",
						  } },
	[POLICY_SAYS_LATER_TITLE] = { "later_title",
	                              {
									  "Please try again",
									  "Inténtalo de nuevo",
									  "Veuillez réessayer",
									  "Bitte noch einmal versuchen",
									  "يُرجى المحاولة مرة أخرى",
								  } },
	[POLICY_SAYS_LATER] = { "later",
	                        {
								"Something did not answer in time. Nothing was changed. Wait a moment and try again.",
								"Algo no ha respondido a tiempo. No se ha cambiado nada. Espera un momento e inténtalo "
								"de nuevo.",
								"Un service n’a pas répondu à temps. Rien n’a été modifié. Patientez un instant et "
								"réessayez.",
								"Etwas hat nicht rechtzeitig geantwortet. Es wurde nichts geändert. Warten Sie einen "
								"Moment und versuchen Sie es noch einmal.",
								"لم تصل الاستجابة في الوقت المحدد ولم يتغيّر شيء. انتظر لحظة ثم حاول مرة أخرى.",
							} },
	[POLICY_SAYS_INACTIVE_TITLE] = { "inactive_title",
	                                 {
										 "Not available right now",
										 "No disponible en este momento",
										 "Indisponible pour le moment",
										 "Zurzeit nicht verfügbar",
										 "غير متاح حاليًا",
									 } },
	[POLICY_SAYS_INACTIVE] = { "inactive",
	                           {
								   "Your line is not active at the moment. Customer care can help.",
								   "Tu línea no está activa en este momento. Atención al cliente puede ayudarte.",
								   "Votre ligne n’est pas active pour le moment. Le service client peut vous aider.",
								   "Ihr Anschluss ist zurzeit nicht aktiv. Der Kundendienst hilft weiter.",
								   "خطك غير نشط حاليًا. يمكن لخدمة العملاء مساعدتك.",
							   } },
	[POLICY_SAYS_PENDING_TITLE] = { "pending_title",
	                                {
										"Almost there",
										"Ya casi está",
										"C’est presque prêt",
										"Fast geschafft",
										"أوشكنا على الانتهاء",
									} },
	[POLICY_SAYS_PENDING] = { "pending",
	                          {
								  "This is being set up for your line. It may take a few minutes.",
								  "Lo estamos configurando en tu línea. Puede tardar unos minutos.",
								  "La configuration de votre ligne est en cours. Cela peut prendre quelques minutes.",
								  "Das wird für Ihren Anschluss eingerichtet und kann ein paar Minuten dauern.",
								  "يجري إعداد ذلك لخطك، وقد يستغرق بضع دقائق.",
							  } },
	[POLICY_SAYS_REQUIRED] = { "required",
	                           {
								   "Please fill in this field.",
								   "Rellena este campo.",
								   "Veuillez remplir ce champ.",
								   "Bitte füllen Sie dieses Feld aus.",
								   "يُرجى ملء هذا الحقل.",
							   } },
	[POLICY_SAYS_TOO_LONG] = { "too_long",
	                           {
								   "This is too long.",
								   "Es demasiado largo.",
								   "C’est trop long.",
								   "Das ist zu lang.",
								   "النص طويل جدًا.",
							   } },
	[POLICY_SAYS_CHECK_FIELDS] = { "check_fields",
	                               {
									   "Please check what is marked below.",
									   "Revisa lo que está marcado abajo.",
									   "Veuillez vérifier ce qui est signalé ci-dessous.",
									   "Bitte prüfen Sie, was unten markiert ist.",
									   "يُرجى مراجعة ما هو محدد أدناه.",
								   } },
	[POLICY_SAYS_TERMS_TITLE] = { "terms_title",
	                              {
									  "Terms and conditions",
									  "Términos y condiciones",
									  "Conditions d’utilisation",
									  "Nutzungsbedingungen",
									  "الشروط والأحكام",
								  } },
	[POLICY_SAYS_TERMS_LEAD] = { "terms_lead",
	                             {
									 "Please read and accept them to go on.",
									 "Léelos y acéptalos para continuar.",
									 "Veuillez les lire et les accepter pour continuer.",
									 "Bitte lesen und akzeptieren Sie sie, um fortzufahren.",
									 "يُرجى قراءتها والموافقة عليها للمتابعة.",
								 } },
	[POLICY_SAYS_TERMS_CHECK] = { "terms_check",
	                              {
									  "I have read and accept these terms.",
									  "He leído y acepto estas condiciones.",
									  "J’ai lu et j’accepte ces conditions.",
									  "Ich habe diese Bedingungen gelesen und akzeptiere sie.",
									  "لقد قرأت هذه الشروط وأوافق عليها.",
								  } },
	[POLICY_SAYS_TERMS_MISSING] = { "terms_missing",
	                                {
										"Please tick the box to accept, or cancel.",
										"Marca la casilla para aceptar, o cancela.",
										"Cochez la case pour accepter, ou annulez.",
										"Setzen Sie das Häkchen, um zu akzeptieren, oder brechen Sie ab.",
										"ضع علامة في المربع للموافقة، أو ألغِ.",
									} },
	[POLICY_SAYS_TERMS_ACCEPT] = { "terms_accept",
	                               {
									   "Accept and continue",
									   "Aceptar y continuar",
									   "Accepter et continuer",
									   "Akzeptieren und weiter",
									   "الموافقة والمتابعة",
								   } },
	[POLICY_SAYS_ADDRESS_TITLE] = { "address_title",
	                                {
										"Emergency address",
										"Dirección de emergencia",
										"Adresse d’urgence",
										"Notruf-Adresse",
										"عنوان الطوارئ",
									} },
	[POLICY_SAYS_ADDRESS_LEAD] = { "address_lead",
	                               {
									   "When you call emergency services over Wi-Fi, help is sent to this address. "
									   "Enter where you usually are.",
									   "Cuando llames a emergencias por wifi, la ayuda se enviará a esta dirección. "
									   "Indica dónde sueles estar.",
									   "Lorsque vous appelez les urgences en Wi-Fi, les secours sont envoyés à cette "
									   "adresse. Indiquez où vous vous trouvez habituellement.",
									   "Wenn Sie über WLAN einen Notruf wählen, wird Hilfe an diese Adresse geschickt. "
									   "Geben Sie an, wo Sie sich gewöhnlich aufhalten.",
									   "عند الاتصال بخدمات الطوارئ عبر Wi-Fi تُرسل المساعدة إلى هذا العنوان. أدخل "
									   "المكان الذي توجد فيه عادةً.",
								   } },
	[POLICY_SAYS_ADDRESS_STREET] = { "address_street",
	                                 {
										 "Street and number",
										 "Calle y número",
										 "Numéro et rue",
										 "Straße und Hausnummer",
										 "الشارع ورقم المبنى",
									 } },
	[POLICY_SAYS_ADDRESS_UNIT] = { "address_unit",
	                               {
									   "Flat or floor (optional)",
									   "Piso o puerta (opcional)",
									   "Appartement ou étage (facultatif)",
									   "Wohnung oder Stockwerk (freiwillig)",
									   "الشقة أو الطابق (اختياري)",
								   } },
	[POLICY_SAYS_ADDRESS_CITY] = { "address_city",
	                               {
									   "Town or city",
									   "Localidad",
									   "Ville",
									   "Ort",
									   "المدينة",
								   } },
	[POLICY_SAYS_ADDRESS_REGION] = { "address_region",
	                                 {
										 "State or region",
										 "Provincia o estado",
										 "Région ou département",
										 "Bundesland oder Region",
										 "الولاية أو المنطقة",
									 } },
	[POLICY_SAYS_ADDRESS_POSTCODE] = { "address_postcode",
	                                   {
										   "Postcode",
										   "Código postal",
										   "Code postal",
										   "Postleitzahl",
										   "الرمز البريدي",
									   } },
	[POLICY_SAYS_ADDRESS_COUNTRY] = { "address_country",
	                                  {
										  "Country (two letters)",
										  "País (dos letras)",
										  "Pays (deux lettres)",
										  "Land (zwei Buchstaben)",
										  "البلد (حرفان لاتينيان)",
									  } },
	[POLICY_SAYS_ADDRESS_COUNTRY_BAD] = { "address_country_bad",
	                                      {
											  "Two letters, such as US.",
											  "Dos letras, por ejemplo ES.",
											  "Deux lettres, par exemple FR.",
											  "Zwei Buchstaben, zum Beispiel DE.",
											  "حرفان لاتينيان، مثل AE.",
										  } },
	[POLICY_SAYS_ADDRESS_CHECK] = { "address_check",
	                                {
										"Check this address",
										"Comprobar la dirección",
										"Vérifier l’adresse",
										"Adresse prüfen",
										"التحقق من العنوان",
									} },
	[POLICY_SAYS_ADDRESS_NONE] = { "address_none",
	                               {
									   "This address was not found. Please check what you typed.",
									   "No se ha encontrado esta dirección. Revisa lo que has escrito.",
									   "Cette adresse est introuvable. Vérifiez votre saisie.",
									   "Diese Adresse wurde nicht gefunden. Bitte prüfen Sie Ihre Eingabe.",
									   "لم يُعثر على هذا العنوان. يُرجى مراجعة ما كتبته.",
								   } },
	[POLICY_SAYS_ADDRESS_AWAY] = { "address_away",
	                               {
									   "The address cannot be checked right now. Nothing was changed. Please try again "
									   "in a moment.",
									   "Ahora no se puede comprobar la dirección. No se ha cambiado nada. Inténtalo "
									   "dentro de un momento.",
									   "L’adresse ne peut pas être vérifiée pour l’instant. Rien n’a été modifié. "
									   "Réessayez dans un moment.",
									   "Die Adresse kann gerade nicht geprüft werden. Es wurde nichts geändert. "
									   "Versuchen Sie es gleich noch einmal.",
									   "لا يمكن التحقق من العنوان حاليًا ولم يتغيّر شيء. حاول مرة أخرى بعد قليل.",
								   } },
	[POLICY_SAYS_CHOOSE_TITLE] = { "choose_title",
	                               {
									   "Which address is yours?",
									   "¿Cuál es tu dirección?",
									   "Quelle est votre adresse ?",
									   "Welche Adresse ist Ihre?",
									   "أي عنوان هو عنوانك؟",
								   } },
	[POLICY_SAYS_CHOOSE_LEAD] = { "choose_lead",
	                              {
									  "Help will be sent to the one you choose.",
									  "La ayuda se enviará a la que elijas.",
									  "Les secours seront envoyés à celle que vous choisissez.",
									  "Hilfe wird an die Adresse geschickt, die Sie wählen.",
									  "ستُرسل المساعدة إلى العنوان الذي تختاره.",
								  } },
	[POLICY_SAYS_CHOOSE_MISSING] = { "choose_missing",
	                                 {
										 "Please choose one of the addresses.",
										 "Elige una de las direcciones.",
										 "Veuillez choisir une adresse.",
										 "Bitte wählen Sie eine Adresse.",
										 "يُرجى اختيار أحد العناوين.",
									 } },
	[POLICY_SAYS_CHOOSE_USE] = { "choose_use",
	                             {
									 "Use this address",
									 "Usar esta dirección",
									 "Utiliser cette adresse",
									 "Diese Adresse verwenden",
									 "استخدام هذا العنوان",
								 } },
	[POLICY_SAYS_CHOOSE_OTHER] = { "choose_other",
	                               {
									   "Enter another address",
									   "Escribir otra dirección",
									   "Saisir une autre adresse",
									   "Andere Adresse eingeben",
									   "إدخال عنوان آخر",
								   } },
	[POLICY_SAYS_VOWIFI_TITLE] = { "vowifi_title",
	                               {
									   "Wi-Fi calling",
									   "Llamadas por wifi",
									   "Appels Wi-Fi",
									   "WLAN-Telefonie",
									   "الاتصال عبر Wi-Fi",
								   } },
	[POLICY_SAYS_VOWIFI_LEAD] = { "vowifi_lead",
	                              {
									  "Make and take calls over Wi-Fi where the mobile signal is weak.",
									  "Haz y recibe llamadas por wifi donde la cobertura móvil es débil.",
									  "Passez et recevez des appels en Wi-Fi là où le réseau mobile est faible.",
									  "Telefonieren Sie über WLAN, wo der Mobilfunkempfang schwach ist.",
									  "أجرِ المكالمات واستقبلها عبر Wi-Fi حيث تكون إشارة الهاتف ضعيفة.",
								  } },
	[POLICY_SAYS_VOWIFI_ON] = { "vowifi_on",
	                            {
									"Wi-Fi calling is on for your line.",
									"Las llamadas por wifi están activadas en tu línea.",
									"Les appels Wi-Fi sont activés sur votre ligne.",
									"WLAN-Telefonie ist für Ihren Anschluss eingeschaltet.",
									"الاتصال عبر Wi-Fi مفعّل على خطك.",
								} },
	[POLICY_SAYS_VOWIFI_OFF] = { "vowifi_off",
	                             {
									 "Wi-Fi calling is off for your line.",
									 "Las llamadas por wifi están desactivadas en tu línea.",
									 "Les appels Wi-Fi sont désactivés sur votre ligne.",
									 "WLAN-Telefonie ist für Ihren Anschluss ausgeschaltet.",
									 "الاتصال عبر Wi-Fi متوقف على خطك.",
								 } },
	[POLICY_SAYS_TURN_ON] = { "turn_on",
	                          {
								  "Turn on",
								  "Activar",
								  "Activer",
								  "Einschalten",
								  "تفعيل",
							  } },
	[POLICY_SAYS_TURN_OFF] = { "turn_off",
	                           {
								   "Turn off",
								   "Desactivar",
								   "Désactiver",
								   "Ausschalten",
								   "إيقاف",
							   } },
	[POLICY_SAYS_ADDRESS_CHANGE] = { "address_change",
	                                 {
										 "Change emergency address",
										 "Cambiar la dirección de emergencia",
										 "Modifier l’adresse d’urgence",
										 "Notruf-Adresse ändern",
										 "تغيير عنوان الطوارئ",
									 } },
	[POLICY_SAYS_DONE_TITLE] = { "done_title",
	                             {
									 "All set",
									 "Todo listo",
									 "C’est prêt",
									 "Alles fertig",
									 "تم كل شيء",
								 } },
	[POLICY_SAYS_OFF_TITLE] = { "off_title",
	                            {
									"Turned off",
									"Desactivado",
									"Désactivé",
									"Ausgeschaltet",
									"تم الإيقاف",
								} },
	[POLICY_SAYS_BOOST_TITLE] = { "boost_title",
	                              {
									  "Boost your connection",
									  "Mejora tu conexión",
									  "Accélérez votre connexion",
									  "Schnellere Verbindung",
									  "تعزيز الاتصال",
								  } },
	[POLICY_SAYS_BOOST_LEAD] = { "boost_lead",
	                             {
									 "Apps that need a quick response get priority in the network.",
									 "Las aplicaciones que necesitan una respuesta rápida tienen prioridad en la red.",
									 "Les applications qui exigent une réponse rapide sont prioritaires sur le réseau.",
									 "Apps, die schnelle Antworten brauchen, erhalten im Netz Vorrang.",
									 "تحصل التطبيقات التي تحتاج إلى استجابة سريعة على أولوية في الشبكة.",
								 } },
	[POLICY_SAYS_BOOST_PRICE] = { "boost_price",
	                              {
									  "Price",
									  "Precio",
									  "Prix",
									  "Preis",
									  "السعر",
								  } },
	[POLICY_SAYS_BOOST_DURATION] = { "boost_duration",
	                                 {
										 "Lasts",
										 "Duración",
										 "Durée",
										 "Dauer",
										 "المدة",
									 } },
	[POLICY_SAYS_BOOST_DOWN] = { "boost_down",
	                             {
									 "Download, up to",
									 "Descarga, hasta",
									 "Téléchargement, jusqu’à",
									 "Download, bis zu",
									 "التنزيل، حتى",
								 } },
	[POLICY_SAYS_BOOST_UP] = { "boost_up",
	                           {
								   "Upload, up to",
								   "Subida, hasta",
								   "Envoi, jusqu’à",
								   "Upload, bis zu",
								   "الرفع، حتى",
							   } },
	[POLICY_SAYS_BOOST_BILL] = { "boost_bill",
	                             {
									 "The price is added to your bill.",
									 "El importe se añade a tu factura.",
									 "Le prix est ajouté à votre facture.",
									 "Der Preis wird Ihrer Rechnung hinzugefügt.",
									 "يُضاف السعر إلى فاتورتك.",
								 } },
	[POLICY_SAYS_BOOST_BUY] = { "boost_buy",
	                            {
									"Buy",
									"Comprar",
									"Acheter",
									"Kaufen",
									"شراء",
								} },
	[POLICY_SAYS_BOOST_PAY] = { "boost_pay",
	                            {
									"Continue to payment",
									"Continuar al pago",
									"Passer au paiement",
									"Weiter zur Bezahlung",
									"المتابعة إلى الدفع",
								} },
	[POLICY_SAYS_UPGRADE_MAY] = { "upgrade_may",
	                              {
									  "See plans that include it",
									  "Ver planes que la incluyen",
									  "Voir les forfaits qui l’incluent",
									  "Tarife ansehen, die ihn enthalten",
									  "عرض الباقات التي تتضمنه",
								  } },
	[POLICY_SAYS_UPGRADE_TITLE] = { "upgrade_title",
	                                {
										"Change your plan",
										"Cambia de plan",
										"Changer de forfait",
										"Tarif wechseln",
										"تغيير باقتك",
									} },
	[POLICY_SAYS_UPGRADE_LEAD] = { "upgrade_lead",
	                               {
									   "These plans include faster connections at no extra charge. The change applies "
									   "at once.",
									   "Estos planes incluyen una conexión más rápida sin coste adicional. El cambio "
									   "es inmediato.",
									   "Ces forfaits incluent une connexion plus rapide sans supplément. Le changement "
									   "est immédiat.",
									   "Diese Tarife enthalten schnellere Verbindungen ohne Aufpreis. Der Wechsel gilt "
									   "sofort.",
									   "تتضمن هذه الباقات اتصالاً أسرع دون رسوم إضافية. يسري التغيير فورًا.",
								   } },
	[POLICY_SAYS_UPGRADE_MISSING] = { "upgrade_missing",
	                                  {
										  "Please choose one of the plans.",
										  "Elige uno de los planes.",
										  "Veuillez choisir un forfait.",
										  "Bitte wählen Sie einen Tarif.",
										  "يُرجى اختيار إحدى الباقات.",
									  } },
	[POLICY_SAYS_UPGRADE_DO] = { "upgrade_do",
	                             {
									 "Change to this plan",
									 "Cambiar a este plan",
									 "Choisir ce forfait",
									 "Zu diesem Tarif wechseln",
									 "التغيير إلى هذه الباقة",
								 } },
	[POLICY_SAYS_IDENTITY_TITLE] = { "identity_title",
	                                 {
										 "Confirm your identity",
										 "Confirma tu identidad",
										 "Confirmez votre identité",
										 "Identität bestätigen",
										 "تأكيد هويتك",
									 } },
	[POLICY_SAYS_IDENTITY_LEAD] = { "identity_lead",
	                                {
										"Take a picture of your identity card or passport. All of it has to be "
										"readable.",
										"Haz una foto de tu documento de identidad o pasaporte. Debe poder leerse "
										"entero.",
										"Prenez une photo de votre carte d’identité ou de votre passeport. Tout doit "
										"être lisible.",
										"Fotografieren Sie Ihren Personalausweis oder Reisepass. Alles muss lesbar "
										"sein.",
										"التقط صورة لبطاقة هويتك أو جواز سفرك. يجب أن تكون كلها مقروءة.",
									} },
	[POLICY_SAYS_IDENTITY_FILE] = { "identity_file",
	                                {
										"Picture of your document",
										"Foto del documento",
										"Photo du document",
										"Foto des Dokuments",
										"صورة المستند",
									} },
	[POLICY_SAYS_IDENTITY_CHECK] = { "identity_check",
	                                 {
										 "I agree that this picture is used to confirm my identity.",
										 "Acepto que esta foto se use para confirmar mi identidad.",
										 "J’accepte que cette photo serve à confirmer mon identité.",
										 "Ich bin einverstanden, dass dieses Foto zur Bestätigung meiner Identität "
										 "verwendet wird.",
										 "أوافق على استخدام هذه الصورة لتأكيد هويتي.",
									 } },
	[POLICY_SAYS_IDENTITY_SEND] = { "identity_send",
	                                {
										"Send and continue",
										"Enviar y continuar",
										"Envoyer et continuer",
										"Senden und weiter",
										"إرسال ومتابعة",
									} },
	[POLICY_SAYS_IDENTITY_BAD] = { "identity_bad",
	                               {
									   "This is not a picture that can be used. Send a JPEG, PNG or WebP file.",
									   "Esta imagen no se puede usar. Envía un archivo JPEG, PNG o WebP.",
									   "Cette image ne peut pas être utilisée. Envoyez un fichier JPEG, PNG ou WebP.",
									   "Dieses Bild kann nicht verwendet werden. Senden Sie eine JPEG-, PNG- oder "
									   "WebP-Datei.",
									   "لا يمكن استخدام هذه الصورة. أرسل ملفًا بصيغة JPEG أو PNG أو WebP.",
								   } },
	[POLICY_SAYS_IDENTITY_AWAY] = { "identity_away",
	                                {
										"The picture could not be sent right now. Nothing was changed. Please try "
										"again in a moment.",
										"Ahora no se ha podido enviar la foto. No se ha cambiado nada. Inténtalo "
										"dentro de un momento.",
										"La photo n’a pas pu être envoyée pour l’instant. Rien n’a été modifié. "
										"Réessayez dans un moment.",
										"Das Foto konnte gerade nicht gesendet werden. Es wurde nichts geändert. "
										"Versuchen Sie es gleich noch einmal.",
										"تعذّر إرسال الصورة حاليًا ولم يتغيّر شيء. حاول مرة أخرى بعد قليل.",
									} },
	[POLICY_SAYS_BOOST_ON] = { "boost_on",
	                           {
								   "Your boost is active.",
								   "Tu mejora está activa.",
								   "Votre option est active.",
								   "Ihr Boost ist aktiv.",
								   "التعزيز مفعّل.",
							   } },
	[POLICY_SAYS_BOOST_NONE] = { "boost_none",
	                             {
									 "This boost is not available for your line at the moment.",
									 "Esta mejora no está disponible para tu línea en este momento.",
									 "Cette option n’est pas disponible pour votre ligne pour le moment.",
									 "Dieser Boost ist für Ihren Anschluss zurzeit nicht verfügbar.",
									 "هذا التعزيز غير متاح لخطك حاليًا.",
								 } },
	[POLICY_SAYS_PAY_FAILED_TITLE] = { "pay_failed_title",
	                                   {
										   "The payment did not go through",
										   "El pago no se ha realizado",
										   "Le paiement n’a pas abouti",
										   "Die Bezahlung hat nicht geklappt",
										   "لم تتم عملية الدفع",
									   } },
	[POLICY_SAYS_PAY_FAILED] = { "pay_failed",
	                             {
									 "Nothing was bought.",
									 "No se ha comprado nada.",
									 "Rien n’a été acheté.",
									 "Es wurde nichts gekauft.",
									 "لم يتم شراء شيء.",
								 } },
	[POLICY_SAYS_BILLING_TITLE] = { "billing_title",
	                                {
										"Pay with your phone bill",
										"Paga con la factura del móvil",
										"Payer sur votre facture mobile",
										"Über die Handyrechnung bezahlen",
										"الدفع عبر فاتورة الهاتف",
									} },
	[POLICY_SAYS_BILLING_LEAD] = { "billing_lead",
	                               {
									   "What you buy in the app store is added to your bill.",
									   "Lo que compres en la tienda de aplicaciones se añade a tu factura.",
									   "Vos achats dans la boutique d’applications sont ajoutés à votre facture.",
									   "Was Sie im App-Store kaufen, kommt auf Ihre Rechnung.",
									   "يُضاف ما تشتريه من متجر التطبيقات إلى فاتورتك.",
								   } },
	[POLICY_SAYS_BILLING_ON] = { "billing_on",
	                             {
									 "You can pay with your phone bill.",
									 "Puedes pagar con la factura del móvil.",
									 "Vous pouvez payer sur votre facture mobile.",
									 "Sie können über die Handyrechnung bezahlen.",
									 "يمكنك الدفع عبر فاتورة الهاتف.",
								 } },
	[POLICY_SAYS_SATELLITE_TITLE] = { "satellite_title",
	                                  {
										  "Satellite service",
										  "Servicio por satélite",
										  "Service par satellite",
										  "Satellitendienst",
										  "خدمة الأقمار الصناعية",
									  } },
	[POLICY_SAYS_SATELLITE_LEAD] = { "satellite_lead",
	                                 {
										 "Stay in touch where there is no mobile signal.",
										 "Mantente en contacto donde no hay cobertura móvil.",
										 "Restez joignable là où il n’y a pas de réseau mobile.",
										 "Bleiben Sie in Kontakt, wo es kein Mobilfunknetz gibt.",
										 "ابقَ على تواصل حيث لا توجد إشارة هاتف.",
									 } },
	[POLICY_SAYS_SATELLITE_ON] = { "satellite_on",
	                               {
									   "Satellite service is on for your line.",
									   "El servicio por satélite está activado en tu línea.",
									   "Le service par satellite est activé sur votre ligne.",
									   "Der Satellitendienst ist für Ihren Anschluss eingeschaltet.",
									   "خدمة الأقمار الصناعية مفعّلة على خطك.",
								   } },
};

/* Cuts "xx name" off; false when it is not of that form or names nothing of ours. */
static bool read_override(struct es_slice item, struct es_slice *language, size_t *which, struct es_slice *says)
{
	struct es_slice rest = item, name;

	*language = es_slice_cut(&rest, ' ');
	name = es_slice_cut(&rest, ':');
	*says = es_slice_trim(rest);
	for (*which = 0; *which < POLICY_SAYS_COUNT; (*which)++)
		if (es_slice_eq_str(name, texts[*which].name))
			return true;
	return false;
}

bool policy_is_text_override(struct es_slice text)
{
	struct es_slice language, says;
	size_t which;
	bool is_known = false;

	if (text.len > OVERRIDE_MAX || !es_text_is_clean_utf8(text) || !read_override(text, &language, &which, &says))
		return false;
	for (unsigned i = 0; i < LANGUAGES; i++)
		is_known = is_known || es_slice_eq_str(language, policy_language_code(i));
	return is_known && says.len > 0;
}

const char *policy_sheet_text(const struct policy_tenant *tenant, enum policy_sheet_text text, unsigned language)
{
	assert(language < LANGUAGES && (unsigned)text < POLICY_SAYS_COUNT);
	for (size_t i = 0; i < tenant->texts.count; i++) {
		struct es_slice code, says;
		size_t which;
		if (read_override(es_slice_str(tenant->texts.items[i]), &code, &which, &says) && which == text &&
		    es_slice_eq_str(code, policy_language_code(language)))
			return (const char *)says.ptr; /* to the end of the item, which ends with NUL */
	}
	return texts[text].says[language];
}

bool policy_language_is_rtl(unsigned language)
{
	return strcmp(policy_language_code(language), "ar") == 0;
}
