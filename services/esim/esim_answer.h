/* esim_answer.h -- nodes of an answer that several operations have: DownloadInfo, MSG, configurations (TS.43 6.5). Pure. */
#ifndef ESIM_ANSWER_H
#define ESIM_ANSWER_H

#include "esim_odsa.h"

/* Ends a request that is not carried out: OperationResult alone. */
void esim_answer_result(struct esim_answer *answer, enum esim_result result, const char *reason);
/* Begins an answer: OperationResult 1. */
void esim_answer_begin(struct esim_answer *answer);
/* Text must live as long as the answer, or as the arena. `parent` NULL: among the answer's own. */
void esim_answer_put(struct esim_answer *answer, struct es_doc_node *parent, const char *name, struct es_slice value);
void esim_answer_put_str(struct esim_answer *answer, struct es_doc_node *parent, const char *name, const char *value);
void esim_answer_put_number(struct esim_answer *answer, struct es_doc_node *parent, const char *name, int64_t value);
struct es_doc_node *esim_answer_open(struct esim_answer *answer, struct es_doc_node *parent, const char *name,
                                     bool is_list);

/* SubscriptionResult DONE alone. */
void esim_answer_done(struct esim_answer *answer);
/* SubscriptionResult, and nothing else yet. */
void esim_answer_subscription(struct esim_answer *answer, enum esim_subscription result);
void esim_answer_sheet(const struct esim_request *request, struct esim_answer *answer);
void esim_answer_download(struct esim_answer *answer, struct es_doc_node *parent, const struct esim_profile *profile);
void esim_answer_message(const struct esim_request *request, struct esim_answer *answer, struct es_doc_node *parent);
/* Minutes where it is some of them: clients exist that know no other unit. */
void esim_answer_interval(struct esim_answer *answer, struct es_doc_node *parent, int64_t seconds);
/* One PrimaryConfiguration of a profile that is ready, where an answer to ManageSubscription has one. */
void esim_answer_primary(const struct esim_request *request, struct esim_answer *answer,
                         const struct esim_profile *profile);

/* What was typed: ESIM_SUCCESS, or ESIM_INVALID_MSG_RESPONSE. */
enum esim_result esim_message_check(const struct esim_request *request);
/* MSG_btn: -1 none, 0 rejected, 1 accepted. */
int esim_message_button(const struct esim_request *request);

#endif
