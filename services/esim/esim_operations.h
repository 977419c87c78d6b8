/* esim_operations.h -- the operations that esim_odsa.c's table names, a file each. Pure.
 *
 * Each fills in verdict, result and nodes; parameters that are required are there, identifiers are what they are called. */
#ifndef ESIM_OPERATIONS_H
#define ESIM_OPERATIONS_H

#include "esim_odsa.h"

void esim_check_eligibility(const struct esim_request *request, struct esim_answer *answer);
void esim_manage_subscription(const struct esim_request *request, struct esim_answer *answer);
void esim_manage_service(const struct esim_request *request, struct esim_answer *answer);
void esim_acquire_configuration(const struct esim_request *request, struct esim_answer *answer);
void esim_acquire_plan(const struct esim_request *request, struct esim_answer *answer);

/* Whether the line may have this service; the service that is meant when none is named. */
bool esim_offers_service(const struct esim_facts *facts, uint8_t service);
uint8_t esim_first_service(const struct esim_facts *facts);
size_t esim_count_services(const struct esim_facts *facts);

#endif
