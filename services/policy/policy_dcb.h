/* policy_dcb.h -- what ap2012, direct carrier billing (TS.43 11), has beside its row in policy_decide.c. Pure. */
#ifndef POLICY_DCB_H
#define POLICY_DCB_H

#include "policy_decide.h"

/* Whether a MSG_btn of this phone is an answer to a question: terms are asked for, by a message, and the line may pay so at
 * all. Of any other nothing is kept. */
bool policy_billing_asks(const struct policy_context *context);

#endif
