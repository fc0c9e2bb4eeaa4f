/* screen_evidence.c - see screen_evidence.h */
#include "mpi/screen/screen_evidence.h"

#include "mpi/core/agree.h"
#include "mpi/core/gather.h"
#include "mpi/core/partition.h"
#include "mpi/evaluate/evaluate_view.h"
#include "solvers/base/alloc.h"
#include "solvers/chem/fingerprint.h"
#include "solvers/stats/kmers.h"

typedef struct work {
    const dn_dti_inputs *in;
    const dn_screen_who *who;
    dn_screen_evidence e;
    dn_fingerprint *print;           /* [drugs] */
    double *drug_like, *target_like; /* [who->n_drugs], [who->n_targets] */
} work;

void dn_screen_evidence_destroy(dn_screen_evidence *e)
{
    dn_free(e->drug_rows);
    dn_free(e->target_rows);
    dn_free(e->drug_like);
    dn_free(e->target_like);
    *e = (dn_screen_evidence){0};
}

/* Room, training rows, and this rank's share of the fingerprints. */
static dn_status prepare(const dn_comm *comm, const uint8_t *part, work *w, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_interactions *p = &w->in->pairs;
    size_t drugs = (size_t)w->in->drugs.n, targets = (size_t)w->in->targets.n;
    dn_range mine = dn_block(w->in->drugs.n, comm->rank, comm->size);

    DN_NEW(w->e.drug_rows, drugs);
    DN_NEW(w->e.target_rows, targets);
    DN_NEW(w->e.drug_like, drugs);
    DN_NEW(w->e.target_like, targets);
    DN_NEW(w->drug_like, (size_t)w->who->n_drugs);
    DN_NEW(w->target_like, (size_t)w->who->n_targets);
    DN_NEW(w->print, drugs);
    for (int64_t i = 0; i < p->n; i++)
        if (part[i] == DN_TRAIN) {
            w->e.drug_rows[p->drug[i]]++;
            w->e.target_rows[p->target[i]]++;
        }
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_molecule m = dn_drugs_molecule(&w->in->drugs, i);
        DN_TRY(dn_fingerprint_morgan(&m, &w->print[i], err));
    }
out:
    return st;
}

static void compare_drugs(work *w, dn_range mine)
{
    for (int64_t i = mine.begin; i < mine.end; i++) {
        int64_t drug = w->who->drug[i];

        for (int64_t d = 0; d < w->in->pairs.drugs; d++) {
            double like = d == drug ? 1 : dn_fingerprint_tanimoto(&w->print[drug], &w->print[d]);
            if (w->e.drug_rows[d] > 0 && like > w->drug_like[i])
                w->drug_like[i] = like;
        }
    }
}

static dn_status compare_targets(work *w, dn_range mine, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_strings *s = &w->in->targets.sequence;
    dn_kmers kmers = {0};
    int32_t *scratch = NULL; /* [DN_KMERS] */
    double *like = NULL;     /* [targets] */

    DN_NEW(scratch, DN_KMERS);
    DN_NEW(like, (size_t)s->n);
    DN_TRY(dn_kmers_create(s->bytes, s->offset, s->n, &kmers, err));
    for (int64_t i = mine.begin; i < mine.end; i++) {
        dn_kmers_like(&kmers, w->who->target[i], scratch, like);
        like[w->who->target[i]] = 1;
        for (int64_t t = 0; t < w->in->pairs.targets; t++)
            if (w->e.target_rows[t] > 0 && like[t] > w->target_like[i])
                w->target_like[i] = like[t];
    }
out:
    dn_kmers_destroy(&kmers);
    dn_free(scratch);
    dn_free(like);
    return st;
}

dn_status dn_screen_evidence_find(const dn_comm *comm, const dn_dti_inputs *in, const uint8_t *part,
                                  const dn_screen_who *who, dn_screen_evidence *out, dn_error *err)
{
    dn_status st = DN_OK;
    work w = {.in = in, .who = who};

    *out = (dn_screen_evidence){0};
    DN_PASS(prepare(comm, part, &w, err));
    DN_PASS(compare_targets(&w, dn_block(who->n_targets, comm->rank, comm->size), err));
    DN_AGREE(comm);
    dn_gather_blocks(comm, w.print, in->drugs.n, sizeof *w.print);
    compare_drugs(&w, dn_block(who->n_drugs, comm->rank, comm->size));
    dn_gather_blocks(comm, w.drug_like, who->n_drugs, sizeof *w.drug_like);
    dn_gather_blocks(comm, w.target_like, who->n_targets, sizeof *w.target_like);
    for (int64_t i = 0; i < who->n_drugs; i++)
        w.e.drug_like[who->drug[i]] = w.drug_like[i];
    for (int64_t i = 0; i < who->n_targets; i++)
        w.e.target_like[who->target[i]] = w.target_like[i];
    *out = w.e;
    w.e = (dn_screen_evidence){0};
out:
    dn_screen_evidence_destroy(&w.e);
    dn_free(w.print);
    dn_free(w.drug_like);
    dn_free(w.target_like);
    return st;
}
