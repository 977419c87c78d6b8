/* auth_notify_link.h -- NOTIFY_SMS: what auth asks of notify. */
#ifndef AUTH_NOTIFY_LINK_H
#define AUTH_NOTIFY_LINK_H

#include "auth_env.h"
#include "es_bus.h"

/* An auth_sms_fn; `notify` is the struct es_bus_client. What nobody waits for is logged when it fails. */
es_status auth_notify_sms(void *notify, struct auth_sms *sms);

#endif
