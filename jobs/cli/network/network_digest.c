/* network_digest.c - an analysis for people, at 80 columns; see network_output.h */
#include "jobs/cli/network/network_output.h"

#include <math.h>
#include <string.h>

enum { WIDTH = 80, NUMBER = 32, ID_WIDTH = 40, VALUES = 5, SIDES = 3, TOP_SIDE = 3 };

#define JOINT "\1"

/* 15,138 */
static const char *grouped(int64_t v, char *buf)
{
    char digits[NUMBER];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)v), at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0)
            buf[at++] = ',';
        buf[at++] = digits[i];
    }
    buf[at] = '\0';
    return buf;
}

/* Whole numbers grouped, others with six digits, a dash for none. buf [NUMBER] */
static const char *figure(double v, char *buf)
{
    if (isnan(v))
        snprintf(buf, NUMBER, "-");
    else if (v == floor(v) && fabs(v) < 1e15)
        return grouped((int64_t)v, buf);
    else
        snprintf(buf, NUMBER, "%.6g", v);
    return buf;
}

/* Characters, not bytes. */
static int width(const char *text)
{
    int n = 0;

    for (; *text != '\0'; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

/* Text from column `indent` on, broken between words (JOINT is a blank within one); what goes before it has
 * been printed and is `used` wide. */
static void wrapped(FILE *to, int indent, int used, const char *text)
{
    bool first = true;

    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        char word[256];
        int room;

        snprintf(word, sizeof word, "%.*s", (int)len, text);
        room = width(word);
        if (!first && used + 1 + room > WIDTH) {
            fprintf(to, "\n%*s", indent, "");
            used = indent;
        } else if (!first) {
            putc(' ', to);
            used++;
        }
        for (const char *c = word; *c != '\0'; c++)
            putc(*c == JOINT[0] ? ' ' : *c, to);
        used += room;
        first = false;
        text += len;
        text += strspn(text, " ");
    }
    putc('\n', to);
}

/* At most ID_WIDTH characters of an id, the end replaced by dots where it is longer. */
static const char *short_id(const dn_network *w, int64_t inside, char *buf)
{
    char *end = buf;
    int n = 0;

    dn_network_clean_id(w, inside, buf);
    if (buf[0] == '\0')
        memcpy(buf, "(empty)", sizeof "(empty)");
    if (width(buf) <= ID_WIDTH)
        return buf;
    while (n < ID_WIDTH - 3 || ((unsigned char)*end & 0xc0) == 0x80) {
        n += ((unsigned char)*end & 0xc0) != 0x80;
        end++;
    }
    memcpy(end, "...", sizeof "...");
    return buf;
}

/* Name of a side, cut after 14 bytes. */
static const char *short_side(const dn_network *w, int side, char *buf)
{
    char name[15];

    return dn_utf8_clean(dn_network_side(w, side, name, sizeof name), buf, NUMBER);
}

/* ---- the network as a whole ---- */

static void print_layer(FILE *to, const dn_layer *y)
{
    char n[NUMBER], m[NUMBER], name[sizeof y->name * 2];

    fprintf(to, "    %s: %s edges%s", dn_utf8_clean(y->name, name, sizeof name), grouped(y->edges, n),
            y->weighted ? ", weighted" : "");
    if (y->activating > 0 || y->inhibiting > 0)
        fprintf(to, ", %s activating, %s inhibiting", grouped(y->activating, n), grouped(y->inhibiting, m));
    putc('\n', to);
    if (y->negative > 0 || y->zero > 0)
        fprintf(to, "        weights: %s negative, %s zero\n", grouped(y->negative, n), grouped(y->zero, m));
}

static void print_sizes(FILE *to, const dn_network *w)
{
    char n[NUMBER];

    fprintf(to, "  layers\n");
    for (int i = 0; i < w->n_layers; i++)
        print_layer(to, &w->layer[i]);
    if (w->in_several > 0)
        fprintf(to, "    %s pairs stand in several layers and count once\n", grouped(w->in_several, n));
    fprintf(to, "  nodes          %s\n", grouped(w->graph.n, n));
    fprintf(to, "  edges          %s%s\n", grouped(w->graph.nnz / 2, n),
            w->graph.weight != NULL ? ", with weights" : "");
}

static void print_structure(FILE *to, const dn_description *d)
{
    char n[NUMBER], m[NUMBER];

    fprintf(to, "  isolated       %s\n", grouped(d->isolated, n));
    fprintf(to, "  components     %s, the largest with %s nodes", grouped(d->components, n),
            grouped(d->largest_component, m));
    if (d->nodes > 0)
        fprintf(to, " (%.1f %%)", 100 * (double)d->largest_component / (double)d->nodes);
    fprintf(to, "\n  density        %.4g%s\n", d->density,
            d->bipartite ? " of the pairs between the sides" : "");
    if (isnan(d->assortativity))
        fprintf(to, "  assortativity  not defined: no two degrees of nodes with edges differ\n");
    else
        fprintf(to, "  assortativity  %.4g (by degree)\n", d->assortativity);
    if (d->power_law.k_min == 0)
        fprintf(to, "  power law      no fit: too few different degrees\n");
    else
        fprintf(to, "  power law      degree^-%.3f from degree %s on (%s nodes), distance %.3g\n",
                d->power_law.alpha, grouped(d->power_law.k_min, n), grouped(d->power_law.tail, m),
                d->power_law.ks);
}

/* A number in at most `room` >= 6 characters, with as many digits as fit. */
static const char *narrow(double v, int room, char *buf)
{
    if (isnan(v))
        return strcpy(buf, "-");
    if (v == floor(v) && fabs(v) < 1e9 && (int)strlen(grouped((int64_t)v, buf)) <= room)
        return buf;
    for (int digits = 5; digits > 0; digits--)
        if (snprintf(buf, NUMBER, "%.*g", digits, v) <= room)
            break;
    return buf;
}

static void print_row(FILE *to, const dn_network *w, int side, const dn_summary *s)
{
    const double v[] = {s->mean, s->sd, s->min, s->quartile[0], s->quartile[1], s->quartile[2], s->max};
    static const int wide[] = {8, 8, 6, 6, 6, 6, 7};
    char name[NUMBER], n[NUMBER];
    int pad;

    short_side(w, side, name);
    pad = 14 - width(name);
    fprintf(to, "  %s%*s %9s", name, pad > 0 ? pad : 0, "", grouped(s->count, n));
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++)
        fprintf(to, " %*s", wide[i], narrow(v[i], wide[i], n));
    putc('\n', to);
}

static void print_table(FILE *to, const dn_network *w, const dn_description *d, bool strength)
{
    fprintf(to, "\n  %-14s %9s %8s %8s %6s %6s %6s %6s %7s\n", strength ? "strength" : "degree", "nodes",
            "mean", "sd", "min", "q1", "median", "q3", "max");
    for (int s = 0; s < w->graph.sides; s++)
        print_row(to, w, s, strength ? &d->side[s].strength : &d->side[s].degree);
}

static void print_classes(FILE *to, const dn_network *w, const dn_description *d)
{
    char name[NUMBER], n[NUMBER], bound[2][NUMBER];
    int pad;

    fprintf(to, "\n  %-14s%10s%10s%10s   medium begins above, high above\n", "classes", "low", "medium",
            "high");
    for (int s = 0; s < w->graph.sides; s++) {
        const dn_side_description *x = &d->side[s];

        short_side(w, s, name);
        pad = 14 - width(name);
        fprintf(to, "  %s%*s%10s", name, pad > 0 ? pad : 0, "", grouped(x->low, n));
        fprintf(to, "%10s", grouped(x->medium, n));
        fprintf(to, "%10s   %s, %s\n", grouped(x->high, n), narrow(x->edge[1], 8, bound[0]),
                narrow(x->edge[2], 8, bound[1]));
    }
}

/* ---- measures and spectra ---- */

/* ", 1.5 s", or "" where it is not worth the word. buf [NUMBER] */
static const char *took(double seconds, char *buf)
{
    buf[0] = '\0';
    if (seconds >= 0.001)
        snprintf(buf, NUMBER, ", %.3g" JOINT "s", seconds);
    return buf;
}

static void print_report(FILE *to, const dn_solve_report *s, bool iterative, double seconds)
{
    char line[300], n[NUMBER], time[NUMBER];

    if (iterative) {
        snprintf(line, sizeof line,
                 "%s: %s %s" JOINT "%s, residual" JOINT "%.2g (asked" JOINT "for" JOINT "%.2g)%s",
                 s->method[0] != '\0' ? s->method : "solver",
                 s->converged ? "converged in" : "DID NOT CONVERGE in", grouped(s->iterations, n),
                 s->iterations == 1 ? "iteration" : "iterations", s->residual, s->tolerance,
                 took(seconds, time));
        fputs("    ", to);
        wrapped(to, 6, 4, line);
    }
    if (s->warning[0] != '\0') {
        fputs("    warning: ", to);
        wrapped(to, 6, 13, s->warning);
    }
}

static void print_figures(FILE *to, const dn_measure *m)
{
    char line[DN_FIGURES * 64 + NUMBER] = "", n[NUMBER];
    int at = 0;

    for (int i = 0; i < m->n_figures && at < (int)sizeof line - 1; i++)
        at += snprintf(line + at, sizeof line - (size_t)at, "%s%s" JOINT "%s", i > 0 ? ", " : "",
                       m->figure[i].name, figure(m->figure[i].value, n));
    if (!m->iterative && at < (int)sizeof line - NUMBER) /* otherwise the solver says so */
        strcpy(line + at, at > 0 ? took(m->seconds, n) : &took(m->seconds, n)[n[0] != '\0' ? 2 : 0]);
    if (line[0] == '\0')
        return;
    fputs("    ", to);
    wrapped(to, 6, 4, line);
}

static void print_heading(FILE *to, const char *name, const char *definition)
{
    fprintf(to, "\n%s", name);
    if (definition == NULL || definition[0] == '\0') {
        putc('\n', to);
        return;
    }
    fputs(" - ", to);
    wrapped(to, 4, width(name) + 3, definition);
}

/* The nodes of a top list: the first of all, then the first of sides that would not be seen. list [cap];
 * returns how many; *out_all: those of the first part. */
static int pick_top(const dn_network_report *r, int measure, int32_t *list, int cap, int *out_all)
{
    const dn_graph *g = &r->network->graph;
    const int32_t *order = r->order[measure];
    const double *v = r->analysis->measure[measure].column[0].v;
    int n = 0;

    for (; n < DN_TOP_DIGEST && n < g->n; n++)
        list[n] = order[n];
    *out_all = n;
    for (int s = 0; s < g->sides && s < SIDES; s++) {
        int seen = 0, wanted = TOP_SIDE;

        for (int k = 0; k < *out_all; k++)
            seen += g->side[list[k]] == s;
        for (int64_t k = *out_all; seen == 0 && k < g->n && wanted > 0 && n < cap; k++)
            if (g->side[order[k]] == s) {
                if (v[order[k]] == 0)
                    break; /* a side that has nothing of it */
                list[n++] = order[k];
                wanted--;
            }
    }
    return n;
}

/* How many nodes at the head of the order have the value of the first. */
static int64_t count_shared(const dn_network_report *r, int measure)
{
    const double *v = r->analysis->measure[measure].column[0].v;
    const int32_t *order = r->order[measure];
    int64_t n = r->network->graph.n, shared = 0;

    while (shared < n && dn_round_12(v[order[shared]]) == dn_round_12(v[order[0]]))
        shared++;
    return shared;
}

static void print_top(FILE *to, const dn_network_report *r, int measure)
{
    const dn_graph *g = &r->network->graph;
    const dn_measure *m = &r->analysis->measure[measure];
    int32_t list[DN_TOP_DIGEST + SIDES * TOP_SIDE];
    int all, top = pick_top(r, measure, list, (int)(sizeof list / sizeof list[0]), &all);
    int id_width = 0, side_width = 0;
    int64_t shared = count_shared(r, measure);
    char id[DN_ID_MAX], side[NUMBER], n[NUMBER], value[NUMBER];

    if (shared == g->n && g->n > 1) {
        fprintf(to, "    all %s nodes have %s\n", grouped(g->n, n),
                figure(m->column[0].v[r->order[measure][0]], value));
        return;
    }
    for (int k = 0; k < top; k++) {
        int a = width(short_id(r->network, list[k], id));
        int b = width(short_side(r->network, g->side[list[k]], side));

        id_width = a > id_width ? a : id_width;
        side_width = b > side_width ? b : side_width;
    }
    for (int k = 0; k < top; k++) {
        int32_t i = list[k];

        if (k == all)
            fprintf(to, "    ...\n");
        short_id(r->network, i, id);
        fprintf(to, "    %s%*s", id, id_width - width(id), "");
        if (g->sides > 1) {
            short_side(r->network, g->side[i], side);
            fprintf(to, "  %s%*s", side, side_width - width(side), "");
        }
        fprintf(to, "  %12s", figure(m->column[0].v[i], n));
        for (int c = 1; c < m->n_columns && id_width + side_width <= 30; c++)
            fprintf(to, "   %s %s", m->column[c].name, figure(m->column[c].v[i], n));
        putc('\n', to);
    }
    if (shared > all)
        fprintf(to, "    %s nodes share the first value\n", grouped(shared, n));
}

static void print_spectrum(FILE *to, const dn_spectrum *s)
{
    char line[512], n[NUMBER];
    int at = 0;

    print_heading(to, s->name, s->definition);
    for (int64_t k = 0; k < s->k && k < VALUES; k++) {
        at +=
            snprintf(line + at, sizeof line - (size_t)at, "%s%s", k > 0 ? ", " : "", figure(s->value[k], n));
        if (s->share != NULL)
            at += snprintf(line + at, sizeof line - (size_t)at, JOINT "(%.2f%%)", 100 * s->share[k]);
    }
    snprintf(line + at, sizeof line - (size_t)at, "%s", s->k > VALUES ? ", ..." : "");
    fprintf(to, "    %s %s: ", grouped(s->k, n), s->k == 1 ? "value" : "values");
    wrapped(to, 6, 14 + width(n), line);
    print_report(to, &s->report, true, s->seconds);
}

/* What must not be missed, once more at the end, where the terminal shows it. */
static void print_warnings(FILE *to, const dn_analysis *a)
{
    int found = 0;

    for (int i = 0; i < a->n_measures + a->n_spectra; i++) {
        bool measure = i < a->n_measures;
        const dn_measure *m = measure ? &a->measure[i] : NULL;
        const dn_spectrum *s = measure ? NULL : &a->spectrum[i - a->n_measures];
        const dn_solve_report *r = measure ? &m->report : &s->report;
        bool failed = (!measure || m->iterative) && !r->converged;

        if (!failed && r->warning[0] == '\0')
            continue;
        if (found++ == 0)
            fprintf(to, "\nwith care\n");
        fprintf(to, "    %s: %s%s%s\n", measure ? m->name : s->name, failed ? "DID NOT CONVERGE" : "",
                failed && r->warning[0] != '\0' ? ", " : "", r->warning[0] != '\0' ? "see its warning" : "");
    }
}

static void print_files(FILE *to, const dn_network_report *r)
{
    char n[NUMBER], m[NUMBER], line[256];

    if (r->run->directory == NULL)
        return;
    fprintf(to, "\nin %s\n    ", r->run->directory);
    wrapped(to, 6, 4,
            dn_network_wants_graphml(r)
                ? "a table for each measure, network.graphml (Cytoscape, Gephi), summary.json, network.h5"
                : "a table for each measure, summary.json, network.h5");
    if (!dn_network_wants_graphml(r)) {
        snprintf(line, sizeof line,
                 "network.graphml was left out: %s edges, the limit is %s (--graphml-edges)",
                 grouped(r->network->graph.nnz / 2, n), grouped(r->run->graphml_edges, m));
        fputs("    ", to);
        wrapped(to, 6, 4, line);
    }
    if (r->run->seconds >= 0)
        fprintf(to, "    %.3g s on %d %s, of which %.3g s to open the network\n", r->run->seconds,
                r->run->ranks, r->run->ranks == 1 ? "rank" : "ranks", r->network->seconds_to_open);
}

void dn_network_print(const dn_network_report *r, FILE *to)
{
    const dn_network *w = r->network;
    const dn_analysis *a = r->analysis;

    fprintf(to, "network%s%s\n", r->run->dataset != NULL ? " of " : "",
            r->run->dataset != NULL ? r->run->dataset : "");
    print_sizes(to, w);
    if (a->described) {
        print_structure(to, &a->description);
        print_table(to, w, &a->description, false);
        if (w->graph.weight != NULL)
            print_table(to, w, &a->description, true);
        print_classes(to, w, &a->description);
    }
    for (int i = 0; i < a->n_measures; i++) {
        const dn_measure *m = &a->measure[i];

        print_heading(to, m->name, m->definition);
        print_top(to, r, i);
        print_figures(to, m);
        print_report(to, &m->report, m->iterative, m->seconds);
    }
    for (int i = 0; i < a->n_spectra; i++)
        print_spectrum(to, &a->spectrum[i]);
    print_warnings(to, a);
    print_files(to, r);
}
