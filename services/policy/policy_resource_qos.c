/* policy_resource_qos.c -- the tenant's member "qos": from whom quality of service is asked for while a boost is in force. */
#include "policy_shape.h"

/* 3GPP TS 23.003 9.1: labels of a network's name. */
static bool is_dnn(struct es_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const uint8_t c = text.ptr[i];
		if ((c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '.')
			return false;
	}
	return text.len <= 100;
}

#define Q(member) offsetof(struct policy_tenant, qos.member)

const struct field policy_tenant_qos_fields[] = {
	{ .name = "mode", ENUM, .offset = Q(mode), policy_qos_mode_names },
	{ .name = "source", TEXT, .offset = Q(source), NULL, policy_is_section_or_none, "a section of policy's QoS file" },
	{ .name = "dnn", TEXT, .offset = Q(dnn), NULL, is_dnn, "letters, digits, - and ., at most 100" },
	{ .name = "on_failure", ENUM, .offset = Q(on_failure), policy_qos_on_failure_names },
	{ .name = NULL },
};

es_status policy_tenant_qos_check(const struct policy_tenant_qos *qos, struct policy_fault *fault)
{
	if (qos->mode == POLICY_QOS_OFF || qos->source[0] != '\0')
		return ES_OK;
	*fault = (struct policy_fault){ "qos.source", "must be named: it is what is asked" };
	return ES_MALFORMED;
}
