/* dia_attr.c -- the rows. */
#include "dia_attr.h"

const struct dia_attr_row dia_attrs[DIA_ATTR_COUNT] = {
#define DIA_ATTR_ROW(symbol, name, code, vendor, type, mandatory)                                                      \
	[DIA_##symbol] = { name, code, vendor, DIA_##type, mandatory },
	DIA_ATTR_LIST(DIA_ATTR_ROW)
#undef DIA_ATTR_ROW
};

const struct dia_command_row dia_commands[] = {
	{ DIA_RE_AUTH, "Re-Auth-Request", "Re-Auth-Answer" },
	{ DIA_EAP, "Diameter-EAP-Request", "Diameter-EAP-Answer" },
	{ DIA_ABORT_SESSION, "Abort-Session-Request", "Abort-Session-Answer" },
	{ DIA_SESSION_TERMINATION, "Session-Termination-Request", "Session-Termination-Answer" },
	{ DIA_SERVER_ASSIGNMENT, "3GPP-Server-Assignment-Request", "3GPP-Server-Assignment-Answer" },
	{ DIA_MULTIMEDIA_AUTH, "3GPP-Multimedia-Auth-Request", "3GPP-Multimedia-Auth-Answer" },
	{ DIA_REGISTRATION_TERMINATION, "3GPP-Registration-Termination-Request", "3GPP-Registration-Termination-Answer" },
	{ DIA_PUSH_PROFILE, "3GPP-Push-Profile-Request", "3GPP-Push-Profile-Answer" },
	{ DIA_ME_IDENTITY_CHECK, "3GPP-ME-Identity-Check-Request", "3GPP-ME-Identity-Check-Answer" },
};
const size_t dia_command_count = sizeof dia_commands / sizeof *dia_commands;
