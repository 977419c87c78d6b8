/* esim_eligibility.h -- CheckEligibility (TS.43 6.5.2). Pure. */
#ifndef ESIM_ELIGIBILITY_H
#define ESIM_ELIGIBILITY_H

#include "esim_odsa.h"

/* Adds the nodes for ap2006 or ap2009. */
void esim_check_eligibility(const struct esim_request *request, struct esim_answer *answer);

#endif
