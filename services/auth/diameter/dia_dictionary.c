/* dia_dictionary.c -- dia_attr.h's rows into freeDiameter's dictionary. What is there already is used as it is. */
#include "dia_library_int.h"

#include <errno.h>

static struct dictionary *dictionary(void)
{
	return fd_g_config->cnf_dict;
}

static es_status failed(struct es_buf *error, const char *what)
{
	es_put_printf(error, "freeDiameter's dictionary does not take %s", what);
	return ES_INTERNAL;
}

/* Its names are not const, and it copies them. */
static char *name_of(const char *text)
{
	union {
		const char *in;
		char *out;
	} name = { text };

	return name.out;
}

static es_status register_vendor(struct dict_object **vendor, struct es_buf *error)
{
	vendor_id_t id = DIA_3GPP;
	struct dict_vendor_data data = { DIA_3GPP, name_of("3GPP") };

	if (fd_dict_search(dictionary(), DICT_VENDOR, VENDOR_BY_ID, &id, vendor, ENOENT) == 0)
		return ES_OK;
	return fd_dict_new(dictionary(), DICT_VENDOR, &data, NULL, vendor) == 0 ? ES_OK : failed(error, "3GPP");
}

static es_status register_attribute(enum dia_attr attr, struct es_buf *error)
{
	static const enum dict_avp_basetype types[] = {
		[DIA_OCTETS] = AVP_TYPE_OCTETSTRING, [DIA_U32] = AVP_TYPE_UNSIGNED32, [DIA_I32] = AVP_TYPE_INTEGER32,
		[DIA_U64] = AVP_TYPE_UNSIGNED64,     [DIA_GROUP] = AVP_TYPE_GROUPED,
	};
	const struct dia_attr_row *row = &dia_attrs[attr];
	struct dict_avp_request wanted = { .avp_vendor = row->vendor, .avp_code = row->code };
	struct dict_avp_data data = { .avp_code = row->code,
		                          .avp_vendor = row->vendor,
		                          .avp_name = name_of(row->name),
		                          .avp_flag_mask = AVP_FLAG_VENDOR, /* the M bit is the sender's business */
		                          .avp_flag_val = row->vendor != 0 ? AVP_FLAG_VENDOR : 0,
		                          .avp_basetype = types[row->type] };
	struct dict_object **model = &dia_library.models[attr];

	if (fd_dict_search(dictionary(), DICT_AVP, AVP_BY_CODE_AND_VENDOR, &wanted, model, ENOENT) == 0)
		return ES_OK;
	return fd_dict_new(dictionary(), DICT_AVP, &data, NULL, model) == 0 ? ES_OK : failed(error, row->name);
}

static es_status register_command(const struct dia_command_row *row, struct es_buf *error)
{
	command_code_t code = row->code;
	struct dict_object *found;
	struct dict_cmd_data request = { row->code, name_of(row->request), CMD_FLAG_REQUEST, CMD_FLAG_REQUEST };
	struct dict_cmd_data answer = { row->code, name_of(row->answer), CMD_FLAG_REQUEST, 0 };

	if (fd_dict_search(dictionary(), DICT_COMMAND, CMD_BY_CODE_R, &code, &found, ENOENT) == 0)
		return ES_OK;
	if (fd_dict_new(dictionary(), DICT_COMMAND, &request, NULL, NULL) != 0 ||
	    fd_dict_new(dictionary(), DICT_COMMAND, &answer, NULL, NULL) != 0)
		return failed(error, row->request);
	return ES_OK;
}

static es_status register_application(enum dia_app id, const char *name, struct dict_object *vendor,
                                      struct es_buf *error)
{
	struct dict_application_data data = { (application_id_t)id, name_of(name) };
	struct dict_object *application;

	if (fd_dict_new(dictionary(), DICT_APPLICATION, &data, vendor, &application) != 0 ||
	    fd_disp_app_support(application, vendor, 1, 0) != 0)
		return failed(error, name);
	return ES_OK;
}

es_status dia_dictionary_register(struct es_buf *error)
{
	const struct dia_config *config = dia_library.config;
	struct dict_object *vendor;

	ES_TRY(register_vendor(&vendor, error));
	for (size_t i = 0; i < DIA_ATTR_COUNT; i++)
		ES_TRY(register_attribute((enum dia_attr)i, error));
	for (size_t i = 0; i < dia_command_count; i++)
		ES_TRY(register_command(&dia_commands[i], error));
	if (config->uses_swx)
		ES_TRY(register_application(DIA_APP_SWX, "3GPP SWx", vendor, error));
	if (config->uses_swm)
		ES_TRY(register_application(DIA_APP_SWM, "3GPP SWm", vendor, error));
	if (config->uses_sta)
		ES_TRY(register_application(DIA_APP_STA, "3GPP STa", vendor, error));
	if (config->uses_s13)
		ES_TRY(register_application(DIA_APP_S13, "3GPP S13", vendor, error));
	return ES_OK;
}
