/* main.c -- openes-policy. */
#include "policy_service.h"

int main(int argc, char **argv)
{
	return es_service_main(&policy_service, argc, argv);
}
