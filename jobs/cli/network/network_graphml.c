/* network_graphml.c - a network with its measures for Cytoscape, Gephi, networkx and igraph; see
 * network_output.h */
#include "jobs/cli/network/network_output.h"

#include <math.h>
#include <string.h>
#include "jobs/cli/text_file.h"
#include "solvers/base/alloc.h"

static void put_escaped(FILE *f, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '&')
            fputs("&amp;", f);
        else if (*text == '<')
            fputs("&lt;", f);
        else if (*text == '>')
            fputs("&gt;", f);
        else if (*text == '"')
            fputs("&quot;", f);
        else
            putc(*text, f);
}

static void put_side(FILE *f, const dn_network *w, int side)
{
    char name[256], clean[520];

    put_escaped(f, dn_utf8_clean(dn_network_side(w, side, name, sizeof name), clean, sizeof clean));
}

/* As Java spells a double; C and Python read that, too. */
static void put_value(FILE *f, double v, bool integer)
{
    if (isnan(v))
        fputs("NaN", f);
    else if (isinf(v))
        fputs(v > 0 ? "Infinity" : "-Infinity", f);
    else
        fprintf(f, integer ? "%.0f" : "%.17g", v + 0.0); /* no "-0" */
}

/* "pagerank", or "betweenness_raw" for a further column. */
static void put_key(FILE *f, const dn_measure *m, int column)
{
    put_escaped(f, m->name);
    if (column > 0) {
        putc('_', f);
        put_escaped(f, m->column[column].name);
    }
}

static void put_head(FILE *f, const dn_network_report *r)
{
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
          "<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\"\n"
          "    xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"\n"
          "    xsi:schemaLocation=\"http://graphml.graphdrawing.org/xmlns "
          "http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd\">\n"
          "<key id=\"v_label\" for=\"node\" attr.name=\"label\" attr.type=\"string\"/>\n"
          "<key id=\"v_side\" for=\"node\" attr.name=\"side\" attr.type=\"string\"/>\n",
          f);
    for (int i = 0; i < r->analysis->n_measures; i++) {
        const dn_measure *m = &r->analysis->measure[i];

        for (int c = 0; c < m->n_columns; c++) {
            fputs("<key id=\"v_", f);
            put_key(f, m, c);
            fputs("\" for=\"node\" attr.name=\"", f);
            put_key(f, m, c);
            fprintf(f, "\" attr.type=\"%s\"/>\n", m->column[c].integer ? "long" : "double");
        }
    }
    if (r->network->graph.weight != NULL)
        fputs("<key id=\"e_weight\" for=\"edge\" attr.name=\"weight\" attr.type=\"double\"/>\n", f);
    fputs("<graph id=\"network\" edgedefault=\"undirected\">\n", f);
}

/* twice [n], in outside order: the id stands on another side, too. */
static dn_status find_twice(const dn_network *w, bool *twice, dn_error *err)
{
    dn_status st = DN_OK;
    dn_names *names = NULL;

    DN_TRY(dn_names_create(&names, err));
    for (int64_t i = 0; i < w->id.n; i++) {
        size_t len;
        const char *id = dn_strings_at(&w->id, i, &len);
        int64_t first;

        DN_TRY(dn_names_add(names, id, len, i, &first, err));
        if (first != i)
            twice[i] = twice[first] = true;
    }
out:
    dn_names_destroy(&names);
    return st;
}

/* The id of a node: its own, with its side before it where another side has the same, and behind it "#" and
 * its number where cleaning changed it (so that nodes stay apart that look alike afterwards) or where it has
 * none. */
static void put_id(FILE *f, const dn_network *w, const bool *twice, int64_t inside)
{
    int32_t outside = w->graph.outside[inside];
    size_t len = 0;
    const char *own = w->id.n > 0 ? dn_strings_at(&w->id, outside, &len) : NULL;
    char id[DN_ID_MAX];

    if (twice[outside]) {
        put_side(f, w, w->graph.side[inside]);
        putc(':', f);
    }
    dn_network_clean_id(w, inside, id);
    put_escaped(f, id);
    if (own != NULL && (len == 0 || strlen(id) != len || memcmp(id, own, len) != 0))
        fprintf(f, "#%ld", (long)outside);
}

static void put_node(FILE *f, const dn_network_report *r, const bool *twice, int64_t inside)
{
    char id[DN_ID_MAX];

    fputs("<node id=\"", f);
    put_id(f, r->network, twice, inside);
    fputs("\">\n <data key=\"v_label\">", f);
    put_escaped(f, dn_network_clean_id(r->network, inside, id));
    fputs("</data>\n <data key=\"v_side\">", f);
    put_side(f, r->network, r->network->graph.side[inside]);
    fputs("</data>\n", f);
    for (int i = 0; i < r->analysis->n_measures; i++) {
        const dn_measure *m = &r->analysis->measure[i];

        for (int c = 0; c < m->n_columns; c++) {
            if (m->column[c].integer && !isfinite(m->column[c].v[inside]))
                continue; /* readers of a long know no NaN */
            fputs(" <data key=\"v_", f);
            put_key(f, m, c);
            fputs("\">", f);
            put_value(f, m->column[c].v[inside], m->column[c].integer);
            fputs("</data>\n", f);
        }
    }
    fputs("</node>\n", f);
}

/* The edges of a node that start in it: those to higher sides, and within the side to later nodes. */
static void put_edges(FILE *f, const dn_network *w, const bool *twice, int64_t inside)
{
    const dn_graph *g = &w->graph;

    for (int64_t e = g->row[inside]; e < g->row[inside + 1]; e++) {
        int32_t other = g->col[e];

        if (g->side[other] < g->side[inside] ||
            (g->side[other] == g->side[inside] && g->outside[other] < g->outside[inside]))
            continue;
        fputs("<edge source=\"", f);
        put_id(f, w, twice, inside);
        fputs("\" target=\"", f);
        put_id(f, w, twice, other);
        if (g->weight == NULL) {
            fputs("\"/>\n", f);
        } else {
            fputs("\"><data key=\"e_weight\">", f);
            put_value(f, (double)g->weight[e], false);
            fputs("</data></edge>\n", f);
        }
    }
}

dn_status dn_network_write_graphml(const dn_network_report *r, const char *dir, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_graph *g = &r->network->graph;
    dn_text_file t = {0};
    int32_t *inside = NULL; /* [n] */
    bool *twice = NULL;     /* [n] */

    DN_NEW(inside, (size_t)g->n);
    DN_NEW(twice, (size_t)g->n);
    dn_graph_inside(g, inside);
    DN_TRY(find_twice(r->network, twice, err));
    DN_TRY(dn_text_file_open(&t, dir, "network.graphml", err));
    put_head(t.to, r);
    for (int64_t i = 0; i < g->n; i++)
        put_node(t.to, r, twice, inside[i]);
    for (int64_t i = 0; i < g->n; i++)
        put_edges(t.to, r->network, twice, inside[i]);
    fputs("</graph>\n</graphml>\n", t.to);
    DN_TRY(dn_text_file_commit(&t, err));
out:
    dn_free(inside);
    dn_free(twice);
    dn_text_file_close(&t);
    return st;
}
