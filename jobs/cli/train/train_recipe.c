/* train_recipe.c - what the options of `dragnet train` ask for, and the recipe says otherwise; see
 * train_run.h */
#include "jobs/cli/train/train_run.h"

#include <string.h>

/* most: of the recipe, 0: it says nothing of its own. */
static int default_shards(int64_t batch, int most)
{
    int shards = 1;

    if (most > 0) {
        while (shards * 2 <= most && batch % (shards * 2) == 0)
            shards *= 2;
        return shards;
    }
    while (shards < 16 && shards * 2 <= batch / 64)
        shards *= 2;
    return shards;
}

/* One of n recipes by name. */
static dn_status find_recipe(const dn_recipe *recipes, size_t n, const char *name, const dn_recipe **out,
                             dn_error *err)
{
    dn_status st = DN_OK;

    for (size_t k = 0; k < n; k++)
        if (strcmp(recipes[k].name, name) == 0) {
            *out = &recipes[k];
            goto out;
        }
    DN_FAIL(DN_EUSAGE, "--recipe %s: train %s has default and published", name, recipes[0].network);
out:
    return st;
}

bool dn_recipe_published(const dn_recipe *recipe)
{
    return strcmp(recipe->name, "published") == 0;
}

static double number_or(const dn_options *o, const char *name, double otherwise)
{
    return dn_options_given(o, name) ? dn_options_number(o, name) : otherwise;
}

static int64_t int_or(const dn_options *o, const char *name, int64_t otherwise)
{
    return dn_options_given(o, name) ? dn_options_int(o, name) : otherwise;
}

static const char *text_or(const dn_options *o, const char *name, const char *otherwise)
{
    return dn_options_given(o, name) ? dn_options_text(o, name) : otherwise;
}

/* As published for GENER: times 0.8 every 2,500 steps, until nothing moves any more. */
static dn_schedule make_schedule(const char *name, double rate)
{
    if (strcmp(name, "cosine") == 0)
        return (dn_schedule){.kind = DN_COSINE, .rate = rate, .factor = 1};
    if (strcmp(name, "stepwise") == 0)
        return (dn_schedule){.kind = DN_STEPWISE, .rate = rate, .factor = 0.8, .every = 2500};
    return (dn_schedule){.kind = DN_CONSTANT, .rate = rate, .factor = 1};
}

static void read_recipe(dn_train_run *r)
{
    const dn_options *o = r->call->options;
    const dn_recipe *b = r->base;
    bool balanced = strcmp(b->network, "gener") == 0 && dn_recipe_published(b);

    r->schedule = text_or(o, "schedule", b->schedule);
    r->batch_norm = text_or(o, "batch-norm", b->batch_norm);
    r->optimiser = text_or(o, "optimiser", b->optimiser);
    r->dropout = number_or(o, "dropout", b->dropout);
    r->balance = strcmp(text_or(o, "balance", balanced ? "on" : "off"), "on") == 0;
    r->recipe = (dn_train_options){
        .epochs = int_or(o, "epochs", b->epochs),
        .patience = int_or(o, "patience", b->patience),
        .batch = int_or(o, "batch", b->batch),
        .shards = (int)dn_options_int(o, "shards"),
        .seed = (uint64_t)dn_options_int(o, "seed"),
        .optimiser = strcmp(r->optimiser, "sgd") == 0 ? DN_SGD : DN_ADAMW,
        .decay = number_or(o, "decay", b->decay),
        .schedule = make_schedule(r->schedule, number_or(o, "rate", b->rate)),
        .least_rate = strcmp(r->schedule, "stepwise") == 0 ? 1e-7 : 0,
        .norms = strcmp(r->batch_norm, "global") == 0 ? DN_NORMS_GLOBAL : DN_NORMS_SHARD,
        .reduce = strcmp(dn_options_text(o, "reduce"), "fast") == 0 ? DN_REDUCE_FAST : DN_REDUCE_ORDERED,
        .opt_plan = dn_options_text(o, "plan")};
    if (r->recipe.shards == 0)
        r->recipe.shards = default_shards(r->recipe.batch, b->shards);
}

dn_status dn_train_run_open(const dn_call *call, const dn_recipe *recipes, size_t n, dn_train_run *out,
                            dn_error *err)
{
    dn_status st = DN_OK;
    const dn_options *o = call->options;
    dn_train_run r = {.call = call, .fold = dn_options_int(o, "fold")};

    DN_TRY(find_recipe(recipes, n, dn_options_text(o, "recipe"), &r.base, err));
    r.dataset = dn_options_positional(o, 1);
    if (r.dataset == NULL || dn_options_positionals(o) != 2)
        DN_FAIL(DN_EUSAGE, "wanted one dataset after '%s'", r.base->network);
    if (dn_options_text(o, "split") == NULL)
        DN_FAIL(DN_EUSAGE, "--split is required");
    r.dir = dn_options_text(o, "output");
    if (r.dir == NULL)
        DN_FAIL(DN_EUSAGE, "--output is required");
    if (strlen(r.dir) > DN_RUN_PATH - 32)
        DN_FAIL(DN_EUSAGE, "%.60s...: the path is too long", r.dir);
    snprintf(r.model_path, sizeof r.model_path, "%s/model.h5", r.dir);
    snprintf(r.metrics.path, sizeof r.metrics.path, "%s/metrics.jsonl", r.dir);
    snprintf(r.checkpoint_path, sizeof r.checkpoint_path, "%s/checkpoint.h5", r.dir);
    if (dn_options_flag(o, "resume") && dn_options_flag(o, "force"))
        DN_FAIL(DN_EUSAGE, "--resume goes on, --force starts anew: give one of them");
    read_recipe(&r);
    snprintf(r.record.architecture, sizeof r.record.architecture, "%s", r.base->network);
out:
    *out = r;
    return st;
}
