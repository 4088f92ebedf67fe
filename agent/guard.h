/* The one place that may permit a withdraw.
 *
 * A withdraw is permitted only in mid-operation, by guards given in the present view that together
 * cover every shared prefix and still stand.  Everything unsure is a no. Pure, as the engine is. */
#ifndef CGWHA_AGENT_GUARD_H
#define CGWHA_AGENT_GUARD_H

#include "agent/engine.h"

/* Shared prefixes for which a guard given in this view still holds, a bit each: its giver is in the
 * view, has spoken in it, is in service at high, still covers the prefix, and shares our prefixes.
 */
uint64_t guard_held(const struct engine *e);

/* True if this node may now order the level `withdrawn`. */
bool guard_permits_withdraw(const struct engine *e);

/* As a guard: what we lack to be one; REASON_NONE if nothing. force accepts a lack of redundancy.
 */
enum reason guard_lacks(const struct engine *e, bool force);

#endif
