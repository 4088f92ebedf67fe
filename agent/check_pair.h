/* What is wrong with a status. Pure: the asking is in check_pair() (agent/check.h). */
#ifndef CGWHA_AGENT_CHECK_PAIR_H
#define CGWHA_AGENT_CHECK_PAIR_H

#include <json-c/json.h>

#include "agent/check_finding.h"

void pair_judge(struct json_object *status, struct findings *list);

#endif
