/* dti_drug.c - the drug branch: molecules of a shard as one block-diagonal matrix; see dti_private.h
 *
 *   x [atoms, F] --W--> ax --dense, ReLU, dropout--> z1a --W--> a2 --dense, ReLU, dropout--> z2a
 *   --mean over atoms--> mean_atoms [R, gcn2] --dense--> drug_out [R, drug_out]
 *
 * W is the bond step of gcn.h. Atoms of all molecules follow each other; the dense layers run over blocks of
 * ATOM_BLOCK rows, the last one padded with zeros.
 */
#include "solvers/models/dti_private.h"

#include <string.h>
#include "solvers/base/clones.h"
#include "solvers/nn/dense.h"

static dn_molecule molecule_of(const dn_dti *g, int64_t drug)
{
    int64_t first = g->data.atom_at[drug];

    return (dn_molecule){.atoms = g->data.atom_at[drug + 1] - first,
                         .bond_at = g->data.bond_at + first,
                         .bond_to = g->data.bond_to,
                         .inv_sqrt = g->inv_sqrt + first};
}

static dn_status lay_out_atoms(dn_work *k, const int64_t *drugs, int64_t n, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    atoms_view *v = &k->atoms;
    size_t rows;

    v->n = n;
    for (int64_t i = 0; i < n; i++) {
        v->drug[i] = drugs[i];
        v->at[i + 1] = v->at[i] + k->g->data.atom_at[drugs[i] + 1] - k->g->data.atom_at[drugs[i]];
    }
    v->rows = (v->at[n] + ATOM_BLOCK - 1) / ATOM_BLOCK * ATOM_BLOCK;
    rows = (size_t)v->rows;
    DN_TRY(dn_room_need(&k->ax, rows * (size_t)k->g->data.atom_width, err));
    DN_TRY(dn_room_need(&k->z1a, rows * (size_t)o->gcn1, err));
    DN_TRY(dn_room_need(&k->a2, rows * (size_t)o->gcn1, err));
    DN_TRY(dn_room_need(&k->z2a, rows * (size_t)o->gcn2, err));
out:
    return st;
}

/* y = W x for every molecule; x and y are stacked, or x is the data when `from_data`. Padding becomes 0. */
static void step_all(const dn_work *k, bool from_data, int64_t width, const float *x, float *y)
{
    const atoms_view *v = &k->atoms;

    for (int64_t i = 0; i < v->n; i++) {
        dn_molecule m = molecule_of(k->g, v->drug[i]);
        int64_t from = from_data ? k->g->data.atom_at[v->drug[i]] : v->at[i];
        dn_gcn_step(&m, width, x + from * width, y + v->at[i] * width);
    }
    memset(y + v->at[v->n] * width, 0, (size_t)((v->rows - v->at[v->n]) * width) * sizeof *y);
}

static dn_status dense_blocks(const dn_work *k, const float *x, int64_t in, int64_t out, const float *w,
                              const float *b, float *y, dn_error *err)
{
    dn_status st = DN_OK;

    for (int64_t r = 0; r < k->atoms.rows; r += ATOM_BLOCK)
        DN_TRY(dn_dense_forward(x + r * in, ATOM_BLOCK, in, out, w, b, true, y + r * out, err));
out:
    return st;
}

static dn_status drop_atoms(dn_work *k, int layer, int64_t width, float *z, dn_error *err)
{
    dn_status st = DN_OK;
    const atoms_view *v = &k->atoms;

    for (int64_t i = 0; i < v->n; i++)
        DN_TRY(dn_dti_drop(k, layer, i, (v->at[i + 1] - v->at[i]) * width, z + v->at[i] * width, err));
out:
    return st;
}

DN_CLONES
static void mean_rows(const float *restrict x, int64_t rows, int64_t width, float *restrict mean)
{
    float share = 1.0f / (float)rows;

    memset(mean, 0, (size_t)width * sizeof *mean);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < width; c++)
            mean[c] += x[i * width + c];
    for (int64_t c = 0; c < width; c++)
        mean[c] *= share;
}

dn_status dn_dti_drug_forward(dn_work *k, const float *w, const int64_t *drugs, int64_t n, bool train,
                              dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    const atoms_view *v = &k->atoms;
    int64_t in = k->g->data.atom_width;

    DN_TRY(lay_out_atoms(k, drugs, n, err));
    step_all(k, true, in, k->g->data.atom, k->ax.p);
    DN_TRY(dense_blocks(k, k->ax.p, in, o->gcn1, tensor(k, w, GCN1_W), tensor(k, w, GCN1_B), k->z1a.p, err));
    if (train)
        DN_TRY(drop_atoms(k, DROP_GCN1, o->gcn1, k->z1a.p, err));
    step_all(k, false, o->gcn1, k->z1a.p, k->a2.p);
    DN_TRY(dense_blocks(k, k->a2.p, o->gcn1, o->gcn2, tensor(k, w, GCN2_W), tensor(k, w, GCN2_B), k->z2a.p,
                        err));
    if (train)
        DN_TRY(drop_atoms(k, DROP_GCN2, o->gcn2, k->z2a.p, err));
    for (int64_t i = 0; i < n; i++)
        mean_rows(k->z2a.p + v->at[i] * o->gcn2, v->at[i + 1] - v->at[i], o->gcn2,
                  k->mean_atoms + i * o->gcn2);
    memset(k->mean_atoms + n * o->gcn2, 0, (size_t)((k->capacity - n) * o->gcn2) * sizeof(float));
    DN_TRY(dn_dense_forward(k->mean_atoms, k->capacity, o->gcn2, o->drug_out, tensor(k, w, DRUG_W),
                            tensor(k, w, DRUG_B), false, k->drug_out, err));
out:
    return st;
}

/* ---- backward ---- */

/* dz = (z > 0) scale share d for the atoms of one molecule: back through the mean, dropout and ReLU. */
DN_CLONES
static void spread_mean(const float *restrict z, const float *restrict d, int64_t rows, int64_t width,
                        float scale, float *restrict dz)
{
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < width; c++)
            dz[i * width + c] = z[i * width + c] > 0 ? d[c] * scale : 0;
}

dn_status dn_dti_drug_backward(dn_work *k, const float *w, float *dw, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    const atoms_view *v = &k->atoms;
    int64_t in = k->g->data.atom_width, used = v->at[v->n], widest = o->gcn1 > o->gcn2 ? o->gcn1 : o->gcn2;

    DN_TRY(dn_room_need(&k->dz, (size_t)(v->rows * widest), err));
    DN_TRY(dn_room_need(&k->da, (size_t)(v->rows * widest), err));
    DN_TRY(dn_dense_backward(k->mean_atoms, k->capacity, o->gcn2, o->drug_out, tensor(k, w, DRUG_W),
                             k->drug_out, false, k->ddrug, gradient(k, dw, DRUG_W), gradient(k, dw, DRUG_B),
                             k->dmean, err));
    for (int64_t i = 0; i < v->n; i++)
        spread_mean(k->z2a.p + v->at[i] * o->gcn2, k->dmean + i * o->gcn2, v->at[i + 1] - v->at[i], o->gcn2,
                    kept_scale(k) / (float)(v->at[i + 1] - v->at[i]), k->dz.p + v->at[i] * o->gcn2);
    DN_TRY(dn_dense_backward(k->a2.p, used, o->gcn1, o->gcn2, tensor(k, w, GCN2_W), NULL, false, k->dz.p,
                             gradient(k, dw, GCN2_W), gradient(k, dw, GCN2_B), k->da.p, err));
    step_all(k, false, o->gcn1, k->da.p, k->dz.p);
    dn_dti_gate(k->z1a.p, kept_scale(k), used * o->gcn1, k->dz.p);
    DN_TRY(dn_dense_backward(k->ax.p, used, in, o->gcn1, tensor(k, w, GCN1_W), NULL, false, k->dz.p,
                             gradient(k, dw, GCN1_W), gradient(k, dw, GCN1_B), NULL, err));
out:
    return st;
}

dn_status dn_dti_drug_infer_backward(dn_work *k, const float *w, float *out_datom, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_dti_options *o = &k->g->options;
    dn_molecule m = molecule_of(k->g, k->atoms.drug[0]);
    int64_t in = k->g->data.atom_width, widest = o->gcn1 > o->gcn2 ? o->gcn1 : o->gcn2;
    size_t room = (size_t)(m.atoms * (widest > in ? widest : in));

    DN_TRY(dn_room_need(&k->dz, room, err));
    DN_TRY(dn_room_need(&k->da, room, err));
    DN_TRY(
        dn_gemm(false, true, 1, o->gcn2, o->drug_out, k->ddrug, tensor(k, w, DRUG_W), false, k->dmean, err));
    spread_mean(k->z2a.p, k->dmean, m.atoms, o->gcn2, 1 / (float)m.atoms, k->dz.p);
    DN_TRY(
        dn_gemm(false, true, m.atoms, o->gcn1, o->gcn2, k->dz.p, tensor(k, w, GCN2_W), false, k->da.p, err));
    dn_gcn_step(&m, o->gcn1, k->da.p, k->dz.p);
    dn_dti_gate(k->z1a.p, 1, m.atoms * o->gcn1, k->dz.p);
    DN_TRY(dn_gemm(false, true, m.atoms, in, o->gcn1, k->dz.p, tensor(k, w, GCN1_W), false, k->da.p, err));
    dn_gcn_step(&m, in, k->da.p, out_datom);
out:
    return st;
}
