/* train_metrics.h - metrics.jsonl: one line of JSON an epoch
 *
 *     DN_TRY(dn_train_metrics_open(&m, "a", err));
 *     DN_TRY(dn_train_metrics_add(&m, epoch, err));     after each
 *     DN_TRY(dn_train_metrics_close(&m, err));          all is done
 *     dn_train_metrics_end(&m);                         however it ended
 *
 * Local; by rank 0.
 */
#ifndef DN_CLI_TRAIN_METRICS_H
#define DN_CLI_TRAIN_METRICS_H

#include <stdbool.h>
#include <stdio.h>
#include "mpi/train/hooks.h"

enum { DN_METRICS_PATH = 1024 };

typedef struct dn_train_metrics {
    char path[DN_METRICS_PATH];
    FILE *to; /* NULL: not open */
} dn_train_metrics;

/* Whether there are any lines. Fails: DN_EIO it cannot be looked for */
DN_MUST_CHECK dn_status dn_train_metrics_any(const dn_train_metrics *m, bool *out, dn_error *err);

/* mode as for fopen(). Fails: DN_ECANTCREAT */
DN_MUST_CHECK dn_status dn_train_metrics_open(dn_train_metrics *m, const char *mode, dn_error *err);

/* No lines any more. Fails: DN_EIO */
DN_MUST_CHECK dn_status dn_train_metrics_empty(const dn_train_metrics *m, dn_error *err);

/* The line of an epoch, and its text, for dn_free(). Fails: DN_EIO, DN_ENOMEM */
DN_MUST_CHECK dn_status dn_train_metrics_add(const dn_train_metrics *m, const dn_epoch_report *e,
                                             dn_error *err);
DN_MUST_CHECK dn_status dn_train_metrics_text(const dn_epoch_report *e, char **out, dn_error *err);

/* All of it is safe on disk. Fails: DN_EIO */
DN_MUST_CHECK dn_status dn_train_metrics_close(dn_train_metrics *m, dn_error *err);

/* One that is still open is closed and, without a line, removed: there is nothing to keep. */
void dn_train_metrics_end(dn_train_metrics *m);

#endif
