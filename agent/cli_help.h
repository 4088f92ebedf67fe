/* What cgwha says of itself: one text for all commands, one for each. Pure. */
#ifndef CGWHA_AGENT_CLI_HELP_H
#define CGWHA_AGENT_CLI_HELP_H

#include "agent/cli_args.h"

/* Static storage, never NULL, ends with a newline. COMMANDS: the overview. */
const char *help_text(enum command command);

#endif
