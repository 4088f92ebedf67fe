/* The name tables of the closed lists. Pure data: no I/O. */
#include "agent/lists.h"

CGWHA_NAME_OF(level_name, LEVEL_LIST, LEVELS)
CGWHA_NAME_OF(phase_name, PHASE_LIST, PHASES)
CGWHA_NAME_OF(intent_name, INTENT_LIST, INTENTS)
CGWHA_NAME_OF(ask_name, ASK_LIST, ASKS)
CGWHA_NAME_OF(result_name, RESULT_LIST, RESULTS)
CGWHA_NAME_OF(reason_name, REASON_LIST, REASONS)
