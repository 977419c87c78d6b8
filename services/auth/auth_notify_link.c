/* auth_notify_link.c -- NOTIFY_SMS: between proto/notify.proto and auth's own structs. */
#include "auth_notify_link.h"

#include "bus.pb-c.h"
#include "es_bus_pb.h"
#include "es_log.h"
#include "notify.pb-c.h"

static void sms_replied(const struct es_bus_reply_view *view, void *user)
{
	struct auth_sms *sms = user;

	if (sms != NULL)
		sms->done(sms, view->status);
	else if (view->status != ES_OK)
		es_warn(NULL, "auth.sms_not_sent", es_f_status(view->status), es_f_str("why", view->detail));
}

es_status auth_notify_sms(void *notify, struct auth_sms *sms)
{
	Openes__SmsRequest request;

	openes__sms_request__init(&request);
	request.tenant = es_pb_text(sms->tenant);
	request.msisdn = es_pb_text(sms->msisdn);
	request.text = es_pb_text(sms->text);
	/* Without a key: a text that may have gone out is not sent twice. */
	return es_bus_call(notify,
	                   &(struct es_bus_call_options){
						   .method = OPENES__BUS_METHOD__NOTIFY_SMS, .deadline = sms->deadline, .trace = sms->trace },
	                   &request.base, sms_replied, sms->done != NULL ? sms : NULL);
}
