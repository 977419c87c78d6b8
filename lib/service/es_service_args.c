/* es_service_args.c -- the command line that all five processes share, and the help that teaches it. */
#include "es_service_int.h"

#include <getopt.h>
#include <stddef.h>
#include <string.h>

static const struct option options[] = {
	{ "config", required_argument, NULL, 'c' }, { "check-config", no_argument, NULL, 'k' },
	{ "print-config", no_argument, NULL, 'p' }, { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' },
};
#define OPTION_COUNT (sizeof options / sizeof *options)

struct es_service_args es_service_parse_args(const struct es_service_ops *ops, int argc, char **argv)
{
	struct es_service_args args = { ES_SERVICE_RUN, NULL, NULL };
	struct option all[OPTION_COUNT + 2] = { 0 };
	int option;

	memcpy(all, options, sizeof options);
	if (ops->print != NULL)
		all[OPTION_COUNT] = (struct option){ ops->print->option, required_argument, NULL, 'o' };

	optind = 1;
	while ((option = getopt_long(argc, argv, "c:h", all, NULL)) != -1) {
		switch (option) {
		case 'c': args.config_path = optarg; break;
		case 'k': args.mode = ES_SERVICE_CHECK; break;
		case 'p': args.mode = ES_SERVICE_PRINT; break;
		case 'o': args.mode = ES_SERVICE_PRINT_OWN, args.print_argument = optarg; break;
		case 'h': args.mode = ES_SERVICE_HELP; break;
		case 'v': args.mode = ES_SERVICE_VERSION; break;
		default: args.mode = ES_SERVICE_USAGE; return args;
		}
	}
	if (optind != argc)
		args.mode = ES_SERVICE_USAGE;
	return args;
}

void es_service_write_help(const struct es_service_ops *ops, struct es_buf *out)
{
	es_put_printf(out,
	              "openes-%s -- %s\n\n"
	              "usage: openes-%s [--config FILE] [--check-config | --print-config]\n\n"
	              "  -c, --config FILE   read the configuration from FILE\n"
	              "  --check-config      say whether the configuration is right, and end\n"
	              "  --print-config      print the configuration in force, secrets masked, and end\n"
	              "  -h, --help          this text\n"
	              "  --version           the version\n",
	              ops->name, ops->summary, ops->name);
	if (ops->print != NULL)
		es_put_printf(out, "  --%s %s\n                      %s\n", ops->print->option, ops->print->argument,
		              ops->print->help);
	es_put_printf(out,
	              "\nA key of section [%s] may also be given by the environment, which stands over the file:\n"
	              "OPENES_SECTION_KEY, in capitals. A key nobody knows stops the start and is named.\n\n"
	              "SIGTERM ends the process gracefully: nothing new is taken, what is in flight is finished.\n"
	              "Exit codes: 0 ended as asked, 1 could not start or could not end in time, 2 wrong command line.\n\n"
	              "Configuration:\n",
	              ops->name);
	es_config_print_help(ops->keys, ops->key_count, out);
}
