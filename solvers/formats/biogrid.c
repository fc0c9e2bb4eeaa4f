/* biogrid.c - BioGRID TAB 2.0 and 3.0; see biogrid.h */
#include "solvers/formats/biogrid.h"

#include <stdio.h>
#include <string.h>
#include "solvers/base/text.h"

enum { COLUMNS = 256 }; /* TAB 3.0 has 37 */

/* As dn_field_is_plain() wants them, without the "a" or "b" at the end. One release of TAB 2.0 misspells. */
static const char *const namings[DN_NAMINGS][2] = {
    {"systematicnameinteractor", NULL},
    {"officialsymbolinteractor", NULL},
    {"entrezgeneinteractor", "entrezgeneidinteractor"},
    {"synonymsinteractor", "synonymnsinteractor"},
};

const char *dn_biogrid_naming(int naming)
{
    static const char *const names[DN_NAMINGS] = {"systematic name", "official symbol", "Entrez gene id",
                                                  "synonym"};

    return names[naming];
}

/* The columns of the two interactors. */
static void find_two(const dn_field *field, int64_t n, const char *what, int64_t at[2])
{
    char plain[64];

    if (what == NULL)
        return;
    for (int end = 0; end < 2; end++) {
        snprintf(plain, sizeof plain, "%s%c", what, "ab"[end]);
        for (int64_t i = 0; i < n && at[end] < 0; i++)
            if (dn_field_is_plain(&field[i], plain))
                at[end] = i;
    }
}

static int64_t find_one(const dn_field *field, int64_t n, const char *plain)
{
    for (int64_t i = 0; i < n; i++)
        if (dn_field_is_plain(&field[i], plain))
            return i;
    return -1;
}

static void find(const dn_field *field, int64_t n, dn_biogrid *b)
{
    *b = (dn_biogrid){.version = 3, .width = n, .organism = {-1, -1}};
    for (int k = 0; k < DN_NAMINGS; k++) {
        b->name[k][0] = b->name[k][1] = -1;
        find_two(field, n, namings[k][0], b->name[k]);
        find_two(field, n, namings[k][1], b->name[k]);
    }
    find_two(field, n, "organismidinteractor", b->organism);
    if (b->organism[0] < 0 && b->organism[1] < 0) {
        find_two(field, n, "organisminteractor", b->organism);
        b->version = 2;
    }
    b->type = find_one(field, n, "experimentalsystemtype");
    b->system = find_one(field, n, "experimentalsystem");
    b->score = find_one(field, n, "score");
}

bool dn_biogrid_is_header(const char *line, size_t len)
{
    dn_field field[COLUMNS];
    int64_t n = dn_fields_cut(line, len, '\t', field, COLUMNS);
    dn_biogrid b;

    if (n < 2)
        return false;
    if (dn_field_is_plain(&field[0], "biogridinteractionid"))
        return true;
    find(field, n < COLUMNS ? n : COLUMNS, &b);
    return b.name[DN_BIOGRID_SYSTEMATIC][0] >= 0 || b.name[DN_BIOGRID_SYMBOL][0] >= 0;
}

dn_status dn_biogrid_head(const char *name, int64_t number, const char *line, size_t len,
                          const dn_evidence_filter *f, dn_biogrid *out, dn_error *err)
{
    static const char *const column[DN_NAMINGS] = {"Systematic Name", "Official Symbol", "Entrez Gene",
                                                   "Synonyms"};
    dn_status st = DN_OK;
    dn_field field[COLUMNS];
    int64_t n = dn_fields_cut(line, len, '\t', field, COLUMNS);
    bool any = false;
    dn_biogrid b = {0};

    if (n > COLUMNS)
        DN_FAIL(DN_EDATA, "%s:%lld: %lld columns are no BioGRID table", name, (long long)number,
                (long long)n);
    find(field, n, &b);
    for (int k = 0; k < DN_NAMINGS; k++) {
        if ((b.name[k][0] < 0) != (b.name[k][1] < 0))
            DN_FAIL(DN_EDATA, "%s:%lld: the header has no column '%s Interactor %c'", name, (long long)number,
                    column[k], b.name[k][0] < 0 ? 'A' : 'B');
        any = any || b.name[k][0] >= 0;
    }
    if (!any)
        DN_FAIL(DN_EDATA,
                "%s:%lld: the header names no interactors: wanted 'Systematic Name Interactor A' and B, "
                "'Official Symbol Interactor A' and B, or 'Entrez Gene Interactor A' and B",
                name, (long long)number);
    if (f->organism != NULL && (b.organism[0] < 0 || b.organism[1] < 0))
        DN_FAIL(DN_EDATA, "%s:%lld: the header has no column 'Organism ID Interactor %c' (--organism)", name,
                (long long)number, b.organism[0] < 0 ? 'A' : 'B');
    if (f->type != DN_EXPERIMENT_ANY && b.type < 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the header has no column 'Experimental System Type' (--experiment-type)",
                name, (long long)number);
    if (f->system != NULL && b.system < 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the header has no column 'Experimental System' (--experiment-system)",
                name, (long long)number);
    if (f->scored && b.score < 0)
        DN_FAIL(DN_EDATA, "%s:%lld: the header has no column 'Score' (--min-score)", name, (long long)number);
    *out = b;
out:
    return st;
}

static dn_verdict judge(const dn_biogrid *b, const dn_evidence_filter *f, const dn_field *field)
{
    double score;

    if (f->organism != NULL && (!dn_field_is(&field[b->organism[0]], f->organism) ||
                                !dn_field_is(&field[b->organism[1]], f->organism)))
        return DN_EVIDENCE_ORGANISM;
    if (f->type != DN_EXPERIMENT_ANY &&
        !dn_field_is(&field[b->type], f->type == DN_EXPERIMENT_PHYSICAL ? "physical" : "genetic"))
        return DN_EVIDENCE_TYPE;
    if (f->system != NULL && !dn_evidence_has_system(f, &field[b->system]))
        return DN_EVIDENCE_SYSTEM;
    if (!f->scored)
        return DN_EVIDENCE_PASS;
    if (!dn_parse_double(field[b->score].text, field[b->score].len, &score) || score != score)
        return DN_EVIDENCE_NO_SCORE;
    return score >= f->min_score ? DN_EVIDENCE_PASS : DN_EVIDENCE_LOW_SCORE;
}

dn_status dn_biogrid_next(const char *name, dn_delim *d, const dn_biogrid *b, const dn_evidence_filter *f,
                          dn_evidence_row *out, bool *out_more, dn_error *err)
{
    dn_status st = DN_OK;
    dn_field field[COLUMNS];
    char *line;
    size_t len;
    int64_t n;

    DN_TRY(dn_evidence_line(d, &line, &len, out_more, err));
    if (!*out_more)
        goto out;
    n = dn_fields_cut(line, len, '\t', field, COLUMNS);
    if (n != b->width)
        DN_FAIL(DN_EDATA, "%s:%lld: ragged row: %lld columns where the header has %lld", name,
                (long long)dn_delim_line(d), (long long)n, (long long)b->width);
    for (int k = 0; k < DN_NAMINGS; k++)
        for (int end = 0; end < 2; end++) {
            int64_t at = b->name[k][end];
            out->name[k][end] = at >= 0 ? field[at] : (dn_field){"", 0};
        }
    out->verdict = judge(b, f, field);
    out->label = 1;
out:
    return st;
}
