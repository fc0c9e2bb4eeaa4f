/* synth_interactions.c - drugs and targets with planted truth: the pure functions; see synth_interactions.h.
 * Writing is in synth_interactions_write.c */
#include "mpi/data/synth_interactions.h"

#include <math.h>
#include <string.h>
#include "solvers/base/rng.h"

/* Values of `a` of the stream DN_RNG_SYNTH: part of the definition, never renumber; 1 to 12 are those of
 * synth.c. Where there are two sides, targets have the next number. */
enum {
    DRAW_FAMILY = 32,
    DRAW_LEANING = 34,
    DRAW_IS_HUB = 36,
    DRAW_HUB = 38,
    DRAW_COMPATIBLE = 40,
    DRAW_VARIANT,
    DRAW_LENGTH,
    DRAW_RICH,
    DRAW_RESIDUE,
    DRAW_MISSING,
    DRAW_CHANGED,
    DRAW_CHANGE,
    DRAW_PAIR,
    DRAW_SCORE
};

enum { DRUG, TARGET };

static const double strength = 3, hub_floor = 4, changed = 0.15, rich_share = 0.35;
static const int64_t most = 10000000, most_cells = (int64_t)1 << 32;

/* ---- pieces of molecules; each list has 16 different ones ---- */

/* A ring system: what stands before the group, between group and amide, behind the amide. */
static const char *const ring_system[DN_SYNTH_FAMILIES_MAX][3] = {
    {"c1cc(", ")ccc1", ""},             /* benzene */
    {"c1nc(", ")ncc1", ""},             /* pyrimidine */
    {"c1c(", ")ccc2[nH]c(", ")cc12"},   /* indole */
    {"C1CC(", ")CCC1", ""},             /* cyclohexane */
    {"c1sc(", ")cc1", ""},              /* thiophene */
    {"c1cnc2cc(", ")ccc2c1", ""},       /* quinoline */
    {"c1ccc(-c2ccc(", ")cc2)cc1", ""},  /* biphenyl */
    {"C1CN(C)CC(", ")C1", ""},          /* methylpiperidine */
    {"c1c(", ")ccc2sc(", ")nc12"},      /* benzothiazole */
    {"c1oc(", ")cc1", ""},              /* furan */
    {"c1cc2cc(", ")ccc2cc1", ""},       /* naphthalene */
    {"c1[nH]nc(", ")c1", ""},           /* pyrazole */
    {"c1c(", ")ccc2[nH]c(", ")nc12"},   /* benzimidazole */
    {"C1CC(", ")C1", ""},               /* cyclobutane */
    {"c1nc2cc(", ")ccc2nc1", ""},       /* quinoxaline */
    {"c1ccc(Oc2ccc(", ")cc2)cc1", ""}}; /* diphenyl ether */

static const char *const group[16] = {"F",  "Cl", "Br",       "C",     "OC",  "O",          "N",     "C#N",
                                      "CC", "S",  "C(F)(F)F", "N(C)C", "OCC", "S(=O)(=O)C", "C(C)C", "CCC"};

static const char *const amine[16] = {"C",       "CC",        "CCC",       "C(C)C",    "C1CC1", "CCO",
                                      "CCOC",    "CC(F)(F)F", "Cc9ccccc9", "c9ccccc9", "CC#N",  "C(C)(C)C",
                                      "C9CCCC9", "CC=C",      "Cc9ccncc9", "CCCl"};

/* Side chains of the amino acids between ring and amine. */
static const char *const side_chain[16] = {"C",     "CC",        "C(C)C", "CC(C)C",     "CO",  "CC(=O)O",
                                           "CCCCN", "Cc9ccccc9", "CS",    "CCSC",       "CCl", "Cc9ccc(O)cc9",
                                           "C(C)O", "C(F)(F)F",  "C9CC9", "Cc9c[nH]cn9"};

static const char residues[21] = "ARNDCQEGHILKMFPSTWYV";

static dn_rng stream(const dn_synth_dti_options *o, uint64_t draw)
{
    return dn_rng_stream(o->seed, DN_RNG_SYNTH, draw, 0);
}

dn_status dn_synth_dti_check(const dn_synth_dti_options *o, dn_error *err)
{
    dn_status st = DN_OK;

    if (o->drugs < 2 || o->drugs > most)
        DN_FAIL(DN_EUSAGE, "%lld drugs: wanted 2 to %lld", (long long)o->drugs, (long long)most);
    if (o->targets < 2 || o->targets > most)
        DN_FAIL(DN_EUSAGE, "%lld targets: wanted 2 to %lld", (long long)o->targets, (long long)most);
    if (o->drugs > most_cells / o->targets)
        DN_FAIL(DN_EUSAGE, "%lld drugs and %lld targets: their product is more than 2^32",
                (long long)o->drugs, (long long)o->targets);
    if (o->pairs < 2 || o->pairs > o->drugs * o->targets)
        DN_FAIL(DN_EUSAGE, "%lld pairs: wanted 2 to %lld, all that %lld drugs and %lld targets have",
                (long long)o->pairs, (long long)(o->drugs * o->targets), (long long)o->drugs,
                (long long)o->targets);
    if (o->families < 1 || o->families > DN_SYNTH_FAMILIES_MAX)
        DN_FAIL(DN_EUSAGE, "%lld families: wanted 1 to %d", (long long)o->families, DN_SYNTH_FAMILIES_MAX);
    if (!(o->noise >= 0 && o->noise <= 1e6))
        DN_FAIL(DN_EUSAGE, "noise %g: wanted 0 to 1e6", o->noise);
    if (!(o->hubs >= 0 && o->hubs <= 1))
        DN_FAIL(DN_EUSAGE, "share of hubs %g: wanted 0 to 1", o->hubs);
out:
    return st;
}

/* ---- sides ---- */

static dn_synth_side side_of(const dn_synth_dti_options *o, uint64_t which, uint64_t i)
{
    dn_synth_side s;

    s.family = (int64_t)dn_rng_below(stream(o, DRAW_FAMILY + which), i, (uint64_t)o->families);
    s.leaning = dn_rng_normal(stream(o, DRAW_LEANING + which), i);
    s.hub = dn_rng_uniform(stream(o, DRAW_IS_HUB + which), i) < o->hubs
                ? hub_floor / dn_rng_uniform(stream(o, DRAW_HUB + which), i)
                : 1;
    return s;
}

dn_synth_side dn_synth_drug_of(const dn_synth_dti_options *o, int64_t drug)
{
    return side_of(o, DRUG, (uint64_t)drug);
}

dn_synth_side dn_synth_target_of(const dn_synth_dti_options *o, int64_t target)
{
    return side_of(o, TARGET, (uint64_t)target);
}

int dn_synth_dti_compatible(const dn_synth_dti_options *o, int64_t drug_family, int64_t target_family)
{
    uint64_t n = (uint64_t)o->families;
    dn_permutation order =
        dn_permutation_make(dn_rng_u64(stream(o, DRAW_COMPATIBLE), 0), (uint64_t)drug_family, n);

    return dn_permute(&order, (uint64_t)target_family) < n / 2 ? 1 : -1;
}

/* ---- drugs ---- */

static char *put(char *at, const char *text)
{
    size_t len = strlen(text);

    memcpy(at, text, len);
    return at + len;
}

/* C(=O), amino acids, N, amine: the directed chain is read in one way only, so its pieces are a number. */
static char *put_amide(char *at, uint64_t number, uint64_t digits)
{
    at = put(at, "C(=O)N");
    for (uint64_t i = 1; i < digits; i++) {
        number /= 16;
        at = put(at, "C(");
        at = put(at, side_chain[number % 16]);
        at = put(at, ")C(=O)N");
    }
    return at;
}

size_t dn_synth_smiles(const dn_synth_dti_options *o, int64_t drug, char out[DN_SYNTH_SMILES_CAP])
{
    uint64_t all = 256, digits = 1, number;
    const char *const *ring = ring_system[dn_synth_drug_of(o, drug).family];
    dn_permutation order;
    char *at = out;

    for (; all < (uint64_t)o->drugs; all *= 16)
        digits++;
    order = dn_permutation_make(dn_rng_u64(stream(o, DRAW_VARIANT), 0), 0, all);
    number = dn_permute(&order, (uint64_t)drug);
    at = put(at, ring[0]);
    at = put(at, group[number % 16]);
    at = put(at, ring[1]);
    number /= 16;
    at = put_amide(at, number, digits);
    at = put(at, amine[number % 16]);
    at = put(at, ring[2]);
    *at = '\0';
    return (size_t)(at - out);
}

/* ---- targets ---- */

/* Residue i of the sequence of a family. */
static char family_residue(const dn_synth_dti_options *o, uint64_t family, uint64_t i)
{
    uint64_t item = family * DN_SYNTH_SEQUENCE_MAX + i, draw = dn_rng_u64(stream(o, DRAW_RESIDUE), item);
    dn_permutation order = dn_permutation_make(dn_rng_u64(stream(o, DRAW_RICH), 0), family, 20);

    if ((double)(draw >> 11) < rich_share * 9007199254740992.0) /* 2^53 */
        return residues[dn_permute(&order, draw % 1024 % 3)];
    return residues[draw % 1024 % 20];
}

size_t dn_synth_sequence(const dn_synth_dti_options *o, int64_t target, char out[DN_SYNTH_SEQUENCE_MAX])
{
    uint64_t family = (uint64_t)dn_synth_target_of(o, target).family, t = (uint64_t)target;
    uint64_t length = 60 + dn_rng_below(stream(o, DRAW_LENGTH), family, 340);
    uint64_t missing = dn_rng_below(stream(o, DRAW_MISSING), t, length / 10 + 1), number = t;
    dn_rng is_changed = stream(o, DRAW_CHANGED), change = stream(o, DRAW_CHANGE);
    size_t n = 0;

    for (uint64_t i = missing; i < length; i++) {
        uint64_t item = t * DN_SYNTH_SEQUENCE_MAX + i;
        out[n++] = dn_rng_uniform(is_changed, item) < changed ? residues[dn_rng_below(change, item, 20)]
                                                              : family_residue(o, family, i);
    }
    for (int digit = 0; digit < 6; digit++, number /= 20)
        out[n++] = residues[number % 20];
    return n;
}

/* ---- pairs ---- */

double dn_synth_dti_draw(const dn_synth_dti_options *o, int64_t drug, int64_t target, const dn_synth_side *d,
                         const dn_synth_side *t)
{
    return log(dn_rng_uniform(stream(o, DRAW_PAIR), (uint64_t)(drug * o->targets + target))) /
           (d->hub * t->hub);
}

double dn_synth_dti_score(const dn_synth_dti_options *o, int64_t drug, int64_t target, const dn_synth_side *d,
                          const dn_synth_side *t)
{
    double u = dn_rng_uniform(stream(o, DRAW_SCORE), (uint64_t)(drug * o->targets + target));

    return strength * dn_synth_dti_compatible(o, d->family, t->family) + d->leaning + t->leaning +
           o->noise * log(u / (1 - u));
}
