/* The recorder: every step of the engine, appended to a bounded pair of files.
 *
 * DIR/recording is written; when it is full it becomes DIR/recording.old and a new one begins, and
 * so it does when an agent starts.  The loop only copies into memory: a thread of its own writes.
 * What the disk does not take in time is dropped, never waited for; then the recording begins anew
 * later, with the engine's state in its header, so that whatever is on the disk can be replayed. */
#ifndef CGWHA_AGENT_RECORDER_H
#define CGWHA_AGENT_RECORDER_H

#include "agent/recording.h"

struct recorder;

/* Begins with the first step. max: bytes of one file (RECORDING_MAX). NULL with err. */
struct recorder *recorder_open(const char *dir, size_t max, char err[ERR_MAX]);
/* A step was made, after which the engine is as given; event and effects NULL: it has given out an
 * operation number. Never blocks. */
void recorder_step(struct recorder *r, uint64_t now_ns, const struct engine *engine,
                   const struct event *event, const struct effects *effects);
/* True once after something was dropped, with the sentence for the log. */
bool recorder_trouble(struct recorder *r, char err[ERR_MAX]);
/* Ends it. What is still in memory is written if the disk takes it within half a second; a disk
 * that hangs keeps the thread and its memory, not the caller. */
void recorder_close(struct recorder *r);

#endif
