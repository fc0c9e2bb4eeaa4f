/* kernels_bf16.c - products of bf16 matrices; see bf16.h */
#define _DEFAULT_SOURCE /* syscall() */
#include "solvers/nn/bf16.h"

#include <unistd.h>
#if defined(__linux__) && defined(__x86_64__)
#include <sys/syscall.h>
#endif
#include "solvers/base/alloc.h"
#include "solvers/nn/kernels.h"
#include "solvers/nn/kernels_amx.h"
#include "solvers/nn/onednn.h"

struct dn_product {
    bool transpose_a, transpose_b;
    int64_t m, n, k;
    dn_onednn on;
    dn_onednn_product product;
    char *scratch;    /* of product; NULL until there is one */
    float *a, *b;     /* [m k], [k n]  widened, without bf16 kernels */
    dn_bf16 *pa, *pb; /* packed, with tiles */
};

static const char *const names[] = {"f32", "bf16"};

const char *dn_precision_name(dn_precision p)
{
    return names[p];
}

bool dn_precision_find(const char *name, dn_precision *out)
{
    for (int i = 0; i < (int)(sizeof names / sizeof names[0]); i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (dn_precision)i;
            return true;
        }
    return false;
}

/* ---- elementwise ---- */

DN_CLONES
void dn_bf16_narrow(const float *restrict x, int64_t n, dn_bf16 *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_round(x[i]);
}

DN_CLONES
void dn_bf16_widen(const dn_bf16 *restrict x, int64_t n, float *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_float(x[i]);
}

DN_CLONES
void dn_bf16_multiply(const float *restrict a, const float *restrict b, int64_t n, dn_bf16 *restrict y)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = dn_bf16_round(a[i] * b[i]);
}

/* ---- what is here ---- */

static bool at_least(dnnl_cpu_isa_t isa)
{
    return ((int)dnnl_get_effective_cpu_isa() & (int)isa) == (int)isa;
}

/* Linux gives a process the tiles when it asks for them. */
bool dn_bf16_tiles(void)
{
#if defined(__linux__) && defined(__x86_64__)
    enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };

    return at_least(dnnl_cpu_isa_avx512_core_amx) &&
           syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
    return false;
#endif
}

const char *dn_bf16_isa(void)
{
    return dn_bf16_tiles()                           ? "AMX"
           : at_least(dnnl_cpu_isa_avx512_core_bf16) ? "AVX-512 BF16"
                                                     : "f32 products of bf16";
}

/* ---- products ---- */

static void release(dn_product *p)
{
    dn_onednn_destroy(&p->product);
    dn_onednn_close(&p->on);
    dn_free(p->scratch);
    p->scratch = NULL;
}

/* By the thread that will run it. A failure leaves nothing. */
static dn_status prepare(dn_product *p, dn_error *err)
{
    dn_status st = DN_OK;
    const dn_onednn_kind kind = {.rows = p->m,
                                 .in = p->k,
                                 .out = p->n,
                                 .narrow_x = true,
                                 .turned_x = p->transpose_a,
                                 .turned_w = p->transpose_b};

    DN_TRY(dn_onednn_open(&p->on, err));
    DN_TRY(dn_onednn_create(&p->on, &kind, &p->product, err));
    DN_NEW(p->scratch, dn_onednn_scratch(&p->product));
    DN_TRY(dn_onednn_place(&p->product, DN_ONEDNN_SCRATCH, p->scratch, err));
out:
    if (st != DN_OK)
        release(p);
    return st;
}

dn_status dn_product_create(bool transpose_a, bool transpose_b, int64_t m, int64_t n, int64_t k,
                            dn_product **out, dn_error *err)
{
    dn_status st = DN_OK;
    dn_product *p = NULL;

    DN_NEW(p, 1);
    *p = (dn_product){.transpose_a = transpose_a, .transpose_b = transpose_b, .m = m, .n = n, .k = k};
    if (dn_bf16_tiles()) {
        DN_NEW(p->pa, (size_t)dn_amx_room_a(m, k));
        DN_NEW(p->pb, (size_t)dn_amx_room_b(n, k));
    } else if (!at_least(dnnl_cpu_isa_avx512_core_bf16)) {
        DN_NEW(p->a, (size_t)(m * k));
        DN_NEW(p->b, (size_t)(k * n));
    }
    *out = p;
    p = NULL;
out:
    dn_product_destroy(&p);
    return st;
}

void dn_product_destroy(dn_product **handle)
{
    dn_product *p = *handle;

    if (p == NULL)
        return;
    release(p);
    dn_free(p->a);
    dn_free(p->b);
    dn_free(p->pa);
    dn_free(p->pb);
    dn_free(p);
    *handle = NULL;
}

static dn_status run_widened(dn_product *p, const dn_bf16 *a, const dn_bf16 *b, float *c, dn_error *err)
{
    dn_bf16_widen(a, p->m * p->k, p->a);
    dn_bf16_widen(b, p->k * p->n, p->b);
    return dn_gemm(p->transpose_a, p->transpose_b, p->m, p->n, p->k, p->a, p->b, false, c, err);
}

dn_status dn_product_run(dn_product *p, const dn_bf16 *a, const dn_bf16 *b, float *c, dn_error *err)
{
    dn_status st = DN_OK;

    if (p->pa != NULL) {
        dn_amx_product(p->transpose_a, p->transpose_b, p->m, p->n, p->k, a, b, p->pa, p->pb, c);
        return DN_OK;
    }
    if (p->a != NULL)
        return run_widened(p, a, b, c, err);
    if (p->scratch == NULL)
        DN_TRY(prepare(p, err));
    DN_TRY(dn_onednn_place(&p->product, DN_ONEDNN_X, a, err));
    DN_TRY(dn_onednn_place(&p->product, DN_ONEDNN_W, b, err));
    DN_TRY(dn_onednn_place(&p->product, DN_ONEDNN_Y, c, err));
    DN_TRY(dn_onednn_run(&p->product, err));
out:
    return st;
}
