/* main.c -- openes-auth. */
#include "auth_process.h"

int main(int argc, char **argv)
{
	return es_service_main(&auth_service, argc, argv);
}
