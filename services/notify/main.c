/* main.c -- openes-notify. */
#include "notify_process.h"

int main(int argc, char **argv)
{
	return es_service_main(&notify_service, argc, argv);
}
