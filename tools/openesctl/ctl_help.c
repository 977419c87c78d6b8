/* ctl_help.c -- --help, written from the tables. Pure. */
#include <string.h>

#include "ctl_args.h"
#include "es_cleanup.h"

#define NAME_WIDTH 34

static void put_option(struct es_buf *out, enum ctl_opt opt)
{
	const struct ctl_option *option = &ctl_options[opt];
	size_t width = strlen(option->name) + 2;

	es_put_printf(out, "  --%s", option->name);
	if (option->value != NULL) {
		es_put_printf(out, " %s", option->value);
		width += strlen(option->value) + 1;
	}
	for (; width < NAME_WIDTH; width++)
		es_put_u8(out, ' ');
	es_put_printf(out, " %s", option->help);
	if (option->env != NULL)
		es_put_printf(out, " [%s]", option->env);
	es_put_u8(out, '\n');
}

static void put_synopsis(struct es_buf *out, const struct ctl_command *command)
{
	es_put_printf(out, "openesctl %s%s%s", command->noun, command->verb[0] != '\0' ? " " : "", command->verb);
	for (const uint8_t *opt = command->needs; *opt != CTL_NONE; opt++)
		es_put_printf(out, *opt == CTL_TENANT ? " [--%s %s]" : " --%s %s", ctl_options[*opt].name,
		              ctl_options[*opt].value);
	if (command->takes[0] != CTL_NONE)
		es_put_str(out, " [options]");
}

static void put_command(struct es_buf *out, const struct ctl_command *command)
{
	es_put_printf(out, "%s\n\n", command->summary);
	es_put_str(out, "Usage: ");
	put_synopsis(out, command);
	es_put_str(out, "\n");
	if (command->operand != CTL_NONE)
		es_put_printf(out, "       --%s may be left out before its value.\n", ctl_options[command->operand].name);
	es_put_printf(out, "\n%s\n", command->teach);
	if (command->needs[0] != CTL_NONE)
		es_put_str(out, "\nNeeded:\n");
	for (const uint8_t *opt = command->needs; *opt != CTL_NONE; opt++)
		put_option(out, *opt);
	if (command->takes[0] != CTL_NONE)
		es_put_str(out, "\nOptions:\n");
	for (const uint8_t *opt = command->takes; *opt != CTL_NONE; opt++)
		put_option(out, *opt);
	es_put_str(out, "\nThe server and how to print, for every command:\n");
	for (size_t opt = CTL_URL; opt <= CTL_HELP; opt++)
		put_option(out, (enum ctl_opt)opt);
}

static void put_line(struct es_buf *out, const struct ctl_command *command)
{
	size_t width = strlen(command->noun) + strlen(command->verb) + (command->verb[0] != '\0' ? 1 : 0);

	es_put_printf(out, "  %s%s%s", command->noun, command->verb[0] != '\0' ? " " : "", command->verb);
	for (; width < 26; width++)
		es_put_u8(out, ' ');
	es_put_printf(out, "%s\n", command->summary);
}

static void put_overview(struct es_buf *out, const char *noun)
{
	es_put_str(out,
	           "openesctl -- the operator's command line of an openes entitlement server\n\n"
	           "Usage: openesctl COMMAND [options]        openesctl COMMAND --help explains and shows examples\n\n");
	for (size_t i = 0; i < ctl_command_count; i++) {
		const struct ctl_command *command = &ctl_commands[i];
		bool is_new = i > 0 && strcmp(command->noun, ctl_commands[i - 1].noun) != 0;
		if (noun != NULL && strcmp(noun, command->noun) != 0)
			continue;
		if (is_new && noun == NULL && command->verb[0] != '\0')
			es_put_u8(out, '\n');
		put_line(out, command);
	}
	es_put_str(out, "\nThe server and how to print, for every command:\n");
	for (size_t opt = CTL_URL; opt <= CTL_HELP; opt++)
		put_option(out, (enum ctl_opt)opt);
	es_put_str(out, "\nFirst steps:\n"
	                "  export OPENES_ADMIN_URL=https://localhost:8444 OPENES_CA=ca.crt\n"
	                "  openesctl tenant list --token-file admin.token\n"
	                "\nExit status: 0 done, 1 refused by the server, 2 the command line is wrong, 3 the server cannot "
	                "be reached.\n");
}

void ctl_help_write(const struct ctl_args *args, struct es_buf *out)
{
	if (args->command != NULL)
		put_command(out, args->command);
	else
		put_overview(out, args->noun);
}
