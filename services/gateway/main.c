/* main.c -- openes-gateway. */
#include "gw_process.h"

int main(int argc, char **argv)
{
	return es_service_main(&gw_service, argc, argv);
}
