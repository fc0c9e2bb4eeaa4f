/* network_output.c - what the writers of network_output.h share */
#include "jobs/cli/network/network_output.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>
#include "solvers/base/alloc.h"

double dn_round_12(double v)
{
    double scale;

    if (!isfinite(v) || fabs(v) < 1e-280)
        return v;
    scale = pow(10, 11 - floor(log10(fabs(v))));
    return rint(v * scale) / scale;
}

/* Order of a measure. Without a finite bound, or of a solver that did not converge, nothing is known of ties.
 */
static dn_status order_measure(const dn_network *w, const dn_measure *m, int32_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    double *v = NULL; /* [n]  what the table shows */
    bool known = m->iterative && !m->own_errors && m->report.converged && isfinite(m->report.error);

    DN_NEW(v, (size_t)w->graph.n);
    for (int64_t i = 0; i < w->graph.n; i++)
        v[i] = dn_round_12(m->column[0].v[i]);
    DN_TRY(dn_analysis_order(w, v, known ? m->report.error : 0, out, err));
out:
    dn_free(v);
    return st;
}

dn_status dn_network_report_create(const dn_network *w, const dn_analysis *a, const dn_network_run *run,
                                   dn_network_report *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_network_report r = {w, a, run, NULL};

    DN_NEW(r.order, (size_t)a->n_measures);
    for (int i = 0; i < a->n_measures; i++) {
        DN_NEW(r.order[i], (size_t)w->graph.n);
        DN_TRY(order_measure(w, &a->measure[i], r.order[i], err));
    }
    *out = r;
    r = (dn_network_report){0};
out:
    if (r.order != NULL)
        dn_network_report_destroy(&r);
    return st;
}

void dn_network_report_destroy(dn_network_report *r)
{
    for (int i = 0; r->order != NULL && i < r->analysis->n_measures; i++)
        dn_free(r->order[i]);
    dn_free(r->order);
    *r = (dn_network_report){0};
}

/* What an earlier analysis left must not pass for this one's. */
static dn_status remove_graphml(const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    size_t room = strlen(dir) + sizeof "/network.graphml";
    char *path = NULL;

    DN_NEW(path, room);
    snprintf(path, room, "%s/network.graphml", dir);
    if (unlink(path) != 0 && errno != ENOENT)
        DN_FAIL(DN_ECANTCREAT, "%s: an older one cannot be removed: %s", path, strerror(errno));
out:
    dn_free(path);
    return st;
}

dn_status dn_network_save(const dn_network_report *r, dn_error *err)
{
    dn_status st = DN_OK;
    const char *dir = r->run->directory;

    for (int i = 0; i < r->analysis->n_measures; i++)
        DN_TRY(dn_network_write_measure(r, i, dir, err));
    for (int i = 0; i < r->analysis->n_spectra; i++) {
        DN_TRY(dn_network_write_spectrum(r, i, dir, err));
        DN_TRY(dn_network_write_embedding(r, i, dir, err));
    }
    if (r->analysis->described) {
        DN_TRY(dn_network_write_description(r, dir, err));
        DN_TRY(dn_network_write_histogram(r, dir, err));
    }
    if (dn_network_wants_graphml(r))
        DN_TRY(dn_network_write_graphml(r, dir, err));
    else
        DN_TRY(remove_graphml(dir, err));
    DN_TRY(dn_network_write_summary(r, dir, err));
out:
    return st;
}

bool dn_network_wants_graphml(const dn_network_report *r)
{
    return r->run->graphml_edges < 0 || r->network->graph.nnz / 2 <= r->run->graphml_edges;
}

/* ---- names ---- */

/* Bytes of the UTF-8 character at s, or 0: none begins there. */
static size_t utf8_length(const unsigned char *s)
{
    size_t len = s[0] < 0x80 ? 1 : s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;

    if (s[0] >= 0x80 && (s[0] < 0xc2 || s[0] > 0xf4))
        return 0;
    for (size_t i = 1; i < len; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f) || (s[0] == 0xef && s[1] == 0xbf && s[2] > 0xbd))
        return 0; /* overlong, a surrogate, too large, or no character of XML */
    return len;
}

const char *dn_utf8_clean(const char *text, char *buf, size_t cap)
{
    const unsigned char *s = (const unsigned char *)text;
    size_t at = 0, len;

    while (*s != '\0' && at + 5 <= cap) {
        len = utf8_length(s);
        if (len == 0) {
            buf[at++] = (char)(0xc0 | *s >> 6);
            buf[at++] = (char)(0x80 | (*s & 0x3f));
            s++;
        } else if (*s < 0x20 || *s == 0x7f) {
            buf[at++] = ' ';
            s++;
        } else {
            memcpy(buf + at, s, len);
            at += len;
            s += len;
        }
    }
    buf[at] = '\0';
    return buf;
}

const char *dn_network_clean_id(const dn_network *w, int64_t inside, char *buf)
{
    char raw[DN_ID_MAX];

    dn_network_id(w, w->graph.outside[inside], raw, sizeof raw);
    return dn_utf8_clean(raw, buf, DN_ID_MAX);
}

const char *dn_network_side(const dn_network *w, int side, char *buf, size_t cap)
{
    if (side < w->side_name.n)
        return dn_strings_copy(&w->side_name, side, buf, cap);
    snprintf(buf, cap, "%d", side);
    return buf;
}
