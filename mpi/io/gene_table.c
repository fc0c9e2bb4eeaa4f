/* gene_table.c - which names mean which gene; see gene_table.h. Reading and writing are in gene_table_io.c */
#include "mpi/io/gene_table.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include "solvers/base/alloc.h"
#include "solvers/base/log.h"

void dn_gene_table_destroy(dn_gene_table *t)
{
    for (int c = 0; t->naming != NULL && c < t->columns; c++)
        dn_strings_destroy(&t->naming[c]);
    dn_free(t->naming);
    dn_strings_destroy(&t->column);
    dn_names_destroy(&t->key);
    dn_free(t->key_row);
    dn_free(t->gene_of_row);
    dn_free(t->row_of_gene);
    dn_free(t->decoy);
    *t = (dn_gene_table){0};
}

int64_t dn_gene_table_find(const dn_gene_table *t, const char *name, size_t len)
{
    int64_t key = dn_names_find(t->key, name, len);

    return key < 0 ? -1 : t->key_row[key];
}

const char *dn_gene_table_id(const dn_gene_table *t, int64_t row, size_t *out_len)
{
    const char *id = dn_strings_at(&t->naming[t->primary], row, out_len);

    for (int c = 0; c < t->columns && *out_len == 0; c++)
        id = dn_strings_at(&t->naming[c], row, out_len);
    return id;
}

dn_status dn_gene_table_choose(dn_gene_table *t, const dn_strings *ids, dn_error *err)
{
    dn_status st = DN_OK;
    int64_t *hits = NULL; /* [columns] */

    DN_NEW(hits, (size_t)t->columns);
    for (int64_t i = 0; i < ids->n; i++) {
        size_t len, have;
        const char *id = dn_strings_at(ids, i, &len);
        int64_t row = dn_gene_table_find(t, id, len);
        for (int c = 0; row >= 0 && c < t->columns; c++) {
            const char *name = dn_strings_at(&t->naming[c], row, &have);
            hits[c] += have == len && memcmp(name, id, len) == 0;
        }
    }
    t->primary = 0;
    for (int c = 1; c < t->columns; c++)
        if (hits[c] > hits[t->primary])
            t->primary = c;
out:
    dn_free(hits);
    return st;
}

/* ---- patterns ---- */

static dn_status match_row(const dn_gene_table *t, int64_t row, const char *pattern, bool *out, dn_error *err)
{
    dn_status st = DN_OK;
    char small[128], *name = NULL;

    *out = false;
    for (int c = 0; c < t->columns && !*out; c++) {
        size_t len;
        const char *at = dn_strings_at(&t->naming[c], row, &len);
        char *text = small;
        if (len >= sizeof small) {
            dn_free(name);
            DN_NEW(name, len + 1);
            text = name;
        }
        memcpy(text, at, len);
        text[len] = '\0';
        *out = len > 0 && fnmatch(pattern, text, 0) == 0;
    }
out:
    dn_free(name);
    return st;
}

/* mark[row] = 1 where a pattern matches. */
static dn_status match_all(const dn_gene_table *t, const char *what, int n, const char *const *pattern,
                           uint8_t *mark, dn_error *err)
{
    dn_status st = DN_OK;

    for (int p = 0; p < n; p++) {
        int64_t hits = 0;
        for (int64_t r = 0; r < t->rows; r++) {
            bool hit;
            DN_TRY(match_row(t, r, pattern[p], &hit, err));
            mark[r] |= hit;
            hits += hit;
        }
        if (hits == 0)
            dn_log(DN_WARN, "import", "pattern matches no gene", "option=--%s pattern=\"%s\"", what,
                   pattern[p]);
    }
out:
    return st;
}

dn_status dn_gene_table_select(dn_gene_table *t, const dn_import_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    uint8_t *drop = NULL, *decoy = NULL; /* [rows] */

    DN_NEW(drop, (size_t)t->rows);
    DN_NEW(decoy, (size_t)t->rows);
    DN_TRY(match_all(t, "drop-genes", o->n_drop, o->drop, drop, err));
    DN_TRY(match_all(t, "decoys", o->n_decoys, o->decoys, decoy, err));
    DN_NEW(t->gene_of_row, (size_t)t->rows);
    DN_NEW(t->row_of_gene, (size_t)t->rows);
    DN_NEW(t->decoy, (size_t)t->rows);
    for (int64_t r = 0; r < t->rows; r++) {
        t->gene_of_row[r] = drop[r] ? -1 : t->genes;
        if (drop[r])
            continue;
        t->row_of_gene[t->genes] = r;
        t->decoy[t->genes] = decoy[r];
        t->decoys += decoy[r];
        t->genes++;
    }
    if (t->genes == 0)
        DN_FAIL(DN_EDATA, "no gene is left: --drop-genes removes all %lld", (long long)t->rows);
out:
    dn_free(drop);
    dn_free(decoy);
    return st;
}

/* ---- examples ---- */

void dn_example_add(dn_examples *e, const char *name, size_t len)
{
    char *to = e->n < DN_EXAMPLES ? e->text[e->n] : NULL;

    if (to == NULL)
        return;
    snprintf(to, sizeof e->text[0], "%.*s", (int)(len < 40 ? len : 40), name);
    for (int i = 0; i < e->n; i++)
        if (strcmp(e->text[i], to) == 0) {
            memset(to, 0, sizeof e->text[0]);
            return;
        }
    e->n++;
}

const char *dn_examples_text(const dn_examples *e, char *buf, size_t cap)
{
    size_t n = 0;

    snprintf(buf, cap, "none");
    for (int i = 0; i < e->n && n < cap; i++)
        n += (size_t)snprintf(buf + n, cap - n, "%s'%s'", i > 0 ? ", " : "", e->text[i]);
    return buf;
}

void dn_gene_table_examples(const dn_gene_table *t, dn_examples *out)
{
    for (int64_t r = 0; r < t->rows && r < DN_EXAMPLES; r++) {
        size_t len;
        const char *id = dn_gene_table_id(t, r, &len);
        dn_example_add(out, id, len);
    }
}
