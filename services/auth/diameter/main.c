/* main.c -- openes-diameter. */
#include "dia_process.h"

int main(int argc, char **argv)
{
	return es_service_main(&dia_service, argc, argv);
}
