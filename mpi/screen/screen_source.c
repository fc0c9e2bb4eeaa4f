/* screen_source.c - what a screen or an explanation is made from; see screen_source.h */
#include "mpi/screen/screen_source.h"

#include <string.h>

dn_status dn_screen_source_table(const dn_comm *comm, const char *dataset, const char *model,
                                 const dn_newcomers_wish *wish, dn_dti_table *out_table,
                                 dn_newcomers *out_new, dn_error *err)
{
    dn_status st = DN_OK;
    dn_model_record record;

    DN_TRY(dn_model_read_record(comm, model, &record, err));
    if (strcmp(record.architecture, "dti") != 0)
        DN_FAIL(DN_EDATA, "%s: is a %s model, wanted dti", model, record.architecture);
    DN_TRY(dn_dti_table_load(comm, dataset, record.split, record.fold, out_table, err));
    DN_TRY(dn_dti_table_check(out_table, dataset, model, &record, err));
    DN_TRY(dn_newcomers_read(comm, wish, &out_table->drugs, &out_table->targets, out_new, err));
out:
    return st;
}

dn_status dn_screen_source_model(const dn_comm *comm, const char *dataset, const char *model,
                                 const char *opt_states, const dn_newcomers *new, const dn_split *split,
                                 dn_dti_model *out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_h5 *h = NULL;

    DN_TRY(dn_h5_open(comm, dataset, DN_DATASET_SCHEMA, &h, err));
    DN_TRY(dn_dti_model_load(comm, h, model, NULL, opt_states, new, split, out, err));
out:
    dn_h5_close(&h);
    return st;
}

uint64_t dn_screen_mix(uint64_t hash, const void *bytes, size_t len)
{
    return (hash ^ dn_hash(bytes, len)) * 1099511628211u;
}

uint64_t dn_screen_source_hash(const dn_dti_table *t, const dn_dti_model *m)
{
    uint64_t h = DN_SCREEN_MIX;
    char all[17];

    dn_interactions_hash(&t->drugs, &t->targets, &t->pairs, NULL, all);
    h = dn_screen_mix(h, all, sizeof all);
    h = dn_screen_mix(h, t->split.part, (size_t)t->split.n);
    h = dn_screen_mix(h, m->w, (size_t)m->dti->model.n_weights * sizeof *m->w);
    return dn_screen_mix(h, m->running, (size_t)m->dti->model.n_moments * sizeof *m->running);
}
