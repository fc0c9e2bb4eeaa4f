/* train_metrics.c - metrics.jsonl; see train_metrics.h */
#include "jobs/cli/train/train_metrics.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "solvers/base/alloc.h"
#include "solvers/base/json.h"

dn_status dn_train_metrics_any(const dn_train_metrics *m, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    struct stat info;
    bool there = stat(m->path, &info) == 0;

    if (!there && errno != ENOENT && errno != ENOTDIR)
        DN_FAIL(DN_EIO, "%s: cannot be looked for: %s", m->path, strerror(errno));
    *out = there && info.st_size > 0;
out:
    return st;
}

dn_status dn_train_metrics_open(dn_train_metrics *m, const char *mode, dn_error *err)
{
    dn_status st = DN_OK;

    m->to = fopen(m->path, mode);
    if (m->to == NULL)
        DN_FAIL(DN_ECANTCREAT, "%s: cannot be created: %s", m->path, strerror(errno));
out:
    return st;
}

dn_status dn_train_metrics_text(const dn_epoch_report *e, char **out, dn_error *err)
{
    dn_json *line = dn_json_create();

    dn_json_int(line, "epoch", e->epoch);
    dn_json_number(line, "rate", e->rate);
    dn_json_number(line, "train_loss", e->train_loss);
    dn_json_number(line, "train_accuracy", e->train_accuracy);
    dn_json_number(line, "validation_loss", e->validation_loss);
    dn_json_number(line, "validation_auroc", e->validation_auroc);
    dn_json_number(line, "validation_ap", e->validation_ap);
    dn_json_bool(line, "best", e->best != 0);
    dn_json_number(line, "seconds", e->seconds);
    dn_json_number(line, "pairs_per_second", e->pairs_per_second);
    return dn_json_end(&line, 0, out, err);
}

dn_status dn_train_metrics_add(const dn_train_metrics *m, const dn_epoch_report *e, dn_error *err)
{
    dn_status st = DN_OK;
    char *text = NULL;

    DN_TRY(dn_train_metrics_text(e, &text, err));
    if (fprintf(m->to, "%s\n", text) < 0 || fflush(m->to) != 0)
        DN_FAIL(DN_EIO, "%s: writing failed: %s", m->path, strerror(errno));
out:
    dn_free(text);
    return st;
}

dn_status dn_train_metrics_empty(const dn_train_metrics *m, dn_error *err)
{
    dn_status st = DN_OK;

    if (ftruncate(fileno(m->to), 0) != 0 && errno != EINVAL) /* not a file: nothing to drop */
        DN_FAIL(DN_EIO, "%s: cannot be emptied: %s", m->path, strerror(errno));
out:
    return st;
}

dn_status dn_train_metrics_close(dn_train_metrics *m, dn_error *err)
{
    dn_status st = DN_OK;
    int bad = fsync(fileno(m->to)) != 0 && errno != EINVAL; /* not a file: nothing to flush */

    bad |= fclose(m->to) != 0;
    m->to = NULL;
    if (bad)
        DN_FAIL(DN_EIO, "%s: writing failed: %s", m->path, strerror(errno));
out:
    return st;
}

void dn_train_metrics_end(dn_train_metrics *m)
{
    struct stat info;

    if (m->to == NULL)
        return;
    if (fstat(fileno(m->to), &info) == 0 && info.st_size == 0)
        unlink(m->path);
    fclose(m->to);
    m->to = NULL;
}
