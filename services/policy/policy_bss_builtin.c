/* policy_bss_builtin.c -- mappings that come with openes. They are read like an operator's own. */
#include <string.h>

#include "es_cleanup.h"
#include "policy_bss_map.h"

/* The blanks around TM Forum's "aborted " are gone before the tables see it. */
static const struct {
	const char *name, *document;
} builtin[] = {
	{ "subscriber", "{\"as_is\": true}" },
	{ "tmf637", "{\"root\": \"[0]\", \"members\": {"
	            " \"imsi\": {\"from\": \"productCharacteristic[name=IMSI].value\"},"
	            " \"msisdn\": {\"from\": \"productCharacteristic[name=MSISDN].value\"},"
	            " \"plan\": {\"from\": \"productOffering.id\", \"required\": true},"
	            " \"status\": {\"from\": \"status\", \"required\": true, \"values\": {"
	            "  \"created\": \"suspended\", \"pendingActive\": \"suspended\", \"active\": \"active\","
	            "  \"pendingTerminate\": \"active\", \"suspended\": \"suspended\", \"cancelled\": \"terminated\","
	            "  \"aborted\": \"terminated\", \"terminated\": \"terminated\"}}}}" },
#define TMF_STATES                                                                                                     \
	"\"values\": {\"feasibilityChecked\": \"not_provisioned\", \"designed\": \"not_provisioned\","                     \
	" \"reserved\": \"in_progress\", \"inactive\": \"not_provisioned\", \"active\": \"provisioned\","                  \
	" \"suspended\": \"not_provisioned\", \"terminated\": \"not_provisioned\"}, \"default\": \"not_provisioned\""
	{ "tmf638", "{\"members\": {"
	            " \"imsi\": {\"from\": \"[0].serviceCharacteristic[name=IMSI].value\"},"
	            " \"vowifi.provisioning\": {\"from\": \"[serviceType=VoWiFi].state\", " TMF_STATES "},"
	            " \"voice.provisioning\": {\"from\": \"[serviceType=VoLTE].state\", " TMF_STATES "},"
	            " \"sms.provisioning\": {\"from\": \"[serviceType=SMSoIP].state\", " TMF_STATES "}}}" },
};

const char *policy_bss_map_document(const char *name)
{
	for (size_t i = 0; i < ES_COUNT(builtin); i++)
		if (strcmp(builtin[i].name, name) == 0)
			return builtin[i].document;
	return NULL;
}
