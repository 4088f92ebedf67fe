/* Lengths of time and moments, as people say them. */
#include "agent/span.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

const char *span_text(uint64_t seconds, char out[SPAN_TEXT])
{
    uint64_t min = seconds / 60, hours = min / 60, days = hours / 24;

    if (days > 99999)
        snprintf(out, SPAN_TEXT, "for ever");
    else if (days > 0)
        snprintf(out, SPAN_TEXT, "%" PRIu64 " d %" PRIu64 " h", days, hours % 24);
    else if (hours > 0)
        snprintf(out, SPAN_TEXT, "%" PRIu64 " h %" PRIu64 " min", hours, min % 60);
    else if (min >= 10)
        snprintf(out, SPAN_TEXT, "%" PRIu64 " min", min);
    else if (min > 0)
        snprintf(out, SPAN_TEXT, "%" PRIu64 " min %" PRIu64 " s", min, seconds % 60);
    else
        snprintf(out, SPAN_TEXT, "%" PRIu64 " s", seconds);
    return out;
}

const char *moment_text(uint64_t then, uint64_t now, char out[SPAN_TEXT])
{
    time_t a = (time_t)then, b = (time_t)now;
    struct tm at, at_now;

    if (localtime_r(&a, &at) == NULL || localtime_r(&b, &at_now) == NULL)
        snprintf(out, SPAN_TEXT, "an unknown time");
    else if (at.tm_yday == at_now.tm_yday && at.tm_year == at_now.tm_year)
        strftime(out, SPAN_TEXT, "%H:%M:%S", &at);
    else
        strftime(out, SPAN_TEXT, "%Y-%m-%d %H:%M", &at);
    return out;
}
