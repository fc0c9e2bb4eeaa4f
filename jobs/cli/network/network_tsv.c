/* network_tsv.c - tables of an analysis; see network_output.h */
#include "jobs/cli/network/network_output.h"

#include <math.h>
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"

/* A field of a table: tabs and line ends would break it. */
static void put_text(FILE *f, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\t')
            fputs("\\t", f);
        else if (*text == '\n')
            fputs("\\n", f);
        else if (*text == '\r')
            fputs("\\r", f);
        else
            putc(*text, f);
}

static void put_number(FILE *f, double v, bool integer)
{
    if (isnan(v)) /* never "-nan" */
        fputs("\tnan", f);
    else
        fprintf(f, integer ? "\t%.0f" : "\t%.12g", v + 0.0); /* no "-0" */
}

static void put_node(FILE *f, const dn_network *w, int64_t inside)
{
    char id[DN_ID_MAX], side[256];

    put_text(f, dn_network_id(w, w->graph.outside[inside], id, sizeof id));
    putc('\t', f);
    put_text(f, dn_network_side(w, w->graph.side[inside], side, sizeof side));
}

/* DIR/<name><end>. */
static dn_status open_named(dn_text_file *t, const char *dir, const char *name, const char *end,
                            dn_error *err)
{
    char file[256];

    snprintf(file, sizeof file, "%s%s", name, end);
    return dn_text_file_open(t, dir, file, err);
}

dn_status dn_network_write_measure(const dn_network_report *r, int measure, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_measure *m = &r->analysis->measure[measure];
    int64_t n = r->network->graph.n;
    double *v = NULL;      /* [n]  as they are printed */
    int32_t *order = NULL; /* [n] */
    dn_text_file t = {0};

    DN_NEW(v, (size_t)n);
    DN_NEW(order, (size_t)n);
    for (int64_t i = 0; i < n; i++)
        v[i] = dn_round_12(m->column[0].v[i]);
    DN_TRY(dn_analysis_order(r->network, v, 0, order, err));

    DN_TRY(open_named(&t, dir, m->name, ".tsv", err));
    fputs("id\tside", t.to);
    for (int c = 0; c < m->n_columns; c++)
        fprintf(t.to, "\t%s", m->column[c].name);
    putc('\n', t.to);
    for (int64_t k = 0; k < n; k++) {
        int32_t i = order[k];

        put_node(t.to, r->network, i);
        put_number(t.to, v[i], m->column[0].integer);
        for (int c = 1; c < m->n_columns; c++)
            put_number(t.to, m->column[c].v[i], m->column[c].integer);
        putc('\n', t.to);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_free(v);
    dn_free(order);
    dn_text_file_close(&t);
    return st;
}

dn_status dn_network_write_spectrum(const dn_network_report *r, int spectrum, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_spectrum *s = &r->analysis->spectrum[spectrum];
    dn_text_file t = {0};

    DN_TRY(open_named(&t, dir, s->name, ".tsv", err));
    fprintf(t.to, "index\tvalue\tresidual%s\n", s->share != NULL ? "\tshare" : "");
    for (int64_t k = 0; k < s->k; k++) {
        fprintf(t.to, "%lld", (long long)k + 1);
        put_number(t.to, s->value[k], false);
        put_number(t.to, s->residual[k], false);
        if (s->share != NULL)
            put_number(t.to, s->share[k], false);
        putc('\n', t.to);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

dn_status dn_network_write_embedding(const dn_network_report *r, int spectrum, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_spectrum *s = &r->analysis->spectrum[spectrum];
    const dn_graph *g = &r->network->graph;
    dn_text_file t = {0};
    int32_t *inside = NULL; /* [n] */

    DN_NEW(inside, (size_t)g->n);
    dn_graph_inside(g, inside);
    DN_TRY(open_named(&t, dir, s->name, "_embedding.tsv", err));
    fputs("id\tside", t.to);
    for (int64_t k = 0; k < s->k; k++)
        fprintf(t.to, "\tx%lld", (long long)k + 1);
    putc('\n', t.to);
    for (int64_t i = 0; i < g->n; i++) {
        put_node(t.to, r->network, inside[i]);
        for (int64_t k = 0; k < s->k; k++)
            put_number(t.to, s->vector[k * g->n + inside[i]], false);
        putc('\n', t.to);
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_free(inside);
    dn_text_file_close(&t);
    return st;
}

static void put_summary(FILE *f, const dn_network *w, const char *quantity, int side, const dn_summary *s)
{
    char name[256];

    fprintf(f, "%s\t", quantity);
    put_text(f, dn_network_side(w, side, name, sizeof name));
    fprintf(f, "\t%lld", (long long)s->count);
    put_number(f, s->mean, false);
    put_number(f, s->sd, false);
    put_number(f, s->min, false);
    for (int q = 0; q < 3; q++)
        put_number(f, s->quartile[q], false);
    put_number(f, s->max, false);
    putc('\n', f);
}

dn_status dn_network_write_description(const dn_network_report *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_description *d = &r->analysis->description;
    dn_text_file t = {0};

    DN_TRY(dn_text_file_open(&t, dir, "description.tsv", err));
    fputs("quantity\tside\tcount\tmean\tsd\tmin\tq1\tmedian\tq3\tmax\n", t.to);
    for (int s = 0; s < r->network->graph.sides; s++)
        put_summary(t.to, r->network, "degree", s, &d->side[s].degree);
    for (int s = 0; s < r->network->graph.sides; s++)
        put_summary(t.to, r->network, "strength", s, &d->side[s].strength);
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}

/* One more than the last bin that any side fills. */
static int bins_used(const dn_description *d, int sides)
{
    int used = 0;

    for (int s = 0; s < sides; s++)
        for (int b = 0; b < DN_BINS; b++)
            if (d->side[s].histogram[b] > 0 && b >= used)
                used = b + 1;
    return used;
}

dn_status dn_network_write_histogram(const dn_network_report *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_description *d = &r->analysis->description;
    int sides = r->network->graph.sides, bins = bins_used(d, sides);
    dn_text_file t = {0};
    char name[256];

    DN_TRY(dn_text_file_open(&t, dir, "histogram.tsv", err));
    fputs("side\tdegree_from\tdegree_to\tnodes\n", t.to);
    for (int s = 0; s < sides; s++) {
        dn_network_side(r->network, s, name, sizeof name);
        put_text(t.to, name);
        fprintf(t.to, "\t0\t0\t%lld\n", (long long)d->side[s].isolated);
        for (int b = 0; b < bins; b++) {
            put_text(t.to, name);
            fprintf(t.to, "\t%lld\t%lld\t%lld\n", 1LL << b, (1LL << (b + 1)) - 1,
                    (long long)d->side[s].histogram[b]);
        }
    }
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_text_file_close(&t);
    return st;
}
