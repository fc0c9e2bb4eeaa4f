/* explain_output.c - explanations as tables and a picture; see explain_output.h */
#include "jobs/cli/screen/explain_output.h"

#include <string.h>
#include "jobs/cli/screen/molecule_svg.h"
#include "jobs/cli/text_file.h"
#include "mpi/inputs/dti_history.h"
#include "solvers/base/json.h"
#include "solvers/chem/elements.h"
#include "solvers/formats/delim.h"

enum { NAME = 64, ID = 200 };

static double sum(const double *x, int64_t n)
{
    double all = 0;

    for (int64_t i = 0; i < n; i++)
        all += x[i];
    return all;
}

/* The widths of the numbers of drug, target, pair are those of the network; here only their sums count. */
dn_explain_sums dn_explain_sum(const dn_dti_explanation *e)
{
    int64_t pair = e->pair_extras, kernel = pair > DN_PAST_KRON;

    return (dn_explain_sums){.probability = e->probability,
                             .score = e->score,
                             .baseline = e->baseline,
                             .atoms = sum(e->atom, e->atoms),
                             .drug_place = sum(e->drug_extra, e->drug_extras),
                             .residues = sum(e->position, e->positions),
                             .target_place = sum(e->target_extra, e->target_extras),
                             .labels = sum(e->pair_extra, kernel ? DN_PAST_KRON : pair),
                             .kernel = kernel ? e->pair_extra[DN_PAST_KRON] : 0,
                             .remainder = e->remainder,
                             .steps = e->steps,
                             .complete = e->complete};
}

/* 0 in place of -0. */
static double plain(double v)
{
    return v == 0 ? 0 : v;
}

static void write_atoms(const dn_explain_run *r, int64_t i, const dn_dti_explanation *e, FILE *to)
{
    dn_molecule m = dn_drugs_molecule(&r->model.in.drugs, r->drug[i]);

    fprintf(to, "atom\telement\tcontribution\n");
    for (int64_t a = 0; a < e->atoms; a++)
        fprintf(to, "%lld\t%s\t%.9g\n", (long long)(a + 1), dn_element_symbol(m.atom[a].number),
                plain(e->atom[a]));
}

static void write_residues(const dn_explain_run *r, int64_t i, const dn_dti_explanation *e, FILE *to)
{
    size_t len;
    const char *sequence = dn_strings_at(&r->model.in.targets.sequence, r->target[i], &len);

    fprintf(to, "residue\tletter\tcontribution\n");
    for (int64_t p = 0; p < e->positions; p++) {
        int64_t residue = dn_explain_residue(r, r->target[i], p);

        if (residue > 0)
            fprintf(to, "%lld\t%c\t%.9g\n", (long long)residue, sequence[residue - 1], plain(e->position[p]));
        else
            fprintf(to, "%s\t-\t%.9g\n",
                    residue == DN_EXPLAIN_START ? "start"
                    : residue == DN_EXPLAIN_END ? "end"
                                                : "all",
                    plain(e->position[p]));
    }
}

static void write_inputs(const dn_explain_run *r, int64_t i, const dn_dti_explanation *e, FILE *to)
{
    const dn_explain_sums s = dn_explain_sum(e);

    fprintf(to, "share\tinput\tvalue\tbaseline\tcontribution\n");
    fprintf(to, "molecule\tatoms\t\t\t%.9g\n", plain(s.atoms));
    if (e->drug_extras > 0)
        fprintf(to, "molecule\tplace_among_training_drugs\t\t\t%.9g\n", plain(s.drug_place));
    fprintf(to, "sequence\tresidues\t\t\t%.9g\n", plain(s.residues));
    if (e->target_extras > 0)
        fprintf(to, "sequence\tplace_among_training_targets\t\t\t%.9g\n", plain(s.target_place));
    for (int64_t c = 0; c < e->pair_extras; c++)
        fprintf(to, "labels\t%s\t%.9g\t%.9g\t%.9g\n", dn_explain_labels[c],
                (double)r->history[i * DN_PAST_SCORES + c], (double)r->baseline.pair_extra[c],
                plain(e->pair_extra[c]));
    fprintf(to, "remainder\tremainder\t\t\t%.9g\n", plain(e->remainder));
    fprintf(to, "score\tlogit\t%.9g\t%.9g\t%.9g\n", e->score, e->baseline, plain(e->score - e->baseline));
}

static dn_status write_picture(const dn_explain_run *r, int64_t i, const dn_dti_explanation *e, dn_chem *chem,
                               FILE *to, dn_error *err)
{
    dn_status st = DN_OK;
    dn_molecule m = {0};
    size_t len;
    const char *smiles = dn_strings_at(&r->model.in.drugs.smiles, r->drug[i], &len);
    const dn_explain_sums s = dn_explain_sum(e);
    char drug[ID], target[ID], title[2 * ID + 8], note[200];

    DN_TRY(dn_molecule_read(chem, smiles, len, DN_CHEM_LAYOUT, &m, err));
    dn_strings_copy(&r->model.in.drugs.id, r->drug[i], drug, sizeof drug);
    dn_strings_copy(&r->model.in.targets.id, r->target[i], target, sizeof target);
    if (m.n_atoms != e->atoms)
        DN_FAIL(DN_EDATA, "drug '%s' has %lld atoms in the dataset and %lld in its SMILES", drug,
                (long long)e->atoms, (long long)m.n_atoms);
    snprintf(title, sizeof title, "%s with %s", drug, target);
    /* atoms may count for little: the picture shows how they compare among themselves */
    snprintf(
        note, sizeof note,
        "logit %.3f (probability %.3f), %+.3f from the baseline: atoms %+.3g, residues %+.3g, labels %+.3g",
        e->score, e->probability, e->score - e->baseline, plain(s.atoms), plain(s.residues),
        plain(s.labels + s.kernel));
    dn_molecule_svg(&m, e->atom, title, note, to);
out:
    dn_molecule_destroy(&m);
    return st;
}

dn_status dn_explain_write_pair(const dn_explain_run *r, int64_t i, const dn_dti_explanation *e,
                                dn_chem *chem, const char *dir, dn_error *err)
{
    static const char *const parts[] = {"atoms.tsv", "residues.tsv", "inputs.tsv", "svg"};
    dn_status st = DN_OK;
    dn_text_file f = {0};
    char name[NAME];

    for (int k = 0; k < (chem != NULL ? 4 : 3); k++) {
        snprintf(name, sizeof name, "pair_%lld.%s", (long long)(i + 1), parts[k]);
        DN_TRY(dn_text_file_open(&f, dir, name, err));
        if (k == 0)
            write_atoms(r, i, e, f.to);
        else if (k == 1)
            write_residues(r, i, e, f.to);
        else if (k == 2)
            write_inputs(r, i, e, f.to);
        else
            DN_TRY(write_picture(r, i, e, chem, f.to, err));
        DN_TRY(dn_text_file_commit(&f, err));
        dn_text_file_close(&f);
        f = (dn_text_file){0};
    }
out:
    dn_text_file_close(&f);
    return st;
}

bool dn_explain_is_output(const char *name)
{
    static const char *const ends[] = {".atoms.tsv", ".residues.tsv", ".inputs.tsv", ".svg"};
    size_t digits;

    if (strcmp(name, "pairs.tsv") == 0 || strcmp(name, "config.json") == 0 ||
        strcmp(name, "summary.json") == 0)
        return true;
    if (strncmp(name, "pair_", 5) != 0 || (digits = strspn(name + 5, "0123456789")) == 0)
        return false;
    for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++)
        if (strcmp(name + 5 + digits, ends[k]) == 0)
            return true;
    return false;
}

/* ---- all pairs ---- */

/* "training", "validation", "test", "left_out" of a row of the interactions, "" of another pair. */
static const char *part_of(const dn_explain_run *r, int64_t i)
{
    static const char *const names[] = {"training", "validation", "test", "left_out"};

    return r->row[i] >= 0 ? names[r->table.split.part[r->row[i]]] : "";
}

dn_status dn_explain_write_pairs(const dn_explain_run *r, const dn_explain_sums *sums, const char *dir,
                                 dn_error *err)
{
    dn_status st = DN_OK;
    dn_text_file f = {0};
    char drug[ID], target[ID];

    DN_TRY(dn_text_file_open(&f, dir, "pairs.tsv", err));
    fprintf(f.to, "pair\tdrug_id\ttarget_id\tlabel\tpart\tprobability\tscore\tbaseline\tatoms\tdrug_place\t"
                  "residues\ttarget_place\tlabels\tkron_rls\tremainder\tsteps\tcomplete\n");
    for (int64_t i = 0; i < r->n; i++) {
        const dn_explain_sums *s = &sums[i];

        fprintf(f.to, "%lld\t%s\t%s\t", (long long)(i + 1),
                dn_strings_copy(&r->model.in.drugs.id, r->drug[i], drug, sizeof drug),
                dn_strings_copy(&r->model.in.targets.id, r->target[i], target, sizeof target));
        if (r->row[i] >= 0)
            fprintf(f.to, "%d", r->table.pairs.label[r->row[i]]);
        fprintf(f.to, "\t%s\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.9g\t%.3g\t%lld\t%s\n",
                part_of(r, i), s->probability, s->score, s->baseline, plain(s->atoms), plain(s->drug_place),
                plain(s->residues), plain(s->target_place), plain(s->labels), plain(s->kernel),
                plain(s->remainder), (long long)s->steps, s->complete ? "yes" : "no");
    }
    DN_TRY(dn_text_file_commit(&f, err));
out:
    dn_text_file_close(&f);
    return st;
}

static void pair_json(const dn_explain_run *r, int64_t i, const dn_explain_sums *s, dn_json *to)
{
    char drug[ID], target[ID];
    dn_json *part;

    dn_json_int(to, "pair", i + 1);
    dn_json_string(to, "drug_id", dn_strings_copy(&r->model.in.drugs.id, r->drug[i], drug, sizeof drug));
    dn_json_string(to, "target_id",
                   dn_strings_copy(&r->model.in.targets.id, r->target[i], target, sizeof target));
    if (r->row[i] >= 0) {
        dn_json_int(to, "label", r->table.pairs.label[r->row[i]]);
        dn_json_string(to, "part", part_of(r, i));
    }
    dn_json_number(to, "probability", s->probability);
    dn_json_number(to, "score", s->score);
    dn_json_number(to, "baseline", s->baseline);
    part = dn_json_object(to, "molecule");
    dn_json_number(part, "atoms", plain(s->atoms));
    dn_json_number(part, "place_among_training_drugs", plain(s->drug_place));
    part = dn_json_object(to, "sequence");
    dn_json_number(part, "residues", plain(s->residues));
    dn_json_number(part, "place_among_training_targets", plain(s->target_place));
    part = dn_json_object(to, "labels");
    dn_json_number(part, "kron_rls", plain(s->kernel));
    dn_json_number(part, "others", plain(s->labels));
    dn_json_number(to, "remainder", plain(s->remainder));
    dn_json_int(to, "steps", s->steps);
    dn_json_bool(to, "complete", s->complete != 0);
}

dn_status dn_explain_write_summary(const dn_explain_run *r, const dn_explain_sums *sums, const char *dir,
                                   dn_error *err)
{
    dn_status st;
    dn_json *root = dn_json_create(), *pairs = dn_json_array(root, "pairs");

    for (int64_t i = 0; i < r->n; i++)
        pair_json(r, i, &sums[i], dn_json_object(pairs, NULL));
    st = dn_text_file_json(dir, "summary.json", root, 2, err);
    dn_json_destroy(&root);
    return st;
}

dn_status dn_explain_count_incomplete(const char *path, int64_t *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_delim *d = NULL;
    dn_record record;
    bool more = true;

    *out = 0;
    DN_TRY(dn_delim_open(path, '\t', &d, err));
    for (;;) {
        DN_TRY(dn_delim_next(d, &record, &more, err));
        if (!more)
            break;
        if (record.n > 0 && record.field[record.n - 1].len == 2 &&
            memcmp(record.field[record.n - 1].text, "no", 2) == 0)
            ++*out;
    }
out:
    dn_delim_close(&d);
    return st;
}

void dn_explain_print(const dn_explain_run *r, const dn_explain_sums *sums, FILE *to)
{
    enum { SHOWN = 5 };
    char drug[ID], target[ID];

    for (int64_t i = 0; i < r->n && i < SHOWN; i++) {
        const dn_explain_sums *s = &sums[i];

        fprintf(to,
                "%s with %s: logit %.4f (probability of activation %.4f), %+.4f from the baseline's %.4f\n",
                dn_strings_copy(&r->model.in.drugs.id, r->drug[i], drug, sizeof drug),
                dn_strings_copy(&r->model.in.targets.id, r->target[i], target, sizeof target), s->score,
                s->probability, s->score - s->baseline, s->baseline);
        fprintf(to, "  molecule  %+9.4f   atoms %+.4f, place among training drugs %+.4f\n",
                s->atoms + s->drug_place, s->atoms, s->drug_place);
        fprintf(to, "  sequence  %+9.4f   residues %+.4f, place among training targets %+.4f\n",
                s->residues + s->target_place, s->residues, s->target_place);
        if (r->history != NULL)
            fprintf(
                to,
                "  labels    %+9.4f   kernel ridge regression %+.4f, other features of labels %+.4f (what "
                "labels of like pairs\n                        say; not divided among atoms and "
                "residues)\n",
                s->labels + s->kernel, s->kernel, s->labels);
        else
            fprintf(to, "  labels              none: the network was trained without them\n");
        fprintf(to, "  remainder %+9.1e   after %lld steps%s\n", s->remainder, (long long)s->steps,
                s->complete ? "" : ", above the tolerance");
    }
    if (r->n > SHOWN)
        fprintf(to, "and %lld pairs more in pairs.tsv\n", (long long)(r->n - SHOWN));
}
