/* Metrics as text: OpenMetrics 1.0 for scrapers, and Prometheus' older text format for
 * node_exporter's textfile collector, which reads no other.
 *
 * It knows how metrics are written, never what they mean: that is agent/metrics.c. */
#ifndef CGWHA_AGENT_METRIC_H
#define CGWHA_AGENT_METRIC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum metric_dialect {
    METRIC_OPENMETRICS, /* https://prometheus.io/docs/specs/om/open_metrics_spec */
    METRIC_TEXT /* text format 0.0.4: no info, stateset, unit and end; the same names and values */
};

enum metric_type { METRIC_GAUGE, METRIC_COUNTER, METRIC_INFO, METRIC_STATESET };

struct metric_family {
    const char *name; /* with its unit, without _total and _info */
    enum metric_type type;
    const char *unit; /* "": none */
    const char *help; /* one line */
};

struct metric_page {
    FILE *out;
    enum metric_dialect dialect;
    const struct metric_family *family; /* of the last sample */
};

struct metric_label {
    const char *name, *value; /* the value is any UTF-8 */
};

/* One sample of a family; the family's head comes before its first. All samples of a family must
 * come one after the other, each with other labels. */
void metric_put(struct metric_page *page, const struct metric_family *family, int64_t value,
                const struct metric_label *labels, unsigned count);
/* The end of the page, without which an OpenMetrics page counts as cut off. */
void metric_end(struct metric_page *page);

/* What an HTTP server says the page is. */
const char *metric_content_type(enum metric_dialect dialect);

#endif
