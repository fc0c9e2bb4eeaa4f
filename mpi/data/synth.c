/* synth.c - a data set with planted truth: the pure functions; see synth.h. Writing is in synth_write.c */
#include "mpi/data/synth.h"

#include <math.h>
#include "solvers/base/alloc.h"
#include "solvers/base/rng.h"

/* Values of `a` of the stream DN_RNG_SYNTH: part of the definition, never renumber. */
enum {
    DRAW_MODULE = 1,
    DRAW_PROFILE,
    DRAW_LOADING,
    DRAW_SIGN,
    DRAW_NOISE,
    DRAW_MISSING,
    DRAW_IS_HUB,
    DRAW_HUB,
    DRAW_COMPATIBLE,
    DRAW_PAIR_KEY,
    DRAW_ORIENTATION,
    DRAW_SCORE /* 12; 13 and 14 are those of synth_classes.c */
};

static const double strength = 3, hub_floor = 4;

static dn_rng stream(const dn_synth_options *o, uint64_t draw)
{
    return dn_rng_stream(o->seed, DN_RNG_SYNTH, draw, 0);
}

/* N (N - 1) / 2 without overflow for N <= 2^32. */
static int64_t all_pairs(int64_t n)
{
    return n % 2 == 0 ? n / 2 * (n - 1) : (n - 1) / 2 * n;
}

dn_status dn_synth_check(const dn_synth_options *o, dn_error *err)
{
    dn_status st = DN_OK;
    const int64_t most = (int64_t)1 << 31;

    if (o->genes < 2 || o->genes > most)
        DN_FAIL(DN_EUSAGE, "%lld genes: wanted 2 to %lld", (long long)o->genes, (long long)most);
    if (o->samples < 2 || o->samples > most)
        DN_FAIL(DN_EUSAGE, "%lld samples: wanted 2 to %lld", (long long)o->samples, (long long)most);
    if (o->pairs < 2 || o->pairs > all_pairs(o->genes))
        DN_FAIL(DN_EUSAGE, "%lld pairs: wanted 2 to %lld, all that %lld genes have", (long long)o->pairs,
                (long long)all_pairs(o->genes), (long long)o->genes);
    if (o->modules < 1 || o->modules > DN_SYNTH_MODULES_MAX)
        DN_FAIL(DN_EUSAGE, "%lld modules: wanted 1 to %d", (long long)o->modules, DN_SYNTH_MODULES_MAX);
    if (!(o->noise >= 0 && o->noise <= 1e6))
        DN_FAIL(DN_EUSAGE, "noise %g: wanted 0 to 1e6", o->noise);
    if (!(o->missing >= 0 && o->missing < 1))
        DN_FAIL(DN_EUSAGE, "missing share %g: wanted 0 to less than 1", o->missing);
    if (o->classes != 0 && o->classes != 2 && o->classes != 4)
        DN_FAIL(DN_EUSAGE, "%d classes: wanted 2 or 4", o->classes);
    if (!(o->hubs >= 0 && o->hubs <= 1))
        DN_FAIL(DN_EUSAGE, "share of hubs %g: wanted 0 to 1", o->hubs);
out:
    return st;
}

/* ---- genes ---- */

dn_synth_gene dn_synth_gene_of(const dn_synth_options *o, int64_t gene)
{
    uint64_t g = (uint64_t)gene;
    dn_synth_gene t;
    double sign = dn_rng_u64(stream(o, DRAW_SIGN), g) >> 63 ? -1 : 1;

    t.module = (int64_t)dn_rng_below(stream(o, DRAW_MODULE), g, (uint64_t)o->modules);
    t.loading = sign * (0.5 + dn_rng_uniform(stream(o, DRAW_LOADING), g));
    t.hub = dn_rng_uniform(stream(o, DRAW_IS_HUB), g) < o->hubs
                ? hub_floor / dn_rng_uniform(stream(o, DRAW_HUB), g)
                : 1;
    return t;
}

int64_t dn_synth_row(const dn_synth_options *o, int64_t gene, float *out_x)
{
    dn_synth_gene t = dn_synth_gene_of(o, gene);
    dn_rng profile = stream(o, DRAW_PROFILE), noise = stream(o, DRAW_NOISE),
           missing = stream(o, DRAW_MISSING);
    int64_t values = 0;

    for (int64_t s = 0; s < o->samples; s++) {
        uint64_t item = (uint64_t)(gene * o->samples + s);

        if (o->missing > 0 && dn_rng_uniform(missing, item) < o->missing) {
            out_x[s] = NAN;
            continue;
        }
        out_x[s] = (float)(t.loading * dn_rng_normal(profile, (uint64_t)(t.module * o->samples + s)) +
                           o->noise * dn_rng_normal(noise, item));
        values++;
    }
    return values;
}

/* ---- pairs ---- */

int dn_synth_compatible(const dn_synth_options *o, int64_t module_a, int64_t module_b)
{
    int64_t low = module_a < module_b ? module_a : module_b, high = module_a < module_b ? module_b : module_a;

    if (low == high)
        return 1;
    return dn_rng_u64(stream(o, DRAW_COMPATIBLE), (uint64_t)(low * DN_SYNTH_MODULES_MAX + high)) >> 63 ? -1
                                                                                                       : 1;
}

void dn_synth_unordered(int64_t k, int64_t *out_low, int64_t *out_high)
{
    int64_t high = (int64_t)((1 + sqrt(1 + 8 * (double)k)) / 2);

    while (all_pairs(high) > k) /* the square root is a guess, off by a few at most */
        high--;
    while (all_pairs(high + 1) <= k)
        high++;
    *out_high = high;
    *out_low = k - all_pairs(high);
}

double dn_synth_pair(const dn_synth_options *o, int64_t k, int64_t *out_a, int64_t *out_b)
{
    dn_permutation order =
        dn_permutation_make(dn_rng_u64(stream(o, DRAW_PAIR_KEY), 0), 0, (uint64_t)all_pairs(o->genes));
    uint64_t number = dn_permute(&order, (uint64_t)k);
    double u = dn_rng_uniform(stream(o, DRAW_SCORE), number), sign;
    int64_t low, high;
    bool turned = dn_rng_u64(stream(o, DRAW_ORIENTATION), number) >> 63 != 0;
    dn_synth_gene a, b;

    dn_synth_unordered((int64_t)number, &low, &high);
    a = dn_synth_gene_of(o, low);
    b = dn_synth_gene_of(o, high);
    *out_a = turned ? high : low;
    *out_b = turned ? low : high;
    sign = (a.loading > 0) == (b.loading > 0) ? 1 : -1;
    return strength * dn_synth_compatible(o, a.module, b.module) * sign + log(a.hub) + log(b.hub) +
           log(u / (1 - u));
}

/* ---- many pairs ---- */

typedef struct quick_gene {
    double log_hub;
    uint8_t module, positive; /* its loading */
} quick_gene;

struct dn_synth_maker {
    dn_permutation order;
    dn_rng score, orientation;
    quick_gene *gene;                                              /* [genes] */
    int8_t compatible[DN_SYNTH_MODULES_MAX][DN_SYNTH_MODULES_MAX]; /* of modules */
};

dn_status dn_synth_maker_create(const dn_synth_options *o, dn_synth_maker **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_synth_maker *m = NULL;

    DN_NEW(m, 1);
    DN_NEW(m->gene, (size_t)o->genes);
    m->order = dn_permutation_make(dn_rng_u64(stream(o, DRAW_PAIR_KEY), 0), 0, (uint64_t)all_pairs(o->genes));
    m->score = stream(o, DRAW_SCORE);
    m->orientation = stream(o, DRAW_ORIENTATION);
    for (int64_t g = 0; g < o->genes; g++) {
        dn_synth_gene t = dn_synth_gene_of(o, g);
        m->gene[g] = (quick_gene){log(t.hub), (uint8_t)t.module, t.loading > 0};
    }
    for (int64_t a = 0; a < o->modules; a++)
        for (int64_t b = 0; b < o->modules; b++)
            m->compatible[a][b] = (int8_t)dn_synth_compatible(o, a, b);
    *out = m;
    m = NULL;
out:
    dn_synth_maker_destroy(&m);
    return st;
}

void dn_synth_maker_destroy(dn_synth_maker **m)
{
    if (*m != NULL)
        dn_free((*m)->gene);
    dn_free(*m);
    *m = NULL;
}

double dn_synth_maker_pair(const dn_synth_maker *m, int64_t k, int64_t *out_a, int64_t *out_b)
{
    uint64_t number = dn_permute(&m->order, (uint64_t)k);
    double u = dn_rng_uniform(m->score, number), sign;
    bool turned = dn_rng_u64(m->orientation, number) >> 63 != 0;
    int64_t low, high;
    const quick_gene *a, *b;

    dn_synth_unordered((int64_t)number, &low, &high);
    a = &m->gene[low];
    b = &m->gene[high];
    *out_a = turned ? high : low;
    *out_b = turned ? low : high;
    sign = a->positive == b->positive ? 1 : -1;
    return strength * m->compatible[a->module][b->module] * sign + a->log_hub + b->log_hub + log(u / (1 - u));
}
