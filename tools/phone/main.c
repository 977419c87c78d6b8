/* main.c -- openes-phone: simulated phones with a software USIM, for demos, acceptance tests and load. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "es_cleanup.h"
#include "es_crypto.h"

#include "ph_load.h"
#include "ph_one.h"
#include "ph_play.h"

enum { EXIT_USAGE = 2 };

int main(int argc, char **argv)
{
	static struct ph_options options;
	static struct ph_run run;
	struct ph_server *server = NULL;
	ES_CLEANUP(es_buf_free) struct es_buf error;

	es_buf_init(&error, 1024);
	es_status status = ph_options_parse(argc, argv, &options, &error);
	if (argc == 1 || (status == ES_OK && options.help)) {
		ph_options_help(stdout);
		return argc == 1 ? EXIT_USAGE : EXIT_SUCCESS;
	}
	if (status == ES_OK && options.version) {
		(void)puts("openes-phone " OPENES_VERSION);
		return EXIT_SUCCESS;
	}
	if (status == ES_OK && options.list) {
		ph_flow_list(stdout);
		return EXIT_SUCCESS;
	}
	if (status == ES_OK)
		status = ph_options_check(&options, &run, &error);
	if (status != ES_OK) {
		(void)fprintf(stderr, "openes-phone: " ES_SLICE_FMT "; --help explains the options\n",
		              ES_SLICE_ARG(es_buf_slice(&error)));
		return EXIT_USAGE;
	}
	es_crypto_init();
	(void)signal(SIGPIPE, SIG_IGN); /* a connection that breaks is an answer, not the end */
	status = ph_server_open(run.profile.url, &run.profile.http, &server, &error);
	if (status != ES_OK) {
		(void)fprintf(stderr, "openes-phone: " ES_SLICE_FMT "\n", ES_SLICE_ARG(es_buf_slice(&error)));
		return status == ES_MALFORMED ? EXIT_USAGE : EXIT_FAILURE;
	}
	int result = run.is_load        ? ph_load(&options, &run, server)
	             : run.flow != NULL ? ph_play(&options, &run, server)
	                                : ph_one(&options, &run, server);
	ph_server_close(server);
	es_wipe(&run, sizeof run);
	return result;
}
