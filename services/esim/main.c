/* main.c -- openes-esim. */
#include "esim_process.h"

int main(int argc, char **argv)
{
	return es_service_main(&esim_service, argc, argv);
}
